"""Descriptor × metric × reduction × index: every way to search is measured on known answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from lookalike import indexes as all_indexes
from lookalike.descriptors import Descriptor, label
from lookalike.errors import BadParameter, NotIndexed
from lookalike.evaluation.grid import ranking, timing
from lookalike.evaluation.grid.parts import Parts, part_of
from lookalike.evaluation.grid.pool import Pool, whole, without
from lookalike.evaluation.grid.result import Evaluation, Lengths, Row
from lookalike.evaluation.grid.scoring import depth_of, pooled, scored
from lookalike.evaluation.grid.settings import Grid, Setting, grid
from lookalike.evaluation.measures.named import Measure, measure
from lookalike.evaluation.truth.base import GroundTruth
from lookalike.gallery import LocalGallery
from lookalike.gallery.local.opened import absolute
from lookalike.indexes import Index
from lookalike.metrics import norms
from lookalike.quick import ready_descriptors
from lookalike.search.trials import recall_of
from lookalike.stages.reducing import Reducer, Reduction
from lookalike.store import Progress
from lookalike.store.catalog import Failure

Tell = Callable[[Progress], None]

# How far the rankings of an approximate index go where a measure looks at all of a ranking.
DEPTH = 1000


def evaluate(
    truths: GroundTruth | Sequence[GroundTruth],
    gallery: LocalGallery,
    *,
    descriptors: Sequence[str] = (),
    metrics: Sequence[str] = (),
    reductions: Sequence[str] = (),
    indexes: Sequence[str] = (),
    measures: Sequence[str] = (),
    retry: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> Evaluation:
    """Measure ways to search on pictures whose right answers are known.

    Each picture is described once by each descriptor and its vector kept in the gallery, so that a
    second run reads none of them again, and one that was interrupted goes on. A picture that cannot
    be described is left out of the ground truth, for all descriptors alike.

    Parameters
    ----------
    truths : GroundTruth or sequence of GroundTruth
    gallery : LocalGallery
        Where vectors are kept. Best one of its own: what is described stays there.
    descriptors : sequence of str
        By default every one that needs no download.
    metrics : sequence of str
        Names, or ``natural`` for each descriptor's own, which is the default.
    reductions : sequence of str
        ``pca:64``, ``half_whitening:64``, ``whitening:64``, ``random_projection:64``; without a
        number, from 16 on each twofold up to 4096. Vectors are measured without any in any case.
    indexes : sequence of str
        Approximate ones, such as ``sketch`` or ``hnsw:m=32``. `exact` is measured in any case.
    measures : sequence of str
        By default those that each ground truth is measured by officially.
    retry : bool
        Try pictures again that failed before and have not changed.
    progress : callable, optional
        Called with a `Progress` of the stages ``fetching``, ``reading`` and ``ranking``.

    Returns
    -------
    Evaluation

    Raises
    ------
    UnknownName, BadParameter
        There is no such descriptor, metric, reduction, index or measure; or nothing can be asked.
    MissingExtra
        An index that was asked for is not installed.
    GalleryBusy
        Another process is writing to the gallery.
    """
    named = descriptors or [label(descriptor.key) for descriptor in ready_descriptors()]
    asked = grid(named, metrics, reductions, indexes)
    wanted = [measure(name) for name in measures]
    given = [truths] if isinstance(truths, GroundTruth) else truths
    all_truths = [replace(truth, files=tuple(map(absolute, truth.files))) for truth in given]
    tell = progress or (lambda _: None)
    files = [truth.files[row] for truth in all_truths for row in whole(truth).tolist()]
    specs = [spec for spec, _ in asked.descriptors]
    gallery.describe(list(dict.fromkeys(files)), descriptors=specs, retry=retry, progress=tell)
    failures = gallery.failures_of(files)
    described = _Described(gallery)
    known = [described.present(t, failures, [d for _, d in asked.descriptors]) for t in all_truths]
    run = _Run(asked, wanted, described, tell, total=_total(asked, known))
    for truth in known:
        run.measure(truth)
    if not run.rows:
        why = "; ".join(run.notes) or "no ground truth was given"
        raise BadParameter(f"nothing could be measured: {why}")
    left_out = {failure.path: failure for failure in [*failures, *described.parts.failures]}
    return Evaluation(
        truths=tuple(truth for truth in known if any(r.truth == truth.name for r in run.rows)),
        rows=tuple(run.rows),
        lengths=run.lengths,
        left_out=tuple(left_out.values()),
        notes=tuple(dict.fromkeys(run.notes)),
    )


def _total(asked: Grid, truths: Sequence[GroundTruth]) -> int:
    ways = sum(len(asked.settings(descriptor)) for _, descriptor in asked.descriptors)
    return ways * sum(len(truth.queries) for truth in truths)


@dataclass
class _Described:
    """What turns ground truths into vectors."""

    gallery: LocalGallery
    parts: Parts = field(default_factory=Parts)

    def present(
        self, truth: GroundTruth, failures: Sequence[Failure], descriptors: Sequence[Descriptor]
    ) -> GroundTruth:
        """Return a ground truth without what could not be described."""
        bad = {failure.path for failure in failures}
        missing = np.array([str(file) in bad for file in truth.files], bool)
        failed = self.parts.describe(truth, descriptors)
        return without(truth, missing, failed) if missing.any() or failed else truth

    def pool(self, truth: GroundTruth, spec: str, descriptor: Descriptor) -> Pool:
        """Return the vectors of a ground truth."""
        rows = whole(truth)
        found = self.gallery.vectors_of([truth.files[n] for n in rows], descriptor=spec)
        if not found.known.all():
            raise NotIndexed(
                f"pictures of {truth.name} have changed while they were measured; do it again"
            )
        at = np.full(len(truth.files), -1, np.int64)
        at[rows] = np.arange(len(rows))
        searched = np.flatnonzero(truth.searched)
        queries = np.empty((len(truth.queries), found.vectors.shape[1]), np.float32)
        for query, row in enumerate(truth.queries.tolist()):
            queries[query] = (
                self.parts.vectors[part_of(truth, query)][descriptor.key]
                if query in truth.boxes
                else found.vectors[at[row]]
            )
        all_of_them = len(rows) == len(searched)
        return Pool(
            truth, searched, found.vectors if all_of_them else found.vectors[at[searched]], queries
        )


@dataclass
class _Run:
    """What is measured, as it grows."""

    asked: Grid
    wanted: Sequence[Measure]
    described: _Described
    tell: Tell
    total: int
    done: int = 0
    rows: list[Row] = field(default_factory=list)
    lengths: dict[tuple[str, str], Lengths] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def measure(self, truth: GroundTruth) -> None:
        """Measure all ways to search on one ground truth."""
        if not len(truth.queries) or not truth.searched.any():
            self.notes.append(f"{truth.name}: no picture is left to be asked with or searched")
            return
        self.tell(Progress("ranking", self.done, self.total))
        for spec, descriptor in self.asked.descriptors:
            pool = self.described.pool(truth, spec, descriptor)
            long = norms(pool.vectors)
            self.lengths[truth.name, spec] = Lengths(float(long.min()), float(long.max()))
            files = [truth.files[row] for row in pool.searched]
            seconds = timing.seconds_to_describe(descriptor, files)
            for row in self._rows(pool, spec, descriptor):
                self.rows.append(replace(row, describe_seconds=seconds))

    def _rows(self, pool: Pool, spec: str, descriptor: Descriptor) -> Iterator[Row]:
        reducer = Reducer(pool.vectors)
        measures = self.wanted or [measure(name) for name in pool.truth.measures]
        if note := pooled(measures, pool):
            self.notes.append(note)
        one = _One(pool.truth.name, spec, measures, self._count)
        by_vectors: dict[tuple[str, Reduction | None], list[Setting]] = {}
        for setting in self.asked.settings(descriptor):
            by_vectors.setdefault((setting.metric, setting.reduction), []).append(setting)
        for (metric, reduction), settings in by_vectors.items():
            try:
                reduced = _reduced(pool, reducer, reduction, metric)
            except BadParameter as error:
                if reduction is not None and reduction.is_asked:
                    self.notes.append(f"{pool.truth.name}, {spec}: {error}")
                self._pass_over(pool, len(settings))
                continue
            exact = one.exact(reduced, settings[0], is_reference=len(settings) > 1)
            yield exact
            for setting in settings[1:]:
                index = all_indexes.create(setting.index)
                if metric in index.metrics:
                    yield one.through(reduced, setting, index, exact)
                else:
                    self.notes.append(f"{spec}: {index.name} cannot search by {metric}")
                    self._pass_over(pool, 1)

    def _count(self, queries: int) -> None:
        self.done += queries
        self.tell(Progress("ranking", self.done, self.total))

    def _pass_over(self, pool: Pool, settings: int) -> None:
        self.total -= settings * len(pool.queries)


def _reduced(pool: Pool, reducer: Reducer, reduction: Reduction | None, metric: str) -> Pool:
    if reduction is None:
        return pool
    project = reducer.fitted(reduction, metric)
    return replace(pool, vectors=project(pool.vectors), queries=project(pool.queries))


@dataclass(frozen=True)
class _One:
    """Measures the ways to search by one descriptor."""

    truth: str
    descriptor: str
    measures: Sequence[Measure]
    count: Callable[[int], None]

    def exact(self, pool: Pool, setting: Setting, *, is_reference: bool) -> Row:
        """Measure without an index; for a reference also no deeper than indexes are looked at."""
        index, built = _built(all_indexes.create("exact"), pool, setting.metric)
        depth = depth_of(self.measures, pool)
        rankings = ranking.exact(pool, setting.metric, depth)
        row = self._row(pool, setting, rankings, index, built, depth)
        if not is_reference or depth is not None or len(pool.searched) <= DEPTH:
            return row
        cut = ranking.exact(pool, setting.metric, DEPTH)
        return replace(row, to_depth=scored(pool, cut, self.measures, lambda _: None)[0])

    def through(self, pool: Pool, setting: Setting, index: Index, exact: Row) -> Row:
        """Measure an approximate index against what is exact."""
        index, built = _built(index, pool, setting.metric)
        depth = min(depth_of(self.measures, pool) or DEPTH, len(pool.searched))
        row = self._row(pool, setting, ranking.through(pool, index, depth), index, built, depth)
        share = index.memory_bytes / len(pool.searched)
        recall = recall_of(row.nearest, exact.nearest)
        return replace(row, bytes=row.bytes + share, recall=recall)

    def _row(
        self,
        pool: Pool,
        setting: Setting,
        rankings: Iterator[ranking.Ranked],
        index: Index,
        built: float,
        depth: int | None,
    ) -> Row:
        scores, nearest = scored(pool, rankings, self.measures, self.count)
        dims = int(pool.vectors.shape[1])
        return Row(
            truth=self.truth,
            descriptor=self.descriptor,
            metric=setting.metric,
            reduction=setting.reduced,
            index=setting.index,
            dims=dims,
            scores=scores,
            nearest=nearest,
            bytes=float(pool.vectors.itemsize * dims),
            describe_seconds=float("nan"),
            query_ms=timing.milliseconds_to_search(index, pool.queries),
            recall=None,
            build_seconds=built,
            depth=depth,
        )


def _built(index: Index, pool: Pool, metric: str) -> tuple[Index, float]:
    began = time.perf_counter()
    index.build(pool.vectors, metric)
    return index, time.perf_counter() - began
