"""Several descriptors in one vector, so that they can vote."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from lookalike.descriptors.base import Descriptor
from lookalike.descriptors.together import describe_together
from lookalike.errors import UsageError
from lookalike.images import Image, View
from lookalike.metrics import Vectors, unit


class Blend(Descriptor):
    """A weighted sum of descriptors.

    The vectors of the parts, one after the other, each first brought to one scale: the mean of its
    components is taken from it, it gets length 1, and is multiplied by √(weight / sum of weights).
    So the cosine of a part is Pearson's correlation, whatever the part's own scale and metric.

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
        seen = describe_together(self.parts, pictures)
        return np.hstack(
            [share * _voting(vectors) for vectors, share in zip(seen, shares, strict=True)]
        )

    def is_ready(self) -> bool:
        """Whether every part is."""
        return all(part.is_ready() for part in self.parts)

    def prepare(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Fetch what the parts need; see `Descriptor.prepare`."""
        for part in self.parts:
            part.prepare(progress)


def _voting(vectors: Vectors) -> Vectors:
    """Bring vectors (n, dim) to one scale: mean 0, L2 norm 1, compared by cosine."""
    exact = vectors.astype(np.float64)
    centred = exact - exact.mean(axis=1, keepdims=True)
    # What is left of equal components is rounding, and must not be blown up to length 1.
    lengths = np.linalg.norm(exact, axis=1, keepdims=True)
    centred[np.abs(centred) < 1e-6 * lengths] = 0
    return unit(centred.astype(np.float32))
