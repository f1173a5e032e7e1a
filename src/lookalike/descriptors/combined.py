"""Several descriptors as one."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from lookalike.descriptors.base import Descriptor
from lookalike.descriptors.blend import Blend
from lookalike.errors import BadParameter


@dataclass(frozen=True)
class Combined(Blend):
    """Several descriptors as one, each with a weight: ``0.6*hsv_histogram+0.4*hog``.

    The cosine of two vectors is the weighted mean of the correlations of their parts;
    `lookalike.descriptors.blend.Blend` tells how each is brought to one scale.
    """

    name: ClassVar[str] = "combined"

    parts: tuple[Descriptor, ...] = field(
        metadata={"help": "the descriptors, joined by plus signs: hsv_histogram+hog"}
    )
    weights: tuple[float, ...] = field(
        metadata={"help": "a number and * before each; 1 where none is given"}
    )

    def __post_init__(self) -> None:
        if not self.parts or len(self.parts) != len(self.weights):
            raise BadParameter(
                f"{self.name} needs parts and as many weights, not {len(self.parts)} and "
                f"{len(self.weights)}; write 0.6*hsv_histogram+0.4*hog"
            )
        if any(isinstance(part, Combined) for part in self.parts):
            raise BadParameter(f"{self.name} cannot hold another; name all parts in one sum")
        if not all(math.isfinite(weight) and weight > 0 for weight in self.weights):
            raise BadParameter(
                f"a weight is a positive number, not {min(self.weights):g}; leave out the part"
            )

    @property
    def spec(self) -> str:
        """What a person types for it: the sum."""
        return self._sum([part.spec for part in self.parts])

    @property
    def key(self) -> str:
        """The identity of the vectors: weights and keys of the parts."""
        return f"{self.name}@{self.version}:{self._sum([part.key for part in self.parts])}"

    def _sum(self, parts: list[str]) -> str:
        # In decimals, as an exponent's sign could be taken for a plus between parts.
        weights = [np.format_float_positional(weight, trim="-") for weight in self.weights]
        return "+".join(f"{weight}*{part}" for weight, part in zip(weights, parts, strict=True))
