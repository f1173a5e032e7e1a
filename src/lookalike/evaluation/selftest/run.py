"""How well a gallery finds its own pictures when they were edited: no labels needed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime, timezone

import numpy as np
import numpy.typing as npt

from lookalike import metrics
from lookalike.descriptors import Descriptor, label
from lookalike.errors import NotIndexed, UsageError
from lookalike.evaluation.measures.confidence import difference, interval
from lookalike.evaluation.selftest.edited import Edited, chosen_edits, edited
from lookalike.evaluation.selftest.found import Found, find
from lookalike.evaluation.selftest.reliability import calibrated, first, reliability, shown
from lookalike.evaluation.selftest.result import (
    QUANTILES,
    DescriptorFound,
    EditFound,
    SelfTest,
)
from lookalike.gallery import LocalGallery
from lookalike.gallery.local.opened import Opened
from lookalike.samples.edits import Edit
from lookalike.search import choice
from lookalike.search.searcher import Searched
from lookalike.store import Catalog, Progress, calibrations
from lookalike.store.calibrations import KeptCalibration
from lookalike.store.catalog import StoredDescriptor

Tell = Callable[[Progress], None]

FEWEST = 2
"""Pictures: one to learn from, and one to judge by."""

# Answers that a calibration is learned from, for each query: as many as a search shows.
_SHOWN = 10


def selftest(
    gallery: LocalGallery,
    *,
    pictures: int = 200,
    descriptors: Sequence[str] = (),
    edits: Sequence[str] = (),
    k: int = 10,
    seed: int = 0,
    metric: str | None = None,
    keep: bool = True,
    progress: Callable[[Progress], None] | None = None,
) -> SelfTest:
    """Edit some of a gallery's own pictures, search for the copies, and tell how they are found.

    What it learns, how probable it is at which distance that a match is the same picture, is kept:
    searches tell that probability from then on. Interrupted, all is as before.

    Parameters
    ----------
    gallery : LocalGallery
    pictures : int
        How many are drawn, at least 2; fewer if the gallery has not as many that can be read.
    descriptors : sequence of str
        Those that are tested; by default all that the gallery has.
    edits : sequence of str
        What is done to the pictures: names of `lookalike.samples.edits.EDITS`, or ``"mild"`` or
        ``"strong"`` for several; by default all.
    k : int
        Recall is told at 1 and at k.
    seed : int
        At least 0, of which pictures are drawn, and of what the edits leave to chance.
    metric : str, optional
        Another than the natural one of each descriptor.
    keep : bool
        Whether to keep the calibrations.
    progress : callable, optional
        Called with a `Progress` of the stages ``editing`` and ``asking``.

    Returns
    -------
    SelfTest

    Raises
    ------
    NotIndexed
        The gallery has no such descriptor, or too few pictures that can be read.
    UnknownName, BadParameter, UsageError
        There is no such edit or metric, or a number that does not fit.
    """
    asked = _Asked(pictures, chosen_edits(edits), k, seed, metric)
    if isinstance(descriptors, str):
        raise UsageError(f"descriptors is a list of them: [{descriptors!r}]")
    # A connection of its own: whatever the test does, the gallery goes on as it was.
    with closing(_Bench(Catalog(gallery.path))) as bench:
        return bench.tested(tuple(descriptors), asked, keep, progress or (lambda _: None))


@dataclass(frozen=True)
class _Asked:
    """How to test."""

    pictures: int
    edits: tuple[Edit, ...]
    k: int
    seed: int
    metric: str | None

    def __post_init__(self) -> None:
        if self.pictures < FEWEST:
            raise UsageError(f"a self-test needs at least {FEWEST} pictures, not {self.pictures}")
        if self.k < 1:
            raise UsageError(f"k must be at least 1, not {self.k}")
        if self.seed < 0:
            raise UsageError(f"a seed is 0 or more, not {self.seed}")


class _Bench(Opened):
    """An open gallery that is tested."""

    def tested(self, specs: Sequence[str], asked: _Asked, keep: bool, tell: Tell) -> SelfTest:
        began = time.monotonic()
        stored = self._tested_descriptors(specs)
        made = {one.id: self._made(one) for one in stored}
        for descriptor in made.values():
            descriptor.prepare(lambda done, total: tell(Progress("fetching", done, total)))
        copies = self._edited(made, asked, tell)
        by_descriptor = [self._found(one, copies, asked, tell) for one in stored]
        results = tuple(result for result, _ in by_descriptor)
        best, why = _recommended(by_descriptor)
        if keep:
            self._keep(results, len(copies.contents))
        return SelfTest(
            gallery=str(self.path),
            pictures=len(copies.contents),
            passed_over=copies.passed_over,
            edits=tuple(edit.name for edit in asked.edits),
            k=asked.k,
            seed=asked.seed,
            descriptors=results,
            recommended=best,
            why=why,
            kept=keep,
            seconds=time.monotonic() - began,
        )

    def _tested_descriptors(self, specs: Sequence[str]) -> list[StoredDescriptor]:
        self._stored(None)  # an empty gallery says so
        named = dict.fromkeys(self._stored(spec) for spec in specs)
        return list(named) or self._catalog.descriptors()

    def _edited(self, made: dict[int, Descriptor], asked: _Asked, tell: Tell) -> Edited:
        def told(done: int, total: int) -> None:
            tell(Progress("editing", done, total))

        found = edited(self._catalog, made, asked.edits, asked.pictures, asked.seed, told)
        if len(found.contents) < FEWEST:
            reasons = ", ".join(f"{count:,} {why}" for why, count in found.passed_over.items())
            raise NotIndexed(
                f"a self-test needs {FEWEST} pictures that can be read and have a vector of each "
                f"descriptor, and this gallery has {len(found.contents)}"
                f"{f' ({reasons})' if reasons else ''}; is a drive unplugged? Otherwise: "
                "lookalike index"
            )
        return found

    def _found(
        self, stored: StoredDescriptor, copies: Edited, asked: _Asked, tell: Tell
    ) -> tuple[DescriptorFound, npt.NDArray[np.float64]]:
        """Return what is told of a descriptor, and recall@1 of each picture (n,)."""
        metric = metrics.canonical(asked.metric or stored.metric)
        searched = self._searchers.searched(stored, metric)
        rows, there = _rows_of(searched, copies.contents)
        if len(rows) < FEWEST or len(searched.matrix) <= FEWEST - 1:
            raise NotIndexed("the gallery was emptied while it was tested; bring it up to date")
        vectors = copies.vectors[stored.id][there]
        total = vectors.shape[0] * vectors.shape[1]
        tell(Progress("asking", 0, total))
        found = find(
            searched,
            metric,
            rows,
            vectors,
            max(asked.k, _SHOWN),
            lambda done: tell(Progress("asking", done, total)),
        )
        scores = found.hits(1).mean(axis=1)
        why = choice.reason(choice.chosen(self._catalog, stored, metric))
        return _result(stored, metric, searched, found, asked, why), scores

    def _keep(self, results: Sequence[DescriptorFound], pictures: int) -> None:
        made = datetime.now(timezone.utc).isoformat(timespec="seconds")
        calibrations.keep(
            self._catalog,
            [
                KeptCalibration(
                    one.descriptor,
                    one.metric,
                    one.calibration.as_dict(),
                    pictures,
                    made,
                    asdict(one.reliability),
                )
                for one in results
            ],
        )


def _rows_of(
    searched: Searched, contents: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """Return the rows of those contents that can be found still, and which these are."""
    present = np.ones(len(searched.matrix.ids), bool)
    present[searched.matrix.gone] = False
    rows = np.flatnonzero(present)
    rows = rows[np.argsort(searched.matrix.ids[rows])]
    ids = searched.matrix.ids[rows]
    place = np.minimum(np.searchsorted(ids, contents), len(ids) - 1)
    there = ids[place] == contents if len(ids) else np.zeros(len(contents), bool)
    return rows[place[there]], there


def _result(
    stored: StoredDescriptor,
    metric: str,
    searched: Searched,
    found: Found,
    asked: _Asked,
    why: str,
) -> DescriptorFound:
    answers, pictures, edits = shown(found, _SHOWN), len(found.own), len(asked.edits)
    calibration = calibrated(answers, len(searched.matrix), edits)
    first_hits, hits = found.hits(1), found.hits(asked.k)
    sure = interval(first_hits.mean(axis=1))
    return DescriptorFound(
        descriptor=stored.key,
        metric=metric,
        index=searched.index.spec,
        index_recall=searched.recall,
        index_why=why,
        vectors=len(searched.matrix),
        recall_1=float(first_hits.mean()),
        recall_k=float(hits.mean()),
        recall_1_low=sure.low,
        recall_1_high=sure.high,
        edits=tuple(
            EditFound(
                edit=edit.name,
                strength=edit.strength,
                told=edit.told,
                recall_1=float(first_hits[:, n].mean()),
                recall_k=float(hits[:, n].mean()),
                own=_quantiles(found.own[:, n]),
                others=_quantiles(found.others[:, n, 0]),
            )
            for n, edit in enumerate(asked.edits)
        ),
        doubles=int(np.count_nonzero(found.alone <= np.quantile(found.own, 0.05))),
        calibration=calibration,
        reliability=reliability(answers, answers, pictures, edits, asked.seed),
        reliability_of_first=reliability(answers, first(found), pictures, edits, asked.seed),
        distance_50=calibration.distance(0.5),
        distance_95=calibration.distance(0.95),
    )


def _quantiles(distances: npt.NDArray[np.float32]) -> tuple[float, ...]:
    there = distances[np.isfinite(distances)]
    return tuple(np.quantile(there, QUANTILES).tolist()) if len(there) else ()


def _recommended(
    found: Sequence[tuple[DescriptorFound, npt.NDArray[np.float64]]],
) -> tuple[str, str]:
    """Return which descriptor is best for finding copies here, and why, in a sentence."""
    ranked = sorted(found, key=lambda one: -one[0].recall_1)
    (best, scores), *others = ranked
    told = f"{label(best.descriptor)} finds {best.recall_1:.1%} of the copies first"
    if not others:
        return best.descriptor, f"{told}; nothing else was tested"
    (second, lesser) = others[0]
    apart = difference(scores, lesser)
    name = label(second.descriptor)
    between = f"95 % interval {100 * apart.low:.1f} to {100 * apart.high:.1f}"
    if apart.low <= 0:
        return best.descriptor, f"{told}, which may be chance: {name} is as good ({between} points)"
    return best.descriptor, f"{told}, {100 * apart.mean:.1f} points more than {name} ({between})"
