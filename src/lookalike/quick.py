"""Without a gallery: describe a few pictures, compare a few pictures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from lookalike import images, search
from lookalike.descriptors import DEFAULT, NEEDING, Descriptor, create, names
from lookalike.errors import UsageError
from lookalike.images import Source
from lookalike.metrics import Vectors


def describe(pictures: Iterable[Source], descriptor: str = DEFAULT) -> Vectors:
    """Describe pictures.

    Parameters
    ----------
    pictures : iterable of path, bytes or array
        One is a batch of one: ``describe(["cat.jpg"])``.
    descriptor : str
        For example ``"hsv_histogram:bins=8x8x8"`` or ``"vgg16:layer=fc2"``.

    Returns
    -------
    (n, dim) float32

    Raises
    ------
    PictureError
        One of them cannot be read.
    UnknownName, BadParameter
        There is no such descriptor.
    """
    if isinstance(pictures, str | bytes | np.ndarray):
        raise UsageError("describe takes several pictures; one is a list of one: describe([…])")
    made = create(descriptor)
    # One at a time, so that any number of pictures of any size fits in memory.
    views = set(made.views)
    vectors = [made.describe_views([images.load_views(picture, views)]) for picture in pictures]
    return np.concatenate(vectors) if vectors else np.empty((0, made.dim), np.float32)


def compare(
    picture: Source, *references: Source, descriptors: Sequence[str] = ()
) -> search.Comparison:
    """Tell how far a picture is from others, and to which it is nearest, under each descriptor.

    Parameters
    ----------
    picture : path, bytes or array
    *references : the same
    descriptors : sequence of str
        By default every one that needs no download.

    Returns
    -------
    Comparison
    """
    if not references:
        raise UsageError("compare needs at least one reference beside the picture")
    chosen = [create(spec) for spec in descriptors] or ready_descriptors()
    return search.compare(picture, references, chosen)


def ready_descriptors() -> list[Descriptor]:
    """Return every descriptor that can be used as it is: no parameter to give, no file to fetch."""
    made = [create(name) for name in names() if name not in NEEDING]
    return [descriptor for descriptor in made if descriptor.is_ready()]
