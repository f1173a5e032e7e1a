"""Measures by name: of one query, whose mean over the queries is told, or of all queries together.

    mAP  mAP-trapezoid  mAP@R  R-precision  P@k  recall@k  hit@k  nDCG@k  N-S  µAP

k is any whole number from 1: P@10, hit@1.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from lookalike.errors import BadParameter, UnknownName
from lookalike.evaluation.measures import scores
from lookalike.evaluation.measures.scores import Ranking

OfQuery: TypeAlias = Callable[[Ranking, int], float]

MEASURES = (
    "mAP",
    "mAP-trapezoid",
    "mAP@R",
    "R-precision",
    "P@k",
    "recall@k",
    "hit@k",
    "nDCG@k",
    "N-S",
    "µAP",
)


@dataclass(frozen=True)
class Measure:
    """A score of quality.

    Attributes
    ----------
    name : str
        "mAP", "P@10", …
    told : str
        What it is, in a sentence, with its source.
    depth : int or None
        How many answers to a query it looks at. None: all of them, but R-precision and mAP@R only
        as many as are relevant in all.
    of_query : callable or None
        (relevant (n,) bool, total) → the score of one query, NaN if nothing is relevant to it.
        `total` is how many relevant answers there are in all, those beyond the depth included.
        None for µAP, which is of all queries together: `micro_average_precision`.
    largest : float
        The score of a perfect search: 1, or 4 for N-S.
    """

    name: str
    told: str
    depth: int | None
    of_query: OfQuery | None
    largest: float = 1.0


def measure(name: str) -> Measure:
    """Return the measure of that name.

    Parameters
    ----------
    name : str
        One of `MEASURES`, with a number for k; upper and lower case are the same. µAP can be
        typed uAP, and P@10 precision@10.

    Raises
    ------
    UnknownName
        There is no such measure; the message offers the nearest.
    BadParameter
        k is 0.
    """
    wanted = name.strip().casefold()
    if wanted in _WHOLE:
        return _WHOLE[wanted]
    at = re.fullmatch(r"([a-z]+)@([0-9]{1,9})", wanted)
    if at and at[1] in _AT_K:
        return _at(at[1], int(at[2]))
    number = re.search(r"[0-9]{1,9}$", wanted)
    k = number[0] if number else "10"
    raise UnknownName("measure", name, [known.replace("@k", f"@{k}") for known in MEASURES])


def micro_average_precision(
    distances: npt.NDArray[np.floating], right: npt.NDArray[np.bool_], total: int
) -> float:
    """Return the average precision of the answers to all queries, ranked together.

    The measure of DISC21 (Douze et al., 2021), after Perronnin, Liu & Renders (2009). Unlike the
    mAP it asks that one threshold of distance serve for all queries, and that a query without a
    right answer have no near one. Ties are broken against the search, wrong before right, as
    DISC21's own program does; so it cannot gain by giving many answers the same distance.

    Parameters
    ----------
    distances : (m,) float
        Of every answer to every query, in any order.
    right : (m,) bool
        Whether it is a right answer to its query.
    total : int
        How many right pairs of query and answer there are in all, found or not; at least 1.

    Returns
    -------
    float
        In [0, 1]; 1 if all right pairs are nearer than all wrong ones.

    Raises
    ------
    BadParameter
        The two are not as long as each other, a distance is NaN, or `total` is 0 or less than the
        number of right pairs.
    """
    distances = np.asarray(distances)
    right = np.asarray(right)
    if right.shape != distances.shape:
        raise BadParameter(f"{right.shape} answers cannot have {distances.shape} distances")
    if np.isnan(distances).any():
        raise BadParameter("a distance is NaN; leave out answers that have no distance")
    order = np.lexsort((right, distances))
    return scores.average_precision(right[order], total)


def _at(kind: str, k: int) -> Measure:
    if k < 1:
        raise BadParameter(f"k is at least 1, not {k}")
    known = _AT_K[kind]

    def score(relevant: Ranking, total: int) -> float:
        return known.score(relevant, k, total)

    return Measure(f"{known.name}@{k}", known.told.format(k=k), k, _or_nan(score))


def _or_nan(score: OfQuery) -> OfQuery:
    def of_query(relevant: Ranking, total: int) -> float:
        return score(relevant, total) if total else math.nan

    return of_query


@dataclass(frozen=True)
class _Cut:
    name: str
    told: str
    score: Callable[[Ranking, int, int], float]


_PRECISION = _Cut(
    "P",
    "which share of the first {k} answers is relevant",
    lambda relevant, k, total: scores.precision_at_k(relevant, k),
)

_AT_K = {
    "p": _PRECISION,
    "precision": _PRECISION,
    "recall": _Cut(
        "recall",
        "which share of all relevant answers is among the first {k}; not the Recall@{k} of papers "
        "on metric learning, which is hit@{k}",
        scores.recall_at_k,
    ),
    "hit": _Cut(
        "hit",
        "for which share of the queries any of the first {k} answers is relevant; the Recall@{k} "
        "of papers on metric learning (Oh Song et al., 2016)",
        lambda relevant, k, total: scores.hit_at_k(relevant, k),
    ),
    "ndcg": _Cut(
        "nDCG",
        "the gain of the first {k} answers, discounted by log2(rank + 1), over the most it could "
        "be (Järvelin & Kekäläinen, 2002)",
        scores.ndcg_at_k,
    ),
}

_MICRO = Measure(
    "µAP",
    "the average precision of the answers to all queries ranked together (DISC21: Douze et al., "
    "2021)",
    None,
    None,
)

_WHOLE = {
    "map": Measure(
        "mAP",
        "the mean over queries of the mean of the precisions at the ranks of all relevant answers "
        "(TREC: Voorhees & Harman, 2005)",
        None,
        _or_nan(scores.average_precision),
    ),
    "map-trapezoid": Measure(
        "mAP-trapezoid",
        "the mean over queries of the area under the curve of precision over recall, by "
        "trapezoids (Oxford5k: Philbin et al., 2007; Holidays: Jégou et al., 2008)",
        None,
        _or_nan(scores.trapezoidal_average_precision),
    ),
    "map@r": Measure(
        "mAP@R",
        "the mean over queries of the average precision of as many answers as are relevant "
        "(Musgrave et al., 2020)",
        None,
        _or_nan(scores.average_precision_at_r),
    ),
    "r-precision": Measure(
        "R-precision",
        "which share of the first answers, as many as are relevant, is relevant (Voorhees & "
        "Harman, 2005)",
        None,
        _or_nan(scores.r_precision),
    ),
    "n-s": Measure(
        "N-S",
        "how many of the first four answers show the same thing as the query, itself among them "
        "(UKBench: Nistér & Stewénius, 2006)",
        4,
        _or_nan(lambda relevant, total: scores.ns_score(relevant)),
        4.0,
    ),
    # Folded, the micro sign is the Greek mu, so that either may be typed.
    "µap".casefold(): _MICRO,
    "uap": _MICRO,
}
