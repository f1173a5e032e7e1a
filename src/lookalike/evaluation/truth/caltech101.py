"""Caltech101: objects of 101 categories (Fei-Fei, Fergus & Perona, 2004)."""

from __future__ import annotations

from lookalike.evaluation.truth.objects import Objects


class Caltech101(Objects):
    """Without BACKGROUND_Google, which is of no category."""

    home = "https://www.vision.caltech.edu/datasets/"
    laid_out = "A folder for each category lies in it, or in 101_ObjectCategories/ in it."
    categories = "101_ObjectCategories"
    clutter = "BACKGROUND_Google"
    paper = "Caltech101 (Fei-Fei, Fergus & Perona, 2004)"
