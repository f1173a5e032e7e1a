"""What the numbers say, in plain sentences; only what a paired test on the same queries bears out.

What is called a difference has p < 0.05 by the randomization test, and an interval that does not
hold 0. Where an interval holds 0, there is none to speak of: perhaps it is too small for so few
queries.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lookalike.evaluation.grid.result import Evaluation, Row, Score, points
from lookalike.evaluation.measures.confidence import Difference, difference

FEATURES = "Which features matter"
DISTANCE = "Euclidean or cosine"
DIMENSIONS = "How many dimensions"
SPEED = "How to search efficiently"

FITTED = (
    "All of that is for the kinds of pictures that the reductions were fitted to. For kinds that "
    "come later fewer dimensions cost more; lookalike reduce measures both."
)

# What may be lost to fewer dimensions, in points of 100.
_LOSS = 1.0

_SURE = 0.05

NOTHING = "no difference to speak of"
MINUS = "−"

CALLED = {
    "pca": "PCA",
    "half_whitening": "half-whitening",
    "whitening": "whitening",
    "random_projection": "a random projection",
}


@dataclass(frozen=True)
class Finding:
    """One thing that the numbers say.

    Attributes
    ----------
    truth : str
        On which pictures.
    about : str
        The question that it answers.
    text : str
    """

    truth: str
    about: str
    text: str


def findings(evaluation: Evaluation) -> list[Finding]:
    """Return what the numbers say, truth by truth, question by question."""
    found = []
    for truth in evaluation.truths:
        rows = evaluation.of(truth.name)
        measure = _compared(rows)
        if measure is None:
            names = ", ".join(score.measure for score in rows[0].scores)
            text = (
                f"{names} is of all queries together, so no two ways can be compared query by "
                "query; the table has the numbers."
            )
            found.append(Finding(truth.name, FEATURES, text))
            continue
        said = _Said(evaluation, rows, measure)
        for about, texts in (
            (FEATURES, said.features()),
            (DISTANCE, said.distance()),
            (DIMENSIONS, said.dimensions()),
            (SPEED, said.speed()),
        ):
            found += [Finding(truth.name, about, text) for text in texts]
    return found


def best_row(rows: Iterable[Row], measure: str) -> Row:
    """Return the row with the highest score; of those that rounding tells apart the first."""
    return max(rows, key=lambda row: round(row.score(measure).value, 4))


def _compared(rows: list[Row]) -> str | None:
    """Return the first measure that has a score for each query."""
    names = [s.measure for s in rows[0].scores if s.of_queries is not None and s.interval]
    return names[0] if names else None


@dataclass(frozen=True)
class _Said:
    evaluation: Evaluation
    rows: list[Row]
    measure: str

    def features(self) -> Iterator[str]:
        """Say which descriptor is best, and by how much over the next."""
        ways = [row for row in self.rows if row.index == "exact" and row.reduction == "none"]
        of_each = [
            best_row((row for row in ways if row.descriptor == name), self.measure)
            for name in dict.fromkeys(row.descriptor for row in ways)
        ]
        of_each.sort(key=lambda row: -self._score(row).value)
        first = of_each[0]
        told = f"{first.descriptor} by {first.metric} distance: {self._told(first)}"
        if len(of_each) == 1:
            yield f"{told}. No other descriptor was measured."
            return
        second = of_each[1]
        apart = self._apart(first, second)
        if self._is_sure(apart):
            yield (
                f"The best is {told}, {self._by(apart)} more than the next, {second.descriptor} "
                f"({self._told(second)})."
            )
        else:
            yield (
                f"{told}, and {second.descriptor}, {self._told(second)}, are the best, with "
                f"{NOTHING} between them ({self._by(apart)})."
            )

    def distance(self) -> Iterator[str]:
        """Say for each descriptor what cosine brings over Euclidean distance."""
        plain = [row for row in self.rows if row.index == "exact" and row.reduction == "none"]
        names = list(dict.fromkeys(row.descriptor for row in plain))
        lengths = {name: self.evaluation.lengths.get((plain[0].truth, name)) for name in names}
        alike = {name: one.longest for name, one in lengths.items() if one and one.are_equal}
        if alike:
            yield _alike(alike)
        for name in names:
            by = {row.metric: row for row in plain if row.descriptor == name}
            if name not in alike and "cosine" in by and "euclidean" in by:
                yield self._either(name, by["cosine"], by["euclidean"])
            yield from self._further(name, by)

    def _further(self, name: str, by: dict[str, Row]) -> Iterator[str]:
        """Say what another metric than those two brings over the better of them."""
        usual = [by[metric] for metric in ("cosine", "euclidean") if metric in by]
        for metric, row in by.items():
            if not usual or row in usual:
                continue
            better = best_row(usual, self.measure)
            apart = self._apart(row, better)
            if self._is_sure(apart):
                change = f"{'beats' if apart.mean > 0 else 'loses to'} {better.metric}"
                first, second = (row, better) if apart.mean > 0 else (better, row)
                by_how_much = self._by(self._apart(first, second))
                yield f"For {name} {metric} {change} by {by_how_much}."
            else:
                yield f"For {name} {metric} or {better.metric}: {NOTHING} ({self._by(apart)})."

    def _either(self, name: str, cosine: Row, euclidean: Row) -> str:
        apart = self._apart(cosine, euclidean)
        if not self._is_sure(apart):
            return f"For {name} cosine or Euclidean: {NOTHING} ({self._by(apart)})."
        if apart.mean > 0:
            return f"Cosine beats Euclidean distance by {self._by(apart)} for {name}."
        apart = self._apart(euclidean, cosine)
        return f"Euclidean distance beats cosine by {self._by(apart)} for {name}."

    def dimensions(self) -> Iterator[str]:
        """Say how far the dimensions can be reduced, and what half-whitening brings.

        Of each descriptor by the better of its metrics, the best descriptor first.
        """
        exact = [row for row in self.rows if row.index == "exact"]
        reduced_by = {(row.descriptor, row.metric) for row in exact if row.kind != "none"}
        whole = [row for row in exact if row.kind == "none"]
        whole = [row for row in whole if (row.descriptor, row.metric) in reduced_by]
        whole.sort(key=lambda row: -self._score(row).value)
        best: dict[str, Row] = {}
        for row in whole:
            best.setdefault(row.descriptor, row)
        for row in best.values():
            yield from self._reduced(row, [r for r in exact if r.kind != "none"])
        if best:
            yield FITTED

    def _reduced(self, whole: Row, rows: list[Row]) -> Iterator[str]:
        way = (whole.descriptor, whole.metric)
        mine = [row for row in rows if (row.descriptor, row.metric) == way]
        for kind in dict.fromkeys(row.kind for row in mine):
            reduced = sorted((row for row in mine if row.kind == kind), key=lambda row: row.dims)
            yield self._how_far(", ".join(way), kind, whole, reduced)
        yield from self._whitened(", ".join(way), mine)

    def _how_far(self, way: str, kind: str, whole: Row, reduced: list[Row]) -> str:
        """Say which is the least number of dimensions that surely loses no more than a point."""
        losses = [(row, self._apart(whole, row)) for row in reduced]
        for row, lost in losses:
            if self._points(lost.high) <= self._loss:
                return (
                    f"{way}: {CALLED[kind]} to {row.dims} of {whole.dims} dimensions loses no more "
                    f"than {self._loss:g} {self._unit}; {self._change(self._apart(row, whole))}"
                    f"{self._most(row, whole, reduced)}."
                )
        row, lost = min(losses, key=lambda one: one[1].mean)
        to = f"{CALLED[kind]} to {row.dims} of {whole.dims} dimensions"
        if self._is_sure(lost) and lost.mean > 0:
            return f"{way}: {to} costs {self._by(lost)}."
        change = self._by(self._apart(row, whole))
        return f"{way}: from so few queries it is not certain what {to} costs ({change})."

    def _most(self, row: Row, whole: Row, reduced: list[Row]) -> str:
        """Say which number of dimensions brings most, where it surely brings more than another."""
        best = best_row(reduced, self.measure)
        brings = self._apart(best, whole)
        if brings.mean <= 0 or not (
            self._is_sure(brings) and self._is_sure(self._apart(best, row))
        ):
            return ""
        return f"; {best.dims} dimensions are best and bring {self._by(brings)}"

    def _change(self, brings: Difference) -> str:
        if not self._is_sure(brings):
            return f"{NOTHING} ({self._by(brings)})"
        if brings.mean > 0:
            return f"it even brings {self._by(brings)}"
        return f"it costs {self._by(brings)}".replace(MINUS, "")

    def _whitened(self, way: str, mine: list[Row]) -> Iterator[str]:
        """Say what half-whitening brings over a PCA of as many dimensions, where it brings most."""
        pca = {row.dims: row for row in mine if row.kind == "pca"}
        pairs = [
            (row, self._apart(row, pca[row.dims]))
            for row in mine
            if row.kind == "half_whitening" and row.dims in pca
        ]
        if not pairs:
            return
        row, apart = max(pairs, key=lambda one: one[1].mean)
        at = f"at {row.dims} dimensions"
        if not self._is_sure(apart):
            yield f"{way}: half-whitening or plain PCA: {NOTHING} ({self._by(apart)} {at})."
        elif apart.mean > 0:
            yield f"{way}: half-whitening brings {self._by(apart)} over plain PCA {at}."
        else:
            lost = self._by(self._apart(pca[row.dims], row))
            least = "at least " if len(pairs) > 1 else ""
            yield f"{way}: half-whitening costs {least}{lost} against plain PCA, {at}."

    def speed(self) -> Iterator[str]:
        """Say what approximate indexes cost in quality, and gain in time; without reduction."""
        exact = {
            (row.descriptor, row.metric, row.reduction): row
            for row in self.rows
            if row.index == "exact"
        }
        for row in self.rows:
            whole = exact[row.descriptor, row.metric, row.reduction]
            if row is whole or row.recall is None or row.reduction != "none":
                continue
            lost = self._missed(whole, row)
            costs = (
                f"costs {self._by(lost)}" if self._is_sure(lost) else f"{NOTHING} in {self.measure}"
            )
            times = f"in {_ms(row.query_ms)} where exact takes {_ms(whole.query_ms)}"
            yield (
                f"{row.way}: finds {row.recall:.1%} of the ten nearest {times} "
                f"({_times(whole, row)}); {costs}."
            )

    def _missed(self, whole: Row, row: Row) -> Difference:
        """Compare an index with `exact`, both down to the same depth."""
        to_depth = {score.measure: score for score in whole.to_depth}
        a = to_depth.get(self.measure, self._score(whole)).of_queries
        b = self._score(row).of_queries
        assert a is not None and b is not None  # noqa: S101  (as in `_apart`)
        return difference(a, b)

    # -- words -------------------------------------------------------------------------------

    @property
    def _scale(self) -> float:
        return self._score(self.rows[0]).scale

    @property
    def _loss(self) -> float:
        return _LOSS * self._scale / 100

    @property
    def _unit(self) -> str:
        return "point" if self._scale == 100.0 else f"of {self.measure}"

    def _score(self, row: Row) -> Score:
        return row.score(self.measure)

    def _told(self, row: Row) -> str:
        return f"{self.measure} {self._score(row).told}"

    def _apart(self, one: Row, other: Row) -> Difference:
        a, b = self._score(one).of_queries, self._score(other).of_queries
        assert a is not None and b is not None  # noqa: S101  (`_compared` chose such a measure)
        return difference(a, b)

    def _points(self, value: float) -> float:
        return self._scale * value

    def _is_sure(self, apart: Difference) -> bool:
        """Tell whether there is a difference, and it does not round to nothing."""
        visible = points(abs(self._points(apart.mean)), self._scale).strip("0.") != ""
        return visible and apart.p_value < _SURE and not apart.low <= 0 <= apart.high

    def _by(self, apart: Difference) -> str:
        mean = points(self._points(apart.mean), self._scale).replace("-", MINUS)
        mean = mean.removeprefix(MINUS) if not mean.strip(f"{MINUS}0.") else mean
        half = points(self._points(apart.high - apart.low) / 2, self._scale)
        unit = "points" if self._scale == 100.0 else f"of {self.measure}"
        return f"{mean} ± {half} {unit}"


def _alike(lengths: Mapping[str, float]) -> str:
    names, (length, *others) = list(lengths), lengths.values()
    told = ", ".join(names[:-1]) + f" and {names[-1]}" if others else names[0]
    whose = (
        "the vectors of each all have one length"
        if others
        else (f"its vectors all have the length {length:.4g}")
    )
    return (
        f"For {told} cosine and Euclidean distance rank the same: {whose}, and among such the one "
        "distance grows with the other."
    )


def _ms(count: float) -> str:
    return f"{count:.2f} ms" if count < 10 else f"{count:,.0f} ms"


def _times(whole: Row, row: Row) -> str:
    times = whole.query_ms / max(row.query_ms, 1e-9)
    return f"{times:.1f} times as fast" if times >= 1 else f"{1 / times:.1f} times as slow"
