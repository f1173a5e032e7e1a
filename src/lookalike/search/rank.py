"""Described queries → matches."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lookalike import metrics
from lookalike.descriptors import Descriptor, label
from lookalike.errors import NotIndexed, UsageError
from lookalike.images import Decoder, load_views
from lookalike.indexes import Neighbours
from lookalike.indexes.neighbours import Mask
from lookalike.metrics import Vectors
from lookalike.search import marked
from lookalike.search.calibration import Calibration, calibration_of, probabilities_of
from lookalike.search.describing import Described
from lookalike.search.lookup import File, files_of, in_flux
from lookalike.search.matches import Match, Matches
from lookalike.search.query import Query
from lookalike.search.searcher import Searched, Searchers
from lookalike.store import where
from lookalike.store.catalog import Catalog, StoredDescriptor
from lookalike.store.where import Allowed

# A search is done again if what it found was changed meanwhile; what is changed all the time is
# left out in the end.
_TRIES = 5

_NOTHING = -1


@dataclass(frozen=True)
class Wanted:
    """How to search.

    Attributes
    ----------
    top : int or None
        How many matches, at least 1; None for ten, or for all within the distance or of the
        probability, if one is given.
    within : float or None
        The largest distance; None for any.
    metric : str or None
        Another than the descriptor's natural one.
    index : str or None
        Another than the chosen one.
    where : tuple of str
        Conditions that every match meets; see `lookalike.store.where`.
    min_probability : float or None
        How probably a match is to be the same picture, at least; above 0, at most 1.
    """

    top: int | None = None
    within: float | None = None
    metric: str | None = None
    index: str | None = None
    where: tuple[str, ...] = ()
    min_probability: float | None = None

    def __post_init__(self) -> None:
        if self.top is not None and self.top < 1:
            raise UsageError(f"top must be at least 1, not {self.top}")
        if self.within is not None and not self.within >= 0:
            raise UsageError(f"within is a distance, 0 or more, not {self.within}")
        if self.min_probability is not None and not 0 < self.min_probability <= 1:
            raise UsageError(
                f"a probability is above 0 and at most 1, not {self.min_probability}; "
                "80 % is written 0.8"
            )

    @property
    def most(self) -> int | None:
        """The most matches that are wanted; None for all there are."""
        is_limited = self.within is not None or self.min_probability is not None
        return 10 if self.top is None and not is_limited else self.top


def rank(
    catalog: Catalog,
    searchers: Searchers,
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
        _check_known(calibration, stored, metric, asked)
    described = marked.describe(
        asked,
        descriptor,
        catalog,
        stored,
        metric,
        lambda: searchers.searched(stored, metric, wanted.index).matrix,
        load,
    )
    if not described:
        return []
    vectors = np.concatenate([one.vector for one in described])
    for _ in range(_TRIES):
        searched = searchers.searched(stored, metric, wanted.index)
        if not len(searched.matrix):
            raise NotIndexed(
                f"no picture has a vector of {stored.key} yet; bring the gallery up to date: "
                "lookalike index"
            )
        allowed = where.allowed(catalog, wanted.where) if wanted.where else None
        rows = None if allowed is None else _rows(searched, allowed)
        within = _within(wanted, calibration, len(searched.matrix))
        most = None if wanted.most is None else wanted.most + max(len(d.without) for d in described)
        found = _nearest(searched, vectors, most, within, rows)
        contents = np.where(found.rows >= 0, searched.matrix.ids[found.rows], _NOTHING)
        known = set(contents.ravel().tolist()) - {_NOTHING}
        files = files_of(catalog, known, allowed)
        if not (moving := in_flux(catalog, searched.matrix.moment, known)):
            break
    for content in moving:
        files.pop(content, None)
    alike = metrics.similarity(found.distances, vectors, metric)
    probable = probabilities_of(calibration, found.distances, len(searched.matrix))
    answers = zip(
        contents.tolist(), found.distances.tolist(), alike.tolist(), probable, strict=True
    )
    return [
        Matches(
            query=query,
            items=_matches(query, one, files, row, wanted),
            descriptor=stored.key,
            metric=metric,
            searched=len(searched.matrix) if rows is None else int(np.count_nonzero(rows)),
            seconds=time.monotonic() - began,
            index_used=searched.index.spec,
            recall=searched.recall,
        )
        for query, one, row in zip(asked, described, answers, strict=True)
    ]


def _rows(searched: Searched, allowed: Allowed) -> Mask:
    """Tell which rows of the matrix may be found (n,)."""
    rows = allowed.rows(searched.matrix.ids)
    rows[searched.matrix.gone] = False
    return rows


def _check_known(
    calibration: Calibration | None, stored: StoredDescriptor, metric: str, asked: Sequence[Query]
) -> None:
    """Refuse to go by a probability that nobody knows."""
    if any(query.has_marks for query in asked):
        raise UsageError(
            "with marks a search goes by no single picture any more, so no match is probably the "
            "same; leave min_probability out, or the marks"
        )
    if not all(query.is_whole for query in asked):
        raise UsageError(
            "with a box or several parts a search goes by no single whole picture, so no match is "
            "probably the same; leave min_probability out, or search with one picture"
        )
    if calibration is None:
        option = "" if metric == stored.metric else f" --metric {metric}"
        raise NotIndexed(
            f"how probable a match is by {label(stored.key)} and {metric} distance was not tested "
            f"in this gallery yet; do it: lookalike selftest{option}"
        )
    if any(query.is_words for query in asked):
        raise UsageError(
            "words are no copy of a picture, so no match of them has a probability; leave "
            "min_probability out"
        )


def _within(wanted: Wanted, calibration: Calibration | None, vectors: int) -> float | None:
    """Return the largest distance at which a match may be."""
    if calibration is None or wanted.min_probability is None:
        return wanted.within
    found = calibration.distance(wanted.min_probability, vectors)
    # Where nothing near is so probable, an identical file still is, which is almost at 0. A bit
    # more never hurts: what is not probable enough is left out later.
    limit = calibration.distances[0] if found is None else found * (1 + 1e-6)
    return limit if wanted.within is None else min(limit, wanted.within)


def _nearest(
    searched: Searched, vectors: Vectors, most: int | None, within: float | None, rows: Mask | None
) -> Neighbours:
    if most is None and within is not None:
        return searched.index.within(vectors, within, rows)
    # One more than asked for: the query's own file may be among them.
    count = min((most or 0) + 1, len(searched.matrix.ids))
    found = searched.index.search(vectors, count, rows)
    if within is None:
        return found
    return Neighbours(np.where(found.distances <= within, found.rows, -1), found.distances)


def _matches(
    query: Query,
    described: Described,
    files: dict[int, list[File]],
    row: tuple[list[int], list[float], list[float], list[float | None]],
    wanted: Wanted,
) -> tuple[Match, ...]:
    """Turn contents into files: identical bytes under two paths are two answers."""
    out: list[Match] = []
    for content, distance, similarity, probable in zip(*row, strict=True):
        for file in files.get(content, ()):
            path = os.fsdecode(file.path)
            identical = file.sha256 == described.sha256
            if file.id == query.id or (identical and _is_same_file(path, query.path)):
                continue
            if file.sha256 in described.without:
                continue
            probability = _probability(query, probable, identical)
            if wanted.min_probability and (probability or 0) < wanted.min_probability:
                continue
            if len(out) == wanted.most:
                return tuple(out)
            out.append(
                Match(
                    rank=len(out) + 1,
                    id=file.id,
                    path=path,
                    distance=distance,
                    similarity=similarity,
                    probability=probability,
                    identical=identical,
                    width=file.width,
                    height=file.height,
                    format=file.format,
                    bytes=file.bytes,
                    sha256=file.sha256.hex(),
                )
            )
    return tuple(out)


def _probability(query: Query, probable: float | None, identical: bool) -> float | None:
    """Return how probably a file shows the same picture; of the same bytes it is certain."""
    if probable is None or query.is_words or query.has_marks or not query.is_whole:
        return None
    return 1.0 if identical else probable


def _is_same_file(name: str, query: str | None) -> bool:
    """Whether the query is this very file, perhaps under another path that leads to it."""
    if query is None or name == query:
        return name == query
    return os.path.exists(name) and os.path.exists(query) and os.path.samefile(name, query)  # noqa: PTH110, PTH121
