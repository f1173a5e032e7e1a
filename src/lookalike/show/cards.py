"""The pieces that figures are made of: pictures in frames, and words, placed in inches."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lookalike.show.fonts import drawable, families
from lookalike.show.wording import columns, elided, readable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

    from lookalike.images import Image

INK = "#1b1f24"
QUIET = "#5f6872"
HAIRLINE = "#c9ced4"
BLANK = "#eef0f2"
# Okabe & Ito (2008): told apart by the colour-blind too. The first marks the query.
ACCENT = "#0072b2"
SERIES = (ACCENT, "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#3d3d3d")

_LINE = 1.42  # from one line of text to the next, in sizes of the font
_MOST_PIXELS = 60_000  # Agg and JPEG draw no more in either direction


@dataclass(frozen=True)
class Box:
    """A place on a sheet, in inches from its upper left corner."""

    left: float
    top: float
    width: float
    height: float


class Sheet:
    """A figure that is laid out in inches, from the top downwards.

    Parameters
    ----------
    width, height : float
        Inches.
    dpi : int
        Pixels per inch; fewer if the sheet would become too large to be drawn.
    """

    def __init__(self, width: float, height: float, dpi: int = 150) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        fitting = min(dpi, _MOST_PIXELS / max(width, height))
        self.figure: Figure = Figure(figsize=(width, height), dpi=fitting, facecolor="white")
        # Without type: Matplotlib's own annotations of it differ between versions.
        self._canvas: Any = FigureCanvasAgg(self.figure)
        self._width, self._height = width, height

    def axes(self, box: Box) -> Axes:
        """Add axes at a place."""
        return self.figure.add_axes(
            (
                box.left / self._width,
                1.0 - (box.top + box.height) / self._height,
                box.width / self._width,
                box.height / self._height,
            )
        )

    def words(
        self,
        text: str,
        box: Box,
        *,
        size: float = 8.0,
        colour: str = INK,
        bold: bool = False,
        align: str = "left",
    ) -> None:
        """Write one line at the top of a place; what does not fit is left out in the middle."""
        font = _font(size, bold)
        share = {"left": 0.0, "center": 0.5, "right": 1.0}[align]
        self.figure.text(
            (box.left + share * box.width) / self._width,
            1.0 - box.top / self._height,
            self._fitted(drawable(readable(text)), font, box.width),
            fontproperties=font,
            color=colour,
            ha=align,
            va="top",
            # A $ in a file's name is no formula.
            parse_math=False,
            usetex=False,
        )

    def picture(self, seen: Image | str, box: Box, *, frame: str, weight: float) -> Axes:
        """Draw a picture, its shape kept, at the foot of a place; or a grey card with a reason."""
        axes = self.axes(box)
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set(edgecolor=frame, linewidth=weight)
        if isinstance(seen, str):
            self._reason(axes, seen, box)
        else:
            axes.imshow(seen, aspect="equal")
            axes.set_anchor("S")
        return axes

    def _reason(self, axes: Axes, reason: str, box: Box) -> None:
        axes.set_facecolor(BLANK)
        wide = max(8, int(box.width * 11))
        most = max(1, int(box.height * 72 / (8.0 * _LINE)) - 1)
        lines = textwrap.wrap(drawable(readable(reason)), wide, max_lines=most, placeholder=" …")
        axes.text(
            0.5,
            0.5,
            "\n".join(lines),
            transform=axes.transAxes,
            fontproperties=_font(8.0, bold=False),
            color=QUIET,
            ha="center",
            va="center",
            parse_math=False,
            usetex=False,
        )

    def _fitted(self, text: str, font: FontProperties, width: float) -> str:
        """Return a text, shortened until it is at most `width` inches wide."""
        room = columns(text)
        while room > 1 and (wide := self._inches(elided(text, room), font)) > width:
            room = min(room - 1, int(room * width / wide) + 1)
        return elided(text, room)

    def _inches(self, text: str, font: FontProperties) -> float:
        renderer = self._canvas.get_renderer()
        wide, _, _ = renderer.get_text_width_height_descent(text, font, ismath=False)
        return float(wide) / self.figure.dpi


def line_height(size: float) -> float:
    """Return the inches that a line of text of a font's size takes."""
    return size * _LINE / 72.0


def _font(size: float, bold: bool) -> FontProperties:
    from matplotlib.font_manager import FontProperties

    return FontProperties(family=list(families()), size=size, weight="bold" if bold else "normal")
