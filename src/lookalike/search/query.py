"""What is searched with: a picture, a region of it, words, a vector, or several of these."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lookalike.errors import UsageError
from lookalike.images import Region, Source
from lookalike.images.regions import checked
from lookalike.metrics import Vectors
from lookalike.places import is_url
from lookalike.search.known import Known


@dataclass(frozen=True, eq=False)
class Part:
    """One of several things that are searched with at once: a picture, words or a vector.

    Parameters
    ----------
    picture : path, bytes, array, or the id of a picture in the gallery
    words : str
    vector : (dim,) float32, optional
    box : Region, optional
        Look only at this part of the picture.
    weight : float
        How much it counts; below 0 the search goes away from it. Finite, and not 0.

    Raises
    ------
    UsageError
        It is nothing, or more than one thing; a box of no picture; or a weight that is none.
    BadParameter
        The box is no region.
    """

    picture: Source | int | None = None
    words: str = ""
    vector: npt.ArrayLike | None = None
    box: Region | None = None
    weight: float = 1.0

    def __post_init__(self) -> None:
        things = (self.picture is not None) + bool(self.words) + (self.vector is not None)
        if things != 1:
            raise UsageError(
                f"a part of a query is one thing, a picture, words or a vector; this is {things}"
            )
        if self.box is not None and self.picture is None:
            raise UsageError("a box is a region of a picture, and there is none; leave it out")
        if self.box is not None:
            checked(self.box)
        if not math.isfinite(self.weight) or self.weight == 0:
            raise UsageError(
                f"the weight of a part is a number above 0, or below it to go away from the part; "
                f"not {self.weight}"
            )


@dataclass(frozen=True, eq=False)
class Query:
    """A picture, words, a vector, or several of these.

    Parameters
    ----------
    picture : path, bytes, array or None
        What `lookalike.images.load` takes.
    words : str
        A description, for a descriptor that understands one; used if there is no picture.
    id : int or None
        The id of a picture in the gallery; its kept vector is used.
    vector : (dim,) float32 or None
        As the descriptor would give it.
    liked, unliked : tuple of Query
        Pictures that are known to be good answers, and bad ones; see `lookalike.search.feedback`.
        With ones that are liked there need be nothing else.
    box : Region or None
        What of the picture is searched with; None for all of it.
    parts : tuple of Query
        Several things at once, instead of one; see `lookalike.search.composing`.
    weight : float
        As one of several parts: how much it counts.
    place : str or None
        Where the asker has the picture whose bytes were given: an absolute path; or the address
        of one in the gallery.
    """

    picture: Source | None = None
    words: str = ""
    id: int | None = None
    vector: Vectors | None = None
    liked: tuple[Query, ...] = ()
    unliked: tuple[Query, ...] = ()
    box: Region | None = None
    parts: tuple[Query, ...] = ()
    weight: float = 1.0
    place: str | None = None

    @property
    def path(self) -> str | None:
        """The absolute path of the picture, if it is a file; else where the asker has it."""
        if isinstance(self.picture, str | os.PathLike):
            return os.path.abspath(os.fsdecode(self.picture))  # noqa: PTH100 (takes "a/../b" out)
        return self.place

    @property
    def is_words(self) -> bool:
        """Whether it is words that are searched with, perhaps among other things."""
        if self.parts:
            return any(part.is_words for part in self.parts)
        return bool(self.words) and self.picture is None and self.id is None and self.vector is None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing but what is liked."""
        single = self.picture is None and not self.words and self.id is None and self.vector is None
        return single and not self.parts

    @property
    def is_whole(self) -> bool:
        """Whether it is one thing, and all of it: no region, not several parts."""
        return self.box is None and not self.parts

    @property
    def has_marks(self) -> bool:
        """Whether some answers are known to be good or bad."""
        return bool(self.liked or self.unliked)

    @property
    def shown(self) -> Query:
        """What stands for the query in a picture: of several parts the first that is wanted."""
        return next((part for part in self.parts if part.weight > 0), self)

    @property
    def title(self) -> str:
        """What names the query to a person."""
        if self.parts:
            return _sum(self.parts)
        if self.is_empty and self.liked:
            return "more like these"
        return self.name or "the query" + _region(self)

    @property
    def name(self) -> str:
        """What names the picture or the words to a person; nothing if they have no name."""
        if self.path is not None:
            return os.path.basename(self.path) + _region(self)  # noqa: PTH119
        return f"“{self.words}”" if self.words else ""


def _region(query: Query) -> str:
    return "" if query.box is None else " (a region)"


def _sum(parts: Sequence[Query]) -> str:
    """Write parts as a person would: ``a.jpg + 0.5 × b.jpg − c.jpg``."""
    text = ""
    for part in parts:
        sign = "−" if part.weight < 0 else "+"
        size = abs(part.weight)
        times = "" if size == 1 else f"{size:.4g} × "
        name = part.name or ("a vector" if part.vector is not None else "a picture" + _region(part))
        text += f" {sign} {times}{name}"
    return text.removeprefix(" + ").lstrip()


def plain(part: Part) -> Query:
    """Return the query for a part; of an id it knows no more than that."""
    weight = float(part.weight)
    if isinstance(part.picture, int | np.integer):
        return Query(id=int(part.picture), box=part.box, weight=weight)
    vector = None if part.vector is None else np.asarray(part.vector, np.float32)
    return Query(part.picture, part.words, vector=vector, box=part.box, weight=weight)


def located(known: Known, part: Part) -> Query:
    """Return the query for a part; of an id with the path of its file.

    Raises
    ------
    NotIndexed
        There is no picture of that id.
    """
    query = plain(part)
    if query.id is None:
        return query
    return replace(by_id(known, query.id), box=query.box, weight=query.weight)


def by_id(known: Known, identity: int) -> Query:
    """Return the query for a picture of the gallery.

    Raises
    ------
    NotIndexed
        There is no picture of that id.
    """
    path = known.path_of(identity)
    # Nothing that a query calls its picture is ever fetched; what is indexed is found by its id.
    return Query(id=identity, place=path) if is_url(path) else Query(picture=path, id=identity)
