"""`hsv_histogram`."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.color import rgb2hsv

from lookalike.descriptors import create
from lookalike.descriptors.hsv_histogram import HsvHistogram
from lookalike.errors import BadParameter
from lookalike.metrics import distances


def test_four_colours_by_hand():
    red, green, blue, grey = (255, 0, 0), (0, 255, 0), (0, 0, 255), (128, 128, 128)
    found = HsvHistogram().describe([np.array([[red, green], [blue, grey]], np.uint8)])[0]
    # Bins of hue are centred on multiples of 45°: green at 120° is in the third from red, at 135°,
    # blue at 240° in the fifth, at 225°. Grey 128 / 255 is in the fifth of eight bins of value.
    expected = {(0, 7, 7): 0.5, (3, 7, 7): 0.5, (5, 7, 7): 0.5, (0, 0, 4): 0.5}
    shape = found.reshape(8, 8, 8)
    assert {tuple(place): shape[tuple(place)] for place in np.argwhere(shape)} == expected


def test_red_is_not_cut_in_two():
    reds = np.array([[(255, 0, 10), (255, 10, 0)]], np.uint8)
    found = HsvHistogram(bins=(8,)).describe([reds])[0]
    np.testing.assert_allclose(found, [1, 0, 0, 0, 0, 0, 0, 0])


@pytest.mark.parametrize("bins", [(8, 8, 8), (16, 4, 4), (5, 3, 2)])
def test_agrees_with_numpy_and_scikit_image(bins):
    image = np.random.default_rng(0).integers(0, 256, (50, 40, 3), np.uint8)
    hsv = rgb2hsv(image).reshape(-1, 3)
    hsv[:, 0] = (hsv[:, 0] + 0.5 / bins[0]) % 1
    counts, _ = np.histogramdd(hsv, bins, [(0, 1)] * 3)
    found = HsvHistogram(bins).describe([image])[0]
    # Of 2,000 colours a few lie on the border of two bins, where 32 and 64 bits may differ.
    assert np.abs(found**2 * 2000 - counts.ravel()).sum() < 10


def test_the_cosine_is_the_bhattacharyya_coefficient():
    half = np.array([[(255, 0, 0), (0, 255, 0)]], np.uint8)
    tenth = np.array([[(255, 0, 0)] * 9 + [(0, 255, 0)]], np.uint8)
    a, b = HsvHistogram().describe([half, tenth])
    expected = np.sqrt(0.5 * 0.9) + np.sqrt(0.5 * 0.1)
    np.testing.assert_allclose(distances(a[None], b[None], "cosine"), 1 - expected, atol=1e-6)


def test_size_does_not_matter_but_place_does_with_a_grid():
    image = np.zeros((8, 8, 3), np.uint8)
    image[:4] = (255, 0, 0)
    larger, upside_down = image.repeat(3, axis=0), image[::-1]
    for grid, alike in ((1, True), (2, False)):
        a, b, c = HsvHistogram(grid=grid).describe([image, larger, upside_down])
        np.testing.assert_allclose(a, b, atol=1e-6)
        assert np.allclose(a, c) == alike


@pytest.mark.parametrize("spec", ["8x8", "0x8x8", "64x64x64", "bins=8x8x8,grid=0", "8x8x8x8"])
def test_what_no_histogram_can_have_is_refused(spec):
    with pytest.raises(BadParameter):
        create(f"hsv_histogram:{spec}")
