"""From what a person told to an adapter that helps, or to the statement that none does."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from lookalike.descriptors import label
from lookalike.descriptors.base import STAGED
from lookalike.errors import BadParameter
from lookalike.evaluation.measures import difference, interval
from lookalike.gallery import LocalGallery
from lookalike.learning.adapter.choosing import PLAIN, Recipe, choose
from lookalike.learning.adapter.holding_out import LEAST, chosen_way, held_out, inner_folds
from lookalike.learning.adapter.labels import Labelled, labelled
from lookalike.learning.adapter.report import ENOUGH, LEAST_GAIN, AdapterReport, MethodFound
from lookalike.learning.adapter.told import HoldOut, Told
from lookalike.learning.adapter.training import Training
from lookalike.metrics import Vectors, unit
from lookalike.stages import Linear
from lookalike.store import Catalog, Progress

_INNER_QUERIES = 1_000
_FINAL_QUERIES = 4_000
# With more pictures than this one inner fold is as sure as three are with fewer.
_MANY = 6_000
_TRIED = 21


def train_adapter(
    gallery: LocalGallery,
    *,
    descriptor: str | None = None,
    labels: str = "folders",
    name: str = "adapter",
    dims: int | None = None,
    hold_out: str | None = None,
    seed: int = 0,
    install: bool = True,
    use: bool = True,
    progress: Callable[[Progress], None] | None = None,
) -> AdapterReport:
    """Learn from labels how to look at the vectors in a gallery, and search by that if it helps.

    Whether it helps is measured on what was held out before anything was fitted. Only then it is
    fitted again to all that was told, and installed: as ``glance/adapter``, a descriptor beside the
    one it stands on. No picture is read for it.

    Parameters
    ----------
    gallery : LocalGallery
    descriptor : str, optional
        One of those that were indexed; by default the one that searches go by, without an adapter
        of this name.
    labels : str
        What is alike. ``folders``: pictures in the same folder. ``column:NAME``: with the same
        value in a column of the gallery. ``marks``: answers that were marked when searching. Or a
        CSV or Parquet file with the columns path and label; or first, second and same.
    name : str
        What it is called. One of the same name is replaced.
    dims : int, optional
        Components that are left; by default as many as there are.
    hold_out : {"groups", "pictures"}, optional
        Whole groups, to see how pictures of kinds never seen are found, are held out if there are
        12 or more; otherwise, or if asked, half the pictures of each group.
    seed : int
        Of what is held out.
    install : bool
        Otherwise it is only measured.
    use : bool
        Whether searches go by it from then on, unless another descriptor is named.
    progress : callable, optional
        Called with a `Progress` of the stages ``learning`` and ``deriving``.

    Returns
    -------
    AdapterReport

    Raises
    ------
    BadParameter
        Too little is told, or not what can be understood.
    UnknownName
        The gallery has no such column.
    NotIndexed
        It has no such descriptor.
    GalleryBusy
        Another process is writing to this gallery.
    """
    began = time.perf_counter()
    kept = gallery.vectors(descriptor)
    if descriptor is None and label(kept.descriptor).endswith(f"/{name}"):
        kept = gallery.vectors(kept.descriptor.rpartition(STAGED)[0])
    catalog = Catalog(gallery.path)
    try:
        given = labelled(catalog, kept, labels)
    finally:
        catalog.close()
    report, final = learn(
        given, kept.metric, dims=dims, hold_out=hold_out, seed=seed, progress=progress
    )
    report = replace(report, descriptor=label(kept.descriptor))
    if final is not None and install:
        stage = replace(final, name=name)
        installed = gallery.add_stage(
            stage, descriptor=kept.descriptor, about=report.about, progress=progress
        )
        if use:
            gallery.use(installed)
        report = replace(report, installed=installed)
    return replace(report, seconds=time.perf_counter() - began)


def learn(
    given: Labelled,
    metric: str,
    *,
    dims: int | None = None,
    hold_out: str | None = None,
    parts: int | None = None,
    seed: int = 0,
    progress: Callable[[Progress], None] | None = None,
) -> tuple[AdapterReport, Linear | None]:
    """Learn an adapter of vectors.

    Parameters
    ----------
    given : Labelled
    metric : str
        What the vectors are compared by now. The adapter's are compared by cosine if that is it,
        and otherwise by euclidean, as they are no histograms any more.
    dims, hold_out, seed, progress
        As for `train_adapter`.
    parts : int, optional
        One of so many is held out; see `held_out`.

    Returns
    -------
    report : AdapterReport
    linear : Linear or None
        Fitted to all that was told; None if it does not help.

    Raises
    ------
    BadParameter
        As `train_adapter`.
    """
    began = time.perf_counter()
    takes = given.vectors.shape[1]
    if dims is not None and not 1 <= dims <= takes:
        raise BadParameter(f"dims is 1 to {takes}, which is what the vectors have, not {dims}")
    how = chosen_way(given.told, hold_out)
    task = _Task.of(given, metric, dims or takes)
    learnt, held = held_out(given.told, how, seed, parts)
    methods, recipe = _compared(task, learnt, held, how, seed, progress or (lambda _: None))
    before, after = task.scores(held, None), task.scores(held, recipe.fit(task.training(learnt)))
    if len(before) < LEAST:
        raise BadParameter(
            f"only {len(before)} of the {how} that were held out have right and wrong answers; "
            f"at least {LEAST} are needed to tell help from chance. Tell more"
        )
    gain = difference(list(after.values()), [before[one] for one in after], seed=seed)
    helps = gain.mean >= LEAST_GAIN and gain.p_value <= ENOUGH
    report = AdapterReport(
        descriptor="",
        metric=task.by,
        dims=task.dims,
        labels=given.source,
        pictures=len(given.told.pictures),
        unknown=given.unknown,
        held_out=how,
        units=gain.n,
        methods=methods,
        before=interval(list(before.values()), seed=seed),
        after=interval(list(after.values()), seed=seed),
        difference=gain,
        helps=helps,
        installed="",
        seconds=time.perf_counter() - began,
    )
    return report, recipe.fit(task.training(given.told)) if helps else None


@dataclass(frozen=True, eq=False)
class _Task:
    """Vectors, as they are searched now and as they are learnt from."""

    plain: Vectors
    metric: str
    vectors: Vectors
    by: str
    dims: int
    told: Told

    @classmethod
    def of(cls, given: Labelled, metric: str, dims: int) -> _Task:
        plain = np.asarray(given.vectors, np.float32)
        is_angular = metric == "cosine"
        vectors = unit(plain) if is_angular else plain
        by = "cosine" if is_angular else "euclidean"
        return cls(plain, metric, vectors, by, dims, given.told)

    def training(self, learnt: Told) -> Training:
        """Return what may be learnt from: what was told, and pictures that nothing is told of."""
        unseen = np.setdiff1d(self.told.pictures, learnt.pictures)
        seen = np.setdiff1d(np.arange(len(self.vectors)), unseen)
        return Training(self.vectors, seen, learnt, self.by, self.dims)

    def scores(
        self, held: Told, linear: Linear | None, most: int = _FINAL_QUERIES
    ) -> dict[int, float]:
        """Return the mean average precision of each group or query, with a projection or none."""
        if linear is None:
            return held.precisions(self.plain, self.metric, most)
        rows = held.pictures
        out = np.zeros((len(self.vectors), linear.dim), np.float32)
        out[rows] = linear(self.vectors[rows])
        return held.precisions(out, self.by, most)

    def inner(self, held: Told, linear: Linear | None) -> float:
        """Return the mean over groups or queries; 0 if there is none, which chooses nothing."""
        scores = self.scores(held, linear, _INNER_QUERIES)
        return float(np.mean(list(scores.values()))) if scores else 0.0


def _compared(
    task: _Task,
    learnt: Told,
    held: Told,
    how: HoldOut,
    seed: int,
    tell: Callable[[Progress], None],
) -> tuple[tuple[MethodFound, ...], Recipe]:
    """Choose by what may be learnt from only; then measure what each would have come to."""
    folds = inner_folds(learnt, how, 1 if len(learnt.pictures) > _MANY else 3, seed)
    done, total = 0, _TRIED * len(folds)

    def told() -> None:
        nonlocal done
        done += 1
        tell(Progress("learning", done, total))

    found = choose([(task.training(part), partial(task.inner, rest)) for part, rest in folds], told)
    best = max(found, key=lambda one: one.inner)
    training = task.training(learnt)
    plain = MethodFound(
        PLAIN,
        float(np.mean([task.inner(rest, None) for _, rest in folds])),
        _mean(task.scores(held, None)),
        0.0,
        False,
    )
    rest = [
        MethodFound(
            one.recipe.brief,
            one.inner,
            _mean(task.scores(held, one.recipe.fit(training))),
            one.seconds,
            one is best,
        )
        for one in found
    ]
    return (plain, *rest), best.recipe


def _mean(scores: dict[int, float]) -> float:
    return float(np.mean(list(scores.values()))) if scores else float("nan")
