"""What searches go by: the index of a descriptor's vectors, and the descriptor."""

from __future__ import annotations

import time
from collections.abc import Callable

from lookalike import metrics
from lookalike.errors import NotIndexed, UsageError
from lookalike.gallery.milvus.browse import telling
from lookalike.gallery.milvus.index import measuring
from lookalike.gallery.milvus.index.choosing import METRICS
from lookalike.gallery.milvus.kept import schema
from lookalike.gallery.milvus.opened import Opened
from lookalike.search.upkeep import BuiltIndex
from lookalike.store import Progress
from lookalike.store.info import IndexInfo


class Indexing(Opened):
    """What builds indexes, and chooses a descriptor.

    Milvus keeps one index of each descriptor's vectors, and brings it forward by itself.
    """

    def build_index(
        self,
        index: str,
        *,
        descriptor: str | None = None,
        metric: str | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> BuiltIndex:
        """Put another index in the place of the one that searches go by.

        While it is built, which of many vectors takes long, searches by this descriptor wait, and
        fail in the end. Interrupted, they fail until it is called again.

        Parameters
        ----------
        index : str
            ``hnsw``, ``ivf_flat``, ``ivf_sq8``, ``ivf_rabitq``, ``diskann`` or ``flat``, which is
            exact; with parameters ``"hnsw:m=32,ef=256"``. See `choosing.planned`.
        descriptor : str, optional
            One of those that were indexed; by default the first of them.
        metric : str, optional
            The descriptor's own: Milvus keeps vectors by one metric only.
        progress : callable, optional
            Called with a `Progress` of the stage ``building``.

        Returns
        -------
        BuiltIndex
            With the share of the nearest that it finds; see `measuring.recall`.

        Raises
        ------
        UnknownName, BadParameter
            Milvus has no such index, or this one is too old for it.
        UsageError
            Milvus cannot search by the metric.
        NotIndexed
            The gallery has no vector of the descriptor.
        GalleryUnreachable
            Milvus does not answer, for now.
        """
        stored = self._stored(descriptor)
        _check_metric(metrics.canonical(metric or stored.metric), stored.metric, stored.key)
        plan = self._kept.planned(index, stored.metric)
        collection = self._kept.collection(stored)
        tell = progress or (lambda _: None)
        count = self._engine.count(collection, strong=True)
        if not count:
            raise NotIndexed(
                f"no picture has a vector of {stored.key} yet; bring the gallery up to date: "
                "lookalike index"
            )
        tell(Progress("building", 0, count))
        began = time.monotonic()
        self._engine.flush(collection)  # only what is sealed is indexed
        schema.rebuild(self._engine, collection, stored.metric, plan)
        seconds = time.monotonic() - began
        self._kept.change(stored, index=plan.spec, chosen="told", recall=None)
        share = measuring.recall(self._kept, stored, plan)
        self._kept.change(stored, recall=share)
        tell(Progress("building", count, count))
        return BuiltIndex(
            spec=plan.spec,
            descriptor=stored.key,
            metric=stored.metric,
            vectors=count,
            seconds=seconds,
            memory_bytes=plan.memory_bytes(count, stored.dim),
            recall=share,
        )

    def indexes(self) -> list[IndexInfo]:
        """Return what searches of each descriptor go by."""
        return telling.indexes(self._kept)

    def use(self, descriptor: str) -> None:
        """Let searches go by a descriptor unless another is named.

        Raises
        ------
        NotIndexed
            The gallery has no such descriptor.
        """
        self._kept.prefer(self._stored(descriptor).id)


def _check_metric(metric: str, own: str, key: str) -> None:
    if own not in METRICS:
        known = ", ".join(METRICS)
        raise UsageError(
            f"Milvus searches by {known} and not by {own} distance; vectors of {key} are looked at "
            "one by one, which is exact and needs no index"
        )
    if metric != own:
        raise UsageError(
            f"Milvus keeps the vectors of {key} by {own} distance; a search by {metric} distance "
            "looks at them one by one, which is exact and needs no index"
        )
