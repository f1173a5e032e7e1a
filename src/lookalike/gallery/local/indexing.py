"""What searches go by: indexes built, measured, chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

from lookalike import metrics
from lookalike.errors import MissingExtra, UsageError
from lookalike.gallery.local.opened import Opened
from lookalike.search import choice, upkeep
from lookalike.search.trials import Tuning
from lookalike.search.tuning import Aim, tune
from lookalike.search.upkeep import BuiltIndex
from lookalike.store import Progress


class Indexing(Opened):
    """What builds indexes, and chooses one."""

    def build_index(
        self,
        index: str,
        *,
        descriptor: str | None = None,
        metric: str | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> BuiltIndex:
        """Build an index and keep it, so that searches can go by it.

        From then on `sync` brings it forward.

        Parameters
        ----------
        index : str
            For example ``"hnsw"`` or ``"hnsw:m=32"``.
        descriptor : str, optional
            One of those that were indexed; by default the first of them.
        metric : str, optional
            Another than the descriptor's natural one.
        progress : callable, optional
            Called with a `Progress` of the stage ``building``.

        Returns
        -------
        BuiltIndex
            With the share of the nearest that it finds.

        Raises
        ------
        UnknownName, BadParameter, UsageError
            There is no such index, it needs no building, or it cannot search by the metric.
        NotIndexed
            The gallery has no vector of the descriptor.
        GalleryError
            The disk is full or read-only.
        """
        stored = self._stored(descriptor)
        metric = metrics.canonical(metric or stored.metric)
        return upkeep.build(self._catalog, stored, metric, index, progress or (lambda _: None))

    def tune(
        self,
        *,
        descriptor: str | None = None,
        metric: str | None = None,
        recall: float = 0.99,
        k: int = 10,
        queries: int = 200,
        indexes: Sequence[str] = (),
        progress: Callable[[Progress], None] | None = None,
    ) -> Tuning:
        """Measure indexes on the gallery's own vectors, and let searches go by the best of them.

        Some vectors are held out and asked; what `exact` finds is the truth. The quickest index
        that finds enough is built and kept, unless `exact` is about as quick. Interrupted, all is
        as before.

        Parameters
        ----------
        descriptor : str, optional
            One of those that were indexed; by default the first of them.
        metric : str, optional
            Another than the descriptor's natural one.
        recall : float
            The share of the nearest that is to be found.
        k : int
            How many nearest.
        queries : int
            How many are asked; at most half of the vectors.
        indexes : sequence of str
            Those to measure, such as ``["hnsw:m=32", "sketch"]``; one without values for searching
            is tried with several. By default all that are at hand and not hopeless.
        progress : callable, optional
            Called with a `Progress` of the stages ``tuning`` and ``building``.

        Returns
        -------
        Tuning

        Raises
        ------
        NotIndexed
            The gallery has no such descriptor, or too few vectors.
        UnknownName, BadParameter, UsageError
            There is no such index, or it cannot search by the metric.
        MissingExtra
            An index that was asked for is not installed.
        GalleryError
            The disk is full or read-only.
        """
        if isinstance(indexes, str):
            raise UsageError(f"indexes is a list of them: [{indexes!r}]")
        aim = Aim(recall, k, queries, tuple(indexes))
        stored = self._stored(descriptor)
        metric = metrics.canonical(metric or stored.metric)
        return tune(self._catalog, stored, metric, aim, progress or (lambda _: None))

    def choose_automatically(
        self,
        *,
        descriptor: str | None = None,
        metric: str | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> str:
        """Forget what `tune` has chosen; return the index that searches go by now.

        Indexes that were built stay.

        Parameters
        ----------
        descriptor, metric
            As for `tune`.
        progress : callable, optional
            Called with a `Progress` of the stage ``building``.
        """
        stored = self._stored(descriptor)
        metric = metrics.canonical(metric or stored.metric)
        choice.forget(self._catalog, stored, metric)
        with suppress(MissingExtra, OSError):  # then searches are exact until it can be built
            return upkeep.settle(self._catalog, stored, metric, progress or (lambda _: None)).spec
        return "exact"
