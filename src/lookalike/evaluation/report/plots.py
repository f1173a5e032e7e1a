"""Quality against what it costs, as figures; needs the extra "plot"."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lookalike.evaluation.grid.result import Row
from lookalike.show.cards import SERIES
from lookalike.show.fonts import drawable
from lookalike.show.needed import need_matplotlib

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MARKS = {
    "none": "o",
    "pca": "s",
    "half_whitening": "^",
    "whitening": "v",
    "random_projection": "D",
}


@dataclass(frozen=True)
class Plot:
    """A figure.

    Attributes
    ----------
    title : str
    svg : bytes
    told : str
        What is to be seen on it, for whoever does not see it.
    """

    title: str
    svg: bytes
    told: str


@dataclass(frozen=True)
class _Cost:
    title: str
    axis: str
    of: Callable[[Row], float]
    with_indexes: bool = False
    with_reductions: bool = True


_COSTS = (
    _Cost("Quality against dimensions", "dimensions of a vector", lambda r: float(r.dims)),
    _Cost(
        "Quality against memory", "bytes that a picture takes", lambda r: r.bytes, with_indexes=True
    ),
    _Cost(
        "Quality against the time to search",
        "milliseconds to search for the ten nearest",
        lambda row: row.query_ms,
        with_indexes=True,
    ),
    _Cost(
        "Quality against the time to describe",
        "milliseconds to describe a picture",
        lambda row: 1000 * row.describe_seconds,
        with_reductions=False,
    ),
)


def plots(rows: Sequence[Row], measure: str) -> list[Plot]:
    """Draw the ways to search on one ground truth.

    Raises
    ------
    MissingExtra
        Matplotlib is not installed.
    """
    need_matplotlib()
    import matplotlib
    from matplotlib.figure import Figure

    drawn = []
    for cost in _COSTS:
        shown = [row for row in rows if _is_shown(row, cost, measure)]
        if not shown:
            continue
        # With a fixed salt and without a date the same numbers are the same file.
        with matplotlib.rc_context({"svg.hashsalt": "lookalike", "svg.fonttype": "path"}):
            figure = Figure(figsize=(9, 4.5), layout="constrained")
            _draw(figure.add_subplot(), shown, cost, measure)
            file = io.BytesIO()
            figure.savefig(file, format="svg", metadata={"Date": None})
        drawn.append(Plot(cost.title, file.getvalue(), _told(shown, cost, measure)))
    return drawn


def _is_shown(row: Row, cost: _Cost, measure: str) -> bool:
    known = math.isfinite(row.score(measure).value) and math.isfinite(cost.of(row))
    fits = cost.with_indexes or row.index == "exact"
    fits &= cost.with_reductions or row.reduction == "none"
    return fits and known and cost.of(row) > 0


def _draw(axes: Axes, rows: Sequence[Row], cost: _Cost, measure: str) -> None:
    from matplotlib.ticker import NullFormatter

    scale = rows[0].score(measure).scale
    for way, colour in _colours(rows).items():
        mine = [row for row in rows if (row.descriptor, row.metric) == way]
        for row in mine:
            _point(axes, row, cost, measure, colour)
        for kind in () if cost.with_indexes else list(_MARKS)[1:]:
            path = sorted((cost.of(r), r.score(measure).value) for r in mine if r.kind == kind)
            axes.plot([x for x, _ in path], [scale * y for _, y in path], color=colour, linewidth=1)
    values = [cost.of(row) for row in rows]
    axes.set_xscale("log")
    axes.set_xticks(_ticks(min(values), max(values)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(cost.axis)
    axes.set_ylabel(f"{measure}, in points" if scale == 100.0 else measure)
    axes.grid(color="0.9", linewidth=0.6)
    _key(axes, rows)


def _point(axes: Axes, row: Row, cost: _Cost, measure: str, colour: str) -> None:
    score = row.score(measure)
    low, high = _bounds(row, measure)
    axes.errorbar(
        [cost.of(row)],
        [score.scale * score.value],
        yerr=[[score.scale * (score.value - low)], [score.scale * (high - score.value)]],
        color=colour,
        marker=_MARKS[row.kind],
        markerfacecolor="white" if row.index != "exact" else colour,
        elinewidth=0.8,
    )


def _colours(rows: Sequence[Row]) -> dict[tuple[str, str], str]:
    """Return a colour for each descriptor and metric."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    many = [*SERIES, *(to_hex(colour) for colour in colormaps["tab20"](range(20)))]
    ways = dict.fromkeys((row.descriptor, row.metric) for row in rows)
    return {way: many[n % len(many)] for n, way in enumerate(ways)}


def _key(axes: Axes, rows: Sequence[Row]) -> None:
    from matplotlib.lines import Line2D

    keys = [
        Line2D([], [], color=colour, linewidth=3, label=drawable(", ".join(way)))
        for way, colour in _colours(rows).items()
    ]
    kinds = {row.kind for row in rows}
    keys += [
        Line2D([], [], color="0.3", marker=mark, linestyle="", label=f"reduction: {kind}")
        for kind, mark in _MARKS.items()
        if kind in kinds and len(kinds) > 1
    ]
    if any(row.index != "exact" for row in rows):
        keys.append(
            Line2D(
                [],
                [],
                color="0.3",
                marker="o",
                markerfacecolor="white",
                linestyle="",
                label="hollow: approximate index",
            )
        )
    axes.legend(
        handles=keys, fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5), frameon=False
    )


def _bounds(row: Row, measure: str) -> tuple[float, float]:
    score = row.score(measure)
    inside = score.interval
    return (score.value, score.value) if inside is None else (inside.low, inside.high)


def _ticks(least: float, most: float) -> list[float]:
    """Return up to ten round numbers, twofold or tenfold apart, that hold what is between."""
    first, last = math.floor(math.log2(least)), math.ceil(math.log2(most))
    if last - first <= 9 and least >= 1:
        return [2.0**n for n in range(first, last + 1)]
    decades = range(math.floor(math.log10(least)), math.ceil(math.log10(most)) + 1)
    steps = (1, 2, 5) if len(decades) <= 3 else (1,)
    return [step * 10.0**n for n in decades for step in steps if step == 1 or n < decades[-1]]


def _told(rows: Sequence[Row], cost: _Cost, measure: str) -> str:
    best = max(rows, key=lambda row: row.score(measure).value)
    least = min(rows, key=cost.of)
    return (
        f"{measure} against {cost.axis}, of {len(rows)} ways to search. Highest: {best.way}, "
        f"{best.score(measure).told} at {cost.of(best):.4g}. Least: {least.way}, "
        f"{least.score(measure).told} at {cost.of(least):.4g}. The table has all numbers."
    )
