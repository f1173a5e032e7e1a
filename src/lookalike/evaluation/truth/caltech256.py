"""Caltech256: objects of 256 categories (Griffin, Holub & Perona, 2007)."""

from __future__ import annotations

from lookalike.evaluation.truth.objects import Objects


class Caltech256(Objects):
    """Without 257.clutter, which is of no category."""

    home = "https://www.vision.caltech.edu/datasets/"
    laid_out = "A folder for each category lies in it, or in 256_ObjectCategories/ in it."
    categories = "256_ObjectCategories"
    clutter = "257.clutter"
    paper = "Caltech256 (Griffin, Holub & Perona, 2007)"
