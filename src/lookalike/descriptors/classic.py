"""The default: the best of the classical descriptors together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lookalike.descriptors.base import Descriptor
from lookalike.descriptors.blend import Blend
from lookalike.descriptors.covariance import Covariance
from lookalike.descriptors.hog import Hog
from lookalike.descriptors.hsv_histogram import HsvHistogram

_PARTS = (Covariance(), Hog(cells=3), HsvHistogram(bins=(12, 4, 3)))
_WEIGHTS = (0.9, 0.05, 0.05)


@dataclass(frozen=True)
class Classic(Blend):
    """The classical methods together: colours, edges, shapes and places. No network needed.

    ``0.9*covariance+0.05*hog:cells=3+0.05*hsv_histogram:bins=12x4x3`` under a short name.
    Covariances vary far less from picture to picture than the other two; hence their weight.
    """

    name: ClassVar[str] = "classic"
    # To be raised with the version of any part.
    version: ClassVar[int] = 1

    @property
    def parts(self) -> tuple[Descriptor, ...]:
        """Covariance, HOG and HSV histogram."""
        return _PARTS

    @property
    def weights(self) -> tuple[float, ...]:
        """How much each part counts."""
        return _WEIGHTS
