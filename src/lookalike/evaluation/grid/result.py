"""What was measured: truths × descriptors × metrics × reductions × indexes, with their scores."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lookalike.evaluation.measures.confidence import Interval
from lookalike.evaluation.truth.base import GroundTruth
from lookalike.indexes import Neighbours
from lookalike.metrics import Vectors
from lookalike.store.catalog import Failure


@dataclass(frozen=True, eq=False)
class Score:
    """What a measure says of one way to search.

    Attributes
    ----------
    measure : str
    largest : float
        The best that there can be: 1, or 4 for N-S.
    value : float
        The mean over all queries; NaN if there is none.
    interval : Interval or None
        Of 95 %; None for a measure of all queries together.
    of_queries : (q,) float32 or None
        NaN for a query that no picture is a right answer to.
    """

    measure: str
    largest: float
    value: float
    interval: Interval | None
    of_queries: Vectors | None

    @property
    def scale(self) -> float:
        """What values are multiplied by to be read by people: points of 100, or N-S as it is."""
        return 100.0 if self.largest == 1.0 else 1.0

    @property
    def half_width(self) -> float:
        """Half of what the interval spans, in points; NaN if there is none."""
        if self.interval is None:
            return math.nan
        return self.scale * (self.interval.high - self.interval.low) / 2

    @property
    def told(self) -> str:
        """The value in points: ``84.8 ± 2.1``."""
        if math.isnan(self.value):
            return "–"
        written = points(self.scale * self.value, self.scale)
        if math.isnan(self.half_width):
            return written
        return f"{written} ± {points(self.half_width, self.scale)}"


def points(value: float, scale: float = 100.0) -> str:
    """Write points: one digit of per cents, two of a score up to 4."""
    return f"{value:.1f}" if scale == 100.0 else f"{value:.2f}"


@dataclass(frozen=True, eq=False)
class Row:
    """One way to search, as it was measured.

    Attributes
    ----------
    truth, descriptor, metric, reduction, index : str
        Names; the reduction is ``none`` if there is none.
    dims : int
        Components of a vector, once reduced.
    scores : tuple of Score
        In the order of the measures that were asked for.
    nearest : Neighbours
        (q, 10) rows of the truth's files, junk taken out; −1 where there are fewer.
    bytes : float
        Memory that each picture takes: its vector, and its share of the index.
    describe_seconds : float
        That describing a picture takes, from its file to its vector, in one thread.
    query_ms : float
        Milliseconds in which half of the searches for the ten nearest were done, one at a time.
    recall : float or None
        Share of the ten nearest that an approximate index finds; None for exact.
    build_seconds : float
        That building the index took.
    depth : int or None
        How far the rankings go; None for all of it.
    to_depth : tuple of Score
        Of `exact`, what it would score if its rankings went no further than those of approximate
        indexes; empty if they go as far, or there are none.
    """

    truth: str
    descriptor: str
    metric: str
    reduction: str
    index: str
    dims: int
    scores: tuple[Score, ...]
    nearest: Neighbours
    bytes: float
    describe_seconds: float
    query_ms: float
    recall: float | None
    build_seconds: float
    depth: int | None
    to_depth: tuple[Score, ...] = ()

    @property
    def kind(self) -> str:
        """The kind of reduction, without its dimensions."""
        return self.reduction.partition(":")[0]

    @property
    def way(self) -> str:
        """All of it but the truth, in a few words: ``glance, cosine, pca:64``."""
        rest = [part for part in (self.reduction,) if part != "none"]
        rest += [part for part in (self.index,) if part != "exact"]
        return ", ".join([self.descriptor, self.metric, *rest])

    def score(self, measure: str) -> Score:
        """Return the score of a measure."""
        return next(score for score in self.scores if score.measure == measure)

    def as_dict(self) -> dict[str, Any]:
        """Return what the JSON output says of it."""
        return {
            "truth": self.truth,
            "descriptor": self.descriptor,
            "metric": self.metric,
            "reduction": self.reduction,
            "dims": self.dims,
            "index": self.index,
            "scores": {score.measure: _written(score) for score in self.scores},
            "bytes": self.bytes,
            "describe_seconds": _number(self.describe_seconds),
            "query_ms": self.query_ms,
            "recall": self.recall,
            "build_seconds": self.build_seconds,
            "depth": self.depth,
        }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def _written(score: Score) -> dict[str, float | int | None]:
    inside = score.interval
    return {
        "mean": _number(score.value),
        "low": None if inside is None else inside.low,
        "high": None if inside is None else inside.high,
        "queries": None if inside is None else inside.n,
    }


@dataclass(frozen=True)
class Lengths:
    """How long the searched vectors of a descriptor are: their L2 norms.

    Attributes
    ----------
    shortest, longest : float
    """

    shortest: float
    longest: float

    # Vectors are kept in 32 bits, in which a length of 1 is off by a few times 10⁻⁷.
    _SAME = 1e-5

    @property
    def are_equal(self) -> bool:
        """Whether cosine and Euclidean distance must rank alike.

        For a query q, |q − v|² = |q|² + |v|² − 2 |q| |v| cos(q, v). With one |v| for all vectors
        it falls as the cosine rises, whatever the length of q.
        """
        return 0 < self.longest <= self.shortest * (1 + self._SAME)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What was measured.

    Attributes
    ----------
    truths : tuple of GroundTruth
        As they were used: without the pictures that could not be described.
    rows : tuple of Row
    lengths : mapping of (truth, descriptor) to Lengths
    left_out : tuple of Failure
        Pictures that could not be described, and why.
    notes : tuple of str
        What was asked for and not measured, and why.
    """

    truths: tuple[GroundTruth, ...]
    rows: tuple[Row, ...]
    lengths: Mapping[tuple[str, str], Lengths] = field(default_factory=dict)
    left_out: tuple[Failure, ...] = ()
    notes: tuple[str, ...] = ()

    def of(self, truth: str) -> list[Row]:
        """Return the rows of a truth."""
        return [row for row in self.rows if row.truth == truth]

    def as_dict(self) -> dict[str, Any]:
        """Return all of it as the JSON output spells it."""
        from lookalike.evaluation.report.findings import findings

        return {
            "truths": [
                {
                    "name": truth.name,
                    "source": truth.source,
                    "pictures": len(truth.files),
                    "searched": int(truth.searched.sum()),
                    "queries": len(truth.queries),
                }
                for truth in self.truths
            ],
            "rows": [row.as_dict() for row in self.rows],
            "findings": [
                {"truth": one.truth, "about": one.about, "text": one.text} for one in findings(self)
            ],
            "left_out": [
                {"path": one.path, "reason": one.reason, "message": one.message}
                for one in self.left_out
            ],
            "notes": list(self.notes),
        }
