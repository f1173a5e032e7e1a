"""An array of any usual kind → a picture."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.errors import BadParameter
from lookalike.images.colour import eight_bits
from lookalike.images.views import Image


def from_array(array: npt.NDArray[Any]) -> Image:
    """Return an array as a picture; `array` itself, never changed, if it already is one.

    Parameters
    ----------
    array : (H, W), (H, W, 1), (H, W, 3) or (H, W, 4)
        Grey, RGB, or RGB with alpha, which is laid on white. uint8 0–255, uint16 0–65,535, bool,
        or floats 0–1.

    Returns
    -------
    (H, W, 3) uint8

    Raises
    ------
    BadParameter
        Another shape or type, no pixels, or floats outside 0–1.
    """
    _check(array)
    picture = eight_bits(array)
    if picture.ndim == 2:
        picture = picture[:, :, np.newaxis]
    if picture.shape[2] == 4:
        picture = _on_white(picture)
    if picture.shape[2] == 1:
        picture = np.broadcast_to(picture, (*picture.shape[:2], 3))
    return np.ascontiguousarray(picture)


def _check(array: npt.NDArray[Any]) -> None:
    kind, size = array.dtype.kind, array.dtype.itemsize
    known = kind in "bf" or (kind == "u" and size <= 2)
    shaped = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (1, 3, 4))
    if not (known and shaped and array.size):
        raise BadParameter(
            f"this array is {array.shape} {array.dtype}; a picture is (H, W), (H, W, 1), "
            "(H, W, 3) or (H, W, 4) of uint8, uint16, bool or float, with at least one pixel"
        )
    if kind == "f" and not (array.min() >= 0 and array.max() <= 1):
        raise BadParameter(
            f"this float array has values from {array.min()} to {array.max()}; floats are 0 to 1: "
            "divide by the white value, or pass uint8 for 0 to 255"
        )


def _on_white(picture: Image) -> Image:
    colour, alpha = picture[:, :, :3].astype(np.uint16), picture[:, :, 3:].astype(np.uint16)
    return ((colour * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
