"""Ground truth of a folder: which pictures are searched, asked with, and right."""

from lookalike.evaluation.truth.base import GroundTruth, by_groups
from lookalike.evaluation.truth.layout import Layout
from lookalike.evaluation.truth.reading import AUTO, LAYOUTS, guess, read

__all__ = ["AUTO", "LAYOUTS", "GroundTruth", "Layout", "by_groups", "guess", "read"]
