"""How a picture is to be seen: which size, and how it gets there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from lookalike.errors import BadParameter

if TYPE_CHECKING:
    from PIL import Image as PillowImage

Image: TypeAlias = npt.NDArray[np.uint8]
"""A picture: (H, W, 3) uint8, sRGB, upright."""

How: TypeAlias = Literal["full", "within", "stretch", "crop"]
Resample: TypeAlias = Literal["nearest", "area", "bilinear", "bicubic", "lanczos"]

Box: TypeAlias = tuple[float, float, float, float]

Region: TypeAlias = tuple[float, float, float, float]
"""A part of a picture: left, top, right, bottom as shares of its upright width and height, 0–1."""

LONGEST_SIDE = 16_384
"""Pixels; no view may be wider or higher, so that none can fill the memory."""

_FILTERS = {"nearest": 0, "area": 4, "bilinear": 2, "bicubic": 3, "lanczos": 1}
"""The numbers are Pillow's `Resampling`; written out so that no view has to import Pillow."""

_SIZES: dict[How, tuple[str, ...]] = {
    "full": (),
    "within": ("width",),
    "stretch": ("width", "height"),
    "crop": ("width", "height", "shorter"),
}


@dataclass(frozen=True)
class View:
    """How a picture is to be seen.

    Parameters
    ----------
    how : {"full", "within", "stretch", "crop"}
        ``full``: as stored.
        ``within``: the longer side at most `width`, shape kept, never enlarged.
        ``stretch``: exactly `height` × `width`, whatever the shape.
        ``crop``: the shorter side to `shorter`, then the middle `height` × `width`.
    width, height : int
        Pixels, 1 to 16,384; 0 where `how` does not use them.
    shorter : int
        Pixels of the shorter side before the crop; at least `width` and `height`.
    resample : {"nearest", "area", "bilinear", "bicubic", "lanczos"}
        The filter; all but nearest are antialiased.

    Raises
    ------
    BadParameter
        A size or a name that does not fit.

    Notes
    -----
    A picture that is already as large as the view asks for is taken as it is; so a picture of
    exactly `height` × `width` is neither enlarged nor cropped by ``crop``.
    """

    how: How = "full"
    width: int = 0
    height: int = 0
    shorter: int = 0
    resample: Resample = "bilinear"

    def __post_init__(self) -> None:
        if self.how not in _SIZES:
            raise BadParameter(f"a view is one of {', '.join(_SIZES)}, not {self.how!r}")
        if self.resample not in _FILTERS:
            known = ", ".join(_FILTERS)
            raise BadParameter(f"a view's filter is one of {known}, not {self.resample!r}")
        for name in ("width", "height", "shorter"):
            self._check_size(name, getattr(self, name))
        if self.how == "crop" and self.shorter < max(self.width, self.height):
            raise BadParameter(
                f"a crop of {self.width} × {self.height} does not fit into a shorter side of "
                f"{self.shorter} pixels; make shorter at least {max(self.width, self.height)}"
            )

    def _check_size(self, name: str, value: int) -> None:
        used = name in _SIZES[self.how]
        if used and not 1 <= value <= LONGEST_SIDE:
            raise BadParameter(
                f"{name} of a view is 1 to {LONGEST_SIDE} pixels, not {value}; choose a size within"
            )
        if not used and value:
            raise BadParameter(f"a {self.how!r} view has no {name}; leave it at 0")

    @classmethod
    def within(cls, size: int, resample: str = "bilinear") -> View:
        """Return a view whose longer side is at most `size` pixels; the shape is kept."""
        return cls("within", size, resample=cast(Resample, resample))

    @classmethod
    def stretch(cls, width: int, height: int, resample: str = "bilinear") -> View:
        """Return a view of exactly `height` × `width` pixels, whatever the picture's shape."""
        return cls("stretch", width, height, resample=cast(Resample, resample))

    @classmethod
    def crop(cls, width: int, height: int, shorter: int, resample: str = "bilinear") -> View:
        """Return a view of the middle `height` × `width` once the shorter side is `shorter`."""
        return cls("crop", width, height, shorter, cast(Resample, resample))

    def shown_by(self, width: int, height: int) -> bool:
        """Tell whether a picture of this size is already what the view asks for."""
        if self.how == "within":
            return max(width, height) <= self.width
        return self.how == "full" or (width, height) == (self.width, self.height)

    def scaled_size(self, width: int, height: int) -> tuple[int, int]:
        """Return the width and height to which a picture of this size is scaled, before a crop."""
        if self.shown_by(width, height):
            return width, height
        if self.how == "stretch":
            return self.width, self.height
        if self.how == "within":
            factor = self.width / max(width, height)
        else:
            factor = self.shorter / min(width, height)
        return max(1, round(width * factor)), max(1, round(height * factor))


FULL = View()
"""The picture as stored."""


def fit(image: Image, view: View) -> Image:
    """Bring a decoded picture into a view.

    Parameters
    ----------
    image : (H, W, 3) uint8, sRGB
        Never changed.
    view : View

    Returns
    -------
    (h, w, 3) uint8
        The very same object if it already is what the view asks for.

    Raises
    ------
    BadParameter
        `image` is not (H, W, 3) uint8, or has no pixels. `load` takes other arrays as well.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise BadParameter(
            f"a decoded picture is a (H, W, 3) uint8 array, not {image.shape} {image.dtype}; "
            "load(array) makes one from grey, alpha, float and 16-bit arrays"
        )
    height, width = image.shape[:2]
    if view.shown_by(width, height):
        return image
    import PIL.Image

    whole = PIL.Image.fromarray(np.ascontiguousarray(image))
    return np.array(seen(whole, view, (width, height), (0, 0, width, height)))


def seen(
    picture: PillowImage.Image, view: View, size: tuple[int, int], scene: Box
) -> PillowImage.Image:
    """Scale and crop a Pillow picture into a view.

    Parameters
    ----------
    picture : PIL.Image.Image
        Perhaps already smaller than it was stored.
    view : View
    size : (width, height)
        Pixels that the picture has in full.
    scene : (left, top, right, bottom)
        Where in `picture` its contents lie, in pixels and parts of pixels: a JPEG decoded at a
        fraction of its size has a last row and column that are only partly covered.
    """
    if view.shown_by(*size):
        return picture
    filtered = _FILTERS[view.resample]
    scaled = view.scaled_size(*size)
    if view.how != "crop":
        return picture.resize(scaled, filtered, scene)
    # Cropping while scaling gives the same pixels as cropping after it, but a picture of
    # 1 × 10,000 never becomes one of 256 × 2,560,000 on the way.
    left, right = _middle(view.width, scaled[0], scene[0], scene[2])
    top, bottom = _middle(view.height, scaled[1], scene[1], scene[3])
    return picture.resize((view.width, view.height), filtered, (left, top, right, bottom))


def _middle(wanted: int, scaled: int, start: float, end: float) -> tuple[float, float]:
    pixel = (end - start) / scaled
    first = (scaled - wanted) // 2
    return start + first * pixel, min(end, start + (first + wanted) * pixel)
