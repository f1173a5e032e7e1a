"""The same picture, edited: what people do to pictures before they pass them on."""

from __future__ import annotations

import io

import numpy as np

from lookalike.images import Image


def edits(image: Image) -> dict[str, Image]:
    """Return edited copies of a picture.

    Parameters
    ----------
    image : (H, W, 3) uint8, sRGB

    Returns
    -------
    dict of str to (h, w, 3) uint8
        ``cropped``: a tenth off every side. ``mirrored``: left is right. ``recompressed``: JPEG of
        quality 20. ``brighter``: gamma 0.7. ``grey``: luma (ITU-R BT.601). ``smaller``: half as
        wide and high. ``framed``: a white border of a twelfth of the shorter side.
        The same for the same picture.
    """
    return {
        "cropped": cropped(image, 0.1),
        "mirrored": np.ascontiguousarray(image[:, ::-1]),
        "recompressed": recompressed(image, 20),
        "brighter": brighter(image, 0.7),
        "grey": grey(image),
        "smaller": halved(image),
        "framed": framed(image),
    }


def cropped(image: Image, share: float) -> Image:
    """Cut a share of the height and width off every side."""
    down, right = (int(side * share) for side in image.shape[:2])
    return np.array(image[down : image.shape[0] - down, right : image.shape[1] - right])


def brighter(image: Image, gamma: float) -> Image:
    """Lift the dark tones by a power below 1."""
    return np.asarray(np.rint(255.0 * (image / 255.0) ** gamma), np.uint8)


def recompressed(image: Image, quality: int) -> Image:
    """Save as JPEG of that quality and read it back."""
    from PIL import Image as Pillow

    file = io.BytesIO()
    Pillow.fromarray(image).save(file, "JPEG", quality=quality)
    return np.array(Pillow.open(file))


def grey(image: Image) -> Image:
    """Take the colour away; three equal channels remain."""
    luma = np.rint(image @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
    return np.asarray(np.repeat(luma[:, :, None], 3, axis=2), np.uint8)


def halved(image: Image) -> Image:
    """Average blocks of 2 × 2 pixels; an odd last row or column is dropped, a line stays."""
    height, width = (side // 2 for side in image.shape[:2])
    if min(height, width) == 0:
        return np.array(image)
    blocks = image[: 2 * height, : 2 * width].reshape(height, 2, width, 2, 3)
    return np.asarray(np.rint(blocks.mean(axis=(1, 3))), np.uint8)


def framed(image: Image) -> Image:
    """Add a white border."""
    border = max(1, min(image.shape[:2]) // 12)
    return np.pad(image, ((border, border), (border, border), (0, 0)), constant_values=255)
