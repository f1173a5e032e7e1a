"""The vectors of edited copies → how far from them their originals are, and other pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lookalike import metrics
from lookalike.metrics import Vectors
from lookalike.search.searcher import Searched

Mask = npt.NDArray[np.bool_]
Tell = Callable[[int], None]

# Copies that are searched for at a time.
_BLOCK = 256

# The last digits of a distance depend on what stands beside the vector when it is computed.
_ROUNDING = 2e-6


@dataclass(frozen=True, eq=False)
class Found:
    """What was found with the copies of n pictures by e edits.

    Attributes
    ----------
    own : (n, e) float32
        Distance of each copy to its original.
    seen : (n, e) bool
        Whether the search came upon the original; an approximate one may miss it.
    others : (n, e, k) float32
        Distances of the nearest other pictures, ascending; infinite where there are fewer.
        Files with the same bytes are one picture.
    alone : (n,) float32
        Distance of each unedited original to the nearest other picture.
    """

    own: Vectors
    seen: Mask
    others: Vectors
    alone: Vectors

    def hits(self, k: int) -> Mask:
        """Tell which originals are among the first k answers (n, e); k as for `others` at most.

        A tie counts as wrong: the other picture would be shown first as often as not.
        """
        last = self.others[..., k - 1]
        return np.asarray(self.seen & (last > self.own + _ROUNDING * (1 + self.own)))


def find(
    searched: Searched, metric: str, rows: metrics.Rows, copies: Vectors, k: int, tell: Tell
) -> Found:
    """Search for the originals of edited copies.

    Parameters
    ----------
    searched : Searched
    metric : str
    rows : (n,) int
        Rows of the originals in its matrix.
    copies : (n, e, dim) float32
    k : int
        How many other pictures.
    tell : callable
        Called with how many copies are searched for.
    """
    count, edits, dim = copies.shape
    originals = np.repeat(rows, edits)
    queries = copies.reshape(-1, dim)
    own = np.empty(len(queries), np.float32)
    seen = np.empty(len(queries), bool)
    others = np.empty((len(queries), k), np.float32)
    for start in range(0, len(queries), _BLOCK):
        block = slice(start, start + _BLOCK)
        seen[block], own[block], others[block] = _searched(
            searched, metric, originals[block], queries[block], k
        )
        tell(min(start + _BLOCK, len(queries)))
    unedited = np.asarray(searched.matrix.vectors[rows])
    alone = _searched(searched, metric, rows, unedited, 1)[2][:, 0]
    shape = (count, edits)
    return Found(own.reshape(shape), seen.reshape(shape), others.reshape(*shape, k), alone)


def _searched(
    searched: Searched, metric: str, originals: metrics.Rows, queries: Vectors, k: int
) -> tuple[Mask, Vectors, Vectors]:
    """Return which originals were seen (b,), how far they are (b,), and the others (b, k)."""
    found = searched.index.search(queries, k + 1)
    mine = found.rows == originals[:, np.newaxis]
    seen = mine.any(axis=1)
    others = np.sort(np.where(mine, np.inf, found.distances), axis=1)[:, :k]
    own = np.where(mine, found.distances, np.inf).min(axis=1)
    for n in np.flatnonzero(~seen):
        original = np.asarray(searched.matrix.vectors[originals[n]])
        own[n] = metrics.distances(queries[n][np.newaxis], original[np.newaxis], metric)[0, 0]
    return seen, own, np.asarray(others, np.float32)
