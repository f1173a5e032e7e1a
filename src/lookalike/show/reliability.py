"""How far copies are from their originals and from others, and whether probabilities come true.

As a figure; needs the extra "plot".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lookalike.show.cards import ACCENT, HAIRLINE, INK, QUIET, SERIES
from lookalike.show.needed import need_matplotlib

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_OTHERS = SERIES[1]


@dataclass(frozen=True)
class Panel:
    """What is drawn of one descriptor.

    Attributes
    ----------
    title : str
    edits : tuple of str
    own, others : tuple of tuple of float
        For each edit five quantiles, of the distances to the originals and to the nearest others.
    thresholds : mapping of str to float
        Distances that are marked, each with what is written there.
    bins : tuple of (float, float, float)
        Mean probability, share that was right, how many answers.
    error : float
        The expected calibration error.
    """

    title: str
    edits: tuple[str, ...]
    own: tuple[tuple[float, ...], ...]
    others: tuple[tuple[float, ...], ...]
    thresholds: Mapping[str, float]
    bins: tuple[tuple[float, float, float], ...]
    error: float


def drawn(panels: Sequence[Panel], heading: str) -> Figure:
    """Draw a row for each descriptor: distances by each edit, and the reliability diagram.

    Parameters
    ----------
    panels : sequence of Panel
    heading : str

    Returns
    -------
    matplotlib.figure.Figure
        Two axes for each panel, in their order.

    Raises
    ------
    MissingExtra
        Matplotlib is not installed.
    """
    need_matplotlib()
    from matplotlib.figure import Figure

    height = sum(max(4.2, 0.2 * len(panel.edits) + 1.4) for panel in panels) + 0.4
    figure = Figure(figsize=(11, height), dpi=120, layout="constrained")
    figure.suptitle(heading, fontsize="medium", color=QUIET)
    grid = figure.subplots(len(panels), 2, squeeze=False, gridspec_kw={"width_ratios": [3, 2]})
    for (left, right), panel in zip(grid, panels, strict=True):
        _distances(left, panel)
        _reliability(right, panel)
    return figure


def _distances(axes: Axes, panel: Panel) -> None:
    """Draw for each edit a line from the 5th to the 95th percentile, thick in its middle half."""
    for row, (own, others) in enumerate(zip(panel.own, panel.others, strict=True)):
        for quantiles, colour, shift in ((own, ACCENT, -0.16), (others, _OTHERS, 0.16)):
            if not quantiles:
                continue
            lowest, low, middle, high, highest = quantiles
            line = [row + shift] * 2
            axes.plot([lowest, highest], line, color=colour, linewidth=1)
            axes.plot([low, high], line, color=colour, linewidth=3.5, solid_capstyle="butt")
            axes.plot([middle], line[:1], "o", color="white", markeredgecolor=colour, markersize=4)
    # Of two that are close each is written on its own side.
    sides = dict(zip(sorted(panel.thresholds.values()), ("right", "left"), strict=False))
    for told, distance in panel.thresholds.items():
        axes.axvline(distance, color=QUIET, linestyle="--", linewidth=1, zorder=0)
        axes.annotate(
            told,
            (distance, 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 2),
            textcoords="offset points",
            ha=sides.get(distance, "left"),
            fontsize="x-small",
            color=QUIET,
        )
    axes.plot([], [], color=ACCENT, linewidth=3.5, label="to its original")
    axes.plot([], [], color=_OTHERS, linewidth=3.5, label="to the nearest other picture")
    axes.set_yticks(range(len(panel.edits)), panel.edits, fontsize="small")
    axes.set_ylim(len(panel.edits) - 0.5, -0.5)
    axes.set_xlim(left=0)
    axes.set_xlabel("distance of the edited copy (5, 25, 50, 75, 95 of 100)", fontsize="small")
    axes.set_title(panel.title, fontsize="medium", color=INK, loc="left", pad=16)
    axes.legend(fontsize="small", loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=2)


def _reliability(axes: Axes, panel: Panel) -> None:
    axes.plot([0, 1], [0, 1], color=HAIRLINE, linewidth=1, zorder=0)
    predicted, observed, _ = zip(*panel.bins, strict=True)
    axes.plot(predicted, observed, "o-", color=ACCENT, linewidth=1, markersize=5)
    for x, y, count in panel.bins:
        axes.annotate(
            f"{count:,.0f}",
            (x, y),
            xytext=(6, -9),
            textcoords="offset points",
            fontsize="x-small",
            color=QUIET,
        )
    axes.set_xlim(-0.03, 1.08)
    axes.set_ylim(-0.06, 1.05)
    axes.set_aspect("equal", anchor="N")
    axes.set_xlabel("probability that is shown", fontsize="small")
    axes.set_ylabel("share that is the same picture", fontsize="small")
    axes.set_title(
        f"pictures it was not fitted on; error {panel.error:.2%}", fontsize="small", color=QUIET
    )
