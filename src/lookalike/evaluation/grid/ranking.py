"""A pool of vectors → for each query its answers, nearest first, without junk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from lookalike.evaluation.grid.pool import Mask, Pool
from lookalike.evaluation.truth.base import Rows
from lookalike.indexes import Index
from lookalike.metrics import Vectors, distances

# Distances that are in memory at a time: never all of them for many queries.
_BLOCK = 4_000_000
_ASKED_AT_ONCE = 256


class Ranked(NamedTuple):
    """The answers to one query.

    Attributes
    ----------
    rows : (m,) int64
        Rows of the truth's files, nearest first; equal distances in the order of the files.
    distances : (m,) float32
    """

    rows: Rows
    distances: Vectors


def exact(pool: Pool, metric: str, depth: int | None) -> Iterator[Ranked]:
    """Yield the answers to each query, by looking at every vector.

    Parameters
    ----------
    pool : Pool
    metric : str
    depth : int or None
        How many nearest; None for all.
    """
    place = pool.place
    step = max(1, _BLOCK // max(1, len(pool.vectors)))
    for start in range(0, len(pool.queries), step):
        far = distances(pool.queries[start : start + step], pool.vectors, metric)
        for junk, away in zip(pool.truth.junk[start : start + step], far, strict=True):
            kept = _kept(place, junk, len(pool.searched))
            order = kept[_nearest(away[kept], depth)]
            yield Ranked(pool.searched[order], away[order])


def through(pool: Pool, index: Index, depth: int) -> Iterator[Ranked]:
    """Yield what an index finds for each query, down to a depth."""
    place = pool.place
    most_junk = max((len(junk) for junk in pool.truth.junk), default=0)
    asked = min(len(pool.searched), depth + most_junk)
    for start in range(0, len(pool.queries), _ASKED_AT_ONCE):
        found = index.search(pool.queries[start : start + _ASKED_AT_ONCE], asked)
        junk_of = pool.truth.junk[start : start + _ASKED_AT_ONCE]
        for junk, rows, away in zip(junk_of, found.rows, found.distances, strict=True):
            kept = np.flatnonzero((rows >= 0) & ~np.isin(rows, place[junk]))[:depth]
            yield Ranked(pool.searched[rows[kept]], away[kept])


def right(pool: Pool, ranked: Ranked, query: int, buffer: Mask) -> Mask:
    """Tell which of the answers to a query are right.

    Parameters
    ----------
    pool, ranked
    query : int
        Place in the truth's queries.
    buffer : (n_files,) bool
        All false, and left so.
    """
    relevant = pool.truth.relevant[query]
    buffer[relevant] = True
    found = buffer[ranked.rows]
    buffer[relevant] = False
    return found


def _kept(place: Rows, junk: Rows, count: int) -> Rows:
    is_junk = np.zeros(count, bool)
    is_junk[place[junk][place[junk] >= 0]] = True
    return np.flatnonzero(~is_junk)


def _nearest(away: Vectors, depth: int | None) -> Rows:
    """Return the places of the least (n,), ascending; ties in order."""
    if depth is None or depth >= len(away):
        return np.asarray(np.argsort(away, kind="stable"), np.int64)
    limit = np.partition(away, depth - 1)[depth - 1]
    near = np.flatnonzero(away <= limit)
    return near[np.argsort(away[near], kind="stable")][:depth]
