"""Edits that lay something over the picture: words, a sticker, another picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from lookalike.images import Image, View, fit
from lookalike.samples.edits.shapes import BLACK, WHITE, Colour, somewhere

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

LINES = (
    "the best day of the year",
    "when you see it ...",
    "greetings from the seaside!",
    "for sale, like new",
    "Monday, 8:15",
    "do not share this picture",
)
WORDS = ("NEW", "SALE", "HD", "-50 %", "TV 1")
_VIVID: tuple[Colour, ...] = ((214, 40, 57), (29, 98, 196), (28, 140, 70), (245, 158, 11))


def captioned(image: Image, height: float, seed: int) -> Image:
    """Write a line across the top, the middle or the bottom, white with a dark outline.

    Parameters
    ----------
    image : (H, W, 3) uint8, sRGB
    height : float
        Of the letters, as a share of the picture's height; less where the line would be wider
        than 94 % of the picture.
    seed : int
        Of the line and its place.

    Returns
    -------
    (H, W, 3) uint8
    """
    from PIL import Image as pillow
    from PIL import ImageDraw

    rng = np.random.default_rng(seed)
    text = LINES[rng.integers(len(LINES))]
    place = (0.1, 0.5, 0.9)[rng.integers(3)]
    whole = pillow.fromarray(image)
    middle = (whole.width / 2, place * whole.height)
    written(ImageDraw.Draw(whole), middle, text, (0.94 * whole.width, height * whole.height), WHITE)
    return np.array(whole)


def stickered(image: Image, share: float, seed: int) -> Image:
    """Lay an elliptic badge with a word over the picture, at a random place.

    Parameters
    ----------
    image : (H, W, 3) uint8, sRGB
    share : float
        Of the area that is covered, above 0 and at most π / 4.
    seed : int
        Of the place, the colour and the word.

    Returns
    -------
    (H, W, 3) uint8

    Raises
    ------
    BadParameter
        No ellipse that lies within the picture covers that share.
    """
    from PIL import Image as pillow
    from PIL import ImageDraw

    rng = np.random.default_rng(seed)
    rows, columns = somewhere(image.shape, share * 4 / math.pi, rng)
    whole = pillow.fromarray(image)
    draw = ImageDraw.Draw(whole)
    draw.ellipse(
        (columns.start, rows.start, columns.stop - 1, rows.stop - 1),
        fill=_VIVID[rng.integers(len(_VIVID))],
    )
    middle = ((columns.start + columns.stop) / 2, (rows.start + rows.stop) / 2)
    room = (0.7 * (columns.stop - columns.start), 0.5 * (rows.stop - rows.start))
    written(draw, middle, WORDS[rng.integers(len(WORDS))], room, WHITE, outlined=False)
    return np.array(whole)


def covered(image: Image, share: float, seed: int) -> Image:
    """Lay another, blurry picture over a part, at a random place.

    Parameters
    ----------
    image : (H, W, 3) uint8, sRGB
    share : float
        Of the area that is covered, in (0, 1].
    seed : int
        Of the place and the colours.

    Returns
    -------
    (H, W, 3) uint8

    Raises
    ------
    BadParameter
        `share` is not in (0, 1].
    """
    rng = np.random.default_rng(seed)
    rows, columns = somewhere(image.shape, share, rng)
    small = rng.integers(0, 256, (4, 4, 3), np.uint8)
    out = np.array(image)
    size = columns.stop - columns.start, rows.stop - rows.start
    out[rows, columns] = fit(small, View.stretch(*size, "bicubic"))
    return out


def written(
    draw: ImageDraw,
    middle: tuple[float, float],
    text: str,
    room: tuple[float, float],
    colour: Colour,
    *,
    outlined: bool = True,
) -> None:
    """Write a line as large as fits into a width and height, with the font of Pillow itself.

    Parameters
    ----------
    draw : PIL.ImageDraw.ImageDraw
    middle : (x, y)
        Of the line, in pixels.
    text : str
        ASCII, as the font has few other letters.
    room : (width, height)
        In pixels; letters are never smaller than one.
    colour : (red, green, blue)
    outlined : bool
        In black, a sixteenth of the letters' size.
    """
    from PIL import ImageFont

    tall = room[1]
    wide = room[0] / ImageFont.load_default(100.0).getlength(text) * 100
    size = max(1.0, min(tall, wide))
    draw.text(
        middle,
        text,
        colour,
        ImageFont.load_default(size),
        anchor="mm",
        stroke_width=round(size / 16) if outlined else 0,
        stroke_fill=BLACK,
    )
