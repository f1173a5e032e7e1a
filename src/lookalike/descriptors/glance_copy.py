"""Which picture it is, by the encoder that ships inside the package."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lookalike.descriptors.glance import Glance


@dataclass(frozen=True)
class GlanceCopy(Glance):
    """Which picture it is, however it was edited: for finding copies.

    From the same pass through the network as `glance`, with the same editions. Where `glance`
    brings together all that shows the same kind of thing, this keeps one picture apart from the
    next, and together with its own copies: cropped, recoloured, compressed, written on.

    Edition 1 ranks copies first more often than perceptual hashes do, but no distance of it tells
    strongly edited copies from mere look-alikes; docs/glance.md has the figures.
    """

    name: ClassVar[str] = "glance_copy"
