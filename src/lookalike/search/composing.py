"""Several things that are searched with at once → where to search.

One vector comes out, of the same kind as theirs, so any index is searched with it as it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lookalike.errors import UsageError
from lookalike.metrics import Vectors, canonical, unit
from lookalike.search.feedback import OF_COUNTS
from lookalike.search.known import Known
from lookalike.search.query import Part, Query, located

# What remains where all cancels out; weights are decimals, and 0.3 − 0.1 − 0.2 is not quite 0.
_ROUNDING = 1e-6

_Floats = npt.NDArray[np.float64]


def composed_query(known: Known, parts: Sequence[Part], liked: tuple[Query, ...] = ()) -> Query:
    """Return the query for parts; for a single one that is wanted, that of its own.

    Parameters
    ----------
    known : Known
        What the gallery knows of its pictures.
    parts : sequence of Part
        At least one.
    liked : tuple of Query
        What else the search goes towards.

    Raises
    ------
    NotIndexed
        There is no picture of an id.
    UsageError
        There is nothing to go towards.
    """
    queries = tuple(located(known, part) for part in parts)
    if not liked and all(query.weight < 0 for query in queries):
        raise UsageError(
            "this tells only what to keep away from; add what to search for: a part with a weight "
            "above 0, or a picture that is liked"
        )
    if len(queries) == 1 and queries[0].weight > 0:
        return queries[0]
    return Query(parts=queries)


def composed(vectors: Vectors, weights: Sequence[float], metric: str) -> Vectors:
    """Return the vector to search with for several parts.

    Parameters
    ----------
    vectors : (n, dim) float32
        Of the parts, n at least 1.
    weights : (n,) floats
        Below 0 for what to go away from.
    metric : str
        For cosine it is the weighted sum of the unit vectors, as words are added and subtracted in
        analogies [1]_ and words and pictures together [2]_. For hamming the bits vote, with the
        part's weight; those of the first part break a tie. For all others it is the weighted mean,
        of which counts stay at 0 or above: Rocchio's [3]_ with weights of one's own.

    Returns
    -------
    (dim,) float32

    Raises
    ------
    UsageError
        The parts cancel each other out; or the metric is hamming, and components are not all 0
        or 1; or a mean is to be taken, and the weights do not add up to more than 0.

    References
    ----------
    .. [1] T. Mikolov, W. Yih, G. Zweig, "Linguistic regularities in continuous space word
       representations", NAACL (2013).
    .. [2] R. Kiros, R. Salakhutdinov, R. S. Zemel, "Unifying visual-semantic embeddings with
       multimodal neural language models", arXiv:1411.2539 (2014).
    .. [3] J. J. Rocchio, "Relevance feedback in information retrieval", in The SMART retrieval
       system (1971).
    """
    metric = canonical(metric)
    # Only how they compare counts; scaled, they may be of any size.
    factors = np.asarray(weights, np.float64) / np.abs(weights).max()
    if metric == "cosine":
        return _sum(unit(vectors), factors)
    if metric == "hamming":
        return _voted(vectors, factors)
    if float(factors.sum()) < _ROUNDING:
        raise UsageError(
            f"by {metric} distance the weights of the parts must add up to more than 0, and these "
            f"add up to {math.fsum(weights):.4g}; give more weight to what is wanted, or search by "
            "cosine"
        )
    mean = np.asarray(factors @ vectors.astype(np.float64) / factors.sum(), np.float32)
    return np.maximum(mean, 0) if metric in OF_COUNTS and (vectors >= 0).all() else mean


def _sum(vectors: Vectors, weights: _Floats) -> Vectors:
    total = weights @ vectors.astype(np.float64)
    if np.linalg.norm(total) < _ROUNDING:
        raise UsageError(
            "the parts cancel each other out, so there is nothing left to search for; change a "
            "weight, or leave a part out"
        )
    return np.asarray(total, np.float32)


def _voted(vectors: Vectors, weights: _Floats) -> Vectors:
    if not ((vectors == 0) | (vectors == 1)).all():
        raise UsageError(
            "several parts can be searched with by hamming distance only where all components are "
            "0 or 1; search by another metric"
        )
    ballots = 2.0 * vectors - 1
    votes = weights @ ballots
    undecided = np.abs(votes) < _ROUNDING
    return np.asarray(np.where(undecided, weights[0] * ballots[0], votes) > 0, np.float32)
