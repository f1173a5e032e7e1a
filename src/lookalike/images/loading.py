"""A source of any kind → pictures in the views that are asked for, or facts about it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from lookalike.errors import BadParameter
from lookalike.images.arrays import from_array
from lookalike.images.decoding import Encoded
from lookalike.images.files import named, read_bytes
from lookalike.images.regions import checked, edges
from lookalike.images.views import FULL, Image, Region, View, fit

Source: TypeAlias = "str | os.PathLike[str] | bytes | npt.NDArray[np.generic]"
"""Where a picture comes from: a path, the bytes of a file, or an array."""


class Decoder(Protocol):
    """What reads pictures: `load_views` here, or another that does so elsewhere."""

    def __call__(
        self,
        source: Source,
        views: Iterable[View],
        *,
        name: str | None = None,
        box: Region | None = None,
    ) -> dict[View, Image]:
        """See `load_views`."""


@dataclass(frozen=True)
class PictureFacts:
    """What can be told about a picture without decoding its pixels.

    Parameters
    ----------
    format : str
        "JPEG", "PNG", …; "array" for an array.
    width, height : int
        Pixels, upright.
    taken : str or None
        When the photo was taken, by its EXIF, as ISO 8601 without a time zone:
        ``2019-07-01T12:34:56``.
    bytes : int
        Bytes of the file, or of the array.
    """

    format: str
    width: int
    height: int
    taken: str | None
    bytes: int


def load(source: Source, view: View = FULL, *, name: str | None = None) -> Image:
    """Read a picture.

    Parameters
    ----------
    source : str, os.PathLike, bytes or array
        A path, the bytes of a file, or an array: (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) of
        uint8, uint16, bool or floats 0–1. An array is never changed.
    view : View
    name : str, optional
        What to call the picture in errors; its path by default.

    Returns
    -------
    (h, w, 3) uint8
        sRGB, upright, transparent parts on white; of an animation the first picture.

    Raises
    ------
    PictureError
        Of the kind that says why the picture cannot be read; `lookalike.errors` draws all kinds.
    BadParameter
        An array of another shape or type.
    """
    return load_views(source, [view], name=name)[view]


def load_views(
    source: Source,
    views: Iterable[View],
    *,
    name: str | None = None,
    box: Region | None = None,
) -> dict[View, Image]:
    """Read a picture once and return it in several views.

    Each view gets the same pixels as `load` would give it alone. A JPEG is decoded once for all
    views that need the same fraction of its size; everything else is decoded once.

    Parameters
    ----------
    source, name
        As for `load`.
    views : iterable of View
    box : (left, top, right, bottom), optional
        See only this part, as if it were the picture: shares of the upright width and height,
        0 to 1. Its edges are rounded to whole pixels; it is at least one pixel wide and high.

    Returns
    -------
    dict of View to (h, w, 3) uint8

    Raises
    ------
    PictureError, BadParameter
        As for `load`; or the box is none, see `lookalike.images.regions.checked`.
    """
    region = None if box is None else checked(box)
    if isinstance(source, np.ndarray):
        return _seen_array(source, views, region)
    return seen_in(Encoded(*file_of(source, name)), views, region)


def seen_in(encoded: Encoded, views: Iterable[View], box: Region | None) -> dict[View, Image]:
    """Decode a picture file as often as its views need, and return it in each.

    Raises
    ------
    CorruptPicture
    """
    scales = {view: encoded.scale(view, box) for view in views}
    decoded = {}
    for scale in set(scales.values()):
        whole = encoded.decode(scale)
        decoded[scale] = whole if box is None else whole.part(box)
    return {view: decoded[scale].seen(view) for view, scale in scales.items()}


def _seen_array(
    array: npt.NDArray[Any], views: Iterable[View], box: Region | None
) -> dict[View, Image]:
    picture = from_array(array)
    if box is not None:
        left, top, right, bottom = edges(box, picture.shape[1], picture.shape[0])
        picture = np.ascontiguousarray(picture[top:bottom, left:right])
    return {view: fit(picture, view) for view in views}


def probe(source: Source, *, name: str | None = None) -> PictureFacts:
    """Return what can be told about a picture without decoding its pixels.

    Raises
    ------
    PictureError, BadParameter
        As for `load`, as far as the beginning of the file shows it.
    """
    if isinstance(source, np.ndarray):
        height, width = from_array(source).shape[:2]
        return PictureFacts("array", width, height, None, source.nbytes)
    return facts_of(Encoded(*file_of(source, name)))


def facts_of(encoded: Encoded) -> PictureFacts:
    """Return what can be told about a picture file that was recognised."""
    return PictureFacts(encoded.format, *encoded.size, encoded.exif.taken, encoded.bytes)


def file_of(source: str | os.PathLike[str] | bytes, name: str | None = None) -> tuple[str, bytes]:
    """Return what to call a picture in errors, and the bytes of its file.

    Raises
    ------
    PictureError
        The file cannot be read.
    BadParameter
        It is neither a path nor bytes.
    """
    if isinstance(source, bytes):
        return name or "these bytes", source
    if not isinstance(source, str | os.PathLike):
        raise BadParameter(
            f"a picture is a path, the bytes of a file or an array, not {type(source).__name__}; "
            "try numpy.asarray of it"
        )
    return name or named(source), read_bytes(source)
