"""Each component as one byte."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from lookalike.metrics import Vectors, unit
from lookalike.stages.base import Arrays, Stage

_STEPS = 255


@dataclass(frozen=True, eq=False)
class ScalarCodes(Stage):
    """Scalar quantisation: each component is rounded to one of 256 values between two bounds.

    A quarter of the bytes. A component beyond the bounds, which are those of the vectors that it
    was fitted to, becomes the bound.

    Parameters
    ----------
    name : str
    metric : str
        For ``cosine`` vectors are scaled to length 1 before, so that all have the same bounds.
    low, step : (dim,) float32
        Code c of a component stands for low + c × step.
    """

    kind: ClassVar[str] = "scalar"

    name: str
    metric: str
    low: Vectors
    step: Vectors

    @classmethod
    def fitted(cls, vectors: Vectors, metric: str) -> ScalarCodes:
        """Fit to vectors (n, dim) float32; at least one."""
        seen = unit(vectors) if metric == "cosine" else vectors
        low, high = seen.min(axis=0), seen.max(axis=0)
        return cls("sq8", metric, low, (high - low) / np.float32(_STEPS))

    @property
    def takes(self) -> int:
        """Components of the vectors that go in."""
        return len(self.low)

    @property
    def dim(self) -> int:
        """Components of the vectors that come out: as many."""
        return len(self.low)

    def __call__(self, vectors: Vectors) -> Vectors:
        """Return what the codes of vectors (n, dim) float32 stand for."""
        return self._meant(self._codes(unit(vectors) if self.metric == "cosine" else vectors))

    def coded(self, vectors: Vectors) -> list[bytes]:
        """Return dim bytes of each vector that came out of this."""
        return [codes.tobytes() for codes in self._codes(vectors)]

    def decoded(self, codes: Sequence[bytes]) -> Vectors:
        """Return the vectors (n, dim) float32 that codes stand for."""
        return self._meant(np.frombuffer(b"".join(codes), np.uint8).reshape(-1, self.dim))

    @property
    def arrays(self) -> Arrays:
        """The lower bounds and the steps."""
        return {"low": self.low, "step": self.step}

    @classmethod
    def of(cls, name: str, metric: str, arrays: Arrays) -> ScalarCodes:
        """Return the codes of these bounds."""
        return cls(name, metric, arrays["low"], arrays["step"])

    def _codes(self, vectors: Vectors) -> npt.NDArray[np.uint8]:
        # A component that never changes has no step; any code stands for it.
        step = np.where(self.step > 0, self.step, 1)
        return np.clip(np.rint((vectors - self.low) / step), 0, _STEPS).astype(np.uint8)

    def _meant(self, codes: npt.NDArray[np.uint8]) -> Vectors:
        return np.asarray(self.low + codes.astype(np.float32) * self.step, np.float32)
