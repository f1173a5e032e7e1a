"""What a person types for a query → what is searched with."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.errors import UsageError

if TYPE_CHECKING:
    from lookalike.images import Region, Source
    from lookalike.search import Part


def picture_of(typed: str) -> Source | int:
    """Return a picture: its path, its id, or what comes from standard input for ``-``."""
    if typed == "-":
        import sys

        return sys.stdin.buffer.read()
    if typed.isdecimal() and len(typed) < 20 and not Path(typed).exists():
        return int(typed)
    return os.path.expanduser(typed)  # noqa: PTH111 (Path.expanduser raises for "~nobody")


def box_of(typed: str | None) -> Region | None:
    """Return the region that four numbers with commas between them name.

    Raises
    ------
    UsageError
        They are not four numbers. Whether they name a region is found out later.
    """
    if typed is None:
        return None
    try:
        left, top, right, bottom = map(float, typed.split(","))
    except ValueError:
        raise UsageError(
            "--box goes with LEFT,TOP,RIGHT,BOTTOM, shares of the picture's width and height from "
            f"0 to 1, for example --box 0.1,0.2,0.6,0.8; not {typed!r}"
        ) from None
    return left, top, right, bottom


def parts_of(
    picture: Source | int | None,
    box: Region | None,
    words: str,
    plus: Sequence[str],
    minus: Sequence[str],
) -> list[Part]:
    """Return the parts of a query; none if it is of one thing only.

    Raises
    ------
    UsageError
        A weight that is not above 0; or a box of no picture.
    """
    from lookalike.search import Part

    if not (plus or minus):
        return []
    if box is not None and picture is None:
        raise UsageError("--box is a region of PICTURE, and there is none; name one")
    whole = [Part(picture, box=box)] if picture is not None else []
    said = [Part(words=words)] if words else []
    return [
        *whole,
        *said,
        *(_part("--plus", one, 1.0) for one in plus),
        *(_part("--minus", one, -1.0) for one in minus),
    ]


def _part(option: str, typed: str, sign: float) -> Part:
    from lookalike.search import Part

    name, star, number = typed.rpartition("*")
    # Path.exists raises for a name that is too long.
    if not star or os.path.exists(typed):  # noqa: PTH110
        return Part(picture_of(typed), weight=sign)
    weight = _number(number)
    if not name or weight is None:
        raise UsageError(
            f"{option} goes with PICTURE or PICTURE*WEIGHT, the weight a number above 0, for "
            f"example {option} 'a.jpg*0.5'; not {typed!r}"
        )
    return Part(picture_of(name), weight=sign * weight)


def _number(typed: str) -> float | None:
    try:
        number = float(typed)
    except ValueError:
        return None
    return number if 0 < number < float("inf") else None
