"""A descriptor whose vectors go through stages that were fitted in a gallery."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from lookalike.descriptors.base import STAGED, Descriptor, Shared
from lookalike.images import Image, View
from lookalike.metrics import Vectors
from lookalike.stages import Stage, chain


@dataclass(frozen=True, eq=False)
class Staged(Descriptor):
    """A descriptor, and what is done to its vectors afterwards.

    A gallery makes it of what it has fitted; it cannot be typed outside of one.

    Parameters
    ----------
    plain : Descriptor
    stages : tuple of Stage
        At least one; each takes what the one before gives.
    """

    name: ClassVar[str] = "staged"

    plain: Descriptor
    stages: tuple[Stage, ...]

    @property
    def metric(self) -> str:
        """The metric that the last stage was fitted for."""
        return self.stages[-1].metric

    @property
    def dim(self) -> int:
        """Components of what the last stage gives."""
        return self.stages[-1].dim

    @property
    def view(self) -> View:
        """The view of the plain descriptor."""
        return self.plain.view

    @property
    def views(self) -> tuple[View, ...]:
        """The views of the plain descriptor."""
        return self.plain.views

    @property
    def shared(self) -> Shared | None:
        """What the plain descriptor shares with others."""
        return self.plain.shared

    def describe(self, images: Sequence[Image]) -> Vectors:
        """Return (n, dim) float32; see `Descriptor.describe`."""
        return chain(self.stages, self.plain.describe(images))

    def describe_views(self, pictures: Sequence[Mapping[View, Image]]) -> Vectors:
        """Return (n, dim) float32; see `Descriptor.describe_views`."""
        return chain(self.stages, self.plain.describe_views(pictures))

    def coded(self, vectors: Vectors) -> list[bytes]:
        """Return what is kept of vectors, as the last stage says."""
        return self.stages[-1].coded(vectors)

    @property
    def has_words(self) -> bool:
        """Whether the plain descriptor understands words."""
        return self.plain.has_words

    def describe_words(self, texts: Sequence[str]) -> Vectors:
        """Return (n, dim) float32 of words; see `Descriptor.describe_words`."""
        return chain(self.stages, self.plain.describe_words(texts))

    def is_ready(self) -> bool:
        """Whether the plain descriptor is."""
        return self.plain.is_ready()

    def prepare(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Fetch what the plain descriptor needs; see `Descriptor.prepare`."""
        self.plain.prepare(progress)

    @property
    def spec(self) -> str:
        """What a person types for the plain descriptor."""
        return self.plain.spec

    @property
    def key(self) -> str:
        """The key of the plain descriptor, then name and digest of each stage."""
        return STAGED.join([self.plain.key, *(stage.key for stage in self.stages)])
