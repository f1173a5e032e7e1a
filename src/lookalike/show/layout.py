"""Where everything stands in a figure. Measures are inches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lookalike.images import Image
from lookalike.show.cards import (
    ACCENT,
    HAIRLINE,
    INK,
    QUIET,
    SERIES,
    Box,
    Sheet,
    line_height,
)
from lookalike.show.shown import Shown

if TYPE_CHECKING:
    import numpy.typing as npt
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MARGIN = 0.35
_GAP = 0.22
_CELL = 1.75
_QUERY = 2.75
_HEADING = 0.4
_CAPTION_GAP = 0.07
_TEXT = 8.0
_TITLE = 10.0
_PIXELS = 160  # of a thumbnail, per inch
_PERCENTS = (0.0, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 70.0, 100.0)
_LOWEST, _HIGHEST = 0.3, 1.15  # height of a row of pictures, in widths of a cell


def ranking(query: Shown, matches: Sequence[Shown], columns: int, heading: str) -> Figure:
    """Draw what `plot.ranking` promises."""
    columns = max(1, min(columns, len(matches)))
    rows = [matches[i : i + columns] for i in range(0, len(matches), columns)]
    seen = [[shown.thumbnail(int(_CELL * _PIXELS)) for shown in row] for row in rows]
    asked = query.thumbnail(int(_QUERY * _PIXELS))
    heights = [_row_height(row, _CELL) for row in seen]
    captions = [_caption_height(row) for row in rows]
    body = sum(heights) + sum(captions) + _GAP * max(0, len(rows) - 1)
    query_height = _row_height([asked], _QUERY)
    left_column = query_height + _caption_height([query])
    grid_left = _MARGIN + _QUERY + 2 * _GAP
    grid_width = columns * _CELL + (columns - 1) * _GAP
    sheet = Sheet(grid_left + grid_width + _MARGIN, 2 * _MARGIN + _HEADING + max(body, left_column))
    _head(sheet, heading, grid_left + grid_width - _MARGIN)
    top = _MARGIN + _HEADING
    _card(sheet, query, asked, Box(_MARGIN, top, _QUERY, query_height), of_query=True)
    for row, pictures, height, caption in zip(rows, seen, heights, captions, strict=True):
        for column, (shown, picture) in enumerate(zip(row, pictures, strict=True)):
            left = grid_left + column * (_CELL + _GAP)
            _card(sheet, shown, picture, Box(left, top, _CELL, height))
        top += height + caption + _GAP
    if not matches:
        sheet.words("no matches", Box(grid_left, top, grid_width, 1.0), size=_TITLE, colour=QUIET)
    return sheet.figure


def comparison(
    pictures: Sequence[Shown],
    histograms: npt.NDArray[np.floating],
    table: Sequence[Sequence[str]],
) -> Figure:
    """Draw what `plot.comparison` promises."""
    cell = 2.2
    seen = [shown.thumbnail(int(cell * _PIXELS)) for shown in pictures]
    height = _row_height(seen, cell)
    row_height = line_height(_TEXT) * 1.25
    lefts = [_MARGIN + i * (cell + _GAP) for i in range(len(pictures))]
    width = max(lefts[-1] + cell + _MARGIN, 6.5)
    table_top = _MARGIN + height + _caption_height(pictures) + _GAP
    plot_top = table_top + row_height * len(table) + 1.6 * _GAP
    sheet = Sheet(width, plot_top + 2.0 + 0.45 + _MARGIN)
    for i, (shown, picture) in enumerate(zip(pictures, seen, strict=True)):
        box = Box(lefts[i], _MARGIN, cell, height)
        _card(sheet, shown, picture, box, of_query=i == 0, frame=SERIES[i % len(SERIES)])
    _table(sheet, table, lefts, Box(_MARGIN, table_top, cell, row_height))
    below = sheet.axes(Box(_MARGIN + 0.35, plot_top, width - 2 * _MARGIN - 0.35, 2.0))
    _histograms(below, histograms)
    return sheet.figure


def _head(sheet: Sheet, heading: str, width: float) -> None:
    box = Box(_MARGIN, _MARGIN - 0.05, width, _HEADING)
    sheet.words(heading, box, size=_TITLE, colour=QUIET)


def _card(
    sheet: Sheet,
    shown: Shown,
    picture: Image | str,
    box: Box,
    *,
    of_query: bool = False,
    frame: str | None = None,
) -> None:
    colour = frame or (ACCENT if of_query else HAIRLINE)
    sheet.picture(picture, box, frame=colour, weight=2.5 if of_query or frame else 0.8)
    top = box.top + box.height + _CAPTION_GAP
    for number, line in enumerate(_caption(shown)):
        sheet.words(
            line,
            Box(box.left, top, box.width, 0.0),
            size=_TEXT,
            colour=ACCENT if of_query and number == 0 else INK if number < 2 else QUIET,
            bold=number == 0,
            align="center",
        )
        top += line_height(_TEXT)


def _caption(shown: Shown) -> tuple[str, ...]:
    """Return what is written under a picture: what matters first, then its name, then the rest."""
    return (*shown.lines[:1], shown.title, *shown.lines[1:])


def _caption_height(row: Sequence[Shown]) -> float:
    return _CAPTION_GAP + line_height(_TEXT) * max(len(_caption(shown)) for shown in row)


def _row_height(row: Sequence[Image | str], width: float) -> float:
    """Return the height of the highest picture of a row, within bounds."""
    shapes = [0.75 if isinstance(seen, str) else seen.shape[0] / seen.shape[1] for seen in row]
    return width * float(np.clip(max(shapes), _LOWEST, _HIGHEST))


def _table(
    sheet: Sheet, table: Sequence[Sequence[str]], lefts: Sequence[float], first: Box
) -> None:
    """Write one row for each descriptor, each distance under the picture that it belongs to."""
    top = first.top
    for number, (descriptor, metric, *distances) in enumerate(table):
        head = number == 0
        nearest = -1 if head else _least(distances)
        half = first.width * 0.55
        ink = QUIET if head else INK
        sheet.words(descriptor, Box(first.left, top, half, 0.0), size=_TEXT, colour=ink)
        beside = Box(first.left + half + 0.08, top, first.width - half, 0.0)
        sheet.words(metric, beside, size=_TEXT, colour=QUIET)
        for i, (left, distance) in enumerate(zip(lefts[1:], distances, strict=True)):
            sheet.words(
                "distance" if head else distance,
                Box(left, top, first.width, 0.0),
                size=_TEXT,
                colour=INK if i == nearest else QUIET,
                bold=i == nearest,
                align="center",
            )
        top += first.height


def _least(written: Sequence[str]) -> int:
    """Return the position of the least of several written numbers; −1 if two share it."""
    try:
        numbers = [float(text) for text in written]
    except ValueError:
        return -1
    if len(numbers) < 2 or numbers.count(min(numbers)) > 1:
        return -1
    return numbers.index(min(numbers))


def _histograms(axes: Axes, histograms: npt.NDArray[np.floating]) -> None:
    """Draw how often each channel value occurs in each picture, as a share of all its values."""
    bins = histograms.shape[1]
    shares = 100.0 * histograms / np.maximum(histograms.sum(axis=1, keepdims=True), 1e-12)
    for i, share in enumerate(shares):
        colour = SERIES[i % len(SERIES)]
        axes.fill_between(range(bins), share, step="mid", color=colour, alpha=0.12, linewidth=0)
        axes.plot(range(bins), share, drawstyle="steps-mid", color=colour, linewidth=1.1)
    # Pictures with a plain ground have one value that dwarfs the others; roots keep both in sight.
    axes.set_yscale("function", functions=(lambda y: np.sqrt(np.maximum(y, 0.0)), np.square))
    top = max(1.0, 1.1 * float(shares.max()))
    axes.set_ylim(0.0, top)
    axes.set_yticks(_spaced(_PERCENTS, top), minor=False)
    axes.set_xlim(-3, bins + 2)
    axes.set_xticks([*range(0, bins, 64), bins - 1])
    axes.minorticks_off()
    axes.yaxis.set_major_formatter("{x:g}")
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(HAIRLINE)
    axes.tick_params(colors=QUIET, labelsize=7, length=3, color=HAIRLINE)
    axes.set_xlabel("channel value", fontsize=_TEXT, color=QUIET)
    axes.set_ylabel("% of values (root scale)", fontsize=_TEXT, color=QUIET)


def _spaced(ticks: Sequence[float], top: float) -> list[float]:
    """Return those ticks up to the top that stand far enough apart on a scale of roots."""
    kept = [ticks[0]]
    for tick in ticks[1:]:
        if tick <= top and np.sqrt(tick) - np.sqrt(kept[-1]) > 0.12 * np.sqrt(top):
            kept.append(tick)
    return kept
