"""Which picture it is, by the encoder that ships inside the package."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from lookalike.descriptors.glance import Glance
from lookalike.images import Image
from lookalike.metrics import Vectors


@dataclass(frozen=True)
class GlanceCopy(Glance):
    """Which picture it is, however it was edited: for finding copies.

    From the same pass through the network as `glance`, with the same editions. Where `glance`
    brings together all that shows the same kind of thing, this keeps one picture apart from the
    next, and together with its own copies: cropped, recoloured, compressed, written on.

    Two pictures that differ no more than a strong edit would are at a distance of about 1. In a
    shop full of look-alikes that does not make them copies; docs/glance.md has the figures.
    """

    name: ClassVar[str] = "glance_copy"
    version: ClassVar[int] = 2

    @property
    def metric(self) -> str:
        """Euclidean; 1 is about as far as a strong edit moves a picture."""
        return "euclidean"

    def describe(self, images: Sequence[Image]) -> Vectors:
        """Return (n, dim) float32, of any length; see `Descriptor.describe`."""
        return self.shared.encode(images)[self.name]
