"""Described queries → matches."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from lookalike import metrics
from lookalike.descriptors import Descriptor
from lookalike.images import Decoder, load_views
from lookalike.indexes import Neighbours
from lookalike.indexes.neighbours import Mask
from lookalike.metrics import Vectors
from lookalike.search import marked
from lookalike.search.answering import (
    File,
    Found,
    Wanted,
    answers,
    check_known,
    nothing_yet,
    within,
)
from lookalike.search.calibration import calibration_of, probabilities_of
from lookalike.search.known import Known
from lookalike.search.lookup import files_of, in_flux
from lookalike.search.matches import Matches
from lookalike.search.query import Query
from lookalike.search.searcher import Searched, Searchers
from lookalike.store import where
from lookalike.store.catalog import Catalog, StoredDescriptor
from lookalike.store.where import Allowed

# A search is done again if what it found was changed meanwhile; what is changed all the time is
# left out in the end.
_TRIES = 5

_NOTHING = -1


def rank(
    catalog: Catalog,
    searchers: Searchers,
    known: Known,
    asked: Sequence[Query],
    descriptor: Callable[[], Descriptor],
    stored: StoredDescriptor,
    wanted: Wanted,
    load: Decoder = load_views,
) -> list[Matches]:
    """Find the pictures nearest to each query.

    A query's own file is left out, as it says nothing; other files with the same bytes are in. What
    is known to be no answer, and what several parts show, is left out with all files that have the
    same bytes.

    Parameters
    ----------
    catalog : Catalog
    searchers : Searchers
    known : Known
        What the catalog knows of its pictures.
    asked : sequence of Query
    descriptor : callable
        Makes the descriptor; called only if there is something to be described.
    stored : StoredDescriptor
        The same descriptor, as the catalog knows it.
    wanted : Wanted
    load : Decoder
        Reads the pictures that are searched with.

    Returns
    -------
    list of Matches
        One for each query.

    Raises
    ------
    NotIndexed
        No picture has a vector of the descriptor, the index is not built, or a probability is asked
        for where none is known.
    UsageError
        A probability is asked for of words, of a region or several parts, or with marks; or parts
        cannot be put together.
    """
    began = time.monotonic()
    metric = metrics.canonical(wanted.metric or stored.metric)
    calibration = calibration_of(catalog, stored, metric)
    if wanted.min_probability is not None:
        check_known(calibration, stored, metric, asked)
    described = marked.describe(
        asked,
        descriptor,
        known,
        stored,
        metric,
        load,
    )
    if not described:
        return []
    vectors = np.concatenate([one.vector for one in described])
    for _ in range(_TRIES):
        searched = searchers.searched(stored, metric, wanted.index)
        if not len(searched.matrix):
            raise nothing_yet(stored)
        allowed = where.allowed(catalog, wanted.where) if wanted.where else None
        rows = None if allowed is None else _rows(searched, allowed)
        limit = within(wanted, calibration, len(searched.matrix))
        most = None if wanted.most is None else wanted.most + max(len(d.without) for d in described)
        found = _nearest(searched, vectors, most, limit, rows)
        contents = np.where(found.rows >= 0, searched.matrix.ids[found.rows], _NOTHING)
        present = set(contents.ravel().tolist()) - {_NOTHING}
        files = files_of(catalog, present, allowed)
        if not (moving := in_flux(catalog, searched.matrix.moment, present)):
            break
    for content in moving:
        files.pop(content, None)
    alike = metrics.similarity(found.distances, vectors, metric)
    probable = probabilities_of(calibration, found.distances, len(searched.matrix))
    found_of_each = zip(
        contents.tolist(), found.distances.tolist(), alike.tolist(), probable, strict=True
    )
    return [
        Matches(
            query=query,
            items=answers(query, one, _found(files, row), wanted),
            descriptor=stored.key,
            metric=metric,
            searched=len(searched.matrix) if rows is None else int(np.count_nonzero(rows)),
            seconds=time.monotonic() - began,
            index_used=searched.index.spec,
            recall=searched.recall,
        )
        for query, one, row in zip(asked, described, found_of_each, strict=True)
    ]


def _rows(searched: Searched, allowed: Allowed) -> Mask:
    """Tell which rows of the matrix may be found (n,)."""
    rows = allowed.rows(searched.matrix.ids)
    rows[searched.matrix.gone] = False
    return rows


def _nearest(
    searched: Searched, vectors: Vectors, most: int | None, limit: float | None, rows: Mask | None
) -> Neighbours:
    if most is None and limit is not None:
        return searched.index.within(vectors, limit, rows)
    # One more than asked for: the query's own file may be among them.
    count = min((most or 0) + 1, len(searched.matrix.ids))
    found = searched.index.search(vectors, count, rows)
    if limit is None:
        return found
    return Neighbours(np.where(found.distances <= limit, found.rows, -1), found.distances)


def _found(
    files: dict[int, list[File]],
    row: tuple[list[int], list[float], list[float], list[float | None]],
) -> Iterator[Found]:
    """Turn contents into files: identical bytes under two paths are two answers."""
    for content, distance, similarity, probable in zip(*row, strict=True):
        for file in files.get(content, ()):
            yield Found(file, distance, similarity, probable)
