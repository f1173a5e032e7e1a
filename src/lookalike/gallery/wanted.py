"""What was asked for, in one shape, whatever of the ways to say it was taken."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lookalike.errors import UsageError
from lookalike.images import Region, Source
from lookalike.search import Part

_ONE_THING = "search needs one thing: a picture, words, a vector, several parts, or what is liked"


def parts_of(
    picture: Source | int | None,
    box: Region | None,
    words: str,
    vector: npt.ArrayLike | None,
    parts: Sequence[Part],
    *,
    has_likes: bool,
) -> list[Part]:
    """Return what is searched with as parts: those that were given, one, or none.

    Raises
    ------
    UsageError
        There is more than one thing; or there is nothing, and nothing liked either; or a box of no
        picture.
    """
    if isinstance(parts, Part):
        raise UsageError("parts is a list of them; for one, write parts=[Part(…)]")
    things = (picture is not None) + bool(words) + (vector is not None) + bool(len(parts))
    if things > 1 or not (things or has_likes):
        raise UsageError(_ONE_THING)
    if box is not None and picture is None:
        raise UsageError(
            "a box is a region of the picture that is searched with, and there is none; give one. "
            "Each of several parts has a box of its own: Part(picture, box=…)"
        )
    return list(parts) if len(parts) or not things else [Part(picture, words, vector, box)]


def queries_of(
    pictures: Sequence[Source | int | Part | Sequence[Part]], vectors: npt.ArrayLike | None
) -> list[Sequence[Part]]:
    """Return several queries, each as parts.

    Raises
    ------
    UsageError
        It is one picture and no list; or there are pictures as well as vectors.
    """
    if isinstance(pictures, str | bytes | os.PathLike | Part):
        raise UsageError("pictures is a list of them; for one there is search")
    if len(pictures) and vectors is not None:
        raise UsageError("search_many needs one thing: pictures, or vectors")
    given = () if vectors is None else np.atleast_2d(np.asarray(vectors, np.float32))
    return [*map(_several, pictures), *([Part(vector=vector)] for vector in given)]


def conditions(where: str | Sequence[str]) -> tuple[str, ...]:
    """Return one condition or several as several."""
    return (where,) if isinstance(where, str) else tuple(where)


def _several(one: Source | int | Part | Sequence[Part]) -> Sequence[Part]:
    if isinstance(one, Part):
        return [one]
    if isinstance(one, Sequence) and not isinstance(one, str | bytes):
        if not one or not all(isinstance(part, Part) for part in one):
            raise UsageError("a query of several parts is a list of Part, at least one")
        return one
    return [Part(one)]
