"""Smaller vectors, fitted to a gallery, and what they cost in quality."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import PurePath

import numpy as np
import numpy.typing as npt

from lookalike import metrics
from lookalike.descriptors import label
from lookalike.errors import BadParameter, NotIndexed
from lookalike.evaluation.measures import average_precision
from lookalike.evaluation.measures.confidence import Difference, difference
from lookalike.gallery import LocalGallery
from lookalike.metrics import Vectors
from lookalike.stages import Stage
from lookalike.stages.fitting import fitted
from lookalike.store import Progress
from lookalike.store.vectors import KeptVectors

Rows = npt.NDArray[np.int64]

# What is fitted does not get better with more vectors, and what is measured hardly surer.
_MOST_VECTORS, _MOST_ASKED = 100_000, 500
_NEAREST = 10
# Fewer say nothing; and folders tell kinds apart only if there are some, of several pictures each.
_LEAST_VECTORS, _LEAST_FOLDERS, _LEAST_NEW = 20, 4, 12
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
        Of kinds that it was fitted to, though to other pictures of them. None if there are too few
        folders for that.
    new_kinds : Kinds or None
        Of kinds that it was not fitted to: half of the folders are held out, and searched by
        themselves. What such a gallery will lose when other pictures come than it was fitted to.
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
    new_kinds: Kinds | None
    is_kept: bool
    seconds: float

    def as_dict(self) -> dict[str, object]:
        """Return the report as the JSON output spells it."""
        return asdict(self)


def reduce(
    gallery: LocalGallery,
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
    gallery : LocalGallery
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
    found = _measured(kept, spec, by, tell)
    stage = fitted(spec, kept.vectors, by)
    plain = label(kept.descriptor)
    name = f"{plain}/{stage.name}"
    told = {"told": _told(found), "vectors": len(kept)}
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
        asked=found.asked,
        same_neighbours=found.same_neighbours,
        kinds=found.kinds,
        new_kinds=found.new_kinds,
        is_kept=not dry_run,
        seconds=time.monotonic() - began,
    )


@dataclass(frozen=True)
class _Measured:
    """What a reduction costs: see `ReductionReport`."""

    asked: int
    same_neighbours: float
    kinds: Kinds | None
    new_kinds: Kinds | None


def _measured(
    kept: KeptVectors, spec: str, metric: str, tell: Callable[[Progress], None]
) -> _Measured:
    """Measure a reduction on pictures, and on kinds, that it was not fitted to."""
    random = np.random.default_rng(0)
    folders = _folders(kept)
    drawn = random.permutation(len(kept))
    count = min(_MOST_ASKED, len(kept) // 5)
    asked, searched = np.sort(drawn[:count]), np.sort(drawn[count:])
    bench = _Bench(kept, folders, metric)
    same, kinds = bench.measured(
        fitted(spec, kept.vectors[searched], metric), asked, searched, tell
    )
    new = None
    numbers = np.unique(folders[folders >= 0])
    if len(numbers) >= _LEAST_NEW:
        held_out = np.isin(folders, random.permutation(numbers)[: len(numbers) // 2])
        among = np.flatnonzero(held_out)
        some = np.sort(random.permutation(among)[:_MOST_ASKED])
        with suppress(BadParameter):  # half of the pictures may be too few to fit it
            stage = fitted(spec, kept.vectors[~held_out], metric)
            _, new = bench.measured(stage, some, among, tell)
    return _Measured(count, same, kinds, new)


@dataclass(frozen=True, eq=False)
class _Bench:
    """Vectors, and the folder of each: −1 for none that counts."""

    kept: KeptVectors
    folders: Rows
    metric: str

    def measured(
        self, stage: Stage, asked: Rows, searched: Rows, tell: Callable[[Progress], None]
    ) -> tuple[float, Kinds | None]:
        """Return the share of the nearest that stay the same, and how well kinds are found.

        A picture that is both asked with and searched is not searched for.
        """
        queries, gallery = self.kept.vectors[asked], self.kept.vectors[searched]
        before = _Ranks(queries, gallery, self.kept.metric)
        after = _Ranks(stage(queries), stage(gallery), self.metric)
        same = np.empty(len(queries))
        precisions = np.full((2, len(queries)), np.nan)
        for rows in before.blocks():
            orders = zip(before.order(rows), after.order(rows), strict=True)
            for row, both in zip(range(rows.start, rows.stop), orders, strict=True):
                itself = searched != asked[row]
                whole, less = (order[itself[order]] for order in both)
                same[row] = np.isin(whole[:_NEAREST], less[:_NEAREST]).mean()
                mine = self.folders[asked[row]]
                right = self.folders[searched] == mine
                if mine >= 0 and right[whole].any():
                    precisions[:, row] = [average_precision(right[one]) for one in (whole, less)]
            tell(Progress("ranking", rows.stop, len(queries)))
        return float(same.mean()), self._kinds(asked, precisions)

    def _kinds(self, asked: Rows, precisions: npt.NDArray[np.float64]) -> Kinds | None:
        known = ~np.isnan(precisions[0])
        of = self.folders[asked[known]]
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


def _told(found: _Measured) -> str:
    told = f"{found.same_neighbours:.0%} of the ten nearest stay the same"
    for kinds, which in ((found.kinds, "its kinds"), (found.new_kinds, "new kinds")):
        if kinds is not None:
            told += f"; mAP of {which} {kinds.before:.1%} → {kinds.after:.1%}"
    return told
