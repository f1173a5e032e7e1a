"""The same methods by other libraries, each used as its documentation shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec

import numpy as np

from lookalike.images import Source, load
from lookalike.metrics import Vectors

Peer = tuple[str, str, Callable[[Sequence[Source]], Vectors]]


def installed_peers() -> Iterator[Peer]:
    """Yield name, metric and function of those that are installed."""
    for library, name, metric, describe in (
        ("imagehash", "imagehash.phash", "hamming", imagehash_phash),
        ("cv2", "OpenCV calcHist 8×8×8, √", "cosine", opencv_histogram),
        ("skimage", "skimage.feature.hog 128 px", "cosine", skimage_hog),
    ):
        if find_spec(library):
            yield name, metric, each(describe)


def each(one: Callable[[np.ndarray], np.ndarray]) -> Callable[[Sequence[Source]], Vectors]:
    return lambda sources: np.array([one(load(s)).ravel() for s in sources], np.float32)


def imagehash_phash(image: np.ndarray) -> np.ndarray:
    import imagehash
    from PIL import Image as pillow

    return np.asarray(imagehash.phash(pillow.fromarray(image)).hash)


def opencv_histogram(image: np.ndarray) -> np.ndarray:
    import cv2

    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)
    return np.sqrt(cv2.calcHist([hsv], [0, 1, 2], None, [8, 8, 8], [0, 180, 0, 256, 0, 256]))


def skimage_hog(image: np.ndarray) -> np.ndarray:
    from skimage.feature import hog
    from skimage.transform import resize

    small = resize(image, (128, 128), anti_aliasing=True)
    return hog(small, pixels_per_cell=(16, 16), cells_per_block=(2, 2), channel_axis=2)
