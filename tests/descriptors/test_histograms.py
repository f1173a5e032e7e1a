"""Counting by cells."""

from __future__ import annotations

import numpy as np
import pytest

from lookalike.descriptors.histograms import hellinger

CODES = np.array([[0, 0, 1, 1], [0, 2, 1, 1]])


def test_whole_picture_by_hand():
    np.testing.assert_allclose(hellinger(CODES, 4), np.sqrt([3 / 8, 4 / 8, 1 / 8, 0]))


def test_grid_by_hand():
    # Cells of one row and two columns each; every cell counts a quarter.
    cells = [[1, 0, 0], [0, 1, 0], [1 / 2, 0, 1 / 2], [0, 1, 0]]
    np.testing.assert_allclose(hellinger(CODES, 3, grid=2), np.sqrt(np.ravel(cells) / 4))


@pytest.mark.parametrize("grid", [1, 2, 3])
def test_the_norm_is_one(grid):
    codes = np.random.default_rng(0).integers(0, 9, (7, 5))
    np.testing.assert_allclose(np.linalg.norm(hellinger(codes, 9, grid)), 1, rtol=1e-6)


def test_cells_without_pixels_stay_zero():
    found = hellinger(np.array([[1]]), 2, grid=2).reshape(4, 2)
    np.testing.assert_allclose(np.sort(found.ravel()), [0] * 7 + [0.5])
