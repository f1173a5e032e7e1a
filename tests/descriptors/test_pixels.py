"""`pixels`."""

from __future__ import annotations

import numpy as np
import pytest

from lookalike.descriptors import create
from lookalike.descriptors.pixels import Pixels
from lookalike.errors import BadParameter

IMAGE = np.array([[(255, 0, 51), (0, 0, 0)], [(255, 255, 255), (102, 0, 0)]], np.uint8)


def test_by_hand():
    expected = [[1, 0, 0.2, 0, 0, 0, 1, 1, 1, 0.4, 0, 0]]
    np.testing.assert_allclose(Pixels(size=2).describe([IMAGE]), expected, rtol=1e-6)


def test_grey_by_hand():
    # 0.299 of the red, 0.114 of the blue
    expected = [[0.299 + 0.114 * 0.2, 0, 1, 0.299 * 0.4]]
    found = Pixels(size=2, colour="grey").describe([IMAGE])
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_large_picture_becomes_its_mean_colours():
    large = IMAGE.repeat(50, axis=0).repeat(30, axis=1)
    found = Pixels(size=1).describe_arrays([large])
    np.testing.assert_allclose(found, [IMAGE.reshape(4, 3).mean(0) / 255], atol=0.01)


@pytest.mark.parametrize("spec", ["size=0", "size=129", "colour=blue"])
def test_what_no_picture_can_have_is_refused(spec):
    with pytest.raises(BadParameter):
        create(f"pixels:{spec}")
