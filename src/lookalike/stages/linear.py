"""A vector, centred and multiplied by a matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from lookalike.metrics import Vectors, unit
from lookalike.stages.base import Arrays, Stage

Floats = npt.NDArray[np.float64]

_BLOCK_FLOATS = 4_000_000


@dataclass(frozen=True, eq=False)
class Linear(Stage):
    """A linear projection: every reduction, and every adapter.

    Parameters
    ----------
    name : str
    metric : str
        ``cosine``: vectors are scaled to length 1 before and after, as only their directions count.
        ``euclidean``: they are left as they are, as their lengths count, too.
    centre : (takes,) float64
        Taken from each vector, scaled if it is.
    axes : (takes, dim) float64
        What it is multiplied by then.
    """

    kind: ClassVar[str] = "linear"

    name: str
    metric: str
    centre: Floats
    axes: Floats

    @property
    def takes(self) -> int:
        """Components of the vectors that go in."""
        return int(self.axes.shape[0])

    @property
    def dim(self) -> int:
        """Components of the vectors that come out."""
        return int(self.axes.shape[1])

    def __call__(self, vectors: Vectors) -> Vectors:
        """Return (n, dim) float32 of (n, takes) float32."""
        is_angular = self.metric == "cosine"
        out = np.empty((len(vectors), self.dim), np.float32)
        step = max(1, _BLOCK_FLOATS // self.takes)
        for start in range(0, len(vectors), step):
            part = vectors[start : start + step]
            part = unit(part) if is_angular else part
            out[start : start + step] = (part.astype(np.float64) - self.centre) @ self.axes
        return unit(out) if is_angular else out

    @property
    def arrays(self) -> Arrays:
        """The centre and the axes."""
        return {"centre": self.centre, "axes": self.axes}

    @classmethod
    def of(cls, name: str, metric: str, arrays: Arrays) -> Linear:
        """Return the projection of a centre and axes."""
        return cls(name, metric, arrays["centre"], arrays["axes"])
