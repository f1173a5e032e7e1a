"""Results as a figure; needs the extra "plot"."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.errors import BadParameter
from lookalike.show import saving
from lookalike.show.needed import need_matplotlib
from lookalike.show.shown import Shown

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg", ".pdf", ".jpg", ".jpeg")
"""The formats that a figure can be saved in, by the end of the file's name."""


def ranking(
    query: Shown, matches: Sequence[Shown], *, columns: int = 5, heading: str = ""
) -> Figure:
    """Draw a query, large and framed, and beside it its matches in rows, nearest first.

    Parameters
    ----------
    query : Shown
    matches : sequence of Shown
        Any number. A picture that cannot be read becomes a grey card that says why.
    columns : int
        Matches in a row.
    heading : str
        Written above.

    Returns
    -------
    matplotlib.figure.Figure
        One axes for the query and one for each match, in that order.

    Raises
    ------
    MissingExtra
        Matplotlib is not installed.
    BadParameter
        Fewer than one column.
    """
    need_matplotlib()
    if columns < 1:
        raise BadParameter(f"{columns} columns of matches; ask for at least 1")
    from lookalike.show import layout

    return layout.ranking(query, matches, columns, heading)


def comparison(
    pictures: Sequence[Shown],
    histograms: npt.NDArray[np.floating],
    table: Sequence[Sequence[str]],
) -> Figure:
    """Draw a picture beside its references, how far each descriptor finds them, and histograms.

    Parameters
    ----------
    pictures : sequence of Shown
        The picture first, then its references.
    histograms : (n, 256) array
        For each picture, how often each channel value occurs; counts or shares.
    table : sequence of rows of str
        The first row is the head: descriptor, metric, then a name for each reference. Every other
        row: its descriptor, its metric, then the distance to each reference; the least is bold.

    Returns
    -------
    matplotlib.figure.Figure
        One axes for each picture, then one for the histograms.

    Raises
    ------
    MissingExtra
        Matplotlib is not installed.
    BadParameter
        There are not as many histograms as pictures.
    """
    need_matplotlib()
    if len(histograms) != len(pictures):
        raise BadParameter(f"{len(histograms)} histograms for {len(pictures)} pictures")
    from lookalike.show import layout

    return layout.comparison(pictures, histograms, table)


def save(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Save a figure; whoever reads the file meets the old one or the new one, never a part.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    path : path
        Its suffix says the format: ``.png``, ``.svg``, ``.pdf``, ``.jpg`` or ``.jpeg``.

    Raises
    ------
    BadParameter
        Another suffix, or none.
    UsageError
        The file cannot be written.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix not in SUFFIXES:
        raise BadParameter(
            f"cannot tell the format of {target}: its name must end in {', '.join(SUFFIXES)}"
        )
    drawn = io.BytesIO()
    # Without a date the same result is the same file.
    undated = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(suffix)
    figure.savefig(drawn, format=suffix[1:], dpi=figure.dpi, metadata=undated)
    saving.save(target, drawn.getvalue())
