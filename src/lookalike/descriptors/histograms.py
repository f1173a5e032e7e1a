"""Counting, where it matters in which part of the picture."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lookalike.errors import BadParameter
from lookalike.metrics import Vectors


def hellinger(codes: npt.NDArray[np.intp], bins: int, grid: int = 1) -> Vectors:
    """Count codes in every cell of a grid and take the square roots of their shares.

    Square roots make the cosine of two histograms their Bhattacharyya coefficient, and their
    Euclidean distance √2 times the Hellinger distance (Arandjelović & Zisserman, 2012): a colour
    that fills the picture no longer drowns all the others.

    Parameters
    ----------
    codes : (H, W) int
        In [0, bins).
    bins : int
    grid : int
        Cells a side.

    Returns
    -------
    (grid² · bins,) float32
        Non-negative, with L2 norm 1; less if the picture has fewer pixels than the grid has cells,
        as empty cells stay zero.
    """
    height, width = codes.shape
    rows, columns = np.arange(height) * grid // height, np.arange(width) * grid // width
    cells = rows[:, np.newaxis] * grid + columns
    counts = np.bincount((cells * bins + codes).ravel(), minlength=grid * grid * bins)
    counts = counts.reshape(grid * grid, bins)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return np.asarray(np.sqrt(shares / grid**2).ravel(), np.float32)


def check_grid(descriptor: str, grid: int) -> None:
    """Refuse a grid that no picture can be cut into."""
    if not 1 <= grid <= 16:
        raise BadParameter(f"{descriptor}:grid is 1 to 16 cells a side, not {grid}")
