"""Questions to a gallery in Milvus."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy.typing as npt

from lookalike import metrics
from lookalike.errors import UsageError
from lookalike.gallery.milvus.kept.itself import Kept
from lookalike.gallery.milvus.opened import Opened
from lookalike.gallery.milvus.search.counts import Counts
from lookalike.gallery.milvus.search.finding import Finder
from lookalike.gallery.milvus.search.known import MilvusKnown
from lookalike.gallery.milvus.search.through import through
from lookalike.gallery.milvus.search.where import selection
from lookalike.gallery.wanted import conditions, parts_of, queries_of
from lookalike.images import Decoder, Region, Source, load_views
from lookalike.search import Matches, Part, Query, Wanted, marked
from lookalike.search.answering import check_known, nothing_yet, within
from lookalike.search.calibration import Calibration, probabilities_of
from lookalike.search.composing import composed_query
from lookalike.search.marked import asked, several
from lookalike.store.catalog import StoredDescriptor


class Asking(Opened):
    """What is asked of a gallery in Milvus.

    A search is one question to Milvus, and one more for what is searched with by its id. By another
    metric than the descriptor's own, and with ``index="exact"``, all vectors are fetched and
    compared here: that is exact, and takes time and traffic in proportion to the gallery. So does a
    condition that Milvus can tell little of where few pictures meet it.

    Milvus finds no picture by cosine distance whose vector is all zeros.
    """

    def __init__(
        self, kept: Kept, decoder: Decoder = load_views, *, hides_paths: bool = False
    ) -> None:
        super().__init__(kept, decoder, hides_paths=hides_paths)
        self._counts = Counts(kept.engine)

    def search(
        self,
        picture: Source | int | None = None,
        *,
        box: Region | None = None,
        words: str = "",
        vector: npt.ArrayLike | None = None,
        parts: Sequence[Part] = (),
        top: int | None = None,
        within: float | None = None,
        descriptor: str | None = None,
        metric: str | None = None,
        index: str | None = None,
        where: str | Sequence[str] = (),
        min_probability: float | None = None,
        like: Sequence[Source | int] = (),
        unlike: Sequence[Source | int] = (),
        place: str | None = None,
    ) -> Matches:
        """See `lookalike.gallery.served.ServedGallery.search`."""
        good, bad = several(like, "like"), several(unlike, "unlike")
        given = parts_of(picture, box, words, vector, parts, has_likes=bool(good))
        wanted = Wanted(top, within, metric, index, conditions(where), min_probability)
        stored = self._meant(descriptor, given)
        known = MilvusKnown(self._kept, stored)
        known.expect([*(part.picture for part in given), *good, *bad], paths=bool(good or bad))
        liked = tuple(asked(known, one) for one in good)
        unliked = tuple(asked(known, one) for one in bad)
        query = composed_query(known, given, liked) if given else Query()
        query = replace(query, liked=liked, unliked=unliked, place=place or query.place)
        return self._ranked([query], stored, known, wanted)[0]

    def search_many(
        self,
        pictures: Sequence[Source | int | Part | Sequence[Part]] = (),
        *,
        vectors: npt.ArrayLike | None = None,
        top: int | None = None,
        within: float | None = None,
        descriptor: str | None = None,
        metric: str | None = None,
        index: str | None = None,
        where: str | Sequence[str] = (),
        min_probability: float | None = None,
        places: Sequence[str | None] = (),
    ) -> list[Matches]:
        """See `lookalike.gallery.served.ServedGallery.search_many`."""
        given = queries_of(pictures, vectors)
        if places and len(places) != len(given):
            raise UsageError(f"there are {len(given)} queries, and {len(places)} places of them")
        wanted = Wanted(top, within, metric, index, conditions(where), min_probability)
        parts = [part for query in given for part in query]
        stored = self._meant(descriptor, parts)
        known = MilvusKnown(self._kept, stored)
        known.expect([part.picture for part in parts], paths=False)
        queries = []
        for of_one, place in zip(given, places or [None] * len(given), strict=True):
            query = composed_query(known, of_one)
            queries.append(replace(query, place=place or query.place))
        return self._ranked(queries, stored, known, wanted)

    # -- within ------------------------------------------------------------------------------

    def _meant(self, descriptor: str | None, parts: Sequence[Part]) -> StoredDescriptor:
        """Return the descriptor that is named, or the first that understands the queries."""
        if descriptor is None and any(part.words for part in parts):
            return self._with_words()
        return self._stored(descriptor)

    def _ranked(
        self,
        queries: Sequence[Query],
        stored: StoredDescriptor,
        known: MilvusKnown,
        wanted: Wanted,
    ) -> list[Matches]:
        began = time.monotonic()
        metric = metrics.canonical(wanted.metric or stored.metric)
        calibration = self._calibration(stored, metric)
        if wanted.min_probability is not None:
            check_known(calibration, stored, metric, queries)
        searched = through(self._kept, stored, metric, wanted.index)
        chosen = selection(self._kept, wanted.where, self._hides_paths) if wanted.where else None
        made = partial(self._made, stored)
        described = marked.describe(queries, made, known, stored, metric, self._decoder)
        if not described:
            return []
        different = self._counts.contents(searched.collection)
        if not different:
            raise nothing_yet(stored)
        finder = Finder(
            self._engine,
            searched,
            queries,
            described,
            wanted,
            within(wanted, calibration, different),
            chosen,
            lambda away: probabilities_of(calibration, away, different),
        )
        found = finder.answers()
        among = self._counts.contents(searched.collection, chosen) if chosen else different
        return [
            Matches(
                query=query,
                items=items,
                descriptor=stored.key,
                metric=metric,
                searched=max(among, len({match.sha256 for match in items})),
                seconds=time.monotonic() - began,
                index_used=searched.spec,
                recall=searched.recall,
            )
            for query, items in zip(queries, found, strict=True)
        ]

    def _calibration(self, stored: StoredDescriptor, metric: str) -> Calibration | None:
        kept = self._kept.calibration(stored, metric)
        return None if kept is None else Calibration.from_dict(kept.parameters)
