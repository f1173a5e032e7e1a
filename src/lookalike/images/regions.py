"""A part of a picture that is to be seen alone: from shares of its size to pixels."""

from __future__ import annotations

import numbers
from typing import Any

from lookalike.errors import BadParameter
from lookalike.images.views import Region


def checked(box: Any) -> Region:
    """Return a region, if it is one.

    Parameters
    ----------
    box : four numbers
        Left, top, right and bottom as shares of the upright width and height, 0 to 1.

    Raises
    ------
    BadParameter
        It is not four finite numbers from 0 to 1, or nothing lies between its edges.
    """
    shares = tuple(box) if isinstance(box, tuple | list) else ()
    if len(shares) != 4 or not all(_is_share(share) for share in shares):
        raise BadParameter(
            "a box is four numbers from 0 to 1, left, top, right and bottom as shares of the "
            f"picture's width and height; not {box!r}"
        )
    left, top, right, bottom = (float(share) for share in shares)
    if left >= right or top >= bottom:
        raise BadParameter(
            "a box begins left of where it ends, and above; "
            f"this one goes from {left:g} to {right:g} across and from {top:g} to {bottom:g} down"
        )
    return left, top, right, bottom


def _is_share(value: Any) -> bool:
    return isinstance(value, numbers.Real) and bool(0 <= value <= 1)  # type: ignore[operator]


def edges(box: Region, width: int, height: int) -> tuple[int, int, int, int]:
    """Return the left, top, right and bottom edge of a region in whole pixels.

    Edges are rounded to the nearest; a region less than a pixel wide or high is the one pixel that
    its middle lies in.
    """
    left, right = _edges(box[0], box[2], width)
    top, bottom = _edges(box[1], box[3], height)
    return left, top, right, bottom


def _edges(start: float, end: float, pixels: int) -> tuple[int, int]:
    first, last = round(start * pixels), round(end * pixels)
    if first < last:
        return first, last
    middle = min(int((start + end) / 2 * pixels), pixels - 1)
    return middle, middle + 1
