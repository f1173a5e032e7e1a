"""Evaluations that were never measured: rows with scores that a test makes up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from lookalike.evaluation.grid.result import Evaluation, Lengths, Row, Score
from lookalike.evaluation.measures.confidence import interval
from lookalike.evaluation.truth import GroundTruth, by_groups
from lookalike.indexes import Neighbours


def truth(count: int, files: Sequence[Path] = (), name: str = "made") -> GroundTruth:
    paths = files or [Path(f"/{n}.jpg") for n in range(count)]
    groups = [n // 2 for n in range(len(paths))]
    return by_groups(name, paths, groups, measures=("mAP",), source="Made up.")


def row(
    descriptor: str,
    scores: Sequence[float],
    *,
    metric: str = "cosine",
    reduction: str = "none",
    dims: int = 64,
    index: str = "exact",
    query_ms: float = 1.0,
    recall: float | None = None,
    measure: str = "mAP",
    largest: float = 1.0,
    of: str = "made",
) -> Row:
    of_queries = np.asarray(scores, np.float32)
    around = interval(of_queries)
    nearest = np.tile(np.arange(10), (len(of_queries), 1))
    return Row(
        truth=of,
        descriptor=descriptor,
        metric=metric,
        reduction=reduction,
        index=index,
        dims=dims,
        scores=(Score(measure, largest, around.mean, around, of_queries),),
        nearest=Neighbours(np.where(nearest < len(of_queries), nearest, -1), nearest * 1.0),
        bytes=4.0 * dims,
        describe_seconds=0.01,
        query_ms=query_ms,
        recall=recall,
        build_seconds=0.0,
        depth=None,
    )


def evaluation(
    *rows: Row,
    lengths: Mapping[tuple[str, str], Lengths] | None = None,
    files: Sequence[Path] = (),
) -> Evaluation:
    scores = rows[0].scores[0].of_queries
    made = truth(0 if scores is None else len(scores), files)
    return Evaluation((made,), rows, lengths or {})
