"""The classical descriptors together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lookalike.descriptors.blend import Blend
from lookalike.descriptors.covariance import Covariance
from lookalike.descriptors.hog import Hog
from lookalike.descriptors.hsv_histogram import HsvHistogram


@dataclass(frozen=True)
class Classic(Blend):
    """Colours, edges, shapes and places together: the best that uses no neural network.

    ``0.9*covariance+0.05*hog:cells=3+0.05*hsv_histogram:bins=12x4x3`` under a short name.
    Covariances differ far less from picture to picture than the other two; hence their weight.
    """

    name: ClassVar[str] = "classic"
    version: ClassVar[int] = 1  # to be raised with that of any part

    parts = (Covariance(), Hog(cells=3), HsvHistogram(bins=(12, 4, 3)))
    weights = (0.9, 0.05, 0.05)
