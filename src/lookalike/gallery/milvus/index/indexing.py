"""What searches go by: the index of a descriptor's vectors, and the descriptor."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from lookalike import metrics
from lookalike.errors import GalleryBusy, GalleryError, NotIndexed, UsageError
from lookalike.gallery.milvus.browse import telling
from lookalike.gallery.milvus.index import measuring, sizing
from lookalike.gallery.milvus.index.choosing import METRICS, IndexPlan, names_effort
from lookalike.gallery.milvus.kept import schema
from lookalike.gallery.milvus.opened import Opened
from lookalike.search.upkeep import BuiltIndex
from lookalike.store import Progress
from lookalike.store.catalog import StoredDescriptor
from lookalike.store.info import GalleryInfo, IndexInfo

Tell = Callable[[Progress], None]


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

        Unless the spec says how hard the index is to be searched (``ef=``, ``nprobe=`` …), that is
        doubled until it finds 98 % of the nearest, at most to four times what it comes with, or to
        an eighth of the lists.

        While it is built, which of many vectors takes long, searches by this descriptor wait, and
        fail in the end. Interrupted, they fail until it is called again.

        Parameters
        ----------
        index : str
            ``hnsw``, ``ivf_flat``, ``ivf_sq8``, ``ivf_rabitq``, ``diskann`` or ``flat``, which is
            exact; with parameters ``"hnsw:m=32,ef=256"``. See `choosing.planned`. ``auto`` takes
            what fits so many vectors and the memory of the query nodes, beside the gallery's other
            descriptors; nothing is built if that is there already.
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
            Milvus cannot search by the metric, or does not tell its memory.
        NotIndexed
            The gallery has no vector of the descriptor.
        GalleryError
            Milvus cannot build it; the former index is there again.
        GalleryUnreachable
            Milvus does not answer, for now.
        """
        stored = self._stored(descriptor)
        _check_metric(metrics.canonical(metric or stored.metric), stored.metric, stored.key)
        tell = progress or (lambda _: None)
        is_free = index.strip().lower() == "auto"
        # What is mistyped is told before anything is counted.
        plan = None if is_free else self._kept.planned(index, stored.metric)
        self._kept.restore()
        count = self._engine.count(self._kept.collection(stored), strong=True)
        if not count:
            raise NotIndexed(
                f"no picture has a vector of {stored.key} yet; bring the gallery up to date: "
                "lookalike index"
            )
        if plan is None:
            return self._fitting(stored, count, tell)
        return self._built(stored, count, plan, tell, is_told=names_effort(index))

    def indexes(self) -> list[IndexInfo]:
        """Return what searches of each descriptor go by."""
        return telling.indexes(self._kept)

    def hints(self, info: GalleryInfo) -> list[str]:
        """Return what might be done about indexes that need more memory than Milvus has."""
        return telling.hints(info, sizing.room(self._engine))

    def use(self, descriptor: str) -> None:
        """Let searches go by a descriptor unless another is named.

        Raises
        ------
        NotIndexed
            The gallery has no such descriptor.
        """
        self._kept.prefer(self._stored(descriptor).id)

    # -- within ------------------------------------------------------------------------------

    def _fitting(self, stored: StoredDescriptor, count: int, tell: Tell) -> BuiltIndex:
        """Put the index that fits in the place of the present one, unless that does."""
        fits = self._kept.fitting([stored], count)
        plan, why = fits.get(stored) or self._usual(stored)
        present, told = self._kept.plan(stored), self._kept.told(stored)
        collection = self._kept.collection(stored)
        if not (plan.is_like(present) and schema.is_built(self._engine, collection, present)):
            return self._built(stored, count, plan, tell, why)
        share = told.get("recall")
        if share is None:
            is_told = told.get("effort") == "told"
            present, share = self._measured(stored, present, is_told=is_told)
        self._kept.change(stored, index=present.spec, chosen="size", why=why, recall=share)
        return _told(stored, count, present, share, why=why, was_there=True)

    def _usual(self, stored: StoredDescriptor) -> tuple[IndexPlan, str]:
        if not self._engine.address.is_lite:
            raise UsageError(
                f"{self.address} does not tell what memory its query nodes have; say it behind "
                "the address: ?memory=64GB"
            )
        return self._kept.planned("", stored.metric), "what a file of Milvus Lite has anyway"

    def _built(
        self,
        stored: StoredDescriptor,
        count: int,
        plan: IndexPlan,
        tell: Tell,
        why: str = "",
        *,
        is_told: bool = False,
    ) -> BuiltIndex:
        """Build an index, and search it as hard as is told, or else as is needed."""
        collection = self._kept.collection(stored)
        tell(Progress("building", 0, count))
        began = time.monotonic()
        self._engine.flush(collection)  # only what is sealed is indexed
        how, effort = "size" if why else "told", "told" if is_told else ""
        told = {"index": plan.spec, "chosen": how, "why": why, "effort": effort, "recall": None}
        # First, so that who is interrupted does not search the new index as the former one.
        former = self._kept.told(stored)
        self._kept.change(stored, **told)
        try:
            schema.rebuild(self._engine, collection, stored.metric, plan)
        except GalleryError as error:
            raise self._put_back(stored, former, error) from error
        if not schema.is_built(self._engine, collection, plan):
            raise GalleryBusy(
                f"another process has meanwhile put its own index of {stored.key} in the place of "
                "this one; to have this one, run it again"
            )
        seconds = time.monotonic() - began
        self._kept.change(stored, **told)  # again, as one that came second may have written its own
        plan, share = self._measured(stored, plan, is_told=is_told)
        self._kept.change(stored, index=plan.spec, recall=share)
        tell(Progress("building", count, count))
        return _told(stored, count, plan, share, seconds=seconds, why=why)

    def _put_back(
        self, stored: StoredDescriptor, former: Mapping[str, Any], error: GalleryError
    ) -> GalleryError:
        """Build the former index again, as Milvus cannot build another; return what to tell.

        If it is Milvus that is away, that fails as well, and the next run completes what was begun.
        """
        plan = self._kept.planned(former["index"], stored.metric)
        self._kept.write(stored, former)
        schema.rebuild(self._engine, self._kept.collection(stored), stored.metric, plan)
        return GalleryError(f"{error}; its former index, {plan.spec}, is there again")

    def _measured(
        self, stored: StoredDescriptor, plan: IndexPlan, *, is_told: bool
    ) -> tuple[IndexPlan, float]:
        """Return how hard an index is to be searched, and what it finds then."""
        if is_told:
            return plan, measuring.recall(self._kept, stored, plan)
        return measuring.enough(self._kept, stored, plan)


def _told(
    stored: StoredDescriptor,
    count: int,
    plan: IndexPlan,
    recall: float,
    *,
    seconds: float = 0.0,
    why: str = "",
    was_there: bool = False,
) -> BuiltIndex:
    return BuiltIndex(
        spec=plan.spec,
        descriptor=stored.key,
        metric=stored.metric,
        vectors=count,
        seconds=seconds,
        memory_bytes=plan.memory_bytes(count, stored.dim),
        recall=recall,
        why=why,
        was_there=was_there,
    )


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
