"""How sure a mean over queries is, and whether two methods differ by more than chance.

Nothing is assumed of how the scores are spread, which for average precisions is not normal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from lookalike.errors import BadParameter

Scores: TypeAlias = npt.NDArray[np.float64]

_RESAMPLES = 2_000
_FLIPS = 10_000
_EXACT = 13  # so many differences have fewer than 10,000 ways to be flipped

# Resamples are drawn in blocks: under 40 MB at a time, however many queries there are.
_CELLS = 2_000_000


@dataclass(frozen=True)
class Interval:
    """A mean over queries and between what it may lie.

    Attributes
    ----------
    mean : float
    low, high : float
        The bounds of its confidence interval.
    n : int
        How many queries have a score. With fewer than some twenty the interval is too narrow; of
        one query it has no width at all.
    """

    mean: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Difference:
    """By how much one method scores more than another, on the same queries.

    Attributes
    ----------
    mean : float
        Of first − second, over the queries.
    low, high : float
        The bounds of its confidence interval.
    p_value : float
        In (0, 1]: how often so large a mean, of either sign, would come about if the two methods
        were interchangeable.
    n : int
        How many queries have a score of both.
    """

    mean: float
    low: float
    high: float
    p_value: float
    n: int


def interval(scores: npt.ArrayLike, *, level: float = 0.95, seed: int = 0) -> Interval:
    """Return the mean of scores with its confidence interval.

    The percentile bootstrap (Efron & Tibshirani, 1993): as many queries as there are, drawn with
    replacement, have another mean; of 2,000 such means the interval holds the middle `level`.

    Parameters
    ----------
    scores : (q,) float
        One of each query. NaN, for a query without a right answer, is left out.
    level : float
        In (0, 1).
    seed : int
        The same seed draws the same.

    Returns
    -------
    Interval

    Raises
    ------
    BadParameter
        No query has a score, one is infinite, or `level` is not between 0 and 1.
    """
    known = _row(scores)
    return _interval(known[~np.isnan(known)], level, seed)


def difference(
    a: npt.ArrayLike, b: npt.ArrayLike, *, level: float = 0.95, seed: int = 0
) -> Difference:
    """Return by how much a scores more than b on the same queries, and how sure that is.

    The interval is that of `interval` for the differences a − b. The p-value is that of Fisher's
    two-sided randomization test, which Smucker, Allan & Carterette (2007) recommend for comparing
    searches: were the two methods interchangeable, each difference could as well have the other
    sign. Up to 13 differences that are not zero are flipped in all ways; of more, 10,000 random
    ways are drawn, and p is (1 + how many give a mean at least as far from 0) / (1 + 10,000).

    Parameters
    ----------
    a, b : (q,) float
        Scores of the same queries in the same order. Where either is NaN both are left out.
    level, seed
        As for `interval`.

    Returns
    -------
    Difference

    Raises
    ------
    BadParameter
        The two are not as long as each other, or as `interval`.
    """
    first, second = _row(a), _row(b)
    if len(first) != len(second):
        raise BadParameter(
            f"{len(first)} scores cannot be paired with {len(second)}; "
            "score both methods on the same queries"
        )
    both = ~(np.isnan(first) | np.isnan(second))
    differences = first[both] - second[both]
    around = _interval(differences, level, seed)
    p_value = _p_value(differences, seed)
    return Difference(around.mean, around.low, around.high, p_value, around.n)


def _interval(scores: Scores, level: float, seed: int) -> Interval:
    if not 0 < level < 1:
        raise BadParameter(f"level lies between 0 and 1, as 0.95 does; it is not {level}")
    if not len(scores):
        raise BadParameter("no query has a score, so there is no mean; give it right answers")
    random = np.random.default_rng(seed)
    means = np.concatenate(
        [
            scores[random.integers(0, len(scores), (rows, len(scores)))].mean(axis=1)
            for rows in _blocks(_RESAMPLES, len(scores))
        ]
    )
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(scores.mean()), float(low), float(high), len(scores))


def _p_value(differences: Scores, seed: int) -> float:
    # A zero stays itself when its sign is flipped.
    changing = differences[differences != 0]
    if len(changing) <= _EXACT:
        return float(_as_far(changing, _all_flips(len(changing))).mean())
    random = np.random.default_rng((seed, 1))
    count = sum(
        int(_as_far(changing, random.integers(0, 2, (rows, len(changing)), np.int8)).sum())
        for rows in _blocks(_FLIPS, len(changing))
    )
    return (count + 1) / (_FLIPS + 1)


def _all_flips(count: int) -> npt.NDArray[np.int8]:
    ways = np.arange(2**count)[:, None]
    return (ways >> np.arange(count) & 1).astype(np.int8)


def _as_far(differences: Scores, flipped: npt.NDArray[np.int8]) -> npt.NDArray[np.bool_]:
    """Return for each row of flips whether its sum is at least as far from 0 as that of none."""
    total = differences.sum()
    sums = total - 2 * (flipped.astype(np.float64) @ differences)
    # Sums that are equal may differ by rounding, as they are added in another order.
    rounding = 1e-12 * np.abs(differences).sum()
    return np.asarray(np.abs(sums) >= abs(total) - rounding)


def _blocks(rows: int, width: int) -> Iterator[int]:
    """Yield how many rows to draw at a time, `rows` in all."""
    size = max(1, _CELLS // width)
    for done in range(0, rows, size):
        yield min(size, rows - done)


def _row(scores: npt.ArrayLike) -> Scores:
    row = np.asarray(scores, np.float64)
    if row.ndim != 1:
        raise BadParameter(f"scores are a row, one of each query, not {row.shape}")
    if np.isinf(row).any():
        raise BadParameter("a score is infinite; NaN is for a query that has none")
    return row
