"""Distance → the probability that a match is the same picture, edited.

It is learned from copies that were made of the gallery's own pictures (`lookalike.evaluation`):
how far they are from their originals, and how far from the nearest other pictures. Of all answers
that are shown with 80 %, 80 % are the same picture, for copies like those.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from lookalike.metrics import Vectors
from lookalike.store import calibrations
from lookalike.store.catalog import Catalog, StoredDescriptor

Floats = npt.NDArray[np.float64]

PRIOR = 0.5
"""The share of queries that are taken to have their picture in the gallery."""

# Between these shares of its weight a block of equal probability is flat; from one block to the
# next the probability runs in a straight line.
_FLAT = (0.1, 0.9)

# The weight of the right answer that is imagined beyond the last, so that nothing is impossible.
_BEYOND = 0.5


@dataclass(frozen=True)
class Calibration:
    """A falling curve of probability over distance, for a gallery, a descriptor and a metric.

    Attributes
    ----------
    distances : tuple of float
        Of the curve's corners, rising.
    probabilities : tuple of float
        There, never rising, each above 0 and below 1. In between the curve is straight, and beyond
        the first and the last it is level.
    vectors : int
        Among how many different pictures was searched when it was made.
    """

    distances: tuple[float, ...]
    probabilities: tuple[float, ...]
    vectors: int

    def probability(self, distances: npt.ArrayLike, vectors: int | None = None) -> Floats:
        """Return how probably answers at these distances are the same picture.

        Parameters
        ----------
        distances : array_like
            Of any shape.
        vectors : int, optional
            Among how many different pictures is searched now. In a gallery that has doubled, twice
            as many other pictures are as near: the odds are halved.

        Returns
        -------
        array of float64
            Of the same shape, above 0 and below 1; nearer is never less probable.
        """
        asked = np.asarray(distances, np.float64)
        found = np.interp(asked, self.distances, self.probabilities)
        return np.asarray(found / (found + (1 - found) * self._growth(vectors)))

    def distance(self, probability: float, vectors: int | None = None) -> float | None:
        """Return the largest distance at which an answer is at least so probable.

        Parameters
        ----------
        probability : float
            Between 0 and 1.
        vectors : int, optional
            As for `probability`.

        Returns
        -------
        float or None
            Infinite if it is so at any distance; None if at none.
        """
        growth = self._growth(vectors)
        wanted = probability * growth / (1 - probability + probability * growth)
        enough = np.flatnonzero(np.array(self.probabilities) >= wanted)
        if not len(enough):
            return None
        if (last := int(enough[-1])) == len(self.distances) - 1:
            return float("inf")
        near, far = self.distances[last : last + 2]
        above, below = self.probabilities[last : last + 2]
        return near + (far - near) * (above - wanted) / (above - below)

    def as_dict(self) -> dict[str, object]:
        """Return what `from_dict` takes, for JSON."""
        return {
            "distances": list(self.distances),
            "probabilities": list(self.probabilities),
            "vectors": self.vectors,
        }

    @classmethod
    def from_dict(cls, kept: Mapping[str, object]) -> Calibration:
        """Return what `as_dict` described."""
        distances, probabilities, vectors = (
            kept[name] for name in ("distances", "probabilities", "vectors")
        )
        return cls(tuple(distances), tuple(probabilities), vectors)  # type: ignore[arg-type]

    def _growth(self, vectors: int | None) -> float:
        return 1.0 if not vectors else vectors / self.vectors


def fit(
    distances: npt.ArrayLike,
    right: npt.ArrayLike,
    weights: npt.ArrayLike,
    vectors: int,
    imagined: float = 1.0,
) -> Calibration:
    """Fit a calibration to answers of which it is known whether they are right.

    Isotonic regression by pooling adjacent violators (Ayer et al., 1955; as a calibration Zadrozny
    & Elkan, 2002), smoothed at its ends like the targets of Platt (1999): a few answers are
    imagined, wrong ones at distance 0 and a right one farther away than all.

    Parameters
    ----------
    distances : (n,) array_like
        At least one; finite.
    right : (n,) array_like of bool
    weights : (n,) array_like
        Above 0.
    vectors : int
        See `Calibration`.
    imagined : float
        Weight of the wrong answers at distance 0. Answers to copies of one picture are not
        independent of each other; so the more copies of each, the greater it should be.

    Notes
    -----
    A logistic curve over the distance, its root or its logarithm (Platt, 1999) was measured as
    well; ``docs/selftest.md`` has the figures.
    """
    d, y, w = (np.asarray(given, np.float64) for given in (distances, right, weights))
    places, group = np.unique(d, return_inverse=True)
    weight = np.bincount(group, w)
    found = np.bincount(group, w * y)
    share = weight.copy()
    share[0] += imagined
    share[-1] += _BEYOND
    found[-1] += _BEYOND
    corners: dict[float, float] = {}
    for start, end, value in _falling(found / share, share):
        inside = np.cumsum(weight[start:end])
        at = np.searchsorted(inside, np.multiply(_FLAT, inside[-1]))
        corners |= {float(place): value for place in places[start + np.minimum(at, end - 1)]}
    return Calibration(tuple(corners), tuple(corners.values()), vectors)


def _falling(values: Floats, weights: Floats) -> Iterator[tuple[int, int, float]]:
    """Yield the blocks of the falling step function nearest to values, by weighted squares.

    Yields
    ------
    start, end : int
        The values at ``start:end`` are one block.
    value : float
        Their mean, below that of the block before.
    """
    blocks: list[tuple[int, float, float]] = []  # end, weighted sum, weight
    for n, (value, weight) in enumerate(zip(values.tolist(), weights.tolist(), strict=True)):
        total, mass = value * weight, weight
        while blocks and blocks[-1][1] * mass <= total * blocks[-1][2]:
            _, before, heavy = blocks.pop()
            total, mass = total + before, mass + heavy
        blocks.append((n + 1, total, mass))
    start = 0
    for end, total, mass in blocks:
        yield start, end, total / mass
        start = end


def calibration_of(catalog: Catalog, stored: StoredDescriptor, metric: str) -> Calibration | None:
    """Return the calibration that is kept for a descriptor and a metric, or None."""
    text = calibrations.parameters(catalog, stored.id, metric)
    return None if text is None else _read(text)


@lru_cache(maxsize=64)
def _read(text: str) -> Calibration:
    return Calibration.from_dict(json.loads(text))


def probabilities_of(
    calibration: Calibration | None, distances: Vectors, vectors: int
) -> list[list[float | None]]:
    """Return the probability of each answer; None for each where nothing is calibrated.

    Parameters
    ----------
    calibration : Calibration or None
    distances : (q, k) float32
        Infinite where there is no answer.
    vectors : int
        Among how many different pictures was searched.
    """
    if calibration is None:
        return [[None] * distances.shape[1]] * len(distances)
    found: list[list[float | None]] = calibration.probability(distances, vectors).tolist()
    return found
