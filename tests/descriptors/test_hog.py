"""`hog` by hand and against scikit-image."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.feature import hog

from lookalike.descriptors import colour, create
from lookalike.descriptors.hog import Hog, gradient_histograms
from lookalike.errors import BadParameter


@pytest.mark.parametrize(
    ("right", "down", "direction"),
    [(3, 1, 0), (1, 3, 1), (-1, 3, 2), (-3, 1, 3), (-3, -1, 0), (1, -3, 2)],
)
def test_the_direction_of_a_ramp_by_hand(right, down, direction):
    place = np.arange(4, dtype=np.float32)
    ramp = right * place + down * place[:, np.newaxis]
    found = gradient_histograms(ramp, cells=1, orientations=4)[0, 0]
    # Differences of neighbours two apart: inside (2 · right, 2 · down) at 2 × 2 pixels; on the
    # border right or left and top or bottom only one of them, at 4 pixels each; none at corners.
    steep, along, across = 2 * np.sqrt(10), 0, 2
    expected = np.zeros(4)
    expected[direction] += 4 * steep
    expected[along] += 4 * abs(2 * right)
    expected[across] += 4 * abs(2 * down)
    np.testing.assert_allclose(found, expected / 16, rtol=1e-6)


def test_clipping_by_hand():
    # Left half flat, right half with vertical edges only: one cell of two has all the strength.
    descriptor = Hog(cells=2, orientations=1, block=2)
    image = np.zeros((128, 128, 3), np.uint8)
    image[:, 96:] = 255
    found = descriptor.describe([image])[0]
    # (0, s, 0, s) → L2: (0, 0.7, 0, 0.7) → at most 0.2: (0, 0.2, 0, 0.2) → L2 again
    np.testing.assert_allclose(found, [0, 0.5**0.5, 0, 0.5**0.5], atol=1e-4)


def test_a_flat_picture_has_no_edges():
    flat = np.full((128, 128, 3), 200, np.uint8)
    np.testing.assert_array_equal(Hog().describe([flat]), 0)


@pytest.mark.parametrize(
    ("cells", "orientations", "block"), [(4, 9, 2), (8, 9, 2), (3, 6, 3), (5, 9, 1)]
)
def test_agrees_with_scikit_image(cells, orientations, block):
    descriptor = Hog(cells, orientations, block)
    side = descriptor.view.width
    image = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    expected = hog(
        colour.grey(image) / 255,
        orientations=orientations,
        pixels_per_cell=(side // cells, side // cells),
        cells_per_block=(block, block),
        block_norm="L2-Hys",
        transform_sqrt=True,
    )
    found = descriptor.describe([image])[0]
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("spec", ["cells=0", "cells=33", "orientations=0", "block=5", "block=0"])
def test_what_no_grid_can_have_is_refused(spec):
    with pytest.raises(BadParameter):
        create(f"hog:{spec}")
