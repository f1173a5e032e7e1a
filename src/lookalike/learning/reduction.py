"""Smaller vectors, fitted to a gallery, and what they cost in quality."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import PurePath

import numpy as np
import numpy.typing as npt

from lookalike import metrics
from lookalike.descriptors import label
from lookalike.errors import NotIndexed
from lookalike.evaluation.measures import average_precision
from lookalike.evaluation.measures.confidence import Difference, difference
from lookalike.gallery import Gallery
from lookalike.metrics import Vectors
from lookalike.stages.fitting import fitted
from lookalike.store import Progress
from lookalike.store.vectors import KeptVectors

Rows = npt.NDArray[np.int64]

# What is fitted does not get better with more vectors, and what is measured hardly surer.
_MOST_VECTORS, _MOST_ASKED = 100_000, 500
_NEAREST = 10
# Fewer say nothing; and folders tell kinds apart only if there are some, of several pictures each.
_LEAST_VECTORS, _LEAST_FOLDERS = 20, 4
_BLOCK_FLOATS = 10_000_000


@dataclass(frozen=True)
class Kinds:
    """How well pictures of the same folder are found.

    Attributes
    ----------
    folders : int
        Kinds that are told apart: folders of at least two pictures.
    before, after : float
        The mAP with the whole vectors and with the reduced ones.
    difference : Difference
        After − before, a folder's queries taken together, as they are not independent.
    """

    folders: int
    before: float
    after: float
    difference: Difference


@dataclass(frozen=True)
class ReductionReport:
    """A reduction that was fitted, and what it costs.

    It is measured as it is used: pictures that it was not fitted to are searched for among those
    that it was fitted to.

    Attributes
    ----------
    descriptor : str
        What to type for the reduced vectors: ``glance/half_whitening:64``.
    of : str
        What to type for those they are made of.
    metric : str
        What they are compared by.
    components, reduced_components : int
    bytes, reduced_bytes : int
        That the catalog keeps of each vector.
    vectors : int
        How many it was fitted to.
    asked : int
        How many searches it was measured with.
    same_neighbours : float
        Share of the ten nearest by the whole vectors that are among the ten nearest by the reduced
        ones. What is not the same need not be worse.
    kinds : Kinds or None
        None if there are too few folders for that.
    is_kept : bool
        Whether the gallery has it now.
    seconds : float
    """

    descriptor: str
    of: str
    metric: str
    components: int
    reduced_components: int
    bytes: int
    reduced_bytes: int
    vectors: int
    asked: int
    same_neighbours: float
    kinds: Kinds | None
    is_kept: bool
    seconds: float

    def as_dict(self) -> dict[str, object]:
        """Return the report as the JSON output spells it."""
        return asdict(self)


def reduce(
    gallery: Gallery,
    spec: str,
    *,
    descriptor: str | None = None,
    metric: str | None = None,
    use: bool = False,
    dry_run: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> ReductionReport:
    """Fit a reduction to a gallery's vectors, measure what it costs, and keep it.

    It becomes a descriptor of its own, beside the one that it is made of; no picture is read.

    Parameters
    ----------
    gallery : Gallery
    spec : str
        Such as ``half_whitening:64``, ``sq8`` or ``pq:32``; see `lookalike.stages.fitting.fitted`.
    descriptor : str, optional
        One of those that were indexed, reduced ones included; by default what searches go by.
    metric : str, optional
        What the reduced vectors are to be compared by: cosine or euclidean. By default the
        descriptor's own if it is one of these.
    use : bool
        Let searches go by it from now on.
    dry_run : bool
        Only measure.
    progress : callable, optional
        Called with a `Progress` of the stages ``ranking`` and ``deriving``.

    Returns
    -------
    ReductionReport

    Raises
    ------
    UnknownName, BadParameter
        There is no such reduction, or it does not fit the vectors.
    NotIndexed
        The gallery has no such descriptor, or fewer than 20 vectors.
    GalleryBusy
        Another process is writing to this gallery.
    """
    began = time.monotonic()
    tell = progress or (lambda _: None)
    kept = gallery.vectors(descriptor, most=_MOST_VECTORS)
    if len(kept) < _LEAST_VECTORS:
        raise NotIndexed(
            f"the gallery has {len(kept)} vectors of {label(kept.descriptor)}; a reduction needs "
            f"{_LEAST_VECTORS} to be fitted and measured. Index more pictures first"
        )
    by = metrics.canonical(metric or kept.metric)
    bench = _Bench(kept, by)
    same, kinds = bench.measured(spec, tell)
    stage = fitted(spec, kept.vectors, by)
    plain = label(kept.descriptor)
    name = f"{plain}/{stage.name}"
    told = {"told": _told(same, kinds), "vectors": len(kept)}
    if not dry_run:
        name = gallery.add_stage(stage, descriptor=kept.descriptor, about=told, progress=progress)
        if use:
            gallery.use(name)
    return ReductionReport(
        descriptor=name,
        of=plain,
        metric=by,
        components=stage.takes,
        reduced_components=stage.dim,
        bytes=kept.bytes,
        reduced_bytes=len(stage.coded(stage(kept.vectors[:1]))[0]),
        vectors=len(kept),
        asked=len(bench.asked),
        same_neighbours=same,
        kinds=kinds,
        is_kept=not dry_run,
        seconds=time.monotonic() - began,
    )


class _Bench:
    """Measures a reduction on pictures that it was not fitted to."""

    def __init__(self, kept: KeptVectors, metric: str) -> None:
        self._kept = kept
        self._metric = metric
        drawn = np.random.default_rng(0).permutation(len(kept))
        count = min(_MOST_ASKED, len(kept) // 5)
        self.asked, self._searched = np.sort(drawn[:count]), np.sort(drawn[count:])
        self._folders = _folders(kept)

    def measured(self, spec: str, tell: Callable[[Progress], None]) -> tuple[float, Kinds | None]:
        """Return the share of the nearest that stay the same, and how well kinds are found."""
        vectors = self._kept.vectors
        queries, gallery = vectors[self.asked], vectors[self._searched]
        stage = fitted(spec, gallery, self._metric)
        before = _Ranks(queries, gallery, self._kept.metric)
        after = _Ranks(stage(queries), stage(gallery), self._metric)
        same = np.empty(len(queries))
        precisions = np.full((2, len(queries)), np.nan)
        for rows in before.blocks():
            one, other = before.order(rows), after.order(rows)
            for row, whole, less in zip(range(rows.start, rows.stop), one, other, strict=True):
                same[row] = np.isin(whole[:_NEAREST], less[:_NEAREST]).mean()
                precisions[:, row] = self._precisions(row, whole, less)
            tell(Progress("ranking", rows.stop, len(queries)))
        return float(same.mean()), self._kinds(precisions)

    def _precisions(self, query: int, *orders: Rows) -> list[float]:
        """Return the average precision of each order; NaN if nothing is of the query's folder."""
        mine = self._folders[self.asked[query]]
        right = self._folders[self._searched] == mine
        if mine < 0 or not right.any():
            return [np.nan] * len(orders)
        return [average_precision(right[order]) for order in orders]

    def _kinds(self, precisions: npt.NDArray[np.float64]) -> Kinds | None:
        known = ~np.isnan(precisions[0])
        of = self._folders[self.asked[known]]
        if len(folders := np.unique(of)) < _LEAST_FOLDERS:
            return None
        means = [[p[known][of == one].mean() for one in folders] for p in precisions]
        before, after = (float(p[known].mean()) for p in precisions)
        return Kinds(len(folders), before, after, difference(means[1], means[0]))


