"""Questions to a gallery."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy.typing as npt

from lookalike import metrics
from lookalike.errors import UsageError
from lookalike.gallery.local.opened import Opened
from lookalike.gallery.wanted import conditions, parts_of, queries_of
from lookalike.images import Region, Source
from lookalike.search import Matches, Part, Query, Wanted, rank
from lookalike.search.composing import composed_query
from lookalike.search.marked import asked, several
from lookalike.search.neighbourhood import NeighbourBlock, neighbours
from lookalike.store import GalleryInfo, info
from lookalike.store.catalog import Failure, StoredDescriptor


class Asking(Opened):
    """What is asked of a gallery."""

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
        """See `lookalike.Gallery.search`; one thing more can be told here.

        Parameters
        ----------
        place : str, optional
            Where the picture lies whose bytes were given, as an absolute path: if that very file is
            in the gallery, it is left out of the answer, as with a search by its path.
        """
        liked = tuple(asked(self._known, one) for one in several(like, "like"))
        unliked = tuple(asked(self._known, one) for one in several(unlike, "unlike"))
        given = parts_of(picture, box, words, vector, parts, has_likes=bool(liked))
        query = composed_query(self._known, given, liked) if given else Query()
        query = replace(query, liked=liked, unliked=unliked, place=place or query.place)
        stored = self._meant(descriptor, [query])
        wanted = Wanted(top, within, metric, index, conditions(where), min_probability)
        return self._ranked([query], stored, wanted)[0]

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
        """See `lookalike.Gallery.search_many`; one thing more can be told here.

        Parameters
        ----------
        places : sequence of str or None, optional
            The `place` of each query, as for `search`.
        """
        given = queries_of(pictures, vectors)
        if places and len(places) != len(given):
            raise UsageError(f"there are {len(given)} queries, and {len(places)} places of them")
        queries = []
        for parts, place in zip(given, places or [None] * len(given), strict=True):
            query = composed_query(self._known, parts)
            queries.append(replace(query, place=place or query.place))
        stored = self._meant(descriptor, queries)
        wanted = Wanted(top, within, metric, index, conditions(where), min_probability)
        return self._ranked(queries, stored, wanted)

    def neighbours(
        self,
        k: int = 10,
        *,
        descriptor: str | None = None,
        metric: str | None = None,
        index: str | None = None,
    ) -> Iterator[NeighbourBlock]:
        """Find the nearest pictures of every picture in the gallery, a few hundred at a time.

        Parameters
        ----------
        k : int
            How many of each; a picture is none of its own.
        descriptor, metric, index
            As for `search`.

        Yields
        ------
        NeighbourBlock
            Together they have every picture once, as of the moment when this began.
        """
        if k < 1:
            raise UsageError(f"k must be at least 1, not {k}")
        stored = self._stored(descriptor)
        metric = metrics.canonical(metric or stored.metric)
        return neighbours(self._catalog, self._searchers.searched(stored, metric, index), k)

    def info(self) -> GalleryInfo:
        """See `lookalike.Gallery.info`."""
        return info(self._catalog)

    def failures(self) -> list[Failure]:
        """See `lookalike.Gallery.failures`."""
        return self._catalog.failures()

    # -- within ------------------------------------------------------------------------------

    def _meant(self, descriptor: str | None, queries: Sequence[Query]) -> StoredDescriptor:
        """Return the descriptor that is named, or the first that understands the queries."""
        if descriptor is None and any(query.is_words for query in queries):
            return self._with_words()
        return self._stored(descriptor)

    def _ranked(
        self, queries: Sequence[Query], stored: StoredDescriptor, wanted: Wanted
    ) -> list[Matches]:
        made = partial(self._made, stored)
        return rank(
            self._catalog,
            self._searchers,
            self._known,
            queries,
            made,
            stored,
            wanted,
            self._decoder,
        )
