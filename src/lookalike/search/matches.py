"""The answers: matches, nearest first, that show themselves."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, overload

from lookalike.descriptors import label
from lookalike.search.query import Query
from lookalike.show import Shown
from lookalike.show.wording import chance

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Match:
    """One answer.

    Attributes
    ----------
    rank : int
        From 1.
    id : int
        The picture's id in this gallery; search with it for more like this one.
    path : str
    distance : float
        Smaller is nearer; its scale is the metric's.
    similarity : float
        1 for equal vectors; see `lookalike.metrics.similarity`. Not a probability.
    probability : float or None
        That it is the same picture, perhaps edited, as `lookalike.selftest` has found; 1 for a file
        that is identical. None where the gallery was not tested by this descriptor and metric, for
        words, for a region or several parts, and where marks moved the query.
    identical : bool
        The file is the query's, byte for byte.
    width, height : int
        Pixels, upright.
    format : str
    bytes : int
    sha256 : str
        Of the file's content, in hexadecimal; equal ones are the same file under several paths.
    """

    rank: int
    id: int
    path: str
    distance: float
    similarity: float
    probability: float | None
    identical: bool
    width: int
    height: int
    format: str
    bytes: int
    sha256: str

    def as_dict(self) -> dict[str, object]:
        """Return the match as the JSON output spells it."""
        return asdict(self)


@dataclass(frozen=True)
class Matches(Sequence[Match]):
    """The answers to one query, nearest first.

    Attributes
    ----------
    query : Query
    items : tuple of Match
    descriptor : str
        Key of the descriptor: name, version, parameters.
    metric : str
    searched : int
        Different pictures, by their content, that were searched among.
    seconds : float
        From the query to the answers, describing included; of several queries in one call, of all
        together.
    index_used : str
        What was searched through: its name and parameters.
    recall : float or None
        Share of the ten nearest that this index finds, as it was measured on this gallery; 1 for
        an exact one, None if it was not measured.
    """

    query: Query
    items: tuple[Match, ...]
    descriptor: str
    metric: str
    searched: int
    seconds: float
    index_used: str = "exact"
    recall: float | None = 1.0

    @overload
    def __getitem__(self, index: int) -> Match: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Match]: ...
    def __getitem__(self, index: int | slice) -> Match | Sequence[Match]:
        return self.items[index]

    def __iter__(self) -> Iterator[Match]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def heading(self) -> str:
        """How the answers were found, in one line."""
        called = label(self.descriptor)
        region = "" if self.query.box is None else " to a region of the picture"
        among = f"among {self.searched:,} different pictures"
        told = f"{called}, {self.metric} distance{region}, {among}"
        if parts := self.query.parts:
            away = sum(part.weight < 0 for part in parts)
            told += f", towards {len(parts) - away} and away from {away}"
        if self.query.has_marks:
            liked, unliked = len(self.query.liked), len(self.query.unliked)
            told += f", moved by {liked} liked and {unliked} unliked"
        if self.index_used == "exact":
            return told
        share = "" if self.recall is None else f", which finds {self.recall:.1%} of the nearest"
        return f"{told}, by {self.index_used.partition(':')[0]}{share}"

    def plot(self, file: str | os.PathLike[str] | None = None, *, columns: int = 5) -> Figure:
        """Draw the query and the ranked matches with their scores.

        Parameters
        ----------
        file : path, optional
            Also save the figure there: ``.png``, ``.svg``, ``.pdf`` or ``.jpg``.
        columns : int

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        MissingExtra
            Matplotlib is not installed.
        """
        from lookalike.show import plot

        figure = plot.ranking(*self._shown(), columns=columns, heading=self.heading)
        if file is not None:
            plot.save(figure, Path(file))
        return figure

    def sheet(self) -> str:
        """Return a self-contained HTML page with the query and the matches."""
        from lookalike.show import page

        query, matches = self._shown()
        return page.sheet(query, matches, heading=self.heading, footer=self.descriptor)

    def _repr_html_(self) -> str:
        from lookalike.show import page

        query, matches = self._shown()
        return page.fragment(query, matches, heading=self.heading)

    def _shown(self) -> tuple[Shown, list[Shown]]:
        seen = self.query.shown
        query = Shown(seen.path, seen.picture, self.query.title, ("query",), seen.box)
        return query, [_shown(match) for match in self.items]


def _shown(match: Match) -> Shown:
    return Shown(
        match.path,
        match.path,
        os.path.basename(match.path),  # noqa: PTH119
        (
            f"{match.rank}. {match.similarity:.1%} alike",
            *(
                []
                if match.probability is None
                else [f"the same picture: {chance(match.probability)}"]
            ),
            f"distance {match.distance:.4g}",
            *(["identical file"] if match.identical else []),
        ),
        is_indexed=True,
    )
