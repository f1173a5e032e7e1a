"""The shape of what a picture shows, whatever its size, place and rotation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt

from lookalike.descriptors import colour
from lookalike.descriptors.base import Descriptor
from lookalike.descriptors.region import Mask, main_region
from lookalike.errors import BadParameter
from lookalike.images import Image, View
from lookalike.metrics import Vectors

_SMALLEST = 1e-12  # moments below this are taken for rounding


@dataclass(frozen=True)
class Contour(Descriptor):
    """The outline of the main thing, whatever its size, place and rotation.

    The largest region that Otsu's threshold (1979) parts from the background, its holes filled, is
    described by moments:

    - ``zernike``: magnitudes of its Zernike moments (Khotanzad & Hong, 1990) about its centre, in
      the smallest circle around it. Mirroring does not change them either.
    - ``hu``: Hu's seven moment invariants (1962), each as −sign · log₁₀, as OpenCV's
      ``matchShapes`` compares them. Mirroring changes the sign of the seventh.

    A picture in which nothing stands out gives zeros.
    """

    name: ClassVar[str] = "contour"

    moments: Literal["zernike", "hu"] = field(
        default="zernike",
        metadata={"help": "zernike, which tells more shapes apart, or hu"},
    )
    order: int = field(default=8, metadata={"help": "greatest order of zernike, 2 to 20"})

    def __post_init__(self) -> None:
        if not 2 <= self.order <= 20:
            raise BadParameter(f"{self.name}:order is 2 to 20, not {self.order}")

    @property
    def metric(self) -> str:
        """Euclidean."""
        return "euclidean"

    @property
    def dim(self) -> int:
        """How many moments there are."""
        return 7 if self.moments == "hu" else len(_zernike_terms(self.order))

    @property
    def view(self) -> View:
        """Small: the outline as a whole, not its every wrinkle."""
        return View.within(96)

    def describe(self, images: Sequence[Image]) -> Vectors:
        """Return (n, dim) float32; see `Descriptor.describe`."""
        regions = (main_region(colour.grey(image)) for image in images)
        vectors = [self._of(region) if region.any() else np.zeros(self.dim) for region in regions]
        return np.array(vectors, np.float32).reshape(-1, self.dim)

    def _of(self, region: Mask) -> npt.NDArray[np.float64]:
        return hu_moments(region) if self.moments == "hu" else zernike_moments(region, self.order)


def hu_moments(region: Mask) -> npt.NDArray[np.float64]:
    """Return Hu's seven invariants of a region, each h as −sign(h) · log₁₀|h|.

    Parameters
    ----------
    region : (H, W) bool
        Somewhere true.

    Returns
    -------
    (7,) float64
        0 for an invariant that is nothing but rounding.
    """
    x, y = _centred(region)
    eta = {
        (p, q): float((x**p * y**q).sum()) / len(x) ** (1 + (p + q) / 2)
        for p in range(4)
        for q in range(4 - p)
    }
    a, b = eta[3, 0] + eta[1, 2], eta[2, 1] + eta[0, 3]
    c, d = eta[3, 0] - 3 * eta[1, 2], 3 * eta[2, 1] - eta[0, 3]
    stretch, skew = eta[2, 0] - eta[0, 2], 2 * eta[1, 1]
    invariants = np.array(
        [
            eta[2, 0] + eta[0, 2],
            stretch**2 + skew**2,
            c**2 + d**2,
            a**2 + b**2,
            c * a * (a**2 - 3 * b**2) + d * b * (3 * a**2 - b**2),
            stretch * (a**2 - b**2) + 2 * skew * a * b,
            d * a * (a**2 - 3 * b**2) - c * b * (3 * a**2 - b**2),
        ]
    )
    sizes = np.abs(invariants)
    logarithms = np.log10(sizes, out=np.zeros(7), where=sizes > _SMALLEST)
    return np.asarray(-np.sign(invariants) * logarithms)


def zernike_moments(region: Mask, order: int) -> npt.NDArray[np.float64]:
    """Return the magnitudes of the Zernike moments of a region.

    Parameters
    ----------
    region : (H, W) bool
        Somewhere true.
    order : int
        The greatest.

    Returns
    -------
    (terms,) float64
        |Z(n, m)| for n from 0 to `order` and 0 ≤ m ≤ n with n − m even, n slowest; Z(0, 0) is the
        share of the circle that the region fills.
    """
    x, y = _centred(region)
    squares = x**2 + y**2
    radius = math.sqrt(squares.max()) + 0.5  # to the far side of the outermost pixel
    points = (x - 1j * y) / radius
    around = points ** np.arange(order + 1)[:, np.newaxis]
    outwards = (squares / radius**2)[:, np.newaxis] ** np.arange(order // 2 + 1)
    complex_moments = around @ outwards  # of every power of the angle and of the squared distance
    return np.array(
        [
            abs((n + 1) / (math.pi * radius**2) * (complex_moments[m, : len(terms)] @ terms))
            for n, m, terms in _zernike_terms(order)
        ]
    )


@cache
def _zernike_terms(order: int) -> list[tuple[int, int, npt.NDArray[np.float64]]]:
    """Return n, m and the coefficients of the radial polynomial over r^m, by powers of r²."""
    return [
        (n, m, np.array([_coefficient(n, m, (n - m) // 2 - p) for p in range((n - m) // 2 + 1)]))
        for n in range(order + 1)
        for m in range(n % 2, n + 1, 2)
    ]


def _coefficient(n: int, m: int, s: int) -> float:
    down = math.factorial(s) * math.factorial((n + m) // 2 - s) * math.factorial((n - m) // 2 - s)
    return float((-1) ** s * math.factorial(n - s) / down)


def _centred(region: Mask) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return right and down of each pixel of a region, from its centre of mass."""
    down, right = np.nonzero(region)
    return right - right.mean(), down - down.mean()
