"""From pictures to vectors by several methods at once, in a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from peers import imagehash_phash

from lookalike.descriptors import create
from lookalike.errors import PictureError
from lookalike.images import Image, View, load
from lookalike.metrics import Vectors
from lookalike.samples.edits import EDITS

SIZE = 512  # pixels of the longer side at which pictures are edited and described

Describe = Callable[[Sequence[Image]], Vectors]


@cache
def method(name: str) -> tuple[str, Describe]:
    """Return the metric of a method, and its function."""
    if name in PEERS:
        one = PEERS[name]
        return "hamming", lambda images: np.array([one(image).ravel() for image in images])
    descriptor = create(name)
    descriptor.prepare()
    return descriptor.metric, descriptor.describe_arrays


def describe_file(path: Path, methods: Sequence[str]) -> list[Vectors] | str:
    """Describe a picture: (1, dim) by each method; or say why it cannot be read."""
    try:
        image = load(path, View.within(SIZE))
    except PictureError as error:
        return str(error)
    return [described(name, [image]) for name in methods]


def describe_edits(path: Path, seed: int, methods: Sequence[str]) -> list[Vectors]:
    """Describe all edits of a picture: (edits, dim) by each method."""
    image = load(path, View.within(SIZE))
    edited = [edit.apply(image, seed) for edit in EDITS.values()]
    return [described(name, edited) for name in methods]


def described(name: str, images: Sequence[Image]) -> Vectors:
    metric, describe = method(name)
    vectors = describe(images)
    return vectors.astype(np.uint8) if metric == "hamming" else vectors  # bits take a quarter


def pdq(image: Image) -> np.ndarray:
    import pdqhash

    bits, _quality = pdqhash.compute(image)
    return np.asarray(bits)


PEERS = {"pdq": pdq, "imagehash.phash": imagehash_phash}
