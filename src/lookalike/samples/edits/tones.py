"""Edits of light and colour: every pixel by itself, none is moved."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lookalike.images import Image

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_LEVELS = np.arange(256.0)


def relit(image: Image, gamma: float) -> Image:
    """Lift the dark tones (gamma below 1) or lower them (above 1); black and white stay.

    Parameters
    ----------
    image : (H, W, 3) uint8, sRGB
    gamma : float
        Above 0; 255 · (level / 255) ** gamma.

    Returns
    -------
    (H, W, 3) uint8
    """
    return np.asarray(levels(255.0 * (_LEVELS / 255.0) ** gamma)[image])


def contrasted(image: Image, factor: float) -> Image:
    """Move the levels away from the middle grey (factor above 1) or towards it (below 1).

    Parameters
    ----------
    image : (H, W, 3) uint8, sRGB
    factor : float
        At least 0; 128 + factor · (level − 128), cut at black and white.

    Returns
    -------
    (H, W, 3) uint8
    """
    return np.asarray(levels(128.0 + factor * (_LEVELS - 128.0))[image])


def tinted(image: Image, warmth: float) -> Image:
    """Give the picture a colour cast, as another white balance does.

    Parameters
    ----------
    image : (H, W, 3) uint8, sRGB
    warmth : float
        Red · (1 + warmth) and blue · (1 − warmth); below 0 it is cold.

    Returns
    -------
    (H, W, 3) uint8
    """
    out = np.array(image)
    out[..., 0] = levels(_LEVELS * (1 + warmth))[image[..., 0]]
    out[..., 2] = levels(_LEVELS * (1 - warmth))[image[..., 2]]
    return out


def saturated(image: Image, factor: float) -> Image:
    """Make colours stronger (factor above 1) or paler (below 1); the luma stays, where it can.

    Parameters
    ----------
    image : (H, W, 3) uint8, sRGB
    factor : float
        At least 0: luma + factor · (level − luma), with the luma of ITU-R BT.601.

    Returns
    -------
    (H, W, 3) uint8
    """
    luma = (image @ _LUMA)[..., np.newaxis]
    return levels(luma + factor * (image - luma))


def grey(image: Image) -> Image:
    """Take the colour away; three equal channels of luma (ITU-R BT.601) remain.

    Parameters
    ----------
    image : (H, W, 3) uint8, sRGB

    Returns
    -------
    (H, W, 3) uint8
    """
    return saturated(image, 0.0)


def recoloured(image: Image, degrees: float) -> Image:
    """Turn every hue about the axis of greys; greys stay, and 120 degrees make red green.

    Parameters
    ----------
    image : (H, W, 3) uint8, sRGB
    degrees : float

    Returns
    -------
    (H, W, 3) uint8
        Rotated in R'G'B' (so the mean of the three channels stays) and cut at 0 and 255.
    """
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees)) / np.sqrt(3)
    even = (1 - cosine) / 3
    # Columns are where red, green and blue go: Rodrigues' rotation about (1, 1, 1).
    rotation = even + np.array(
        [[cosine, -sine, sine], [sine, cosine, -sine], [-sine, sine, cosine]]
    )
    return levels(image @ rotation.T.astype(np.float32))


def levels(values: npt.NDArray[np.floating]) -> Image:
    """Return the nearest whole levels from 0 to 255."""
    return np.asarray(np.rint(np.clip(values, 0.0, 255.0)), np.uint8)
