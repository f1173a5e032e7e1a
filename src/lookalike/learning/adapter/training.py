"""All that a method may learn from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np

from lookalike.learning.adapter.told import Floats, Rows, Told
from lookalike.metrics import Vectors
from lookalike.stages import Linear
from lookalike.stages.reducing import Spectrum, spectrum

Settings: TypeAlias = Mapping[str, float]
Method: TypeAlias = Callable[["Training"], Iterator[tuple[Settings, Linear]]]
"""Yields what it fits with one setting after the other, always in the same order."""


@dataclass(frozen=True, eq=False)
class Training:
    """Vectors, and what is told of some of them.

    What several methods need is worked out once.

    Attributes
    ----------
    vectors : (n, dim) float32
        Of length 1 for cosine.
    seen : (m,) int64
        The rows that may be looked at, told of or not.
    told : Told
        Of rows that are among them.
    metric : {"cosine", "euclidean"}
        What the results are compared by.
    dims : int
        Components that are to be left.
    """

    vectors: Vectors
    seen: Rows
    told: Told
    metric: str
    dims: int

    @cached_property
    def total(self) -> Spectrum:
        """The principal axes of all that may be looked at."""
        return spectrum(self.vectors[self.seen])

    @cached_property
    def within(self) -> tuple[Floats, Floats]:
        """The variances and axes of what is alike, ascending: (dim,) and (dim, dim) float64."""
        values, axes = np.linalg.eigh(self.told.within(self.vectors))
        return np.maximum(values, 0.0), axes

    def linear(self, axes: Floats) -> Linear:
        """Return the projection on axes, around the mean of all that may be looked at."""
        return Linear("adapter", self.metric, self.total.centre, np.ascontiguousarray(axes))


def shrunk(variances: Floats, share: float, dim: int) -> Floats:
    """Return variances pulled towards their mean over all `dim` directions by a share.

    That is the covariance mixed with a multiple of the identity, (1 − λ) C + λ tr(C)/d · I (Ledoit
    & Wolf, 2004, "A well-conditioned estimator for large-dimensional covariance matrices").
    """
    mean = float(variances.sum()) / dim
    # Where nothing varies there is nothing to divide by: all directions stay as they are.
    return (1 - share) * variances + share * mean if mean > 0 else np.ones_like(variances)
