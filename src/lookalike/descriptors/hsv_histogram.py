"""Which colours, and how much of each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from lookalike.descriptors import colour
from lookalike.descriptors.base import Descriptor
from lookalike.descriptors.histograms import check_grid, hellinger
from lookalike.errors import BadParameter
from lookalike.images import Image, View
from lookalike.metrics import Vectors


@dataclass(frozen=True)
class HsvHistogram(Descriptor):
    """The colours of a picture: how much of each hue, saturation and value.

    A joint histogram (Swain & Ballard, 1991) in HSV, of the square roots of the shares, so that the
    cosine of two vectors is the Bhattacharyya coefficient of two histograms. The first bin of hue
    is centred on red, so that red, the commonest strong colour, is not cut in two.
    """

    name: ClassVar[str] = "hsv_histogram"

    bins: tuple[int, ...] = field(
        default=(8, 8, 8),
        metadata={"help": "bins of hue, saturation and value: 8x8x8; or of hue alone: 32"},
    )
    grid: int = field(
        default=1, metadata={"help": "cells a side, each with a histogram; 1: the whole picture"}
    )

    def __post_init__(self) -> None:
        check_grid(self.name, self.grid)
        if len(self.bins) not in (1, 3) or min(self.bins) < 1 or math.prod(self.bins) > 4096:
            raise BadParameter(
                f"{self.name}:bins are three numbers such as 8x8x8, or one for the hue alone, and "
                f"at most 4,096 together, not {'x'.join(map(str, self.bins))}"
            )

    @property
    def metric(self) -> str:
        """chi2: over three sets it found more than cosine; see docs/metrics.md."""
        return "chi2"

    @property
    def dim(self) -> int:
        """Bins of all cells."""
        return math.prod(self.bins) * self.grid**2

    @property
    def view(self) -> View:
        """Small: proportions of colours need no detail."""
        return View.within(128)

    def describe(self, images: Sequence[Image]) -> Vectors:
        """Return (n, dim) float32, non-negative, unit L2 norm; see `Descriptor.describe`."""
        bins = math.prod(self.bins)
        vectors = [hellinger(self._codes(image), bins, self.grid) for image in images]
        return np.array(vectors, np.float32).reshape(-1, self.dim)

    def _codes(self, image: Image) -> np.ndarray:
        hue, *others = colour.hsv(image)
        codes = np.floor(hue * self.bins[0] + 0.5).astype(np.intp) % self.bins[0]
        for plane, bins in zip(others, self.bins[1:], strict=False):
            codes = codes * bins + np.minimum((plane * bins).astype(np.intp), bins - 1)
        return np.asarray(codes)
