"""Bytes → pixels, through Pillow but on our terms.

Pillow's `Image.open` is not used: it warns about large pictures through filters that all threads
share, tries plugins that start other programs, and does not say "damaged" apart from "unknown".
"""

from __future__ import annotations

import io
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lookalike.errors import CorruptPicture, EmptyPicture, PictureTooLarge, UnknownFormat
from lookalike.images.colour import opaque, srgb
from lookalike.images.formats import FORMATS, Format, sniffed
from lookalike.images.parts import parts
from lookalike.images.regions import edges
from lookalike.images.tiff import Exif, read_exif
from lookalike.images.views import Box, Image, Region, View, seen

if TYPE_CHECKING:
    from PIL import Image as PillowImage
    from PIL.ImageFile import ImageFile

MAX_PIXELS = 250_000_000
"""The most pixels that are decoded; the largest sensors of cameras have 200 million.

Decoding in full takes 4 to 16 bytes a pixel, so 4 GB at the limit. A JPEG that is wanted smaller
takes a fourth to a sixty-fourth of that.
"""

# How many times larger than needed a scaled JPEG is decoded, at least. Against decoding in full,
# 1 gives 41 dB on holiday photos (worst 33), 2 gives 51 (worst 43), 3 gives 56 (worst 46); for
# that, a 12 MP photo takes 11 % longer with 2 than with 1, and one of 2 MP 40 %.
_MARGIN = 2

_BLOCK = 2**24
"""Bytes that Pillow decodes at a time. It joins blocks until they hold a row, which with its own
64 KiB takes half a minute for a small file that claims to be millions of pixels wide."""

_WHOLE: Region = (0.0, 0.0, 1.0, 1.0)

# How upright pictures come from stored ones: swap the axes, then mirror.
_SWAPPED, _MIRRORED_ACROSS, _MIRRORED_DOWN = (5, 6, 7, 8), (2, 3, 6, 7), (3, 4, 7, 8)
_TURN = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}
"""EXIF orientation → Pillow's `Transpose`."""


