"""What drawing a figure needs; the extra "plot" brings it."""

from __future__ import annotations

from lookalike.errors import MissingExtra


def need_matplotlib() -> None:
    """Refuse to draw where Matplotlib is not installed.

    Raises
    ------
    MissingExtra
        It is not.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise MissingExtra("drawing a figure", "plot") from error
