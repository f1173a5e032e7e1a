"""What a search answers: rows and their true distances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from lookalike.metrics import Vectors, distances

Rows: TypeAlias = npt.NDArray[np.int64]
Mask: TypeAlias = npt.NDArray[np.bool_]

# Candidates that are looked at in one step.
_BLOCK = 4096


@dataclass(frozen=True)
class Neighbours:
    """The nearest vectors of each query.

    Attributes
    ----------
    rows : (n_queries, k) int64
        Rows of the searched vectors, nearest first; equal distances in order of the rows.
        −1 where there are fewer than k vectors.
    distances : (n_queries, k) float32
        Ascending; infinite where the row is −1. The true ones, also where the search is not exact.
    """

    rows: Rows
    distances: Vectors


def ranked(
    vectors: Vectors, metric: str, queries: Vectors, candidates: Sequence[Rows], k: int
) -> Neighbours:
    """Order candidates by their true distances, computed by the definition of the metric.

    Parameters
    ----------
    vectors : (n, dim) float32
        Possibly memory-mapped: only the candidates are read.
    metric : str
    queries : (n_queries, dim) float32
    candidates : sequence of (m,) int64
        For each query different rows of `vectors` in any order; −1 is passed over.
    k : int

    Returns
    -------
    Neighbours
        (n_queries, k)
    """
    rows = np.full((len(queries), k), -1, np.int64)
    far = np.full((len(queries), k), np.inf, np.float32)
    for n, some in enumerate(candidates):
        near = _nearest(vectors, metric, queries[n : n + 1], np.sort(some[some >= 0]), k)
        rows[n, : len(near[0])], far[n, : len(near[0])] = near
    return Neighbours(rows, far)


def _nearest(
    vectors: Vectors, metric: str, query: Vectors, candidates: Rows, k: int
) -> tuple[Rows, Vectors]:
    """Return the k nearest of candidates (m,) in ascending order."""
    kept, near = np.empty(0, np.int64), np.empty(0, np.float32)
    step = max(_BLOCK, k)
    for start in range(0, len(candidates), step):
        block = candidates[start : start + step]
        away = distances(query, np.asarray(vectors[block]), metric)[0]
        if start:
            block, away = np.concatenate([kept, block]), np.concatenate([near, away])
        # Stable, and earlier rows stand first: so ties come in order of the rows.
        order = np.argsort(away, kind="stable")[:k]
        kept, near = block[order], away[order]
    return kept, near
