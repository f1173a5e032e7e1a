"""Pictures in the colour spaces that the classical descriptors look at."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from lookalike.images import Image

Plane: TypeAlias = npt.NDArray[np.float32]
"""One number a pixel: (H, W) float32."""

# ITU-R BT.601, as Pillow, OpenCV and every JPEG weigh the primaries.
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)

# IEC 61966-2-1 (sRGB) → CIE XYZ, each row divided by the white point D65.
_XYZ = np.array(
    [
        [0.412453 / 0.95047, 0.357580 / 0.95047, 0.180423 / 0.95047],
        [0.212671, 0.715160, 0.072169],
        [0.019334 / 1.08883, 0.119193 / 1.08883, 0.950227 / 1.08883],
    ],
    np.float32,
)
_STEPS = np.arange(256) / 255
_LINEAR = np.where(_STEPS > 0.04045, ((_STEPS + 0.055) / 1.055) ** 2.4, _STEPS / 12.92).astype(
    np.float32
)


def grey(image: Image) -> Plane:
    """Return the luma of a picture.

    Parameters
    ----------
    image : (H, W, 3) uint8, sRGB

    Returns
    -------
    (H, W) float32
        0 black to 255 white; not rounded.
    """
    return np.asarray(image.astype(np.float32) @ _LUMA)


def hsv(image: Image) -> Plane:
    """Return hue, saturation and value (Smith, 1978).

    Parameters
    ----------
    image : (H, W, 3) uint8, sRGB

    Returns
    -------
    (3, H, W) float32
        Hue in [0, 1), where 0 is red, ⅓ green and ⅔ blue, and 0 for grey; saturation and value in
        [0, 1]. Floating point rather than Pillow's 8 bits, which cut the hue to steps of 1.4°, so
        that colours on the border of two bins fall into the wrong one.
    """
    red, green, blue = np.moveaxis(image.astype(np.float32), 2, 0)
    value = np.maximum(np.maximum(red, green), blue)
    chroma = value - np.minimum(np.minimum(red, green), blue)
    divisor = np.where(chroma > 0, chroma, np.float32(1))
    sextant = np.where(
        value == red,
        (green - blue) / divisor,
        np.where(value == green, (blue - red) / divisor + 2, (red - green) / divisor + 4),
    )
    saturation = chroma / np.where(value > 0, value, np.float32(1))
    hue = np.where(chroma > 0, (sextant / 6) % 1, np.float32(0))
    return np.stack([hue, saturation, value / 255])


def lab(image: Image) -> Plane:
    """Return CIE 1976 L*a*b*, in which equal distances look about equally different.

    Parameters
    ----------
    image : (H, W, 3) uint8, sRGB, white point D65

    Returns
    -------
    (3, H, W) float32
        L* from 0 black to 100 white; a* (green to red) and b* (blue to yellow) within ±128.
    """
    xyz = np.tensordot(_XYZ, _LINEAR[image], axes=(1, 2))  # HWC → CHW
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)])
