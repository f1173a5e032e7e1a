"""Local binary patterns: which neighbours of a pixel are at least as bright as it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import ClassVar, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from lookalike.descriptors import colour
from lookalike.descriptors.base import Descriptor
from lookalike.descriptors.colour import Plane
from lookalike.descriptors.histograms import check_grid, hellinger
from lookalike.errors import BadParameter
from lookalike.images import Image, View
from lookalike.metrics import Vectors

Patterns: TypeAlias = Literal["uniform", "rotation_invariant"]

# Interpolating between equal pixels may land this much below them; flat stays flat all the same.
_ROUNDING = 1e-4


@dataclass(frozen=True)
class Lbp(Descriptor):
    """The texture of a picture, whatever its colours and brightness.

    Histograms of uniform local binary patterns (Ojala, Pietikäinen & Mäenpää, 2002): around every
    pixel, points on a circle are compared with it; patterns with at most two changes between darker
    and brighter are told apart, all the others share one bin. Square roots of the shares, one
    histogram a radius and grid cell.
    """

    name: ClassVar[str] = "lbp"

    radius: tuple[int, ...] = field(
        default=(1,), metadata={"help": "pixels from the centre; several scales: 1x2x4"}
    )
    points: int = field(default=8, metadata={"help": "points on each circle, 4 to 16"})
    grid: int = field(
        default=2, metadata={"help": "cells a side, each with a histogram; 1: the whole picture"}
    )
    patterns: Patterns = field(
        default="uniform",
        metadata={"help": "uniform, or rotation_invariant: only how many neighbours are brighter"},
    )

    def __post_init__(self) -> None:
        check_grid(self.name, self.grid)
        if not self.radius or not all(1 <= radius <= 16 for radius in self.radius):
            written = "x".join(map(str, self.radius))
            raise BadParameter(f"{self.name}:radius is 1 to 16 pixels, not {written!r}")
        if not 4 <= self.points <= 16:
            raise BadParameter(f"{self.name}:points is 4 to 16, not {self.points}")

    @property
    def metric(self) -> str:
        """Manhattan: over three sets it found more than cosine; see docs/metrics.md."""
        return "manhattan"

    @property
    def dim(self) -> int:
        """Patterns of all radii and cells."""
        return self._labels * len(self.radius) * self.grid**2

    @property
    def view(self) -> View:
        """Small: texture is wanted as the eye sees it, not the noise of the sensor."""
        return View.within(128)

    def describe(self, images: Sequence[Image]) -> Vectors:
        """Return (n, dim) float32, non-negative, unit L2 norm; see `Descriptor.describe`."""
        vectors = [
            [
                hellinger(pattern_labels(luma, radius, self.points, self.patterns), bins, self.grid)
                for radius in self.radius
            ]
            for luma, bins in ((colour.grey(image), self._labels) for image in images)
        ]
        stacked = np.array(vectors, np.float32).reshape(-1, self.dim)
        return np.asarray(stacked / np.float32(math.sqrt(len(self.radius))))

    @property
    def _labels(self) -> int:
        return int(_table(self.points, self.patterns).max()) + 1


def pattern_labels(
    luma: Plane, radius: int, points: int, patterns: Patterns
) -> npt.NDArray[np.intp]:
    """Label the pattern around every pixel, as scikit-image's ``local_binary_pattern`` numbers it.

    Parameters
    ----------
    luma : (H, W) float32
        0–255. Beyond its edge it goes on as it ends.
    radius : int
    points : int
    patterns : {"uniform", "rotation_invariant"}
        scikit-image's ``nri_uniform`` and ``uniform``.

    Returns
    -------
    (H, W) int
        In [0, points · (points − 1) + 3), or [0, points + 2) if rotation invariant.
    """
    height, width = luma.shape
    around = np.pad(luma, radius, mode="edge")
    codes = np.zeros(luma.shape, np.intp)
    for bit in range(points):
        sample = np.zeros_like(luma)
        for row, column, weight in _corners(bit, radius, points):
            sample += weight * around[row : row + height, column : column + width]
        codes |= (sample >= luma - _ROUNDING).astype(np.intp) << bit
    return _table(points, patterns)[codes]


def _corners(point: int, radius: int, points: int) -> Iterator[tuple[int, int, np.float32]]:
    """Yield row, column and bilinear weight of the pixels between which a point lies."""
    angle = 2 * math.pi * point / points
    down = round(radius - radius * math.sin(angle), 5)
    right = round(radius + radius * math.cos(angle), 5)
    top, left = math.floor(down), math.floor(right)
    for row, share in ((top, 1 - (down - top)), (top + 1, down - top)):
        for column, part in ((left, 1 - (right - left)), (left + 1, right - left)):
            if share * part > 0:
                yield row, column, np.float32(share * part)


@cache
def _table(points: int, patterns: Patterns) -> npt.NDArray[np.intp]:
    """Return the label of each of the 2^points patterns."""
    number = np.arange(2**points)
    bits = number[:, np.newaxis] >> np.arange(points) & 1
    ones = bits.sum(axis=1)
    uniform = (bits != np.roll(bits, 1, axis=1)).sum(axis=1) <= 2
    if patterns == "rotation_invariant":
        return np.where(uniform, ones, points + 1).astype(np.intp)
    first_one, first_zero = bits.argmax(axis=1), bits.argmin(axis=1)
    turn = np.where(first_one == 0, ones - first_zero, points - first_one)
    labels = np.where(uniform, 1 + (ones - 1) * points + turn, points * (points - 1) + 2)
    labels[0], labels[-1] = 0, points * (points - 1) + 1
    return labels.astype(np.intp)
