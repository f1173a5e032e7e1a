"""Edits that lose detail: compression, blur, noise."""

from __future__ import annotations

import io

import numpy as np

from lookalike.images import Image
from lookalike.samples.edits.tones import levels


def recompressed(image: Image, quality: int) -> Image:
    """Save as JPEG (4:2:0) and read it back.

    Parameters
    ----------
    image : (H, W, 3) uint8, sRGB
    quality : int
        1 to 95, as libjpeg counts it.

    Returns
    -------
    (H, W, 3) uint8
    """
    from PIL import Image as pillow

    file = io.BytesIO()
    pillow.fromarray(image).save(file, "JPEG", quality=quality)
    return np.array(pillow.open(file))


def blurred(image: Image, share: float) -> Image:
    """Blur with a Gaussian, as relative to the picture as a person sees it.

    Parameters
    ----------
    image : (H, W, 3) uint8, sRGB
    share : float
        The standard deviation as a share of the longer side.

    Returns
    -------
    (H, W, 3) uint8
    """
    from PIL import Image as pillow
    from PIL import ImageFilter

    radius = share * max(image.shape[:2])
    return np.array(pillow.fromarray(image).filter(ImageFilter.GaussianBlur(radius)))


def noisy(image: Image, deviation: float, seed: int) -> Image:
    """Add Gaussian noise to every channel of every pixel, as a camera does in the dark.

    Parameters
    ----------
    image : (H, W, 3) uint8, sRGB
    deviation : float
        Standard deviation, in levels of 0–255.
    seed : int

    Returns
    -------
    (H, W, 3) uint8
    """
    noise = np.random.default_rng(seed).standard_normal(image.shape, np.float32)
    return levels(image + np.float32(deviation) * noise)
