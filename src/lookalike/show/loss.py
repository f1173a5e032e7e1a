"""How a training went, epoch by epoch, as a figure; needs the extra "plot"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lookalike.show.cards import ACCENT, HAIRLINE, INK, QUIET, SERIES
from lookalike.show.needed import need_matplotlib

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LOGARITHMIC = 4.0  # times the least that the most must be, so that small steps stay in sight


def drawn(
    train: Sequence[float],
    validation: Sequence[float],
    *,
    best: int,
    baseline: float,
    heading: str,
) -> Figure:
    """Draw the loss of the training and of the held-out pictures over the epochs.

    Parameters
    ----------
    train, validation : sequence of float
        One for each epoch, the first being number 1.
    best : int
        The number of the epoch that is marked.
    baseline : float
        The loss of always drawing the mean picture: a line.
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
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(8, 4.8), dpi=120, layout="constrained")
    axes = figure.add_subplot()
    epochs = range(1, len(train) + 1)
    mark = "." if len(train) < 30 else ""
    axes.plot(epochs, train, color=SERIES[1], marker=mark, linewidth=1.4, label="training")
    axes.plot(epochs, validation, color=ACCENT, marker=mark, linewidth=1.8, label="held out")
    axes.plot(
        [best],
        [validation[best - 1]],
        "o",
        markersize=10,
        markerfacecolor="none",
        markeredgecolor=INK,
        label=f"kept: epoch {best}, {validation[best - 1]:.4g}",
    )
    axes.axhline(
        baseline, color=QUIET, linestyle="--", linewidth=1, label=f"mean picture, {baseline:.4g}"
    )
    _scale(axes, [*train, *validation, baseline])
    axes.set_xlim(0.5, max(len(train), 2) + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("epoch", color=QUIET)
    axes.set_ylabel("mean squared error of a pixel (0 to 1)", color=QUIET)
    axes.set_title(heading, fontsize="medium", color=INK, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(HAIRLINE)
    axes.tick_params(which="both", colors=QUIET, color=HAIRLINE)
    axes.legend(fontsize="small", frameon=False)
    return figure


def _scale(axes: Axes, values: Sequence[float]) -> None:
    """Draw on a logarithmic scale what spans much; from zero what does not."""
    from matplotlib.ticker import LogLocator, NullFormatter

    if min(values) > 0 and max(values) > _LOGARITHMIC * min(values):
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_minor_formatter(NullFormatter())
    else:
        axes.set_ylim(0.0, 1.08 * max(values) or 1.0)
    axes.yaxis.set_major_formatter("{x:g}")
