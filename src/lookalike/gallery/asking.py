"""Questions to a gallery."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt

from lookalike import metrics
from lookalike.errors import UsageError
from lookalike.gallery.opened import Opened
from lookalike.images import Source
from lookalike.metrics import Vectors
from lookalike.search import Matches, Query, Wanted, rank
from lookalike.search.marked import asked, several
from lookalike.search.neighbourhood import NeighbourBlock, neighbours
from lookalike.search.query import by_id
from lookalike.store import GalleryInfo, info
from lookalike.store.catalog import Failure, StoredDescriptor


class Asking(Opened):
    """What is asked of a gallery."""

    def search(
        self,
        picture: Source | int | None = None,
        *,
        words: str = "",
        vector: npt.ArrayLike | None = None,
        top: int | None = None,
        within: float | None = None,
        descriptor: str | None = None,
        metric: str | None = None,
        index: str | None = None,
        where: str | Sequence[str] = (),
        min_probability: float | None = None,
        like: Sequence[Source | int] = (),
        unlike: Sequence[Source | int] = (),
    ) -> Matches:
        """Find the pictures that are most like one.

        Parameters
        ----------
        picture : path, bytes, array, or the id of a picture in the gallery
        words : str
            Search by words instead, with a descriptor that understands them.
        vector : (dim,) float32, optional
            Search by a vector instead, as the descriptor would give it.
        top : int, optional
            How many matches: ten unless told, or all within the distance or of the probability.
        within : float, optional
            Only pictures up to this distance.
        descriptor : str, optional
            One of those that were indexed; by default the first of them, which is ``glance`` unless
            others were named when the gallery was made; for words the first that understands them.
        metric : str, optional
            Another than the descriptor's natural one.
        index : str, optional
            What to search through: ``"exact"``, or one that was built, such as ``"hnsw:ef=64"``;
            by default the one that was chosen for this gallery.
        where : str or sequence of str
            What every match meets, such as ``"folder = cats and width >= 800 and price < 20"``; of
            several conditions, all. It is applied first: among those pictures the nearest are
            found.
        min_probability : float, optional
            Only pictures that are the same one, perhaps edited, with at least this probability,
            such as 0.8; perhaps none. `lookalike.selftest` finds out what is how probable.
        like, unlike : sequence of ids, paths, bytes or arrays, optional
            Pictures that are good answers, and bad ones, in the gallery or not. The search goes
            where the good ones are and the bad ones are not, and distances are to there. The bad
            ones are left out. With good ones there need be nothing else to search by.

        Returns
        -------
        Matches
            Nearest first. The query's own file is left out.

        Raises
        ------
        PictureError
            The picture cannot be read.
        NotIndexed
            The gallery is empty, or has no such descriptor, id or index; or a probability is asked
            for, and it was not tested yet.
        BadParameter, UnknownName
            A condition that is none, or a field that there is not.
        UsageError
            There is nothing to search by, or more than one thing; a picture is both liked and
            unliked; a probability is asked for with them, as no single picture is searched with.
        """
        liked = tuple(asked(self._catalog, one) for one in several(like, "like"))
        unliked = tuple(asked(self._catalog, one) for one in several(unlike, "unlike"))
        things = (picture is not None) + bool(words) + (vector is not None)
        if things > 1 or not (things or liked):
            raise UsageError("search needs one thing: a picture, words, a vector, or what is liked")
        stored = self._stored(descriptor) if descriptor or not words else self._with_words()
        query = (
            by_id(self._catalog, int(picture))
            if isinstance(picture, int | np.integer)
            else Query(picture=picture, words=words, vector=_vector(vector))
        )
        query = replace(query, liked=liked, unliked=unliked)
        wanted = Wanted(top, within, metric, index, _conditions(where), min_probability)
        return self._ranked([query], stored, wanted)[0]

    def search_many(
        self,
        pictures: Sequence[Source | int] = (),
        *,
        vectors: npt.ArrayLike | None = None,
        top: int | None = None,
        within: float | None = None,
        descriptor: str | None = None,
        metric: str | None = None,
        index: str | None = None,
        where: str | Sequence[str] = (),
        min_probability: float | None = None,
    ) -> list[Matches]:
        """Find the pictures that are most like each of several, in one go.

        Parameters
        ----------
        pictures : sequence of paths, bytes, arrays or ids
        vectors : (n, dim) float32, optional
            Search by vectors instead.
        top, within, descriptor, metric, index, where, min_probability
            As for `search`.

        Returns
        -------
        list of Matches
            One for each picture or vector, in their order.

        Raises
        ------
        PictureError
            One of the pictures cannot be read.
        NotIndexed
            As for `search`.
        """
        if isinstance(pictures, str | bytes | os.PathLike):
            raise UsageError("pictures is a list of them; for one there is search")
        if len(pictures) and vectors is not None:
            raise UsageError("search_many needs one thing: pictures, or vectors")
        stored = self._stored(descriptor)
        queries = [
            by_id(self._catalog, int(one))
            if isinstance(one, int | np.integer)
            else Query(picture=one)
            for one in pictures
        ]
        given = () if vectors is None else np.atleast_2d(np.asarray(vectors, np.float32))
        queries += [Query(vector=vector) for vector in given]
        wanted = Wanted(top, within, metric, index, _conditions(where), min_probability)
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
        """Return what is in the gallery."""
        return info(self._catalog)

    def failures(self) -> list[Failure]:
        """Return the files that could not be indexed, and why."""
        return self._catalog.failures()

    # -- within ------------------------------------------------------------------------------

    def _ranked(
        self, queries: Sequence[Query], stored: StoredDescriptor, wanted: Wanted
    ) -> list[Matches]:
        made = partial(self._made, stored)
        return rank(self._catalog, self._searchers, queries, made, stored, wanted)


def _conditions(where: str | Sequence[str]) -> tuple[str, ...]:
    return (where,) if isinstance(where, str) else tuple(where)


def _vector(given: npt.ArrayLike | None) -> Vectors | None:
    return None if given is None else np.asarray(given, np.float32)
