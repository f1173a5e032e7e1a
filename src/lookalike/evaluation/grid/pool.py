"""A ground truth, as far as its pictures could be described, with their vectors."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lookalike.evaluation.truth.base import GroundTruth, Rows
from lookalike.metrics import Vectors

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Pool:
    """What is ranked, and what it is ranked for.

    Attributes
    ----------
    truth : GroundTruth
    searched : (n,) int64
        Rows of the truth's files, ascending: ties keep their order.
    vectors : (n, dim) float32
        Of what is searched.
    queries : (q, dim) float32
    """

    truth: GroundTruth
    searched: Rows
    vectors: Vectors
    queries: Vectors

    @property
    def place(self) -> Rows:
        """For each file its place in `searched`; −1 for one that is not there: (n_files,)."""
        place = np.full(len(self.truth.files), -1, np.int64)
        place[self.searched] = np.arange(len(self.searched))
        return place


def whole(truth: GroundTruth) -> Rows:
    """Return the rows of the files that are needed as a whole.

    All that are searched, and the queries of which not only a part is asked with.
    """
    needed = truth.searched.copy()
    unboxed = [n for n in range(len(truth.queries)) if n not in truth.boxes]
    needed[truth.queries[unboxed]] = True
    return np.flatnonzero(needed)


def without(truth: GroundTruth, missing: Mask, failed: frozenset[int] = frozenset()) -> GroundTruth:
    """Return a ground truth without some of its files.

    Parameters
    ----------
    truth : GroundTruth
    missing : (n_files,) bool
        Files that are not there: they are not searched, not asked with, and no answer.
    failed : set of int
        Places in `queries` of further ones that cannot be asked with.
    """
    boxed = truth.boxes
    asked = [
        n
        for n, row in enumerate(truth.queries.tolist())
        if n not in failed and (n in boxed or not missing[row])
    ]
    there = ~missing & truth.searched

    def present(rows: Rows) -> Rows:
        return rows[there[rows]]

    return replace(
        truth,
        searched=there,
        queries=truth.queries[asked],
        relevant=tuple(present(truth.relevant[n]) for n in asked),
        junk=tuple(present(truth.junk[n]) for n in asked),
        boxes={now: boxed[n] for now, n in enumerate(asked) if n in boxed},
    )