class Encoded:
    """The bytes of a picture file, recognised and measured but not decoded.

    Parameters
    ----------
    name : str
        What to call it in errors.
    data : bytes
    max_pixels : int
        More are refused, before memory is taken for them; at most `MAX_PIXELS`.

    Attributes
    ----------
    format : str
        "JPEG", "PNG", …
    bytes : int
        Of the file.
    exif : Exif
    size : (width, height)
        Pixels, upright.

    Raises
    ------
    EmptyPicture, UnknownFormat, CorruptPicture, PictureTooLarge
    """

    def __init__(self, name: str, data: bytes, max_pixels: int = MAX_PIXELS) -> None:
        self.name = name
        self._max_pixels = max_pixels
        self._kind = _recognised(name, data)
        self.format = self._kind.name
        self.bytes = len(data)
        with self.damage_named():
            self._parts = parts(self.format, data)
        self._check_pixels(*self._parts.size)
        with self.damage_named():
            header = self._open()
            told = read_exif(header.info.get("exif"))
        known = self._parts.exif
        turned = told.orientation if told.orientation > 1 else known.orientation
        self.exif = Exif(turned, known.taken or told.taken)
        width, height = header.size
        self._check_pixels(width, height)
        swapped = self.exif.orientation in _SWAPPED
        self.size = (height, width) if swapped else (width, height)

    def scale(self, view: View, box: Region | None = None) -> int:
        """Return the fraction, 1/1 to 1/8, at which a JPEG may be decoded for a view of a box."""
        if self.format != "JPEG" or view.resample == "nearest":
            return 1
        left, top, right, bottom = edges(box or _WHOLE, *self.size)
        shown = right - left, bottom - top
        wanted = view.scaled_size(*shown)
        spare = min(has // (_MARGIN * needs) for has, needs in zip(shown, wanted, strict=True))
        return next((scale for scale in (8, 4, 2) if spare >= scale), 1)

    def decode(self, scale: int) -> Decoded:
        """Decode the pixels at 1/`scale` of the size.

        Raises
        ------
        CorruptPicture
        """
        with self.damage_named():
            stored = self._open()
            profile = self._parts.profile or stored.info.get("icc_profile")
            if scale > 1:
                stored.draft(None, (stored.width // scale, stored.height // scale))
            stored.decodermaxblock = _BLOCK
            stored.load()
            picture = _upright(opaque(stored), self.exif.orientation)
        # A HEIF may turn out larger or smaller than its header says.
        size = self.size if scale > 1 else picture.size
        scene = _scene(picture.size, size, scale, self.exif.orientation)
        return Decoded(self, picture, size, scene, profile)

    def _check_pixels(self, width: int, height: int) -> None:
        if width * height > self._max_pixels:
            raise PictureTooLarge(
                self.name,
                f"it has {width:,} × {height:,} pixels, and at most {self._max_pixels:,} are "
                "decoded; "
                "save it smaller",
            )

    def _open(self) -> ImageFile:
        return self._kind.open_class()(io.BytesIO(self._parts.pixels))

    @contextmanager
    def damage_named(self) -> Iterator[None]:
        """Turn whatever goes wrong inside into a `CorruptPicture`."""
        try:
            with _pillow_on_our_terms():
                yield
        # Decoders meet damage with whatever comes: SyntaxError, struct.error, KeyError, MemoryError
        except Exception as error:
            reason = str(error) or type(error).__name__
            raise CorruptPicture(
                self.name,
                f"it is {self.format}, but damaged or of a rare kind: {reason}; "
                "copy it again, or save it as PNG",
            ) from error


@dataclass(frozen=True)
class Decoded:
    """Decoded pixels that can be seen in several views.

    Parameters
    ----------
    source : Encoded
    picture : PIL.Image.Image
        L, RGB or CMYK, upright.
    size : (width, height)
        Pixels that it has in full; fewer may have been decoded.
    scene : (left, top, right, bottom)
        Where in `picture` its contents lie, in pixels and parts of pixels.
    profile : bytes or None
        Its ICC profile, not yet applied.
    """

    source: Encoded
    picture: PillowImage.Image
    size: tuple[int, int]
    scene: Box
    profile: bytes | None

    def part(self, box: Region) -> Decoded:
        """Return a part of the picture as a picture of its own."""
        left, top, right, bottom = edges(box, *self.size)
        pixel = (self.scene[2] - self.scene[0]) / self.size[0]  # 1, 1/2, 1/4 or 1/8: exact
        x, y = self.scene[0] + left * pixel, self.scene[1] + top * pixel
        size = right - left, bottom - top
        end_x, end_y = x + size[0] * pixel, y + size[1] * pixel
        outer = math.floor(x), math.floor(y), math.ceil(end_x), math.ceil(end_y)
        shared = (
            left > 0 and x > outer[0],
            top > 0 and y > outer[1],
            right < self.size[0] and end_x < outer[2],
            bottom < self.size[1] and end_y < outer[3],
        )
        with self.source.damage_named():
            picture = _without_neighbours(self.picture.crop(outer), *shared)
        scene = x - outer[0], y - outer[1], end_x - outer[0], end_y - outer[1]
        return Decoded(self.source, picture, size, scene, self.profile)

    def seen(self, view: View) -> Image:
        """Return the picture in a view.

        Raises
        ------
        CorruptPicture
        """
        with self.source.damage_named():
            picture = seen(self.picture, view, self.size, self.scene)
            # Colours last: there are fewer pixels then, and both orders agree but for rounding.
            return np.array(srgb(picture, self.profile))


def _recognised(name: str, data: bytes) -> Format:
    if not data:
        raise EmptyPicture(name, "there are no bytes")
    kind = sniffed(data)
    if kind is None:
        known = ", ".join(known.name for known in FORMATS)
        raise UnknownFormat(
            name,
            f"it is none of {known}, or damaged from its first byte on; "
            "copy it again, or save it as one of these",
        )
    if missing := kind.missing():
        raise UnknownFormat(name, f"it is {kind.name}, and {missing}")
    return kind


def _upright(picture: PillowImage.Image, orientation: int) -> PillowImage.Image:
    from PIL.Image import Transpose

    return picture if orientation == 1 else picture.transpose(Transpose(_TURN[orientation]))


def _scene(size: tuple[int, int], full: tuple[int, int], scale: int, orientation: int) -> Box:
    # The part that is only partly covered lies at the right and the bottom as stored.
    across, down = full[0] / scale, full[1] / scale
    left = size[0] - across if orientation in _MIRRORED_ACROSS else 0.0
    top = size[1] - down if orientation in _MIRRORED_DOWN else 0.0
    return left, top, left + across, top + down


def _without_neighbours(
    picture: PillowImage.Image, left: bool, top: bool, right: bool, bottom: bool
) -> PillowImage.Image:
    """Have each of these edges repeat what lies next to it, inwards.

    An edge of a JPEG decoded at a fraction is an average with what lies outside of the part, which
    would be seen as a seam around a bright thing before a dark wall.
    """
    width, height = picture.size
    if left:
        picture.paste(picture.crop((1, 0, 2, height)), (0, 0))
    if right:
        picture.paste(picture.crop((width - 2, 0, width - 1, height)), (width - 1, 0))
    if top:
        picture.paste(picture.crop((0, 1, width, 2)), (0, 0))
    if bottom:
        picture.paste(picture.crop((0, height - 2, width, height - 1)), (0, height - 1))
    return picture


_lock = threading.Lock()
_inside = 0
_before: tuple[bool, int | None] = (False, None)


@contextmanager
def _pillow_on_our_terms() -> Iterator[None]:
    """Have Pillow refuse truncated files, and not warn about large ones, while any thread decodes.

    Both are settings of the whole process, and programs do change them. They are put back when the
    last thread is done.
    """
    global _inside, _before  # noqa: PLW0603 - it is Pillow's state that is global
    import PIL.Image
    from PIL import ImageFile

    with _lock:
        if not _inside:
            _before = ImageFile.LOAD_TRUNCATED_IMAGES, PIL.Image.MAX_IMAGE_PIXELS
            ImageFile.LOAD_TRUNCATED_IMAGES, PIL.Image.MAX_IMAGE_PIXELS = False, MAX_PIXELS
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                ImageFile.LOAD_TRUNCATED_IMAGES, PIL.Image.MAX_IMAGE_PIXELS = _before
