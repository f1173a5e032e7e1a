"""The queries that a way to search answers worst, with what it answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lookalike.errors import PictureError
from lookalike.evaluation.grid.parts import cut
from lookalike.evaluation.grid.result import Row, Score
from lookalike.evaluation.truth.base import GroundTruth
from lookalike.images import load
from lookalike.show.shown import Shown

_ANSWERS = 5


@dataclass(frozen=True, eq=False)
class Asked:
    """A query and its first answers.

    Attributes
    ----------
    query : Shown
    score : float
    answers : tuple of (Shown, bool)
        Nearest first; whether each is right.
    """

    query: Shown
    score: float
    answers: tuple[tuple[Shown, bool], ...]


def worst(truth: GroundTruth, row: Row, measure: str, count: int) -> list[Asked]:
    """Return the worst queries; of those that are right answers to each other only one.

    Parameters
    ----------
    truth : GroundTruth
    row : Row
        Of that ground truth.
    measure : str
        Of each query.
    count : int
        How many at most. A query with the best score that there can be is not among the worst.
    """
    return [
        _asked(truth, row, query, score) for query, score in _chosen(truth, row, measure, count)
    ]


def _chosen(truth: GroundTruth, row: Row, measure: str, count: int) -> Iterator[tuple[int, float]]:
    score: Score = row.score(measure)
    if score.of_queries is None:
        return
    seen: set[int] = set()
    for query in np.argsort(score.of_queries, kind="stable").tolist():
        value = float(score.of_queries[query])
        if count <= 0 or not value < score.largest:  # NaN comes last
            return
        picture = int(truth.queries[query])
        if picture not in seen:
            seen |= {picture, *truth.relevant[query].tolist()}
            count -= 1
            yield query, value


def _asked(truth: GroundTruth, row: Row, query: int, score: float) -> Asked:
    relevant = set(truth.relevant[query].tolist())
    answers = [int(found) for found in row.nearest.rows[query, :_ANSWERS] if found >= 0]
    return Asked(
        _query(truth, query),
        score,
        tuple((_shown(truth, found), found in relevant) for found in answers),
    )


def _query(truth: GroundTruth, query: int) -> Shown:
    whole = _shown(truth, int(truth.queries[query]))
    if query not in truth.boxes or whole.path is None:
        return whole
    try:
        part = cut(load(whole.path), truth.boxes[query])
    except PictureError:
        return whole  # the page says why it cannot be shown
    return Shown(whole.path, part, whole.title)


def _shown(truth: GroundTruth, row: int) -> Shown:
    file = truth.files[row]
    return Shown(str(file), str(file), file.name)
