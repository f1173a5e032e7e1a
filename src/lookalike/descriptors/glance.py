"""What a picture shows, by the encoder that ships inside the package."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from lookalike.descriptors.base import Descriptor
from lookalike.errors import BadParameter
from lookalike.images import Image, View
from lookalike.metrics import Vectors
from lookalike.networks.glance import Edition, editions


@dataclass(frozen=True)
class Glance(Descriptor):
    """What a picture shows, by the small neural network that comes with Lookalike.

    Nothing is fetched and no GPU is needed. `glance_copy` comes from the same pass through the
    network: the second of the two costs nothing.

    An edition is one set of trained weights. It belongs to the identity of the vectors, and stays
    in the package when a later one becomes the default: a gallery goes on with its own.
    """

    name: ClassVar[str] = "glance"
    version: ClassVar[int] = 2

    edition: int = field(default=1, metadata={"help": "which trained weights"})

    def __post_init__(self) -> None:
        if self.edition not in (known := editions()):
            raise BadParameter(
                f"{self.name}: this Lookalike has no edition {self.edition} but "
                f"{', '.join(map(str, known)) or 'none'}; leave the edition out, or if a later "
                "Lookalike has it: pip install --upgrade lookalike"
            )

    @property
    def metric(self) -> str:
        """Cosine: the network was trained for it."""
        return "cosine"

    @property
    def dim(self) -> int:
        """Components of the vector, as the file of the edition says."""
        return self.shared.dim(self.name)

    @property
    def view(self) -> View:
        """The whole picture, stretched to the square that the network looks at."""
        return self.shared.view

    @property
    def shared(self) -> Edition:
        """The pass through the network, which `glance` and `glance_copy` of an edition share."""
        return Edition(self.edition)

    def describe(self, images: Sequence[Image]) -> Vectors:
        """Return (n, dim) float32, L2 norm 1; see `Descriptor.describe`."""
        return self.shared.encode(images)[self.name]
