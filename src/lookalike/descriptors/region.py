"""What stands out from the background of a picture: its main region."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from lookalike.descriptors.colour import Plane

Mask: TypeAlias = npt.NDArray[np.bool_]
"""Which pixels belong to something: (H, W) bool."""

Labels: TypeAlias = npt.NDArray[np.intp]
"""A whole number a pixel."""


def main_region(luma: Plane) -> Mask:
    """Return the largest connected thing that is not background, without its holes.

    Otsu's threshold (1979) cuts the picture into dark and bright; the one to which most of the
    border belongs is the background. Pixels are connected by their sides.

    Parameters
    ----------
    luma : (H, W) float32
        0–255.

    Returns
    -------
    (H, W) bool
        Nowhere true if the picture is all background, such as one of a single grey.
    """
    levels = np.rint(luma).astype(np.intp)
    bright = levels > otsu(levels)
    border = np.concatenate([bright[0], bright[-1], bright[:, 0], bright[:, -1]])
    return without_holes(largest(~bright if border.mean() > 0.5 else bright))


def otsu(levels: Labels) -> int:
    """Return the grey level, 0 to 255, above which the brighter of two classes begins."""
    counts = np.bincount(levels.ravel(), minlength=256).astype(np.float64)
    below, total = np.cumsum(counts), counts.sum()
    brightness = np.cumsum(counts * np.arange(256))
    apart = np.square(brightness[-1] * below - total * brightness)
    both = below * (total - below)
    between = np.divide(apart, both, out=np.zeros(256), where=both > 0)
    return int(between.argmax())


def largest(mask: Mask) -> Mask:
    """Return the connected part of a mask with most pixels; of equal ones the last."""
    if not mask.any():
        return mask
    numbers = np.arange(1, mask.size + 1).reshape(mask.shape)
    labels = _spread(np.where(mask, numbers, 0), mask)
    sizes = np.bincount(labels[mask])
    return np.asarray(labels == len(sizes) - 1 - sizes[::-1].argmax())


def without_holes(mask: Mask) -> Mask:
    """Return a mask with everything filled that the border cannot reach from outside."""
    outside = np.pad(~mask, 1, constant_values=True)
    seed = np.zeros(outside.shape, np.intp)
    seed[0, 0] = 1
    return np.asarray(_spread(seed, outside)[1:-1, 1:-1] == 0)


def _spread(labels: Labels, mask: Mask) -> Labels:
    """Give every connected part of a mask the greatest label in it, and 0 to all the rest."""
    rows, columns = _runs(mask)[mask], _runs(mask.T).T[mask]
    values = labels[mask]
    while True:
        spread = _shared(_shared(values, rows), columns)
        if np.array_equal(spread, values):
            break
        values = spread
    out = np.zeros(mask.shape, np.intp)
    out[mask] = values
    return out


def _runs(mask: Mask) -> Labels:
    """Give every pixel of a mask the number of the horizontal run that it belongs to."""
    starts = mask.copy()
    starts[:, 1:] &= ~mask[:, :-1]
    return np.cumsum(starts).reshape(mask.shape)


def _shared(values: Labels, runs: Labels) -> Labels:
    greatest = np.zeros(runs.max(initial=0) + 1, np.intp)
    np.maximum.at(greatest, runs, values)
    return greatest[runs]
