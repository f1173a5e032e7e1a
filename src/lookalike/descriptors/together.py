"""Several descriptors of the same pictures, without doing anything twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lookalike.descriptors.base import Descriptor, Shared
from lookalike.images import Image, View
from lookalike.metrics import Vectors


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
    computed: dict[Shared, Mapping[str, Vectors]] = {}
    vectors = []
    for descriptor in descriptors:
        shared = descriptor.shared
        if shared is None:
            vectors.append(descriptor.describe_views(pictures))
            continue
        if shared not in computed:
            computed[shared] = shared.encode([seen[descriptor.view] for seen in pictures])
        vectors.append(computed[shared][descriptor.name])
    return vectors
