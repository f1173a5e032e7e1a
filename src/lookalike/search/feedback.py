"""Pictures found right and wrong → where to search next.

One vector comes out, of the same kind as the query's, so any index is searched with it as it is.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lookalike.errors import UsageError
from lookalike.metrics import Vectors, canonical, unit

BACKGROUND = 200
"""So many vectors of the gallery stand for all that is not searched for."""

# Chosen where benchmarks/feedback.py finds much on every set, not most on one.
_RIDGE = 0.05
_QUERY, _LIKED, _UNLIKED = 1.0, 2.0, 0.5

OF_COUNTS = ("chi2", "manhattan")
"""Distances that are made for counts, of which there are none below zero."""

_Floats = npt.NDArray[np.float64]


def moved(
    query: Vectors, liked: Vectors, unliked: Vectors, background: Vectors | None, metric: str
) -> Vectors:
    """Return the vector to search with, once some matches are known to be right or wrong.

    Parameters
    ----------
    query : (k, dim) float32
        What was searched with, k of 0 or 1.
    liked, unliked : (l, dim) float32, (u, dim) float32
        The vectors of what is right and what is wrong. ``k + l`` is at least 1.
    background : (b, dim) float32 or None
        Some of the gallery's vectors, which stand for the rest of it. None where these tell nothing
        about the query, as about words, from which all pictures are far.
    metric : str
        For all it is a weighted mean (`rocchio`), of which counts stay at 0 or above and bits are
        rounded. For cosine, and with a background, it lies half-way between the directions of that
        and of a linear classifier (`classifier`): the one fails where the other does not.

    Returns
    -------
    (dim,) float32

    Raises
    ------
    UsageError
        The metric is hamming, and components are not all 0 or 1.
    """
    metric = canonical(metric)
    if metric == "cosine":
        mean = unit(rocchio(unit(query), unit(liked), unit(unliked))[np.newaxis])
        if background is None:
            return np.asarray(mean[0], np.float32)
        right = np.concatenate([query, liked])
        found = classifier(unit(right), unit(unliked), unit(_without(background, right)))
        return np.asarray(mean[0] if found is None else (mean[0] + found) / 2, np.float32)
    if metric == "hamming":
        return _voted(query, liked, unliked)
    mean = rocchio(query, liked, unliked)
    is_of_counts = metric in OF_COUNTS and all((v >= 0).all() for v in (query, liked, unliked))
    return np.maximum(mean, 0) if is_of_counts else mean


def rocchio(query: Vectors, liked: Vectors, unliked: Vectors) -> Vectors:
    """Return the query, drawn towards what is liked and away from what is not.

    It is (q + 2 l − ½ u) / (1 + 2 − ½), where l and u are the means of what is liked and unliked;
    what there is none of has no weight. As the weights add up to 1, it stays as long as its parts.

    Parameters
    ----------
    query, liked, unliked
        As for `moved`.

    Returns
    -------
    (dim,) float32

    References
    ----------
    J. J. Rocchio, "Relevance feedback in information retrieval", in The SMART retrieval system
    (1971).
    """
    weighted = [(_QUERY, query), (_LIKED, liked), (-_UNLIKED, unliked)]
    present = [(weight, v.mean(0, dtype=np.float64)) for weight, v in weighted if len(v)]
    total = sum(weight for weight, _ in present)
    return np.asarray(sum(weight * mean for weight, mean in present) / total, np.float32)


def classifier(right: Vectors, wrong: Vectors, background: Vectors) -> Vectors | None:
    """Return the direction that tells right pictures from wrong ones and from the gallery.

    It is that of ridge regression (Hoerl & Kennard, 1970) with the target 1 for right ones and −1
    for wrong ones and the background. Each of the three weighs the same, however many it has. To
    rank unit vectors by their product with it is to rank them by their cosine distance to it.

    Parameters
    ----------
    right, wrong, background : (n, dim) float32
        Of length 1. What is right is not in the background.

    Returns
    -------
    (dim,) float32 or None
        Of length 1; None if nothing is wrong, or it is the same as what is right.
    """
    groups = [(vectors, sign) for vectors, sign in ((right, 1), (wrong, -1), (background, -1))]
    groups = [(vectors, sign) for vectors, sign in groups if len(vectors)]
    vectors = np.concatenate([one for one, _ in groups]).astype(np.float64)
    target = np.concatenate([np.full(len(one), float(sign)) for one, sign in groups])
    weights = np.concatenate([np.full(len(one), 1 / len(one)) for one, _ in groups])
    centred = vectors - np.average(vectors, 0, weights)
    found = _ridge(centred, target - np.average(target, None, weights), weights)
    length = float(np.linalg.norm(found))
    # What remains when all cancels out is rounding.
    return None if length < 1e-9 else np.asarray(found / length, np.float32)


def _ridge(vectors: _Floats, target: _Floats, weights: _Floats) -> _Floats:
    """Return the w of least Σ weight (w·x − target)² + ridge ‖w‖²."""
    # By the rows' products, as there are at most a few hundred rows, and maybe 4096 components.
    roots = np.sqrt(weights)
    scaled = vectors * roots[:, np.newaxis]
    products = scaled @ scaled.T + _RIDGE * np.eye(len(scaled))
    return np.asarray(scaled.T @ np.linalg.solve(products, target * roots))


def _without(background: Vectors, right: Vectors) -> Vectors:
    known = {row.tobytes() for row in right}
    others = np.array([row.tobytes() not in known for row in background], bool)
    return np.asarray(background[others], np.float32)


def _voted(query: Vectors, liked: Vectors, unliked: Vectors) -> Vectors:
    """Let the bits of codes vote, with the weights of `rocchio`; the query's wins a tie."""
    if not all(((v == 0) | (v == 1)).all() for v in (query, liked, unliked)):
        raise UsageError(
            "matches can be marked by hamming distance only where all components are 0 or 1; "
            "search by another metric"
        )
    share = rocchio(query, liked, unliked)
    tie = query[0] if len(query) else liked[0]
    return np.asarray(np.where(np.abs(share - 0.5) < 1e-6, tie, share > 0.5), np.float32)
