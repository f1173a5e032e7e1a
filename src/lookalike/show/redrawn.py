"""Pictures above what a network drew of them, as a figure; needs the extra "plot"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lookalike.images import Image
from lookalike.show.cards import ACCENT, HAIRLINE, INK, QUIET, Box, Sheet, line_height
from lookalike.show.needed import need_matplotlib

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MARGIN, _GAP, _BETWEEN_ROWS = 0.3, 0.1, 0.25  # inches
_CELL = 1.25
_HEADING, _SIDE = 0.62, 0.75
_TEXT = 8.0


def drawn(
    originals: Sequence[Image],
    redrawn: Sequence[Image],
    captions: Sequence[str],
    *,
    heading: str,
    note: str = "",
    columns: int = 8,
) -> Figure:
    """Draw each picture, below it what was made of it, and below that a few words.

    Parameters
    ----------
    originals, redrawn : n × (H, W, 3) uint8
    captions : n str
        Such as the error of each.
    heading, note : str
        Written above, large and small.
    columns : int
        Pairs in a row.

    Returns
    -------
    matplotlib.figure.Figure
        Two axes for each pair, in their order.

    Raises
    ------
    MissingExtra
        Matplotlib is not installed.
    """
    need_matplotlib()

    across = max(1, min(columns, len(originals)))
    rows = -(-len(originals) // across)
    pair = 2 * _CELL + 0.05 + line_height(_TEXT) + _BETWEEN_ROWS
    left = _MARGIN + _SIDE
    width = max(6.0, left + across * (_CELL + _GAP) - _GAP + _MARGIN)
    sheet = Sheet(width, 2 * _MARGIN + _HEADING + rows * pair - _BETWEEN_ROWS)
    whole = width - 2 * _MARGIN
    sheet.words(heading, Box(_MARGIN, _MARGIN - 0.05, whole, 0.0), size=10.0, colour=INK)
    sheet.words(note, Box(_MARGIN, _MARGIN + 0.17, whole, 0.0), size=_TEXT, colour=QUIET)
    for n, (original, drawing, caption) in enumerate(
        zip(originals, redrawn, captions, strict=True)
    ):
        row, column = divmod(n, across)
        top = _MARGIN + _HEADING + row * pair
        if column == 0:
            for name, at in (("picture", top), ("redrawn", top + _CELL + 0.05)):
                place = Box(_MARGIN, at + _CELL / 2 - 0.06, _SIDE - 0.1, 0.0)
                sheet.words(name, place, size=_TEXT, colour=QUIET)
        box = Box(left + column * (_CELL + _GAP), top, _CELL, _CELL)
        sheet.picture(original, box, frame=HAIRLINE, weight=0.6)
        below = Box(box.left, top + _CELL + 0.05, _CELL, _CELL)
        sheet.picture(drawing, below, frame=ACCENT, weight=0.8)
        words = Box(box.left, below.top + _CELL + 0.05, _CELL, 0.0)
        sheet.words(caption, words, size=_TEXT, colour=INK, align="center")
    return sheet.figure
