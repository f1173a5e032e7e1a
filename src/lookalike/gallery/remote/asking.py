"""Questions to a gallery behind a server."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.gallery.remote import reading, sending
from lookalike.gallery.remote.browsing import Browsing
from lookalike.gallery.remote.connected import MOST, checked_id
from lookalike.gallery.remote.problems import error_of
from lookalike.gallery.remote.shapes import JSON, check_count, part
from lookalike.gallery.remote.shown import RemoteMatches
from lookalike.gallery.wanted import conditions, parts_of, queries_of
from lookalike.images import Region, Source
from lookalike.search import Matches, Part, Query, Wanted
from lookalike.search.marked import several
from lookalike.search.query import plain
from lookalike.store import GalleryInfo
from lookalike.store.catalog import Failure

# Searches in one request, and the largest distance that the server takes.
_BATCH = 64
_FARTHEST = 1e30


class Asking(Browsing):
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
    ) -> Matches:
        """See `lookalike.Gallery.search`."""
        liked, unliked = several(like, "like"), several(unlike, "unlike")
        given = parts_of(picture, box, words, vector, parts, has_likes=bool(liked))
        wanted = Wanted(top, within, metric, index, conditions(where), min_probability)
        query = replace(_query(given), liked=_queries(liked), unliked=_queries(unliked))
        asked = {
            "parts": self._parts(given),
            "like": self._judged(liked),
            "unlike": self._judged(unliked),
            **_how(wanted, descriptor),
        }
        return self._matches(query, asked, wanted, self._ask("POST", "/search", body=asked))

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
    ) -> list[Matches]:
        """See `lookalike.Gallery.search_many`."""
        queries = queries_of(pictures, vectors)
        wanted = Wanted(top, within, metric, index, conditions(where), min_probability)
        how = _how(wanted, descriptor)
        found: list[Matches] = []
        for start in range(0, len(queries), _BATCH):
            batch = queries[start : start + _BATCH]
            searches = [{"parts": self._parts(parts), **how} for parts in batch]
            answer = self._ask("POST", "/search/batch", body={"searches": searches})
            answers = [_gone_well(one) for one in part(answer, "answers", list)]
            check_count(len(batch), len(answers))
            found += [
                self._matches(_query(parts), asked, wanted, one)
                for parts, asked, one in zip(batch, searches, answers, strict=True)
            ]
        return found

    def info(self) -> GalleryInfo:
        """See `lookalike.Gallery.info`."""
        return reading.info(self._ask("GET"), self.address)

    def failures(self) -> list[Failure]:
        """See `lookalike.Gallery.failures`."""
        found, _ = self._paged("/failures", "failures", (), 0, None)
        return [reading.failure(one) for one in found]

    # -- within ------------------------------------------------------------------------------

    def _parts(self, given: Sequence[Part]) -> list[dict[str, Any]]:
        return [sending.part(self._connection, one) for one in given]

    def _judged(self, given: Sequence[Source | int]) -> list[int | dict[str, str]]:
        """Return answers that are good or bad as JSON; pictures that are given are uploaded."""
        return [
            checked_id(one)
            if isinstance(one, int | np.integer)
            else {"upload": sending.uploaded(self._connection, one)}
            for one in given
        ]

    def _matches(
        self, query: Query, asked: Mapping[str, Any], wanted: Wanted, answer: JSON
    ) -> Matches:
        """Return an answer, with the pages behind it."""
        page = reading.page(answer)
        items, seconds = page.items, page.seconds
        while page.items and page.is_followed and (rest := _rest(wanted, len(items))):
            body = {**asked, "top": rest, "skip": len(items)}
            page = reading.page(self._ask("POST", "/search", body=body))
            items, seconds = items + page.items, seconds + page.seconds
        return RemoteMatches(
            query,
            items,
            part(answer, "descriptor", str),
            part(answer, "metric", str),
            part(answer, "searched", int),
            seconds,
            part(answer, "index", str),
            reading.recall(answer),
            thumbnail=self.thumbnail,
        )


def _how(wanted: Wanted, descriptor: str | None) -> dict[str, Any]:
    return {
        "top": _rest(wanted, 0),
        "within": _float(wanted.within, most=_FARTHEST),
        "descriptor": descriptor,
        "metric": wanted.metric,
        "index": wanted.index,
        "where": list(wanted.where),
        "min_probability": _float(wanted.min_probability),
    }


def _float(given: float | None, most: float = math.inf) -> float | None:
    return None if given is None else min(float(given), most)


def _rest(wanted: Wanted, found: int) -> int:
    """Return how many matches the next answer is to have."""
    return MOST if wanted.most is None else max(0, min(MOST, int(wanted.most) - found))


def _query(given: Sequence[Part]) -> Query:
    queries = tuple(plain(one) for one in given)
    if len(queries) == 1 and queries[0].weight > 0:
        return queries[0]
    return Query(parts=queries)


def _queries(given: Sequence[Source | int]) -> tuple[Query, ...]:
    return tuple(plain(Part(one)) for one in given)


def _gone_well(answer: JSON) -> JSON:
    if isinstance(answer, Mapping) and "problem" in answer:
        raise error_of(answer["problem"])
    return answer
