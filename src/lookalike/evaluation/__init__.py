"""How good a search is, against known answers."""

from lookalike.evaluation.measures import average_precision, precision_at_k

__all__ = ["average_precision", "precision_at_k"]
