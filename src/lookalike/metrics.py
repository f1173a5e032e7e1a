"""The distances between vectors. Smaller is always nearer.

Names are made canonical once, at the door (`canonical`); inside, only `METRICS` occur.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from lookalike.errors import UnknownName

Vectors: TypeAlias = npt.NDArray[np.float32]
Rows: TypeAlias = npt.NDArray[np.intp]

METRICS = ("cosine", "euclidean", "manhattan", "chi2", "hamming")
ALIASES = {
    "cos": "cosine",
    "angular": "cosine",
    "l2": "euclidean",
    "euclid": "euclidean",
    "l1": "manhattan",
    "cityblock": "manhattan",
    "taxicab": "manhattan",
    "chi-squared": "chi2",
    "chi_squared": "chi2",
    "chisq": "chi2",
}

# Metrics without a matrix product go through (block, dim) temporaries of at most this size, which
# stay in a processor's cache: 2.5 times as fast as ones that do not.
_TEMPORARY_FLOATS = 500_000

# For more queries than this a matrix product in 64 bits is faster than the definition in 32.
_FEW = 8


def canonical(name: str) -> str:
    """Return the one name of a metric.

    Raises
    ------
    UnknownName
        There is no such metric.
    """
    wanted = name.strip().lower()
    wanted = ALIASES.get(wanted, wanted)
    if wanted not in METRICS:
        raise UnknownName("metric", name, METRICS)
    return wanted


def distances(queries: Vectors, vectors: Vectors, metric: str) -> Vectors:
    """Distance of every query to every vector.

    Parameters
    ----------
    queries : (q, dim) float32
    vectors : (n, dim) float32
    metric : str
        ``cosine``: 1 − cos of the angle, in [0, 2]; a zero vector is at 1 from everything.
        ``euclidean``: square root of the summed squared differences.
        ``manhattan``: sum of the absolute differences.
        ``chi2``: ½ Σ (a − b)² / (|a| + |b|), where 0/0 is 0; meant for histograms.
        ``hamming``: number of components that differ.

    Returns
    -------
    (q, n) float32
        In [0, ∞).
    """
    metric = canonical(metric)
    if metric == "cosine":
        return _cosine(queries, vectors)
    if metric == "euclidean" and len(queries) > _FEW:
        return _euclidean_of_many(queries, vectors)
    out = np.empty((len(queries), len(vectors)), np.float32)
    block = max(1, _TEMPORARY_FLOATS // max(1, vectors.shape[1]))
    for row, query in enumerate(queries):
        for start in range(0, len(vectors), block):
            part = vectors[start : start + block]
            out[row, start : start + block] = _COMPONENTWISE[metric](query, part)
    return out


def similarity(distance: Vectors, queries: Vectors, metric: str) -> Vectors:
    """How alike, on a scale that does not depend on the length of the vectors.

    It is 1 − distance / the largest distance that the query can have to a vector of its own length:
    twice its norm for euclidean and manhattan, half of twice its mass for chi2, the dimension for
    hamming. For cosine it is the cosine itself. So for one query, nearer is always more alike.

    Parameters
    ----------
    distance : (q, n) float32
        As `distances` gave it.
    queries : (q, dim) float32
    metric : str

    Returns
    -------
    (q, n) float32
        1 for equal vectors, 0 for the most different; cosine goes down to −1.
    """
    metric = canonical(metric)
    if metric == "cosine":
        return np.asarray(1.0 - distance, np.float32)
    if metric == "hamming":
        largest = np.full((len(queries), 1), queries.shape[1], np.float32)
    else:
        lengths = np.linalg.norm(queries, ord=2 if metric == "euclidean" else 1, axis=1)
        largest = lengths[:, np.newaxis] * (1.0 if metric == "chi2" else 2.0)
    # Of a query that is all zeros nothing is alike but another such.
    nothing = np.where(distance > 0, 1.0, 0.0)
    relative = np.divide(distance, largest, out=nothing, where=largest > 0)
    return np.asarray(np.maximum(1.0 - relative, 0.0), np.float32)


def unit(vectors: Vectors) -> Vectors:
    """Return the vectors scaled to L2 norm 1; a zero vector stays zero."""
    lengths = norms(vectors)
    lengths[lengths == 0] = 1.0
    return np.asarray(vectors / lengths[:, np.newaxis], np.float32)


def norms(vectors: Vectors) -> Vectors:
    """Return the L2 norm of each vector: (n,) float32."""
    # A quarter of the time of np.linalg.norm, which writes all the squares to memory first.
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", vectors, vectors)), np.float32)


def _cosine(queries: Vectors, vectors: Vectors) -> Vectors:
    aims, lengths = unit(queries), norms(vectors)
    lengths[lengths == 0] = 1.0  # the product with such a vector is 0 as well
    out = np.asarray(aims @ vectors.T, np.float32)
    out /= lengths
    np.subtract(1.0, out, out=out)
    np.maximum(out, 0.0, out=out)
    np.minimum(out, 2.0, out=out)
    # Of two near directions 1 − cos leaves only rounding; half the squared distance of their unit
    # vectors is the same number, and exactly 0 for a vector and itself.
    # Both are scaled here, side by side: how a norm is summed up depends on the array's shape.
    for rows, columns in _pairs(out < 1e-4, vectors.shape[1]):
        apart = unit(queries[rows]) - unit(vectors[columns])
        out[rows, columns] = np.square(apart).sum(1) / 2
    return out


def _euclidean_of_many(queries: Vectors, vectors: Vectors) -> Vectors:
    # ‖a‖² − 2ab + ‖b‖² is one matrix product, but for near and long vectors it subtracts two large
    # numbers (count histograms have components of 10⁶); those pairs are computed again, directly.
    a, b = queries.astype(np.float64), vectors.astype(np.float64)
    lengths = np.add.outer((a * a).sum(1), (b * b).sum(1))
    squared = lengths - 2.0 * (a @ b.T)
    for rows, columns in _pairs(squared < 1e-6 * lengths, a.shape[1]):
        squared[rows, columns] = np.square(a[rows] - b[columns]).sum(1)
    return np.asarray(np.sqrt(squared), np.float32)


def _pairs(chosen: npt.NDArray[np.bool_], dim: int) -> Iterator[tuple[Rows, Rows]]:
    """Yield the rows and columns of chosen pairs, as many at a time as fit a temporary."""
    rows, columns = np.nonzero(chosen)
    step = max(1, _TEMPORARY_FLOATS // max(1, dim))
    for start in range(0, len(rows), step):
        yield rows[start : start + step], columns[start : start + step]


def _euclidean(query: Vectors, part: Vectors) -> Vectors:
    return np.asarray(np.sqrt(np.square(part - query).sum(1)))


def _manhattan(query: Vectors, part: Vectors) -> Vectors:
    return np.asarray(np.abs(part - query).sum(1))


def _chi2(query: Vectors, part: Vectors) -> Vectors:
    total = np.abs(part) + np.abs(query)
    shares = np.square(part - query) / np.maximum(total, np.finfo(np.float32).tiny)
    return np.asarray(shares.sum(1) / 2)


def _hamming(query: Vectors, part: Vectors) -> Vectors:
    return np.asarray((part != query).sum(1, dtype=np.float32))


_COMPONENTWISE = {
    "euclidean": _euclidean,
    "manhattan": _manhattan,
    "chi2": _chi2,
    "hamming": _hamming,
}
