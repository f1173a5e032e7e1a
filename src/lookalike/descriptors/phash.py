"""A perceptual hash: 64 bits that survive scaling, recompression and small edits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import ClassVar

import numpy as np

from lookalike.descriptors import colour
from lookalike.descriptors.base import Descriptor
from lookalike.errors import BadParameter
from lookalike.images import Image, View
from lookalike.metrics import Vectors

_DETAIL = 4  # pixels a side of the small picture for each frequency that is kept


@dataclass(frozen=True)
class Phash(Descriptor):
    """The same picture again: a hash of 64 bits that scaling and recompressing hardly change.

    The discrete cosine transform of a small grey picture; a bit is 1 where one of the lowest
    frequencies is above their median (Zauner, 2010). Up to about 10 differing bits of 64 tell a
    copy; beyond 20 the distance says nothing.
    """

    name: ClassVar[str] = "phash"

    size: int = field(default=8, metadata={"help": "frequencies a side, 2 to 32: 8 for 64 bits"})

    def __post_init__(self) -> None:
        if not 2 <= self.size <= 32:
            raise BadParameter(f"{self.name}:size is 2 to 32, not {self.size}")

    @property
    def metric(self) -> str:
        """Hamming: how many bits differ."""
        return "hamming"

    @property
    def dim(self) -> int:
        """Bits."""
        return self.size**2

    @property
    def view(self) -> View:
        """A small square, whatever the shape."""
        side = _DETAIL * self.size
        return View.stretch(side, side, "lanczos")

    def describe(self, images: Sequence[Image]) -> Vectors:
        """Return (n, dim) float32, zeros and ones; see `Descriptor.describe`."""
        # Whole grey levels, as in a grey picture, so that a flat one is exactly flat.
        luma = np.array([np.round(colour.grey(image)) for image in images], np.float64)
        luma = luma.reshape(-1, _DETAIL * self.size, _DETAIL * self.size)
        cosines = _cosines(self.size)
        # Rounded, as the frequencies of a flat picture are 0 but for the last bits.
        lowest = np.round(cosines @ luma @ cosines.T, 6).reshape(-1, self.dim)
        return np.asarray(lowest > np.median(lowest, axis=1, keepdims=True), np.float32)


@cache
def _cosines(size: int) -> np.ndarray:
    """Return the first rows (size, 4 · size) of the matrix of the DCT-II, unnormalised."""
    samples = _DETAIL * size
    frequency, place = np.arange(size)[:, np.newaxis], np.arange(samples)
    return 2 * np.cos(np.pi * frequency * (2 * place + 1) / (2 * samples))
