"""Scores of one ranking, between 0 and 1; greater is better.

A ranking is a row of booleans, nearest first: whether each answer is relevant. Junk, which is
neither right nor wrong (the query itself, ambiguous pictures), is taken out beforehand.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lookalike.errors import BadParameter


def average_precision(relevant: npt.NDArray[np.bool_]) -> float:
    """Return the mean of the precisions at the ranks of all relevant answers.

    The uninterpolated average precision of TREC (Voorhees & Harman, 2005); its mean over queries is
    the mAP.

    Parameters
    ----------
    relevant : (n,) bool
        The whole ranking, nearest first, without junk.

    Returns
    -------
    float
        1 if all relevant answers come first.

    Raises
    ------
    BadParameter
        Nothing in the ranking is relevant, so there is no such score; leave this query out.
    """
    ranks = np.flatnonzero(_row(relevant)) + 1
    if not len(ranks):
        raise BadParameter(
            "this ranking has no relevant answer, so it has no average precision; leave it out"
        )
    return float(np.mean(np.arange(1, len(ranks) + 1) / ranks))


def precision_at_k(relevant: npt.NDArray[np.bool_], k: int) -> float:
    """Return which share of the first k answers is relevant.

    Parameters
    ----------
    relevant : (n,) bool
        Nearest first, without junk.
    k : int
        At least 1. Answers missing from a ranking shorter than that count as wrong.

    Returns
    -------
    float

    Raises
    ------
    BadParameter
        k is less than 1.
    """
    if k < 1:
        raise BadParameter(f"k is at least 1, not {k}")
    return float(np.count_nonzero(_row(relevant)[:k]) / k)


def _row(relevant: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    row = np.asarray(relevant)
    if row.dtype != np.bool_ or row.ndim != 1:
        raise BadParameter(f"a ranking is a row of booleans, not {row.shape} {row.dtype}")
    return row
