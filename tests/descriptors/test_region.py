"""The main region of a picture, by hand and against SciPy and scikit-image."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage
from skimage.filters import threshold_otsu

from lookalike.descriptors.region import largest, main_region, otsu, without_holes


def drawn(*rows: str) -> np.ndarray:
    return np.array([[mark == "#" for mark in row] for row in rows])


RINGS = drawn(
    "#.......",
    "..#####.",
    "..#...#.",
    "..#.#.#.",
    "..#...#.",
    "..#####.",
    ".#......",
)


def test_largest_by_hand():
    ring = RINGS.copy()
    ring[0, 0] = ring[3, 4] = ring[6, 1] = False  # touching at a corner is not enough
    np.testing.assert_array_equal(largest(RINGS), ring)


def test_without_holes_by_hand():
    disc = drawn(
        "#.......",
        "..#####.",
        "..#####.",
        "..#####.",
        "..#####.",
        "..#####.",
        ".#......",
    )
    np.testing.assert_array_equal(without_holes(RINGS), disc)


def test_a_spiral_is_one_part():
    spiral = drawn(
        "#######",
        "......#",
        "#####.#",
        "#...#.#",
        "#.###.#",
        "#.....#",
        "#######",
    )
    np.testing.assert_array_equal(largest(spiral), spiral)
    np.testing.assert_array_equal(without_holes(spiral), spiral)


@pytest.mark.parametrize("seed", range(20))
def test_agrees_with_scipy(seed):
    rng = np.random.default_rng(seed)
    mask = rng.random(rng.integers(1, 40, 2)) < rng.uniform(0.3, 0.7)
    np.testing.assert_array_equal(without_holes(mask), ndimage.binary_fill_holes(mask))
    labels, count = ndimage.label(mask)
    sizes = ndimage.sum_labels(mask, labels, range(1, count + 1))
    found = largest(mask)
    assert found.sum() == max(sizes, default=0)
    assert len(np.unique(labels[found])) == (1 if count else 0)


@pytest.mark.parametrize("seed", range(5))
def test_otsu_agrees_with_scikit_image(seed):
    rng = np.random.default_rng(seed)
    levels = np.concatenate([rng.normal(70, 20, 500), rng.normal(180, 15, 300)]).astype(int)
    levels = np.clip(levels, 0, 255)
    # Any threshold between two levels that occur parts the same pixels.
    np.testing.assert_array_equal(levels > otsu(levels), levels > threshold_otsu(levels))


@pytest.mark.parametrize("background", [10, 240])
def test_the_background_is_what_the_border_shows(background):
    luma = np.full((20, 30), background, np.float32)
    luma[5:12, 8:20] = 250 - background
    expected = luma != background
    luma[7:9, 10:12] = background  # a hole
    luma[17, 3] = 250 - background  # a speck
    np.testing.assert_array_equal(main_region(luma), expected)


@pytest.mark.parametrize("value", [0, 99.6, 255])
def test_nothing_stands_out_of_one_grey(value):
    assert not main_region(np.full((6, 5), value, np.float32)).any()
