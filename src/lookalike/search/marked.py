"""Queries of which some answers are known: where they are searched, and what is left out."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import numpy as np

from lookalike.descriptors import Descriptor
from lookalike.errors import UsageError
from lookalike.images import Source
from lookalike.metrics import Vectors
from lookalike.search import feedback
from lookalike.search import query as queries
from lookalike.search.query import Described, Query, by_id
from lookalike.store.catalog import Catalog, StoredDescriptor
from lookalike.store.matrix import Matrix


def asked(catalog: Catalog, given: Source | int) -> Query:
    """Return the query for a picture; of a file that is in the gallery, by what is kept of it.

    Raises
    ------
    NotIndexed
        There is no picture of that id.
    """
    if isinstance(given, int | np.integer):
        return by_id(catalog, int(given))
    query = Query(picture=given)
    if query.path is None:
        return query
    rows = catalog.rows("SELECT id FROM files WHERE path = ?", (os.fsencode(query.path),))
    return Query(picture=given, id=rows[0][0]) if rows else query


def several(given: Sequence[Source | int], name: str) -> list[Source | int]:
    """Return what is liked or unliked as a list.

    Raises
    ------
    UsageError
        It is one picture, and no list of them.
    """
    if isinstance(given, str | bytes | os.PathLike | int | np.integer):
        raise UsageError(f"{name} is a list of ids or pictures; for one, write {name}=[{given!r}]")
    return list(given)


def describe(
    queried: Sequence[Query],
    descriptor: Callable[[], Descriptor],
    catalog: Catalog,
    stored: StoredDescriptor,
    metric: str,
    present: Callable[[], Matrix],
) -> list[Described]:
    """Describe queries, and move those of which some answers are known.

    Parameters
    ----------
    queried, descriptor, catalog, stored
        As for `lookalike.search.query.describe`.
    metric : str
        Of the search.
    present : callable
        Returns what is searched; called only if there is something to be moved.

    Raises
    ------
    PictureError, UsageError
        As for `lookalike.search.query.describe`.
    UsageError
        A picture is both liked and unliked, or the metric cannot be searched by with marks.
    """
    parts = [[*([] if one.is_empty else [one]), *one.liked, *one.unliked] for one in queried]
    flat = iter(
        queries.describe([one for part in parts for one in part], descriptor, catalog, stored)
    )
    found = [[next(flat) for _ in part] for part in parts]
    if not any(one.has_marks for one in queried):
        return [one for (one,) in found]
    background = _background(present())
    return [
        _moved(query, part, background, metric) if query.has_marks else part[0]
        for query, part in zip(queried, found, strict=True)
    ]


def _moved(query: Query, parts: list[Described], background: Vectors, metric: str) -> Described:
    first = 0 if query.is_empty else 1
    last = first + len(query.liked)
    own, liked, unliked = parts[:first], parts[first:last], parts[last:]
    without = _hashes(unliked)
    if without & _hashes(liked):
        raise UsageError("a picture is both liked and unliked; leave one of the two out")
    query_vector, good, bad = (_stacked(one, background.shape[1]) for one in (own, liked, unliked))
    rest = None if query.is_words else background
    vector = feedback.moved(query_vector, good, bad, rest, metric)
    return Described(vector[np.newaxis], own[0].sha256 if own else None, without)


def _hashes(described: list[Described]) -> frozenset[bytes]:
    return frozenset(one.sha256 for one in described if one.sha256 is not None)


def _stacked(described: list[Described], dim: int) -> Vectors:
    return np.concatenate([np.empty((0, dim), np.float32), *(one.vector for one in described)])


def _background(present: Matrix) -> Vectors:
    """Return vectors from all over the gallery, always the same of one state."""
    count = len(present.ids)
    rows = np.unique(np.linspace(0, count, feedback.BACKGROUND, endpoint=False, dtype=np.int64))
    rows = rows[(rows < count) & ~np.isin(rows, present.gone)]
    return np.asarray(present.vectors[rows], np.float32)
