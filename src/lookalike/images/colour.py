"""Pixels of any kind → sRGB with 8 bits."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lookalike.images.views import Image

if TYPE_CHECKING:
    from PIL import Image as PillowImage
    from PIL.ImageCms import ImageCmsTransform

MAX_PROFILE = 4 * 2**20
"""Bytes; a larger colour profile is as if not there."""

_ROWS = 64  # handled at a time, so that the temporary arrays stay small whatever the picture
_TO_8_BITS = ((np.arange(65_536) * 255 + 32_767) // 65_535).astype(np.uint8)


def eight_bits(values: npt.NDArray[Any]) -> Image:
    """Return grey or colour values of any number type as uint8, of the same shape.

    Black is 0. White is what the type says: 255 for uint8, 1 for bool, 65,535 for uint16. Floats
    and wide integers do not say, so white is the least of 1 (floats only), 255 (floats only) and
    65,535 that no value exceeds, or else the greatest value. What is not a number is black.
    """
    if values.dtype == np.uint8:
        return np.asarray(values, dtype=np.uint8)
    if values.dtype == np.bool_:
        return np.asarray(values * 255, dtype=np.uint8)
    if values.dtype.kind == "u" and values.dtype.itemsize == 2:
        return np.asarray(_TO_8_BITS[values], dtype=np.uint8)
    white = _white(values)
    out = np.empty(values.shape, np.uint8)
    for start in range(0, len(values), _ROWS):
        rows = np.nan_to_num(values[start : start + _ROWS], posinf=0.0, neginf=0.0)
        scaled = np.asarray(rows.clip(0), np.float32) / np.float32(white)
        out[start : start + _ROWS] = np.rint(scaled * np.float32(255.0))
    return out


def _white(values: npt.NDArray[Any]) -> float:
    blocks = (values[start : start + _ROWS] for start in range(0, len(values), _ROWS))
    greatest = max((float(b.max(initial=0, where=np.isfinite(b))) for b in blocks), default=0.0)
    usual = (1.0, 255.0, 65_535.0) if values.dtype.kind == "f" else (65_535.0,)
    return next((white for white in usual if greatest <= white), greatest)


def opaque(picture: PillowImage.Image) -> PillowImage.Image:
    """Return a picture of any Pillow mode as L, RGB or CMYK: 8 bits, and laid on white."""
    import PIL.Image

    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        return _from_wide(picture)
    if picture.mode in ("La", "RGBa"):
        picture = picture.convert(picture.mode.upper())
    if picture.has_transparency_data:
        mode = "LA" if picture.mode in ("1", "L", "LA") else "RGBA"
        picture = _eight_bit_key(picture).convert(mode)
        base = PIL.Image.new(mode.removesuffix("A"), picture.size, "white")
        base.paste(picture, mask=picture)
        return base
    if picture.mode in ("L", "RGB", "CMYK"):
        return picture
    return picture.convert("L" if picture.mode == "1" else "RGB")


def _from_wide(picture: PillowImage.Image) -> PillowImage.Image:
    import PIL.Image

    values = np.asarray(picture)
    grey = eight_bits(values)
    transparent = picture.info.get("transparency")
    if isinstance(transparent, int):
        grey = np.where(values == transparent, np.uint8(255), grey)
    return PIL.Image.fromarray(grey)


def _eight_bit_key(picture: PillowImage.Image) -> PillowImage.Image:
    # A PNG with 16 bits a channel is read with 8, but its transparent colour still has 16.
    key = picture.info.get("transparency")
    if picture.mode == "RGB" and isinstance(key, tuple) and max(key) > 255:
        picture = picture.copy()
        picture.info["transparency"] = tuple(value >> 8 for value in key)
    return picture


def srgb(picture: PillowImage.Image, profile: bytes | None) -> PillowImage.Image:
    """Return an L, RGB or CMYK picture as RGB in sRGB.

    A profile that is broken, or that belongs to another kind of pixels, is as if not there: better
    slightly wrong colours than no picture.
    """
    usable = profile is not None and len(profile) <= MAX_PROFILE
    transform = _transform(profile, picture.mode) if profile and usable else None
    return transform.apply(picture) if transform else picture.convert("RGB")


@lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> ImageCmsTransform | None:
    """Return the way from a profile to sRGB; None if there is none, or nothing would change."""
    from PIL import ImageCms

    try:
        # littlecms keeps no state in a transform while it is applied, so threads may share it.
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        transform = ImageCms.buildTransform(source, target, mode, "RGB")
        return transform if _changes_colours(transform, mode) else None
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _changes_colours(transform: ImageCmsTransform, mode: str) -> bool:
    """Tell whether colours move by more than 1 of 255: most profiles in files are sRGB itself."""
    import PIL.Image

    if mode == "CMYK":
        return True
    steps = np.arange(0, 256, 15, dtype=np.uint8)
    colours = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
    probe = PIL.Image.fromarray(colours).convert(mode)
    moved = np.asarray(transform.apply(probe), dtype=np.int16)
    return bool(np.abs(moved - np.asarray(probe.convert("RGB"))).max() > 1)
