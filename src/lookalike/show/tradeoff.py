"""How much is found, against how long it takes, as a figure; needs the extra "plot"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lookalike.show.needed import need_matplotlib

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MARKS = "osD^vP*X<>hp"


@dataclass(frozen=True)
class Point:
    """Something that was measured.

    Attributes
    ----------
    name : str
        Points of one name have one colour.
    milliseconds : float
    recall : float
    on_frontier : bool
        Whether no other beats it.
    is_chosen : bool
    """

    name: str
    milliseconds: float
    recall: float
    on_frontier: bool
    is_chosen: bool


def drawn(points: Sequence[Point], wanted: float, k: int, heading: str) -> Figure:
    """Draw recall against milliseconds.

    Parameters
    ----------
    points : sequence of Point
    wanted : float
        The recall that was asked for, drawn as a line.
    k : int
        How many nearest were to be found.
    heading : str

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    MissingExtra
        Matplotlib is not installed.
    """
    need_matplotlib()
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullFormatter

    figure = Figure(figsize=(8, 5), dpi=120, layout="constrained")
    axes = figure.add_subplot()
    for n, name in enumerate(dict.fromkeys(point.name for point in points)):
        mine = [point for point in points if point.name == name]
        axes.scatter(
            [point.milliseconds for point in mine],
            [point.recall for point in mine],
            label=name,
            marker=_MARKS[n % len(_MARKS)],
            zorder=3,
        )
    best = sorted((p.milliseconds, p.recall) for p in points if p.on_frontier)
    axes.plot(*zip(*best, strict=True), color="0.6", linewidth=1, label="frontier", zorder=2)
    for point in points:
        if point.is_chosen:
            axes.scatter(
                [point.milliseconds],
                [point.recall],
                s=220,
                facecolors="none",
                edgecolors="black",
                label="chosen",
                zorder=4,
            )
    axes.axhline(wanted, color="0.8", linestyle="--", linewidth=1, zorder=1)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("median milliseconds of a query, one at a time (left is quicker)")
    axes.set_ylabel(f"recall: share of the {k} nearest that is found")
    axes.set_title(heading, fontsize="medium")
    axes.legend(fontsize="small")
    return figure
