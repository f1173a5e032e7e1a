"""Several descriptors in one vector, so that they can vote."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from lookalike.descriptors.base import Descriptor
from lookalike.errors import UsageError
from lookalike.images import Image, View
from lookalike.metrics import Vectors, unit


class Blend(Descriptor):
    """A weighted sum of descriptors.

    The vectors of the parts, one after the other, each first brought to one scale:

    1. Vectors of chi2 and manhattan, which are histograms, become their square roots with the sign
       kept; so their cosine is the Bhattacharyya coefficient (Arandjelović & Zisserman, 2012).
       Bits, of hamming, become −1 and 1; so their cosine is 1 − 2 × the share that differs.
    2. The mean of its components is taken from each vector, and it gets length 1; so the cosine is
       Pearson's correlation, and what all pictures have in common counts less.
    3. It is multiplied by √(weight / sum of weights).

    So the cosine of two blended vectors is the weighted mean of their parts' correlations, and the
    squared Euclidean distance is 2 − 2 × that. A part that sees nothing in a picture, such as the
    edges of one that has none, takes no part in its vote.

    Attributes
    ----------
    parts : tuple of Descriptor
    weights : tuple of float
        One a part, positive.
    """

    parts: tuple[Descriptor, ...]
    weights: tuple[float, ...]

    @property
    def metric(self) -> str:
        """Cosine: the weighted mean of the parts' correlations."""
        return "cosine"

    @property
    def dim(self) -> int:
        """Components of all parts."""
        return sum(part.dim for part in self.parts)

    @property
    def views(self) -> tuple[View, ...]:
        """Every view that a part needs, once."""
        return tuple(dict.fromkeys(view for part in self.parts for view in part.views))

    @property
    def view(self) -> View:
        """The only view; parts that look differently need `describe_views`."""
        if len(self.views) != 1:
            raise UsageError(
                f"{self.name} looks at each picture in {len(self.views)} views; "
                "decode all `views` and call describe_views, or describe_arrays"
            )
        return self.views[0]

    def describe(self, images: Sequence[Image]) -> Vectors:
        """Return (n, dim) float32 of pictures in the only `view`; see `Descriptor.describe`."""
        return self.describe_views([{self.view: image} for image in images])

    def describe_views(self, pictures: Sequence[Mapping[View, Image]]) -> Vectors:
        """Return (n, dim) float32, L2 norm 1 but for parts that see nothing."""
        shares = np.sqrt(np.array(self.weights) / sum(self.weights)).astype(np.float32)
        return np.hstack(
            [
                share * _voting(part.describe_views(pictures), part.metric)
                for part, share in zip(self.parts, shares, strict=True)
            ]
        )

    def is_ready(self) -> bool:
        """Whether every part is."""
        return all(part.is_ready() for part in self.parts)

    def prepare(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Fetch what the parts need; see `Descriptor.prepare`."""
        for part in self.parts:
            part.prepare(progress)


def _voting(vectors: Vectors, metric: str) -> Vectors:
    """Bring vectors (n, dim) to one scale: mean 0, L2 norm 1, compared by cosine."""
    # Raw counts of large pictures overflow neither a square root nor 64 bits.
    scaled = vectors.astype(np.float64)
    if metric in ("chi2", "manhattan"):
        scaled = np.sign(scaled) * np.sqrt(np.abs(scaled))
    elif metric == "hamming":
        scaled = 2 * scaled - 1
    centred = scaled - scaled.mean(axis=1, keepdims=True)
    # What is left of equal components is rounding, and must not be blown up to length 1.
    lengths = np.linalg.norm(scaled, axis=1, keepdims=True)
    centred[np.abs(centred) < 1e-6 * lengths] = 0
    return unit(centred.astype(np.float32))
