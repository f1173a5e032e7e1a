"""Scores of rankings, by name; and how sure a mean of them is."""

from lookalike.evaluation.measures.confidence import Difference, Interval, difference, interval
from lookalike.evaluation.measures.named import MEASURES, Measure, measure, micro_average_precision
from lookalike.evaluation.measures.scores import (
    Ranking,
    average_precision,
    average_precision_at_r,
    hit_at_k,
    ndcg_at_k,
    ns_score,
    precision_at_k,
    r_precision,
    recall_at_k,
    trapezoidal_average_precision,
)

__all__ = [
    "MEASURES",
    "Difference",
    "Interval",
    "Measure",
    "Ranking",
    "average_precision",
    "average_precision_at_r",
    "difference",
    "hit_at_k",
    "interval",
    "measure",
    "micro_average_precision",
    "ndcg_at_k",
    "ns_score",
    "precision_at_k",
    "r_precision",
    "recall_at_k",
    "trapezoidal_average_precision",
]
