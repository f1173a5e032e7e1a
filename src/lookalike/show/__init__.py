"""Results as drawings: a figure (`plot`) and a page (`page`). They take plain data only."""

from __future__ import annotations

from lookalike.show.shown import Shown

__all__ = ["Shown"]
