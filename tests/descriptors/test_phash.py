"""`phash`: by hand, against SciPy's transform, and what it is good for."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image as pillow
from scipy.fft import dct

from lookalike.descriptors import create
from lookalike.descriptors.phash import Phash
from lookalike.errors import BadParameter
from lookalike.images import load
from lookalike.metrics import distances


def test_black_beside_white_by_hand():
    image = np.zeros((32, 32, 3), np.uint8)
    image[:, 16:] = 255
    found = Phash().describe([image]).reshape(8, 8)
    # Nothing changes downwards, so only the first row is not 0, and 0 is the median. To the right,
    # Σ cos(πk(2x + 1) / 64) over x ≥ 16 is −sin(πk / 2) / (2 sin(πk / 64)): negative for k = 1 and
    # 5, positive for 3 and 7, 0 for even ones but for k = 0, which counts the white.
    expected = np.zeros((8, 8))
    expected[0, [0, 3, 7]] = 1
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("size", [8, 16])
def test_agrees_with_scipy(size):
    side = 4 * size
    grey = np.random.default_rng(size).integers(0, 256, (side, side), np.uint8)
    lowest = dct(dct(grey.astype(float), axis=0), axis=1)[:size, :size]  # as imagehash does it
    expected = (lowest > np.median(lowest)).ravel()
    found = Phash(size).describe([grey[:, :, np.newaxis].repeat(3, axis=2)])
    np.testing.assert_array_equal(found, [expected])


def test_one_grey_has_only_its_mean():
    found = Phash().describe([np.full((32, 32, 3), 201, np.uint8)])
    assert found[0, 0] == 1
    assert found.sum() == 1


def test_copies_are_near_and_others_are_far(draw, tmp_path):
    original = pillow.open(draw(tmp_path / "a.png", 1, (640, 480)))
    small = io.BytesIO()
    original.resize((200, 150)).save(small, "JPEG", quality=30)
    descriptor = Phash()
    sources = [np.array(original), small.getvalue(), draw(tmp_path / "b.png", 2, (640, 480))]
    vectors = descriptor.describe([load(source, descriptor.view) for source in sources])
    copy, other = distances(vectors[:1], vectors[1:], "hamming")[0]
    assert copy <= 10
    assert other > 20


@pytest.mark.parametrize("size", [1, 33])
def test_sizes_without_sense_are_refused(size):
    with pytest.raises(BadParameter):
        create(f"phash:{size}")
