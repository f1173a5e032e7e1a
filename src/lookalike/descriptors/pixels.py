"""The picture itself, made small."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np

from lookalike.descriptors import colour as colours
from lookalike.descriptors.base import Descriptor
from lookalike.errors import BadParameter
from lookalike.images import Image, View
from lookalike.metrics import Vectors


@dataclass(frozen=True)
class Pixels(Descriptor):
    """The picture itself, made small: what any other method has to beat.

    Pixel by pixel, as the tiny images of Torralba, Fergus & Freeman (2008).
    """

    name: ClassVar[str] = "pixels"

    size: int = field(default=32, metadata={"help": "pixels a side, 1 to 128"})
    colour: Literal["rgb", "grey"] = field(
        default="rgb", metadata={"help": "rgb, or grey: brightness alone"}
    )

    def __post_init__(self) -> None:
        if not 1 <= self.size <= 128:
            raise BadParameter(f"{self.name}:size is 1 to 128, not {self.size}")

    @property
    def metric(self) -> str:
        """Euclidean."""
        return "euclidean"

    @property
    def dim(self) -> int:
        """Pixels, times three for colour."""
        return self.size**2 * (3 if self.colour == "rgb" else 1)

    @property
    def view(self) -> View:
        """A small square, whatever the shape."""
        return View.stretch(self.size, self.size)

    def describe(self, images: Sequence[Image]) -> Vectors:
        """Return (n, dim) float32, each component 0–1; see `Descriptor.describe`."""
        planes = [colours.grey(image) if self.colour == "grey" else image for image in images]
        return np.asarray(np.array(planes, np.float32).reshape(-1, self.dim) / 255)
