"""`lbp` by hand and against scikit-image."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.feature import local_binary_pattern

from lookalike.descriptors import create
from lookalike.descriptors.lbp import Lbp, pattern_labels
from lookalike.errors import BadParameter

THEIRS = {"uniform": "nri_uniform", "rotation_invariant": "uniform"}


def test_one_bright_neighbour_by_hand():
    luma = np.array([[9, 1, 1], [1, 5, 1], [1, 1, 1]], np.float32)
    # The point at 135° lies between its corner, two sides and the centre:
    # 0.5 · 9 + 2 · 0.207 · 1 + 0.086 · 5 = 5.34 ≥ 5. All other points are below 5.
    assert pattern_labels(luma, 1, 8, "rotation_invariant")[1, 1] == 1  # one brighter point
    # Patterns of one brighter point are labels 1 to 8; this is the fourth point of eight.
    assert pattern_labels(luma, 1, 8, "uniform")[1, 1] == 1 + (8 - 3)


def test_a_checkerboard_is_not_uniform_by_hand():
    luma = np.array([[0, 9, 0], [9, 5, 9], [0, 9, 0]], np.float32)
    # The sides are brighter; the corners, 0.5 · 0 + 2 · 0.207 · 9 + 0.086 · 5 = 4.2, are darker.
    assert pattern_labels(luma, 1, 8, "rotation_invariant")[1, 1] == 9
    assert pattern_labels(luma, 1, 8, "uniform")[1, 1] == 58


@pytest.mark.parametrize("value", [0, 77, 255])
@pytest.mark.parametrize("radius", [1, 2, 3])
def test_flat_is_flat_in_spite_of_rounding(value, radius):
    flat = np.full((9, 9), value * np.float32(0.299), np.float32)
    assert (pattern_labels(flat, radius, 8, "rotation_invariant") == 8).all()


@pytest.mark.parametrize("patterns", THEIRS)
@pytest.mark.parametrize(("radius", "points"), [(1, 8), (2, 8), (3, 12), (2, 16)])
def test_agrees_with_scikit_image(radius, points, patterns):
    luma = np.random.default_rng(0).integers(0, 256, (40, 50)).astype(np.uint8)
    expected = local_binary_pattern(luma, points, radius, THEIRS[patterns])
    found = pattern_labels(luma.astype(np.float32), radius, points, patterns)
    inside = slice(radius + 1, -radius - 1)  # scikit-image takes what is beyond the edge for black
    np.testing.assert_array_equal(found[inside, inside], expected[inside, inside])


@pytest.mark.parametrize(("patterns", "bins"), [("uniform", 59), ("rotation_invariant", 10)])
def test_as_many_bins_as_patterns(patterns, bins):
    assert Lbp(grid=1, patterns=patterns).dim == bins
    assert Lbp(radius=(1, 3), grid=3, patterns=patterns).dim == bins * 2 * 9


def test_brightness_and_contrast_do_not_matter():
    rng = np.random.default_rng(1)
    image = rng.integers(0, 100, (30, 30, 1), np.uint8).repeat(3, axis=2)
    np.testing.assert_allclose(*Lbp().describe([image, image * 2 + 30]), atol=1e-6)


def test_a_quarter_turn_does_not_matter_if_rotation_invariant():
    image = np.random.default_rng(2).integers(0, 256, (31, 31, 1), np.uint8).repeat(3, axis=2)
    turned = np.rot90(image)
    np.testing.assert_allclose(
        *Lbp(grid=1, patterns="rotation_invariant").describe([image, turned]), atol=1e-6
    )
    assert not np.allclose(*Lbp(grid=1).describe([image, turned]), atol=1e-2)


@pytest.mark.parametrize("spec", ["radius=0", "radius=1x99", "points=3", "points=17", "grid=0"])
def test_what_no_pattern_can_have_is_refused(spec):
    with pytest.raises(BadParameter):
        create(f"lbp:{spec}")
