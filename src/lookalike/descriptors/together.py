"""Several descriptors of the same pictures, without doing anything twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lookalike.descriptors.base import Descriptor, Shared
from lookalike.descriptors.staged import Staged
from lookalike.images import Image, View
from lookalike.metrics import Vectors
from lookalike.stages import chain


def describe_together(
    descriptors: Sequence[Descriptor], pictures: Sequence[Mapping[View, Image]]
) -> list[Vectors]:
    """Describe pictures by each of several descriptors; what these share is computed once.

    Parameters
    ----------
    descriptors : sequence of Descriptor
    pictures : sequence of mapping of View to (H, W, 3) uint8, sRGB
        Decoded into all views of all descriptors.

    Returns
    -------
    list of (n, dim) float32
        One array a descriptor: what its `describe_views` gives.
    """
    once = _Once(pictures)
    return [once.vectors(descriptor) for descriptor in descriptors]


class _Once:
    """Describes the same pictures by one descriptor after the other."""

    def __init__(self, pictures: Sequence[Mapping[View, Image]]) -> None:
        self._pictures = pictures
        self._encoded: dict[Shared, Mapping[str, Vectors]] = {}
        self._made: dict[Descriptor, Vectors] = {}

    def vectors(self, descriptor: Descriptor) -> Vectors:
        if descriptor not in self._made:
            self._made[descriptor] = self._vectors(descriptor)
        return self._made[descriptor]

    def _vectors(self, descriptor: Descriptor) -> Vectors:
        if isinstance(descriptor, Staged):
            return chain(descriptor.stages, self.vectors(descriptor.plain))
        if (shared := descriptor.shared) is None:
            return descriptor.describe_views(self._pictures)
        if shared not in self._encoded:
            seen = [views[descriptor.view] for views in self._pictures]
            self._encoded[shared] = shared.encode(seen)
        return self._encoded[shared][descriptor.name]
