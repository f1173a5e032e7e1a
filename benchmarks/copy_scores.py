"""The scores of copy detection, from the distances of every query to its answer and to the rest.

The protocol is that of DISC21 (Douze et al., 2021): the pairs of all queries are pooled and ranked
by distance, so one threshold serves every query, as it serves a user.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lookalike.metrics import Vectors, distances

KEPT = 200  # nearest wrong pictures of each query; `Distances.is_full` tells whether they sufficed
BLOCK = 256  # queries at a time: (256, 12,000) distances are 12 MB

Rows = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Distances:
    """Of each of q queries.

    Parameters
    ----------
    own : (q,) float32
        To the picture that it is a copy of.
    others : (q, KEPT) float32
        To the nearest pictures that it is not a copy of, nearest first, without junk.
    """

    own: Vectors
    others: Vectors

    def __getitem__(self, chosen: Mask) -> Distances:
        return Distances(self.own[chosen], self.others[chosen])

    def threshold(self, precision: float) -> float:
        """Return the largest distance within which that share of the pairs is right.

        Returns
        -------
        float
            −1 if there is none: then nothing is found.
        """
        right, wrong = np.sort(self.own), np.sort(self.others, axis=None)
        found = np.searchsorted(right, right, "right")
        mistaken = np.searchsorted(wrong, right, "right")
        good = found >= precision * (found + mistaken)
        return float(right[good].max()) if good.any() else -1.0

    def recall(self, threshold: float) -> float:
        """Return the share of queries whose answer is within a threshold."""
        return float(np.mean(self.own <= threshold))

    def precision(self, threshold: float) -> float:
        """Return the share of pairs within a threshold that are right; nan if there are none."""
        right = np.count_nonzero(self.own <= threshold)
        pairs = right + self.mistakes(threshold)
        return right / pairs if pairs else float("nan")

    def mistakes(self, threshold: float) -> int:
        """Return how many wrong pairs are within a threshold."""
        return int(np.count_nonzero(self.others <= threshold))

    def is_full(self, threshold: float) -> bool:
        """Whether some query may have more wrong pairs within a threshold than were kept."""
        return bool((self.others[:, -1] <= threshold).any())

    def recall_at_1(self) -> float:
        """Return the share of queries to which nothing is as near as their answer.

        A tie counts as wrong: the user would see the other picture as often as not.
        """
        return float(np.mean(self.own < self.others[:, 0]))

    def micro_ap(self) -> float:
        """Return the average precision of all pairs pooled; pairs of one distance stand together.

        Wrong pairs beyond those kept are missing, as are those that DISC21 does not let one submit.
        """
        right, wrong = np.sort(self.own), np.sort(self.others, axis=None)
        steps, new = np.unique(right, return_counts=True)
        found = np.searchsorted(right, steps, "right")
        mistaken = np.searchsorted(wrong, steps, "right")
        return float(np.sum(new * found / (found + mistaken)) / len(right))


def measured(
    queries: Vectors,
    references: Vectors,
    metric: str,
    answers: Rows,
    copies: Rows,
    junks: Sequence[Mask],
) -> list[Distances]:
    """Compare every query with every reference, a block of queries at a time.

    Parameters
    ----------
    queries : (q, dim) float32 or uint8
    references : (n, dim) float32 or uint8
    metric : str
    answers : (o,) int
        Which references are originals.
    copies : (q,) int
        Which of these originals each query is a copy of.
    junks : sequence of (o, n) bool
        References that are neither right nor wrong for copies of each original.

    Returns
    -------
    list of Distances
        One for each of `junks`.
    """
    own = np.empty(len(queries), np.float32)
    others = np.empty((len(junks), len(queries), KEPT), np.float32)
    for start in range(0, len(queries), BLOCK):
        rows = slice(start, start + BLOCK)
        distance = far(queries[rows], references, metric)
        place = np.arange(len(distance)), answers[copies[rows]]
        own[rows] = distance[place]
        distance[place] = np.inf
        for out, junk in zip(others, junks, strict=True):
            kept = np.where(junk[copies[rows]], np.inf, distance)
            out[rows] = np.sort(np.partition(kept, KEPT - 1, axis=1)[:, :KEPT], axis=1)
    return [Distances(own, out) for out in others]


def far(queries: Vectors, references: Vectors, metric: str) -> Vectors:
    """Return the distances (q, n); those of bits by a matrix product, which counts them exactly."""
    queries, references = queries.astype(np.float32), references.astype(np.float32)
    if metric == "hamming" and max(queries.max(), references.max()) <= 1:
        agreeing = (2 * queries - 1) @ (2 * references - 1).T
        return np.asarray((queries.shape[1] - agreeing) / 2, np.float32)
    return distances(queries, references, metric)
