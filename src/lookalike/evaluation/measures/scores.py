"""Scores of one ranking; greater is better, and 1 (for the N-S score 4) is the most there is.

A ranking is a row of booleans, nearest first: whether each answer is relevant. Junk, which is
neither right nor wrong (the query itself, ambiguous pictures), is taken out beforehand.

A ranking may be cut off at some depth. `total` says how many relevant answers there are in all, so
that those which the cut took count as never found; where it is not told, all are in the ranking.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from lookalike.errors import BadParameter

Ranking: TypeAlias = npt.NDArray[np.bool_]


def average_precision(relevant: Ranking, total: int | None = None) -> float:
    """Return the mean of the precisions at the ranks of all relevant answers.

    The uninterpolated average precision of TREC (Voorhees & Harman, 2005); its mean over queries is
    the mAP. The precision at the rank of an answer that is not in the ranking is 0.

    Parameters
    ----------
    relevant : (n,) bool
        Nearest first, without junk.
    total : int, optional
        How many relevant answers there are; those in the ranking unless told.

    Returns
    -------
    float
        In [0, 1]; 1 if all relevant answers come first.

    Raises
    ------
    BadParameter
        There is no relevant answer, so there is no such score; leave this query out. Or there are
        more in the ranking than in all.
    """
    row = _row(relevant)
    ranks = np.flatnonzero(row) + 1
    precisions = np.arange(1, len(ranks) + 1) / ranks
    return float(precisions.sum() / _in_all(row, total))


def trapezoidal_average_precision(relevant: Ranking, total: int | None = None) -> float:
    """Return the area under the curve of precision over recall, by trapezoids.

    As the programs measure that come with INRIA Holidays (Jégou, Douze & Schmid, 2008), with
    Oxford5k (Philbin et al., 2007; `compute_ap`) and with the revisited Oxford and Paris
    (Radenović et al., 2018). Each relevant answer adds a step of 1/total of recall times the mean
    of two precisions: at its rank, and one rank before it, which is 1 before the first rank. It is
    never more than the plain `average_precision`.

    Parameters
    ----------
    relevant, total
        As for `average_precision`.

    Returns
    -------
    float
        In [0, 1]; 1 if all relevant answers come first.

    Raises
    ------
    BadParameter
        As `average_precision`.
    """
    row = _row(relevant)
    ranks = np.flatnonzero(row) + 1
    found = np.arange(1, len(ranks) + 1)
    at = found / ranks
    before = np.where(ranks == 1, 1.0, (found - 1) / np.maximum(ranks - 1, 1))
    return float(((before + at) / 2).sum() / _in_all(row, total))


def average_precision_at_r(relevant: Ranking, total: int | None = None) -> float:
    """Return the average precision of the first R answers, R being how many are relevant in all.

    Its mean over queries is the mAP@R (Musgrave, Belongie & Lim, 2020, "A Metric Learning Reality
    Check"): 1/R · Σ of the precisions at those of the first R ranks that hold a relevant answer.

    Parameters
    ----------
    relevant, total
        As for `average_precision`; R is `total`. Only the first R answers are looked at, and ones
        missing from a ranking shorter than that count as wrong.

    Returns
    -------
    float
        In [0, 1]; 1 if all relevant answers come first.

    Raises
    ------
    BadParameter
        As `average_precision`.
    """
    row = _row(relevant)
    r = _in_all(row, total)
    return average_precision(row[:r], r)


def r_precision(relevant: Ranking, total: int | None = None) -> float:
    """Return which share of the first R answers is relevant, R being how many are relevant in all.

    At that rank precision and recall are the same (Voorhees & Harman, 2005).

    Parameters
    ----------
    relevant, total
        As for `average_precision_at_r`.

    Returns
    -------
    float
        In [0, 1]; 1 if all relevant answers come first.

    Raises
    ------
    BadParameter
        As `average_precision`.
    """
    row = _row(relevant)
    return precision_at_k(row, _in_all(row, total))


def precision_at_k(relevant: Ranking, k: int) -> float:
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
        In [0, 1]. Less than 1 for any ranking if fewer than k answers are relevant in all.

    Raises
    ------
    BadParameter
        k is less than 1.
    """
    return float(np.count_nonzero(_first(relevant, k)) / k)


def recall_at_k(relevant: Ranking, k: int, total: int | None = None) -> float:
    """Return which share of all relevant answers is among the first k.

    Papers on metric learning (Stanford Online Products, In-Shop, CUB-200) say "Recall@k" for
    another measure; that is `hit_at_k` here.

    Parameters
    ----------
    relevant : (n,) bool
        Nearest first, without junk.
    k : int
        At least 1.
    total : int, optional
        As for `average_precision`.

    Returns
    -------
    float
        In [0, 1]. Less than 1 for any ranking if more than k answers are relevant in all.

    Raises
    ------
    BadParameter
        k is less than 1, or as `average_precision`.
    """
    row = _row(relevant)
    return float(np.count_nonzero(_first(row, k)) / _in_all(row, total))


def hit_at_k(relevant: Ranking, k: int) -> float:
    """Return 1 if any of the first k answers is relevant, else 0.

    What papers on metric learning call Recall@k (Oh Song et al., 2016, for Stanford Online Products
    and CUB-200; Liu et al., 2016, for In-Shop, as "top-k retrieval accuracy").

    Parameters
    ----------
    relevant : (n,) bool
        Nearest first, without junk.
    k : int
        At least 1.

    Returns
    -------
    float
        0 or 1.

    Raises
    ------
    BadParameter
        k is less than 1.
    """
    return float(_first(relevant, k).any())


def ndcg_at_k(relevant: Ranking, k: int, total: int | None = None) -> float:
    """Return the normalised discounted cumulative gain of the first k answers.

    Järvelin & Kekäläinen (2002), with binary gains: a relevant answer at rank i gains
    1 / log2(i + 1); the sum is divided by that of the best ranking there could be.

    Parameters
    ----------
    relevant, k, total
        As for `recall_at_k`.

    Returns
    -------
    float
        In [0, 1]; 1 if the first min(k, total) answers are all relevant.

    Raises
    ------
    BadParameter
        As `recall_at_k`.
    """
    row = _row(relevant)
    ranks = np.flatnonzero(_first(row, k)) + 1
    best = np.arange(min(k, _in_all(row, total))) + 1
    return float((1 / np.log2(ranks + 1)).sum() / (1 / np.log2(best + 1)).sum())


def ns_score(relevant: Ranking) -> float:
    """Return how many of the first four answers are relevant, the query itself among them.

    The score of UKBench (Nistér & Stewénius, 2006), where every thing has four pictures, all of
    them in the gallery. The query is one of its own right answers: it is not junk.

    Parameters
    ----------
    relevant : (n,) bool
        Nearest first, the query itself in its place.

    Returns
    -------
    float
        0, 1, 2, 3 or 4.

    Raises
    ------
    BadParameter
        It is not a row of booleans.
    """
    return float(np.count_nonzero(_first(relevant, 4)))


def _first(relevant: Ranking, k: int) -> Ranking:
    if k < 1:
        raise BadParameter(f"k is at least 1, not {k}")
    return _row(relevant)[:k]


def _in_all(row: Ranking, total: int | None) -> int:
    found = int(np.count_nonzero(row))
    total = found if total is None else int(total)
    if total < found:
        raise BadParameter(
            f"{found} answers of this ranking are relevant, but {total} in all; "
            "the total counts every relevant answer that is searched"
        )
    if not total:
        raise BadParameter("nothing is relevant here, so there is no such score; leave it out")
    return total


def _row(relevant: Ranking) -> Ranking:
    row = np.asarray(relevant)
    if row.dtype != np.bool_ or row.ndim != 1:
        raise BadParameter(f"a ranking is a row of booleans, not {row.shape} {row.dtype}")
    return row
