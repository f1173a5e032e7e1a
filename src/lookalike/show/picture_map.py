"""Many small pictures, each near its place in the plane, as a figure; needs the extra "plot"."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lookalike.show.cards import INK, QUIET, Box, Sheet, line_height
from lookalike.show.needed import need_matplotlib

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ROOM = 1.7  # cells for each picture, so that groups have gaps between them
_FLATTEST = 0.55  # height of the map in widths
_OUTLYING = 1.0  # per cent of the pictures on each side that stand nearer than they would
_GAP = 2  # pixels
_GROUND = 236  # grey, as many a thumbnail is white at its edges
_WIDE = 1500  # pixels that a map of few pictures is enlarged to, about
_LARGEST = 3  # times a thumbnail
_DPI = 150


def drawn(
    thumbnails: npt.NDArray[np.uint8],
    places: npt.NDArray[np.floating],
    *,
    heading: str,
    notes: Sequence[str] = (),
) -> Figure:
    """Draw pictures where they belong; none covers another.

    Parameters
    ----------
    thumbnails : (n, side, side, 3) uint8
    places : (n, 2) float
        To the right and upwards. Each picture stands in the free cell of a grid that is nearest.
    heading : str
        Written above, large.
    notes : sequence of str
        Small lines below it.

    Returns
    -------
    matplotlib.figure.Figure
        One axes with the whole map.

    Raises
    ------
    MissingExtra
        Matplotlib is not installed.
    """
    need_matplotlib()

    canvas = _pasted(thumbnails, *cells(places))
    height, width = canvas.shape[:2]
    times = min(_LARGEST, max(1, round(_WIDE / width)))
    wide, high = times * width / _DPI, times * height / _DPI
    margin, line = 0.3, line_height(8.0)
    head = 0.35 + line * len(notes)
    whole = max(wide, 6.0)
    sheet = Sheet(whole + 2 * margin, high + 2 * margin + head, dpi=_DPI)
    sheet.words(heading, Box(margin, margin - 0.05, whole, 0.0), size=10.0, colour=INK)
    for n, note in enumerate(notes):
        below = Box(margin, margin + 0.17 + n * line, whole, 0.0)
        sheet.words(note, below, size=8.0, colour=QUIET)
    axes = sheet.axes(Box(margin + (whole - wide) / 2, margin + head, wide, high))
    axes.imshow(canvas, interpolation="nearest" if times == 1 else "bilinear")
    axes.axis("off")
    return sheet.figure


def cells(
    places: npt.NDArray[np.floating],
) -> tuple[npt.NDArray[np.intp], tuple[int, int]]:
    """Return for each place a cell of a grid of its own.

    Those in the middle choose first, so that what is pushed aside is pushed outwards.

    Parameters
    ----------
    places : (n, 2) float

    Returns
    -------
    (n, 2) int
        Row, from the top, and column.
    (int, int)
        Rows and columns of the grid.
    """
    low, high = np.percentile(places, [_OUTLYING, 100 - _OUTLYING], axis=0)
    extent = high - low
    flat = min(1.0, max(_FLATTEST, extent[1] / extent[0])) if extent[0] > 0 else 1.0
    columns = max(1, math.ceil(math.sqrt(_ROOM * len(places) / flat)))
    rows = max(1, math.ceil(_ROOM * len(places) / columns))
    share = np.clip((places - low) / np.where(extent > 0, extent, 1.0), 0.0, 1.0)
    wanted = np.stack([(1.0 - share[:, 1]) * (rows - 1), share[:, 0] * (columns - 1)], axis=1)
    middle = np.array([rows - 1, columns - 1]) / 2
    free = np.stack(np.divmod(np.arange(rows * columns), columns), axis=1).astype(np.float64)
    found = np.empty((len(places), 2), np.intp)
    for n in np.argsort(np.square(wanted - middle).sum(axis=1), kind="stable"):
        nearest = int(np.square(free - wanted[n]).sum(axis=1).argmin())
        found[n] = free[nearest]
        free[nearest] = np.inf
    return found, (rows, columns)


def _pasted(
    thumbnails: npt.NDArray[np.uint8], at: npt.NDArray[np.intp], grid: tuple[int, int]
) -> npt.NDArray[np.uint8]:
    side = thumbnails.shape[1]
    step = side + _GAP
    canvas = np.full((grid[0] * step - _GAP, grid[1] * step - _GAP, 3), _GROUND, np.uint8)
    for thumbnail, (row, column) in zip(thumbnails, at, strict=True):
        canvas[row * step : row * step + side, column * step : column * step + side] = thumbnail
    return canvas
