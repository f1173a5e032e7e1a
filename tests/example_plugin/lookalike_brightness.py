"""A descriptor from another package: how bright a picture is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from lookalike.descriptors import Descriptor
from lookalike.images import Image, View
from lookalike.metrics import Vectors


@dataclass(frozen=True)
class Brightness(Descriptor):
    """How bright a picture is, and nothing else."""

    name: ClassVar[str] = "brightness"

    white: int = field(default=255, metadata={"help": "the value that counts as 1"})

    @property
    def metric(self) -> str:
        """Manhattan."""
        return "manhattan"

    @property
    def dim(self) -> int:
        """One number."""
        return 1

    @property
    def view(self) -> View:
        """A few pixels are enough."""
        return View.stretch(8, 8)

    def describe(self, images: Sequence[Image]) -> Vectors:
        """Return (n, 1) float32."""
        means = [image.mean() / self.white for image in images]
        return np.array(means, np.float32).reshape(-1, 1)
