"""How hard a search must look: as little as finds enough, measured on the index's own vectors."""

from __future__ import annotations

import dataclasses
import math
import time
from dataclasses import dataclass

import numpy as np

from lookalike import indexes
from lookalike.indexes import Index, Neighbours
from lookalike.indexes.graph import without_itself
from lookalike.indexes.neighbours import Rows
from lookalike.metrics import Vectors
from lookalike.search.trials import hits

# What recall is measured with: fewer queries where so many would take long.
_QUERIES, _LEAST_QUERIES, _NEAREST = 200, 10, 10
_WORK = 50_000_000_000

# A search begins with a quarter of what is usual, and is made to look harder step by step.
_BEGIN, _STEP, _STEPS = 0.25, 1.5, 24

# It is no use any more if so many steps one after the other bring nothing.
_IN_VAIN = 3

# Times that differ by less are the same.
_SAME_TIME = 0.05


@dataclass(frozen=True, eq=False)
class Probe:
    """Vectors of an index that are asked for their neighbours, and the right answers.

    Attributes
    ----------
    rows : (q,) int64
    queries : (q, dim) float32
    right : Neighbours
        (q, 10); no vector is among its own.
    """

    rows: Rows
    queries: Vectors
    right: Neighbours


@dataclass(frozen=True, eq=False)
class Fitted:
    """An index as it was measured.

    Attributes
    ----------
    index : Index
    recall : float
        Share of the ten nearest that it finds, from 0 to 1.
    error : float
        Standard error of that.
    seconds : float
        Half of the searches took no longer.
    """

    index: Index
    recall: float
    error: float
    seconds: float


def probe(index: Index) -> Probe:
    """Draw up to 200 of the vectors that can be found, and find their neighbours."""
    present = np.flatnonzero(~index.gone)
    count = min(_QUERIES, max(_LEAST_QUERIES, _WORK // max(1, index.vectors.size)), len(present))
    rows = np.sort(np.random.default_rng(0).choice(present, count, replace=False))
    queries = np.asarray(index.vectors[rows])
    exact = indexes.create("exact")
    exact.build(index.vectors, index.metric)
    exact.remove(np.flatnonzero(index.gone))
    return Probe(rows, queries, without_itself(exact.search(queries, _NEAREST + 1), rows, _NEAREST))


def measured(index: Index, asked: Probe) -> Fitted:
    """Ask one query after the other."""
    times, rows, away = [], [], []
    for query in asked.queries[:, np.newaxis]:
        began = time.perf_counter()
        found = index.search(query, _NEAREST + 1)
        times.append(time.perf_counter() - began)
        rows.append(found.rows)
        away.append(found.distances)
    answers = Neighbours(np.concatenate(rows), np.concatenate(away))
    found_of_each = hits(without_itself(answers, asked.rows, _NEAREST), asked.right)
    right = (asked.right.rows >= 0).sum(1)
    recall = float(found_of_each.sum() / max(1, right.sum()))
    error = float(np.std(found_of_each / np.maximum(1, right)) / math.sqrt(len(right)))
    return Fitted(index, recall, error, float(np.median(times)))


def measured_recall(index: Index) -> float:
    """Return the share of the ten nearest that an index finds, from 0 to 1."""
    return 1.0 if index.is_exact else measured(index, probe(index)).recall


def fitted(index: Index, least: float) -> Fitted:
    """Return an index searching no harder than it must to find a share of the nearest.

    What brings most for its time is raised, step by step: for lists of codes first how many lists
    are looked into, say, and when that no longer helps how many candidates are looked at truly.

    Parameters
    ----------
    index : Index
        Built; not changed.
    least : float
        The share that is to be found; exceeded by the standard error of the measurement, so that
        it is hardly luck. Where that cannot be reached, what comes nearest to it is returned.
    """
    asked = probe(index)
    begin = {name: max(1, int(getattr(index, name) * _BEGIN)) for name in index.effort}
    found = best = measured(_with(index, begin), asked)
    in_vain = 0
    for _ in range(_STEPS if begin else 0):
        if _is_enough(best, least) or in_vain == _IN_VAIN:
            break
        harder = {name: math.ceil(_STEP * getattr(found.index, name)) for name in begin}
        tried = [measured(_with(found.index, {n: v}), asked) for n, v in harder.items()]
        found = max(tried, key=lambda one: _gain(one, best))
        if found.recall <= best.recall:  # nothing helps alone
            found = measured(_with(best.index, harder), asked) if len(harder) > 1 else found
        in_vain = in_vain + 1 if found.recall <= best.recall else 0
        best = max(best, found, key=lambda one: one.recall)
    return _eased(best, asked, least) if _is_enough(best, least) else best


def _eased(found: Fitted, asked: Probe, least: float) -> Fitted:
    """Go half a step back where that is still enough."""
    for name in found.index.effort:
        value = int(getattr(found.index, name) / math.sqrt(_STEP))
        tried = measured(_with(found.index, {name: max(1, value)}), asked)
        if _is_enough(tried, least):
            found = tried
    return found


def _is_enough(found: Fitted, least: float) -> bool:
    return found.recall - found.error >= least or found.recall == 1.0


def _gain(one: Fitted, than: Fitted) -> float:
    """Return what looking harder brings, for the time that it takes."""
    return (one.recall - than.recall) / max(one.seconds - than.seconds, _SAME_TIME * than.seconds)


def _with(index: Index, values: dict[str, int]) -> Index:
    return index.searching_as(dataclasses.replace(index, **values))
