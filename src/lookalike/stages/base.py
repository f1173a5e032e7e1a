"""What a stage is: vectors in, other vectors out, fitted beforehand."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from lookalike.metrics import Vectors

Arrays = Mapping[str, npt.NDArray[Any]]


class Stage(ABC):
    """Something fitted that turns the vectors of a descriptor into others.

    A vector's result depends on nothing but the vector: not on the batch that it is in.

    Attributes
    ----------
    kind : str
        Which class it is, on disk.
    name : str
        What a person calls it, such as ``half_whitening:64`` or ``adapter``; no ``/`` or ``|``.
    metric : str
        What its vectors are compared by.
    """

    kind: ClassVar[str]
    name: str
    metric: str

    @property
    @abstractmethod
    def takes(self) -> int:
        """Components of the vectors that go in."""

    @property
    @abstractmethod
    def dim(self) -> int:
        """Components of the vectors that come out."""

    @abstractmethod
    def __call__(self, vectors: Vectors) -> Vectors:
        """Turn vectors (n, takes) float32 into (n, dim) float32, finite; n may be 0."""

    @property
    @abstractmethod
    def arrays(self) -> Arrays:
        """All that it was fitted to, by names; the class can be made again from them."""

    @classmethod
    @abstractmethod
    def of(cls, name: str, metric: str, arrays: Arrays) -> Stage:
        """Return the stage of these arrays."""

    def coded(self, vectors: Vectors) -> list[bytes]:
        """Return what is kept of vectors (n, dim) that came out of this: one value each."""
        return [vector.tobytes() for vector in vectors.astype("<f4")]

    def decoded(self, codes: Sequence[bytes]) -> Vectors:
        """Return the vectors (n, dim) float32 of what `coded` gave, but for rounding."""
        found = np.frombuffer(b"".join(codes), "<f4").astype(np.float32)
        return found.reshape(len(codes), self.dim)

    @cached_property
    def digest(self) -> str:
        """Eight hexadecimal digits that change with anything that changes a vector."""
        told = hashlib.sha256(f"{self.kind} {self.metric}".encode())
        for name, array in sorted(self.arrays.items()):
            told.update(f"{name} {array.dtype.str} {array.shape}".encode())
            told.update(np.ascontiguousarray(array).tobytes())
        return told.hexdigest()[:8]

    @property
    def key(self) -> str:
        """Its part of the identity of the vectors."""
        return f"{self.name}@{self.digest}"


def chain(stages: Iterable[Stage], vectors: Vectors) -> Vectors:
    """Send vectors through stages, one after the other."""
    for stage in stages:
        vectors = stage(vectors)
    return vectors
