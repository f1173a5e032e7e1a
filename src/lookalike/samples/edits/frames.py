"""Edits that put something around the picture: a border, bars, the screen of a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lookalike.images import Image, View, fit
from lookalike.samples.edits.overlays import LINES, written
from lookalike.samples.edits.shapes import BLACK, WHITE, Colour

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

_LEAST_WIDTH = 64  # pixels of a screen: fewer show no button


def framed(image: Image, share: float, colour: Colour = WHITE) -> Image:
    """Add a border on all sides.

    Parameters
    ----------
    image : (H, W, 3) uint8, sRGB
    share : float
        The border as a share of the shorter side; at least a pixel.
    colour : (red, green, blue)

    Returns
    -------
    (h, w, 3) uint8
    """
    border = max(1, round(share * min(image.shape[:2])))
    return _padded(image, border, border, colour)


def letterboxed(image: Image, share: float, colour: Colour = BLACK) -> Image:
    """Add bars above and below a wide picture, or to the left and right of a tall one.

    Parameters
    ----------
    image : (H, W, 3) uint8, sRGB
    share : float
        Each bar as a share of the shorter side; at least a pixel.
    colour : (red, green, blue)

    Returns
    -------
    (h, w, 3) uint8
    """
    height, width = image.shape[:2]
    bar = max(1, round(share * min(height, width)))
    return _padded(image, bar, 0, colour) if width >= height else _padded(image, 0, bar, colour)


def _padded(image: Image, down: int, across: int, colour: Colour) -> Image:
    height, width = image.shape[:2]
    out = np.empty((height + 2 * down, width + 2 * across, 3), np.uint8)
    out[...] = colour
    out[down : down + height, across : across + width] = image
    return out


def screenshot(image: Image, seed: int) -> Image:
    """Show the picture on the screen of a phone, in an app with bars, buttons and words.

    Parameters
    ----------
    image : (H, W, 3) uint8, sRGB
    seed : int
        Whether the app is light or dark, and what is written.

    Returns
    -------
    (2 w, w, 3) uint8
        The picture is as wide as the screen, or, if it is tall, 62 % as high; of a picture of
        4 : 3 that is three eighths of the screen. w is at least 64.
    """
    from PIL import Image as pillow
    from PIL import ImageDraw

    rng = np.random.default_rng(seed)
    paper, ink = (WHITE, (30, 30, 30)) if rng.integers(2) else ((18, 18, 18), (235, 235, 235))
    height, width = image.shape[:2]
    wide = max(_LEAST_WIDTH, width, round(height / 1.24))
    factor = min(wide / width, 1.24 * wide / height)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    screen = pillow.new("RGB", (wide, 2 * wide), paper)
    top = round(0.25 * wide)
    shown = fit(image, View.stretch(*size))
    screen.paste(pillow.fromarray(shown), ((wide - size[0]) // 2, top))
    draw = ImageDraw.Draw(screen)
    _header(draw, wide, ink, paper)
    _footer(draw, wide, top + size[1], ink, LINES[rng.integers(len(LINES))])
    return np.array(screen)


def _header(draw: ImageDraw, wide: int, ink: Colour, paper: Colour) -> None:
    """Draw time, battery, and who posted the picture."""
    u = wide / 100
    written(draw, (12 * u, 4 * u), "12:34", (14 * u, 5 * u), ink, outlined=False)
    draw.rectangle((86 * u, 2 * u, 95 * u, 6 * u), outline=ink, fill=ink)
    draw.ellipse((4 * u, 11 * u, 15 * u, 22 * u), fill=(200, 120, 60))
    written(draw, (36 * u, 14 * u), "holiday_pictures", (36 * u, 5 * u), ink, outlined=False)
    written(draw, (28 * u, 20 * u), "3 hours ago", (20 * u, 4 * u), ink, outlined=False)
    for dot in (90, 93, 96):
        draw.ellipse((dot * u, 16 * u, (dot + 1.5) * u, 17.5 * u), fill=ink)


def _footer(draw: ImageDraw, wide: int, below: int, ink: Colour, text: str) -> None:
    """Draw buttons and words below the picture, and the bar at the bottom."""
    u = wide / 100
    for left in (4, 16, 28):
        draw.ellipse((left * u, below + 3 * u, (left + 8) * u, below + 11 * u), fill=(220, 50, 70))
    written(draw, (40 * u, below + 17 * u), text, (70 * u, 5 * u), ink, outlined=False)
    draw.rectangle((0, 185 * u, 100 * u, 185 * u + 1), fill=ink)
    for middle in (12, 37, 62, 87):
        draw.rectangle(((middle - 3) * u, 189 * u, (middle + 3) * u, 195 * u), fill=ink)
