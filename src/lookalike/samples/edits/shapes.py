"""Edits that move pixels: cropping, mirroring, turning, squeezing, tilting."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from lookalike.errors import BadParameter
from lookalike.images import Image, View, fit

Colour = tuple[int, int, int]

BLACK: Colour = (0, 0, 0)
WHITE: Colour = (255, 255, 255)
GREY: Colour = (128, 128, 128)


def cropped(image: Image, share: float, seed: int) -> Image:
    """Keep a part of the picture, of its own shape, at a random place.

    Parameters
    ----------
    image : (H, W, 3) uint8, sRGB
    share : float
        Of the area, in (0, 1].
    seed : int
        Of the place.

    Returns
    -------
    (h, w, 3) uint8
        h = √share · H and w = √share · W, rounded, at least 1.

    Raises
    ------
    BadParameter
        `share` is not in (0, 1].
    """
    rows, columns = somewhere(image.shape, share, np.random.default_rng(seed))
    return np.array(image[rows, columns])


def somewhere(
    shape: tuple[int, ...], share: float, rng: np.random.Generator
) -> tuple[slice, slice]:
    """Return the rows and columns of a random box of the picture's own shape.

    Parameters
    ----------
    shape : (H, W, …)
    share : float
        Of the area, in (0, 1].
    rng : numpy.random.Generator

    Raises
    ------
    BadParameter
        `share` is not in (0, 1].
    """
    if not 0 < share <= 1:
        raise BadParameter(f"a share of a picture's area is above 0 and at most 1, not {share}")
    height, width = shape[:2]
    down, across = (max(1, round(side * math.sqrt(share))) for side in (height, width))
    top = int(rng.integers(height - down + 1))
    left = int(rng.integers(width - across + 1))
    return slice(top, top + down), slice(left, left + across)


def mirrored(image: Image) -> Image:
    """Exchange left and right; twice gives the picture itself.

    Parameters
    ----------
    image : (H, W, 3) uint8, sRGB

    Returns
    -------
    (H, W, 3) uint8
    """
    return np.ascontiguousarray(image[:, ::-1])


def scaled(image: Image, factor: float) -> Image:
    """Make the picture smaller or larger, bilinear and antialiased.

    Parameters
    ----------
    image : (H, W, 3) uint8, sRGB
    factor : float
        Of the sides, above 0.

    Returns
    -------
    (h, w, 3) uint8
        h = factor · H and w = factor · W, rounded, at least 1.
    """
    return _resized(image, factor, factor)


def squeezed(image: Image, factor: float) -> Image:
    """Change the width only, so that circles become ellipses.

    Parameters
    ----------
    image : (H, W, 3) uint8, sRGB
    factor : float
        Of the width, above 0.

    Returns
    -------
    (H, w, 3) uint8
    """
    return _resized(image, 1.0, factor)


def _resized(image: Image, down: float, across: float) -> Image:
    height, width = image.shape[:2]
    size = max(1, round(width * across)), max(1, round(height * down))
    return np.array(fit(image, View.stretch(*size)))


def turned(image: Image, degrees: float, fill: Colour = BLACK) -> Image:
    """Turn the picture about its middle; the size stays, so corners are cut and others filled.

    Parameters
    ----------
    image : (H, W, 3) uint8, sRGB
    degrees : float
        Anticlockwise.
    fill : (red, green, blue)
        0–255 each, of what nothing of the picture covers.

    Returns
    -------
    (H, W, 3) uint8
    """
    from PIL import Image as pillow

    whole = pillow.fromarray(image)
    return np.array(whole.rotate(degrees, pillow.Resampling.BILINEAR, fillcolor=fill))


def tilted(image: Image, amount: float, seed: int, fill: Colour = GREY) -> Image:
    """Show the picture as if photographed from the side: every corner moves inwards.

    Parameters
    ----------
    image : (H, W, 3) uint8, sRGB
    amount : float
        The farthest that a corner moves, as a share of each side, in [0, 0.5).
    seed : int
        Of how far each corner moves.
    fill : (red, green, blue)
        0–255 each, of what lies around the picture.

    Returns
    -------
    (H, W, 3) uint8

    Raises
    ------
    BadParameter
        `amount` is not in [0, 0.5): the corners could pass each other.
    """
    from PIL import Image as pillow

    if not 0 <= amount < 0.5:
        raise BadParameter(f"a corner moves by 0 to less than 0.5 of the sides, not by {amount}")
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], float)
    inwards = 1 - 2 * corners
    moved = corners + inwards * np.random.default_rng(seed).uniform(0, amount, (4, 2))
    sides = np.array([image.shape[1], image.shape[0]])
    return np.array(
        pillow.fromarray(image).transform(
            (image.shape[1], image.shape[0]),
            pillow.Transform.PERSPECTIVE,
            homography(moved * sides, corners * sides).tolist(),
            pillow.Resampling.BILINEAR,
            fillcolor=fill,
        )
    )


def homography(
    places: npt.NDArray[np.float64], sources: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return a … h of (x, y) → ((ax + by + c), (dx + ey + f)) / (gx + hy + 1).

    Parameters
    ----------
    places, sources : (4, 2) float64
        No three of them in a line; each of `places` goes to the same row of `sources`.

    Returns
    -------
    (8,) float64
        As Pillow's perspective transform takes them.
    """
    (x, y), (u, v) = places.T, sources.T
    one, nought = np.ones(4), np.zeros(4)
    across = np.column_stack([x, y, one, nought, nought, nought, -x * u, -y * u])
    down = np.column_stack([nought, nought, nought, x, y, one, -x * v, -y * v])
    return np.asarray(
        np.linalg.solve(np.concatenate([across, down]), np.concatenate([u, v])), np.float64
    )