class _Ranks:
    """Queries against vectors, a block at a time."""

    def __init__(self, queries: Vectors, vectors: Vectors, metric: str) -> None:
        self._queries, self._vectors, self._metric = queries, vectors, metric

    def blocks(self) -> list[slice]:
        step = max(1, _BLOCK_FLOATS // len(self._vectors))
        starts = range(0, len(self._queries), step)
        return [slice(start, min(start + step, len(self._queries))) for start in starts]

    def order(self, rows: slice) -> Rows:
        """Return for each query the places of all vectors, nearest first: (rows, n)."""
        far = metrics.distances(self._queries[rows], self._vectors, self._metric)
        return np.argsort(far, axis=1, kind="stable")


def _folders(kept: KeptVectors) -> Rows:
    """Return the number of each picture's folder: (n,); −1 where it has no other picture."""
    names = [str(PurePath(path).parent) for path in kept.paths]
    _, folders, counts = np.unique(names, return_inverse=True, return_counts=True)
    return np.where(counts[folders] > 1, folders, -1)


def _told(same: float, kinds: Kinds | None) -> str:
    told = f"{same:.0%} of the ten nearest stay the same"
    if kinds is None:
        return told
    return f"{told}; mAP over {kinds.folders} folders {kinds.before:.1%} → {kinds.after:.1%}"
