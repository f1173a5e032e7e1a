"""Every vector is looked at. The reference that other indexes are tested against."""

from __future__ import annotations

import numpy as np

from lookalike.indexes.base import Index, Neighbours
from lookalike.metrics import Vectors, canonical, distances

_BLOCK_FLOATS = 16_000_000


class Exact(Index):
    """Linear scan in blocks, so that a memory-mapped matrix is never in memory as a whole.

    Parameters
    ----------
    vectors : (n, dim) float32
    metric : str
    """

    def __init__(self, vectors: Vectors, metric: str) -> None:
        self.vectors = vectors
        self.metric = canonical(metric)

    def search(self, queries: Vectors, k: int) -> Neighbours:
        """Find the nearest vectors; see `Index.search`."""
        best = Neighbours(
            np.full((len(queries), k), -1, np.int64), np.full((len(queries), k), np.inf, np.float32)
        )
        step = max(1, _BLOCK_FLOATS // max(1, self.vectors.shape[1]))
        for start in range(0, len(self.vectors), step):
            block = np.asarray(self.vectors[start : start + step])
            best = _merged(best, distances(queries, block, self.metric), start, k)
        return best


def _merged(best: Neighbours, found: Vectors, start: int, k: int) -> Neighbours:
    """Keep the k nearest of the best so far and of a block's distances (n_queries, block)."""
    rows = np.broadcast_to(np.arange(start, start + found.shape[1]), found.shape)
    all_rows = np.concatenate([best.rows, rows], axis=1)
    all_distances = np.concatenate([best.distances, found], axis=1)
    # Stable, and earlier rows stand first: so ties come in order of the rows.
    order = np.argsort(all_distances, axis=1, kind="stable")[:, :k]
    return Neighbours(
        np.take_along_axis(all_rows, order, axis=1),
        np.take_along_axis(all_distances, order, axis=1),
    )
