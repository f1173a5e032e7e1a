"""Histograms of oriented gradients: where edges run, and in which direction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from lookalike.descriptors import colour
from lookalike.descriptors.base import Descriptor
from lookalike.descriptors.colour import Plane
from lookalike.errors import BadParameter
from lookalike.images import Image, View
from lookalike.metrics import Vectors

_SIDE = 128  # pixels of the picture, as nearly as its cells allow
_TINY = 1e-5
_CLIP = 0.2


@dataclass(frozen=True)
class Hog(Descriptor):
    """The shapes in a picture: which way edges run in each part of it.

    Histograms of oriented gradients (Dalal & Triggs, 2005) of the square root of the brightness, in
    overlapping blocks normalised by L2-Hys. The cells are much larger than in the paper: what is to
    be found again seldom stands at the same pixel.
    """

    name: ClassVar[str] = "hog"

    cells: int = field(default=4, metadata={"help": "cells a side, 1 to 32"})
    orientations: int = field(default=9, metadata={"help": "directions between 0° and 180°"})
    block: int = field(default=2, metadata={"help": "cells a side that are normalised together"})

    def __post_init__(self) -> None:
        if not 1 <= self.cells <= 32:
            raise BadParameter(f"{self.name}:cells is 1 to 32, not {self.cells}")
        if not 1 <= self.orientations <= 36:
            raise BadParameter(f"{self.name}:orientations is 1 to 36, not {self.orientations}")
        if not 1 <= self.block <= self.cells:
            raise BadParameter(f"{self.name}:block is 1 to {self.cells} cells, not {self.block}")

    @property
    def metric(self) -> str:
        """Cosine."""
        return "cosine"

    @property
    def dim(self) -> int:
        """Orientations in every cell of every block."""
        blocks = self.cells - self.block + 1
        return blocks**2 * self.block**2 * self.orientations

    @property
    def view(self) -> View:
        """A square of whole cells."""
        side = self.cells * (_SIDE // self.cells)
        return View.stretch(side, side)

    def describe(self, images: Sequence[Image]) -> Vectors:
        """Return (n, dim) float32, each component 0–1; see `Descriptor.describe`."""
        vectors = [self._blocks(colour.grey(image)).ravel() for image in images]
        return np.array(vectors, np.float32).reshape(-1, self.dim)

    def _blocks(self, luma: Plane) -> Vectors:
        histograms = gradient_histograms(np.sqrt(luma / 255), self.cells, self.orientations)
        blocks = np.lib.stride_tricks.sliding_window_view(
            histograms, (self.block, self.block), axis=(0, 1)
        )
        blocks = np.moveaxis(blocks, 2, 4)  # (row, column, orientation, y, x) → orientation last
        clipped = np.minimum(_normalised(blocks), _CLIP)
        return np.asarray(_normalised(clipped), np.float32)


def gradient_histograms(brightness: Plane, cells: int, orientations: int) -> Vectors:
    """Add up the gradients in each cell by their direction.

    Parameters
    ----------
    brightness : (side, side) float32
        0–1; `side` is a multiple of `cells`.
    cells, orientations : int

    Returns
    -------
    (cells, cells, orientations) float32
        By direction from 0° (brighter to the right or left), clockwise to 180°; a mean a pixel.
        On its border a picture has no gradient across it.
    """
    side = len(brightness)
    down, right = np.zeros_like(brightness), np.zeros_like(brightness)
    down[1:-1] = brightness[2:] - brightness[:-2]
    right[:, 1:-1] = brightness[:, 2:] - brightness[:, :-2]
    turns = np.arctan2(down, right) / np.float32(np.pi) % 1
    bins = np.minimum((turns * orientations).astype(np.intp), orientations - 1)
    cell = np.arange(side) * cells // side
    place = (cell[:, np.newaxis] * cells + cell) * orientations + bins
    strength = np.hypot(down, right)
    sums = np.bincount(place.ravel(), strength.ravel(), minlength=cells**2 * orientations)
    return np.asarray(sums.reshape(cells, cells, -1) / (side // cells) ** 2, np.float32)


def _normalised(blocks: Vectors) -> Vectors:
    squares = np.square(blocks).sum(axis=(2, 3, 4), keepdims=True)
    return np.asarray(blocks / np.sqrt(squares + _TINY**2))
