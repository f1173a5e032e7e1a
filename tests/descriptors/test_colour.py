"""Colour spaces against scikit-image, and a few colours known by heart."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import color

from lookalike.descriptors import colour


@pytest.fixture(scope="module")
def every_kind_of_colour() -> np.ndarray:
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    image[0] = np.arange(64)[:, np.newaxis] * 4  # greys
    levels = np.array([0, 1, 128, 255], np.uint8)
    image[1] = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(64, 3)
    return image


def test_hsv_agrees_with_scikit_image(every_kind_of_colour):
    expected = np.moveaxis(color.rgb2hsv(every_kind_of_colour), 2, 0)
    found = colour.hsv(every_kind_of_colour)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_lab_agrees_with_scikit_image(every_kind_of_colour):
    expected = np.moveaxis(color.rgb2lab(every_kind_of_colour), 2, 0)
    found = colour.lab(every_kind_of_colour)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_grey_is_the_luma_that_pillow_rounds(every_kind_of_colour):
    from PIL import Image

    found = colour.grey(every_kind_of_colour)
    assert found.dtype == np.float32
    expected = np.array(Image.fromarray(every_kind_of_colour).convert("L"), float)
    np.testing.assert_allclose(found, expected, atol=0.51)


@pytest.mark.parametrize(
    ("rgb", "hue", "saturation", "value"),
    [
        ((255, 0, 0), 0, 1, 1),
        ((0, 255, 0), 1 / 3, 1, 1),
        ((0, 0, 128), 2 / 3, 1, 128 / 255),
        ((255, 0, 255), 5 / 6, 1, 1),
        ((100, 100, 100), 0, 0, 100 / 255),
        ((0, 0, 0), 0, 0, 0),
        ((200, 100, 100), 0, 0.5, 200 / 255),
    ],
)
def test_hsv_by_hand(rgb, hue, saturation, value):
    found = colour.hsv(np.array([[rgb]], np.uint8))[:, 0, 0]
    np.testing.assert_allclose(found, [hue, saturation, value], atol=1e-6)


def test_hue_is_always_less_than_one():
    almost_red = np.array([[[255, 0, 1], [255, 254, 255], [1, 0, 0]]], np.uint8)
    assert colour.hsv(almost_red)[0].max() < 1
