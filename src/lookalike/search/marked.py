"""Queries of several parts, or with known answers: where to search, and what is left out."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import numpy as np

from lookalike.descriptors import Descriptor
from lookalike.errors import UsageError
from lookalike.images import Decoder, Source, load_views
from lookalike.metrics import Vectors
from lookalike.search import describing, feedback
from lookalike.search.composing import composed
from lookalike.search.describing import Described
from lookalike.search.known import Known
from lookalike.search.query import Query, by_id
from lookalike.store.catalog import StoredDescriptor


def asked(known: Known, given: Source | int) -> Query:
    """Return the query for a picture; of a file that is in the gallery, by what is kept of it.

    Raises
    ------
    NotIndexed
        There is no picture of that id.
    """
    if isinstance(given, int | np.integer):
        return by_id(known, int(given))
    query = Query(picture=given)
    if query.path is None:
        return query
    identity = known.id_at(query.path)
    return query if identity is None else Query(picture=given, id=identity)


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
    known: Known,
    stored: StoredDescriptor,
    metric: str,
    load: Decoder = load_views,
) -> list[Described]:
    """Describe queries, put parts together, and move those of which some answers are known.

    Parameters
    ----------
    queried, descriptor, known, stored, load
        As for `lookalike.search.describing.describe`; but queries may be of several parts.
    metric : str
        Of the search.

    Raises
    ------
    PictureError, BadParameter, UsageError
        As for `lookalike.search.describing.describe`.
    UsageError
        A picture is both liked and unliked, the metric cannot be searched by with marks, or parts
        cannot be put together; see `lookalike.search.composing.composed`.
    """
    singles = [[*_own(one), *one.liked, *one.unliked] for one in queried]
    flat = iter(
        describing.describe([s for each in singles for s in each], descriptor, known, stored, load)
    )
    found = [[next(flat) for _ in each] for each in singles]
    background = known.background(stored) if any(one.has_marks for one in queried) else None
    return [
        _placed(query, each, background, metric) for query, each in zip(queried, found, strict=True)
    ]


def _own(query: Query) -> tuple[Query, ...]:
    """Return what is searched with, apart from known answers."""
    return query.parts or (() if query.is_empty else (query,))


def _placed(
    query: Query, found: list[Described], background: Vectors | None, metric: str
) -> Described:
    count = len(_own(query))
    own, marks = found[:count], found[count:]
    if query.parts:
        vectors = np.concatenate([part.vector for part in own])
        vector = composed(vectors, [part.weight for part in query.parts], metric)
        own = [Described(vector[np.newaxis], None, _hashes(own))]
    if background is None or not query.has_marks:
        (only,) = own
        return only
    return _moved(query, own, marks, background, metric)


def _moved(
    query: Query,
    own: list[Described],
    marks: list[Described],
    background: Vectors,
    metric: str,
) -> Described:
    liked, unliked = marks[: len(query.liked)], marks[len(query.liked) :]
    without = _hashes(unliked)
    if without & _hashes(liked):
        raise UsageError("a picture is both liked and unliked; leave one of the two out")
    query_vector, good, bad = (_stacked(one, background.shape[1]) for one in (own, liked, unliked))
    rest = None if query.is_words else background
    vector = feedback.moved(query_vector, good, bad, rest, metric)
    without = without.union(*(one.without for one in own))
    return Described(vector[np.newaxis], own[0].sha256 if own else None, without)


def _hashes(described: list[Described]) -> frozenset[bytes]:
    return frozenset(one.sha256 for one in described if one.sha256 is not None)


def _stacked(described: list[Described], dim: int) -> Vectors:
    return np.concatenate([np.empty((0, dim), np.float32), *(one.vector for one in described)])
