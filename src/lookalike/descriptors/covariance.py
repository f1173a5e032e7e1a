"""How colours, edges and places go together in a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt

from lookalike.descriptors import colour
from lookalike.descriptors.base import Descriptor
from lookalike.descriptors.colour import Plane
from lookalike.images import Image, View
from lookalike.metrics import Vectors

Moments: TypeAlias = npt.NDArray[np.float64]

_SIDE = 64
_TILES = 4
_SCALES = (0, 2)  # pixels by which a picture is blurred before its edges are sought
_DIRECTIONS = 4
_SLACK = 2  # pixels by which edges are blurred, so that they may move a little
_EDGES = 2.0  # how much edges weigh beside colours and places
_NOISE = 1e-4  # variances below this are taken for noise
_OFF_DIAGONAL = 3.0  # these entries vary less than those of the diagonal, and tell more
_CENTRE = 0.5  # how much the middle counts beside the whole

_FEATURES = 1 + 2 + 3 + len(_SCALES) * (_DIRECTIONS + 2)
_ENTRIES = _FEATURES * (_FEATURES + 1) // 2


@dataclass(frozen=True)
class Covariance(Descriptor):
    """What goes together with what: colours, edges and places of a picture.

    Every pixel has 18 features: 1, distance from the middle axis, height, L*, a*, b*, and at two
    scales the strength of edges in four directions and of edges of a* and b*. Their second moments
    over a region, an 18 × 18 matrix, describe it (region covariance; Tuzel, Porikli & Meer, 2006).
    The logarithm of that matrix makes differences of such matrices comparable (Arsigny, Fillard,
    Pennec & Ayache, 2006). There are two regions: the whole picture, and its middle.

    Each entry of the logarithm, an angle, becomes a cosine and a sine. So the cosine of two vectors
    is the mean of cos(a − b) over all entries: nearly the Euclidean distance where entries differ
    a little, but bounded, so that one odd entry does not outvote the others (the idea of Rahimi &
    Recht's random features, 2007, with one fixed frequency).
    """

    name: ClassVar[str] = "covariance"

    centre: bool = field(
        default=True,
        metadata={"help": "describe the middle once more, by itself"},
    )

    @property
    def metric(self) -> str:
        """Cosine."""
        return "cosine"

    @property
    def dim(self) -> int:
        """Cosine and sine of each entry of each region's matrix."""
        return 2 * _ENTRIES * (2 if self.centre else 1)

    @property
    def view(self) -> View:
        """A small square, whatever the shape."""
        return View.stretch(_SIDE, _SIDE)

    def describe(self, images: Sequence[Image]) -> Vectors:
        """Return (n, dim) float32, unit L2 norm; see `Descriptor.describe`."""
        tiles = np.array([_moments(_features(image)) for image in images])
        tiles = tiles.reshape(-1, _TILES, _TILES, _FEATURES, _FEATURES)
        whole = _on_circles(_logarithm(tiles.mean(axis=(1, 2))))
        if not self.centre:
            return np.asarray(whole, np.float32)
        middle = _on_circles(_logarithm(tiles[:, 1:-1, 1:-1].mean(axis=(1, 2))))
        both = np.hstack([whole, np.sqrt(_CENTRE) * middle]) / np.sqrt(1 + _CENTRE)
        return np.asarray(both, np.float32)


def _features(image: Image) -> Plane:
    """Return what is known of each pixel: (18, 64, 64) float32."""
    lab = colour.lab(image) / np.float32(100)
    ramp = (np.arange(_SIDE, dtype=np.float32) + 0.5) / _SIDE - 0.5
    height, side = np.meshgrid(ramp, np.abs(ramp), indexing="ij")
    planes = [np.ones_like(side), side, height, *lab]
    for scale in _SCALES:
        brightness, *hues = _blurred(lab, scale)
        strength, turn = _edges(brightness)
        directed = np.asarray(np.sqrt(strength) * _directions(turn), np.float32)
        planes += list(_EDGES * _blurred(directed, _SLACK))
        planes += [_edges(hue)[0] for hue in hues]
    return np.stack(planes)


def _edges(plane: Plane) -> tuple[Plane, Plane]:
    """Return the strength of the gradient, and its direction in half turns, [0, 1]."""
    down, right = np.zeros_like(plane), np.zeros_like(plane)
    down[1:-1] = plane[2:] - plane[:-2]
    right[:, 1:-1] = plane[:, 2:] - plane[:, :-2]
    return np.hypot(down, right), np.arctan2(down, right) / np.float32(np.pi) % 1


def _directions(turn: Plane) -> Plane:
    """Share each pixel between its two nearest directions: (4, H, W), sum 1."""
    steps = np.arange(_DIRECTIONS, dtype=np.float32)[:, np.newaxis, np.newaxis]
    apart = np.abs(turn * _DIRECTIONS - steps)
    return np.asarray(np.maximum(1 - np.minimum(apart, _DIRECTIONS - apart), 0), np.float32)


def _blurred(planes: Plane, scale: int) -> Plane:
    if scale == 0:
        return planes
    gaussian = _gaussian(scale)
    return np.asarray(gaussian @ planes @ gaussian.T)


@cache
def _gaussian(scale: int) -> Plane:
    """Return the matrix (64, 64) that blurs a column; at the edge it looks at fewer pixels."""
    apart = np.subtract.outer(np.arange(_SIDE), np.arange(_SIDE))
    weights = np.exp(-0.5 * (apart / scale) ** 2)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


def _moments(features: Plane) -> Moments:
    """Return the mean products of features in each of 4 × 4 tiles: (4, 4, 18, 18)."""
    side = _SIDE // _TILES
    # By tiles, because they add up to any region; and products this small stay on one core.
    tiles = features.reshape(_FEATURES, _TILES, side, _TILES, side)
    tiles = tiles.transpose(1, 3, 0, 2, 4).reshape(_TILES, _TILES, _FEATURES, side * side)
    # 64 bits, as variances near the noise are small beside the mean products they are part of.
    exact = tiles.astype(np.float64)
    return np.asarray(exact @ exact.swapaxes(2, 3) / side**2)


def _logarithm(moments: Moments) -> Moments:
    """Return the upper triangle of log(1 + M / noise) for matrices M: (n, 171)."""
    variances, axes = np.linalg.eigh(moments)
    spread = np.log1p(np.maximum(variances, 0) / _NOISE)
    logarithm = (axes * spread[:, np.newaxis]) @ axes.swapaxes(1, 2)
    rows, columns = np.triu_indices(_FEATURES)
    weights = np.where(rows == columns, 1.0, _OFF_DIAGONAL)
    return np.asarray(logarithm[:, rows, columns] * weights)


def _on_circles(angles: Moments) -> Moments:
    return np.asarray(np.hstack([np.cos(angles), np.sin(angles)]) / np.sqrt(angles.shape[1]))
