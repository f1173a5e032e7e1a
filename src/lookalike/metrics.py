"""The distances between vectors. Smaller is always nearer.

Names are made canonical once, at the door (`canonical`); inside, only `METRICS` occur.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from lookalike.errors import UnknownName

Vectors: TypeAlias = npt.NDArray[np.float32]

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

# Metrics without a matrix product go through (queries, block, dim) temporaries of about this size.
_TEMPORARY_FLOATS = 4_000_000


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
        ``chi2``: ½ Σ (a − b)² / (a + b), where 0/0 is 0; for non-negative histograms.
        ``hamming``: number of components that differ.

    Returns
    -------
    (q, n) float32
        In [0, ∞).
    """
    metric = canonical(metric)
    if metric == "cosine":
        return np.clip(1.0 - unit(queries) @ unit(vectors).T, 0.0, 2.0)
    if metric == "euclidean":
        return _euclidean(queries, vectors)
    out = np.empty((len(queries), len(vectors)), np.float32)
    block = max(1, _TEMPORARY_FLOATS // max(1, vectors.shape[1]))
    for row, query in enumerate(queries):
        for start in range(0, len(vectors), block):
            part = vectors[start : start + block]
            out[row, start : start + block] = _COMPONENTWISE[metric](query, part)
    return out


def similarity(distance: Vectors, queries: Vectors, vectors: Vectors, metric: str) -> Vectors:
    """How alike, on a scale that does not depend on the length of the vectors.

    It is 1 − distance / the largest distance that two vectors of these lengths can have:
    the sum of their norms for euclidean and manhattan, half the sum of their masses for chi2,
    the dimension for hamming. For cosine it is the cosine itself.

    Parameters
    ----------
    distance : (q, n) float32
        As `distances` gave it.
    queries : (q, dim) float32
    vectors : (n, dim) float32
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
        return np.asarray(1.0 - distance / queries.shape[1], np.float32)
    order = 2 if metric == "euclidean" else 1
    lengths = np.add.outer(
        np.linalg.norm(queries, ord=order, axis=1), np.linalg.norm(vectors, ord=order, axis=1)
    )
    largest = lengths / 2 if metric == "chi2" else lengths
    relative = np.divide(distance, largest, out=np.zeros_like(distance), where=largest > 0)
    return np.asarray(1.0 - relative, np.float32)


def unit(vectors: Vectors) -> Vectors:
    """Return the vectors scaled to L2 norm 1; a zero vector stays zero."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0))


def _euclidean(queries: Vectors, vectors: Vectors) -> Vectors:
    # ‖a‖² − 2ab + ‖b‖² is one matrix product, but for near and long vectors it subtracts two large
    # numbers (count histograms have components of 10⁶); those pairs are computed again, directly.
    a, b = queries.astype(np.float64), vectors.astype(np.float64)
    lengths = np.add.outer((a * a).sum(1), (b * b).sum(1))
    squared = lengths - 2.0 * (a @ b.T)
    rows, columns = np.nonzero(squared < 1e-6 * lengths)
    step = max(1, _TEMPORARY_FLOATS // max(1, a.shape[1]))
    for start in range(0, len(rows), step):
        pair = rows[start : start + step], columns[start : start + step]
        squared[pair] = np.square(a[pair[0]] - b[pair[1]]).sum(1)
    return np.sqrt(squared).astype(np.float32)


def _manhattan(query: Vectors, part: Vectors) -> Vectors:
    return np.asarray(np.abs(part - query).sum(1))


def _chi2(query: Vectors, part: Vectors) -> Vectors:
    total = part + query
    squared = np.square(part - query)
    return np.asarray(
        0.5 * np.divide(squared, total, out=np.zeros_like(squared), where=total > 0).sum(1)
    )


def _hamming(query: Vectors, part: Vectors) -> Vectors:
    return np.asarray((part != query).sum(1, dtype=np.float32))


_COMPONENTWISE = {"manhattan": _manhattan, "chi2": _chi2, "hamming": _hamming}
