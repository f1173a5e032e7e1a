"""Described queries → matches, through Milvus's index or through all vectors."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lookalike import metrics
from lookalike.gallery.milvus.kept.rows import OF_ANSWERS, FileRow, file_row
from lookalike.gallery.milvus.link.engine import MOST, Engine, Row
from lookalike.gallery.milvus.link.text import content_of
from lookalike.gallery.milvus.search.through import Through
from lookalike.gallery.milvus.search.where import FIELDS, Selection
from lookalike.metrics import Vectors
from lookalike.search.answering import File, Found, Wanted, answers, is_left_out
from lookalike.search.describing import Described
from lookalike.search.matches import Match
from lookalike.search.query import Query

# More than asked for, as some are no answers; and if too few are left, so many times as many.
_SPARE, _MORE = 8, 4

# Numbers of vectors that are fetched at a time; in Python each takes some 30 bytes.
_NUMBERS = 1_000_000
_MOST_ROWS = 4000


class Near(NamedTuple):
    """A file and its distance; files at the same one are in order of their paths."""

    distance: float
    path: str
    row: FileRow


@dataclass(frozen=True, eq=False)
class Finder:
    """Finds the answers to some queries.

    Attributes
    ----------
    engine : Engine
    through : Through
    queries : sequence of Query
    described : sequence of Described
    wanted : Wanted
    within : float or None
        The largest distance at which an answer may be.
    chosen : Selection or None
        What answers meet.
    probable : callable
        Returns how probable answers at distances (1, k) are.
    """

    engine: Engine
    through: Through
    queries: Sequence[Query]
    described: Sequence[Described]
    wanted: Wanted
    within: float | None
    chosen: Selection | None
    probable: Callable[[Vectors], list[list[float | None]]]

    def answers(self) -> list[tuple[Match, ...]]:
        """Return the matches of each query.

        Milvus is asked for more and more while too few answers are among what it gives; where it
        does not give as many, all vectors are gone through.
        """
        found: dict[int, tuple[Match, ...]] = {}
        limit = self._first
        while left := [n for n in range(len(self.queries)) if n not in found]:
            if self.through.plan is None or limit > MOST:
                found |= {n: self._matches(n, near) for n, near in self._among_all(left).items()}
                continue
            for n, near, is_all in self._asked(left, limit):
                matches = self._matches(n, near)
                if is_all or len(matches) == self.wanted.most:
                    found[n] = matches
            limit = MOST if limit < MOST < _MORE * limit else _MORE * limit
        return [found[n] for n in range(len(self.queries))]

    @property
    def _first(self) -> int:
        if self.wanted.most is None:
            return MOST
        without = max(len(one.without) for one in self.described)
        first = self.wanted.most + without + _SPARE
        if self.wanted.most > MOST or self.chosen is None or self.chosen.is_exact:
            return first if self.wanted.most > MOST else min(first, MOST)
        return min(_MORE * first, MOST)

    @property
    def _condition(self) -> str:
        return self.chosen.expression if self.chosen else ""

    @property
    def _fields(self) -> Sequence[str]:
        return FIELDS if self.chosen and not self.chosen.is_exact else ("id", *OF_ANSWERS)

    def _passing(self, rows: list[FileRow]) -> set[int]:
        if self.chosen is None:
            return {row.id for row in rows}
        return {row.id for row in self.chosen.passing(rows)}

    def _matches(self, n: int, near: Sequence[Near]) -> tuple[Match, ...]:
        described = self.described[n]
        away = np.array([[one.distance for one in near]], np.float32)
        alike = metrics.similarity(away, described.vector, self.through.metric)[0].tolist()
        found = (
            Found(_file(one.row), one.distance, similarity, probable)
            for one, similarity, probable in zip(near, alike, self.probable(away)[0], strict=True)
        )
        return answers(self.queries[n], described, found, self.wanted)

    # -- through Milvus's index --------------------------------------------------------------

    def _asked(self, left: Sequence[int], limit: int) -> Iterator[tuple[int, list[Near], bool]]:
        """Ask Milvus; yield what it gives for each query, and whether that is all there is."""
        plan = self.through.plan
        assert plan is not None  # noqa: S101  (the caller has seen to it)
        params: dict[str, object] = dict(plan.search_params(limit))
        if self.within is not None and self.wanted.most is None:
            params |= self.through.radius(self.within)
        size = max(1, MOST // limit)
        for start in range(0, len(left), size):
            some = left[start : start + size]
            given = self.engine.search(
                self.through.collection,
                np.concatenate([self.described[n].vector for n in some]),
                limit,
                condition=self._condition,
                fields=self._fields,
                params=params,
            )
            for n, hits in zip(some, given, strict=True):
                near, is_beyond = self._near(hits)
                yield n, near, is_beyond or len(hits) < limit

    def _near(self, hits: list[Row]) -> tuple[list[Near], bool]:
        """Return what may be an answer, nearest first; and whether the rest is too far away."""
        rows = [file_row(hit) for hit in hits]
        away = self.through.distances([hit["distance"] for hit in hits]).tolist()
        passing = self._passing(rows)
        bound = float("inf") if self.within is None else self.within
        near = [
            Near(distance, row.path, row)
            for distance, row in zip(away, rows, strict=True)
            if distance <= bound and row.id in passing
        ]
        return sorted(near, key=_order), bool(away) and max(away) > bound

    # -- through all vectors -----------------------------------------------------------------

    def _among_all(self, left: Sequence[int]) -> dict[int, list[Near]]:
        """Go through all vectors; keep what is nearest to each query."""
        vectors = np.concatenate([self.described[n].vector for n in left])
        best: dict[int, list[Near]] = {n: [] for n in left}
        for lot in self.engine.each(
            self.through.collection,
            "id",
            self._condition,
            [*self._fields, "vector"],
            batch=max(1, min(_MOST_ROWS, _NUMBERS // vectors.shape[1])),
            strong=False,
        ):
            passing = self._passing([file_row(row) for row in lot])
            rows = [row for row in lot if int(row["id"]) in passing]
            if not rows:
                continue
            present = np.array([row.pop("vector") for row in rows], np.float32)
            away = metrics.distances(vectors, present, self.through.metric)
            for n, of_it in zip(left, away, strict=True):
                best[n] = self._better(n, best[n], of_it, rows)
        return best

    def _better(self, n: int, best: list[Near], away: Vectors, lot: list[Row]) -> list[Near]:
        """Return the best of those that were so far and of those that come."""
        most = self.wanted.most
        bound = float("inf") if self.within is None else self.within
        if most is not None and len(best) == most:
            bound = min(bound, best[-1].distance)
        come = []
        for place in np.flatnonzero(away <= bound).tolist():
            row = file_row(lot[place])
            if not is_left_out(self.queries[n], self.described[n], _file(row)):
                come.append(Near(float(away[place]), row.path, row))
        return sorted([*best, *come], key=_order)[:most]


def _order(near: Near) -> tuple[float, bytes]:
    return near.distance, os.fsencode(near.path)


def _file(row: FileRow) -> File:
    return File(
        content_of(row.sha256),
        row.id,
        os.fsencode(row.path),
        row.sha256,
        row.width,
        row.height,
        row.format,
        row.bytes,
    )
