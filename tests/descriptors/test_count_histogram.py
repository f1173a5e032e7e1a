"""`count_histogram`: the way of the first tutorials."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from PIL import Image as pillow

from lookalike.descriptors import create
from lookalike.images import load
from lookalike.metrics import distances


def tutorial(path) -> list[int]:
    counts = Counter(np.array(pillow.open(path)).flatten())
    return [counts[value] for value in range(256)]


@pytest.mark.parametrize("name", ["a.png", "b.jpg"])
def test_the_same_as_counting_the_flattened_array(draw, tmp_path, name):
    path = draw(tmp_path / name, 3, (61, 47))
    descriptor = create("count_histogram")
    found = descriptor.describe([load(path, descriptor.view)])
    np.testing.assert_array_equal(found, [tutorial(path)])


def test_by_hand():
    one = np.array([[[0, 0, 255], [7, 7, 7]]], np.uint8)
    other = np.array([[[0, 0, 0], [7, 255, 9]]], np.uint8)
    a, b = create("count_histogram").describe([one, other])
    assert (a[0], a[7], a[9], a[255], a.sum()) == (2, 3, 0, 1, 6)
    # 2 − 3 zeros, 3 − 1 sevens, 0 − 1 nines, 1 − 1 of 255
    assert distances(a[None], b[None], "l2")[0, 0] == pytest.approx(np.sqrt(1 + 4 + 1))


def test_a_mirrored_array_that_is_not_contiguous():
    image = np.random.default_rng(0).integers(0, 256, (5, 6, 3), np.uint8)
    found = create("count_histogram").describe([image, image[:, ::-1], image[::2]])
    np.testing.assert_array_equal(found[0], found[1])
    assert found[2].sum() == 3 * 6 * 3
