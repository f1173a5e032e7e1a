"""Rankings → scores of every measure, query by query."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from lookalike.evaluation.grid.pool import Pool
from lookalike.evaluation.grid.ranking import Ranked, right
from lookalike.evaluation.grid.result import Score
from lookalike.evaluation.measures.confidence import interval
from lookalike.evaluation.measures.named import Measure, micro_average_precision
from lookalike.indexes import Neighbours

# The nearest that are kept of each query, to be shown, and to tell what an index misses.
NEAREST = 10

# Of all pairs of query and answer so many are ranked together at most; the nearest of each query.
_PAIRS = 40_000_000

# Told so many queries at a time.
_TELL = 64


def depth_of(measures: Sequence[Measure], pool: Pool) -> int | None:
    """Return how far rankings must go for all of some measures; None for all the way."""
    most = max((len(relevant) for relevant in pool.truth.relevant), default=0)
    depths = [most if m.name in ("R-precision", "mAP@R") else m.depth for m in measures]
    known = [depth for depth in depths if depth is not None]
    return max(NEAREST, *known) if len(known) == len(depths) else None


def pooled(measures: Sequence[Measure], pool: Pool) -> str:
    """Say how many answers to each query µAP goes over, where that is not all of them."""
    most = _most(len(pool.queries))
    if all(m.of_query is not None for m in measures) or most >= len(pool.searched):
        return ""
    return f"{pool.truth.name}: µAP is of the {most:,} nearest answers to each query"


def scored(
    pool: Pool, rankings: Iterable[Ranked], measures: Sequence[Measure], tell: Callable[[int], None]
) -> tuple[tuple[Score, ...], Neighbours]:
    """Score rankings.

    Parameters
    ----------
    pool : Pool
    rankings : iterable of Ranked
        One of each query.
    measures : sequence of Measure
    tell : callable
        Called with how many more queries are done.

    Returns
    -------
    tuple of Score, Neighbours
        The ten nearest as rows of the truth's files.
    """
    count = len(pool.queries)
    of_queries = np.full((len(measures), count), np.nan, np.float32)
    rows = np.full((count, NEAREST), -1, np.int64)
    away = np.full((count, NEAREST), np.inf, np.float32)
    together = _Together(count) if any(m.of_query is None for m in measures) else None
    buffer = np.zeros(len(pool.truth.files), bool)
    for query, ranked in enumerate(rankings):
        near = min(NEAREST, len(ranked.rows))
        rows[query, :near], away[query, :near] = ranked.rows[:near], ranked.distances[:near]
        found, total = right(pool, ranked, query, buffer), len(pool.truth.relevant[query])
        for n, measure in enumerate(measures):
            if measure.of_query is not None and total:
                of_queries[n, query] = measure.of_query(found, total)
        if together is not None:
            together.take(ranked, found, total)
        if (query + 1) % _TELL == 0 or query + 1 == count:
            tell(query % _TELL + 1)
    scores = [
        _of_all(measure, together)
        if measure.of_query is None and together is not None
        else _of_each(measure, of_queries[n])
        for n, measure in enumerate(measures)
    ]
    return tuple(scores), Neighbours(rows, away)


def _of_each(measure: Measure, scores: np.ndarray) -> Score:
    if np.isnan(scores).all():
        return Score(measure.name, measure.largest, math.nan, None, scores)
    around = interval(scores)
    return Score(measure.name, measure.largest, around.mean, around, scores)


class _Together:
    """The answers to all queries."""

    def __init__(self, queries: int) -> None:
        self._most = _most(queries)
        self._away: list[np.ndarray] = []
        self._right: list[np.ndarray] = []
        self._total = 0

    def take(self, ranked: Ranked, found: np.ndarray, total: int) -> None:
        self._away.append(ranked.distances[: self._most])
        self._right.append(found[: self._most])
        self._total += total

    def score(self) -> float:
        if not self._total:
            return math.nan
        return micro_average_precision(
            np.concatenate(self._away), np.concatenate(self._right), self._total
        )


def _most(queries: int) -> int:
    return max(NEAREST, _PAIRS // max(1, queries))


def _of_all(measure: Measure, together: _Together) -> Score:
    return Score(measure.name, measure.largest, together.score(), None, None)
