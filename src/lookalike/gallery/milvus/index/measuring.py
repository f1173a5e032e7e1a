"""What an index of Milvus's finds of the nearest, measured on the gallery's own vectors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike import metrics
from lookalike.gallery.milvus.index.choosing import IndexPlan
from lookalike.gallery.milvus.kept.itself import Kept
from lookalike.metrics import Vectors
from lookalike.search.choice import LEAST_RECALL
from lookalike.store.catalog import StoredDescriptor

ALL = 100_000
"""Vectors among which the nearest are sought one by one; of more the index itself is asked."""

_QUERIES, _NEAREST = 200, 10
_HARDER, _CANDIDATES = 16, 100
_AT_ONCE = 32  # queries that look so hard: a request is to be answered in time

_BYTES = 16 * 2**20  # of vectors that are fetched at once

# The last digit of a distance depends on what stands beside the vector when it is computed.
_ROUNDING = 1e-5


def recall(kept: Kept, stored: StoredDescriptor, plan: IndexPlan) -> float:
    """Return the share of the ten nearest that a search finds, from 0 to 1.

    200 vectors of the gallery are asked, themselves left out. What is right is found by looking at
    all vectors. Of more than 100,000 that would take too long: then it is taken from the hundred
    that the same index finds when it looks sixteen times as hard, sorted by their true distances.
    So what the index cannot find at all goes unnoticed.

    Parameters
    ----------
    kept : Kept
    stored : StoredDescriptor
    plan : IndexPlan
        What the vectors are indexed by.
    """
    return next(_tried(kept, stored, plan))[1]


def enough(kept: Kept, stored: StoredDescriptor, plan: IndexPlan) -> tuple[IndexPlan, float]:
    """Return how hard an index has to be searched to find enough, and the `recall` then.

    Enough is what is asked of the indexes of a gallery in a folder. Where the index `is_hard` to
    search already, it is left at what is found.
    """
    for tried, share in _tried(kept, stored, plan):
        if share >= LEAST_RECALL or tried.is_hard:
            break
    return tried, share


def _tried(
    kept: Kept, stored: StoredDescriptor, plan: IndexPlan
) -> Iterator[tuple[IndexPlan, float]]:
    """Yield what an index finds as it is told to look, then twice as hard, and so on."""
    engine, collection = kept.engine, kept.collection(stored)
    rows = [] if plan.is_exact else _some(kept, stored)
    if len(rows) < 2:
        yield plan, 1.0
        return
    # The first ids are as good as drawn at random: an id says nothing about its picture.
    ids = np.array([row["id"] for row in rows], np.int64)
    queries = _stacked(rows)
    if engine.count(collection) <= ALL:
        right = _by_all(kept, stored, ids, queries)
    else:
        harder = _Asked(kept, stored, plan.harder(_HARDER), ids, queries, _AT_ONCE)
        right = harder.nearest(_CANDIDATES)[:, :_NEAREST]
    while True:
        yield plan, _share(_Asked(kept, stored, plan, ids, queries).nearest(_NEAREST), right)
        plan = plan.harder()


def _some(kept: Kept, stored: StoredDescriptor) -> list[dict[str, Any]]:
    wanted = ["id", "vector"]
    return kept.engine.query(kept.collection(stored), "", wanted, limit=_QUERIES, strong=True)


class _Asked:
    """Queries to one index."""

    def __init__(
        self,
        kept: Kept,
        stored: StoredDescriptor,
        plan: IndexPlan,
        ids: npt.NDArray[np.int64],
        queries: Vectors,
        at_once: int = _QUERIES,
    ) -> None:
        self._engine, self._collection = kept.engine, kept.collection(stored)
        self._stored, self._plan = stored, plan
        self._ids, self._queries, self._at_once = ids, queries, at_once

    def nearest(self, count: int) -> Vectors:
        """Return the true distances of so many found for each query: (q, count), sorted."""
        found = np.full((len(self._ids), count), np.inf, np.float32)
        step = max(1, min(self._at_once, _BYTES // (4 * self._stored.dim * (count + 1))))
        for start in range(0, len(self._ids), step):
            part = slice(start, start + step)
            answers = self._engine.search(
                self._collection,
                self._queries[part],
                count + 1,
                fields=["vector"],
                params=self._plan.search_params(count + 1),
            )
            for row, hits in enumerate(answers, start):
                others = [hit for hit in hits if hit["id"] != self._ids[row]][:count]
                if others:
                    found[row, : len(others)] = self._distances(row, others)
        return np.sort(found, axis=1)

    def _distances(self, row: int, hits: list[dict[str, Any]]) -> Vectors:
        query = self._queries[row : row + 1]
        return np.asarray(metrics.distances(query, _stacked(hits), self._stored.metric)[0])


def _by_all(
    kept: Kept, stored: StoredDescriptor, ids: npt.NDArray[np.int64], queries: Vectors
) -> Vectors:
    """Return the ten least distances from each query to all vectors but itself: (q, 10)."""
    nearest = np.full((len(queries), _NEAREST), np.inf, np.float32)
    for part, vectors in _vectors(kept, stored):
        away = metrics.distances(queries, vectors, stored.metric)
        away[ids[:, np.newaxis] == part[np.newaxis]] = np.inf
        both = np.concatenate([nearest, away], axis=1)
        nearest = np.partition(both, _NEAREST - 1, axis=1)[:, :_NEAREST]
    return np.sort(nearest, axis=1)


def _vectors(
    kept: Kept, stored: StoredDescriptor
) -> Iterator[tuple[npt.NDArray[np.int64], Vectors]]:
    batch = max(1, min(8000, _BYTES // (4 * stored.dim)))
    for rows in kept.engine.each(kept.collection(stored), "id", "", ["vector"], batch=batch):
        yield np.array([row["id"] for row in rows], np.int64), _stacked(rows)


def _share(found: Vectors, right: Vectors) -> float:
    there = np.isfinite(right)
    furthest = np.where(there, right, -np.inf).max(1, keepdims=True)
    hits = found <= furthest + _ROUNDING * (1 + np.abs(furthest))
    of_each = np.minimum(hits.sum(1), there.sum(1))
    return float(of_each.sum() / max(1, there.sum()))


def _stacked(rows: list[dict[str, Any]]) -> Vectors:
    return np.stack([np.asarray(row["vector"], np.float32) for row in rows])
