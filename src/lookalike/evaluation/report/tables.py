"""Rows → tables: for people with one line a way to search, for programs with every number."""

from __future__ import annotations

import csv as writers
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lookalike.evaluation.grid.result import Evaluation, Row
from lookalike.evaluation.report.findings import findings
from lookalike.show.wording import readable


@dataclass(frozen=True)
class Table:
    """What is told of the ways to search on one ground truth.

    Attributes
    ----------
    head : tuple of str
    lines : tuple of tuple of str
        The best by the first measure first.
    numeric : tuple of bool
        Which columns hold numbers.
    best : frozenset of (int, int)
        Line and column of the highest score of each measure.
    """

    head: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    best: frozenset[tuple[int, int]]


_NAMES: tuple[tuple[str, Callable[[Row], str]], ...] = (
    ("descriptor", lambda row: row.descriptor),
    ("metric", lambda row: row.metric),
    ("reduction", lambda row: row.reduction),
    ("index", lambda row: row.index),
)
_COSTS: tuple[tuple[str, Callable[[Row], str]], ...] = (
    ("bytes", lambda row: f"{row.bytes:,.0f}"),
    ("describe ms", lambda row: _number(1000 * row.describe_seconds, ".1f")),
    ("search ms", lambda row: _number(row.query_ms, ".3f" if row.query_ms < 1 else ".1f")),
)


def table(rows: Sequence[Row]) -> Table:
    """Return the table of the ways to search on one ground truth.

    Columns in which there is nothing to tell are left out: reductions and indexes if there is none.
    """
    names = [score.measure for score in rows[0].scores]
    ordered = sorted(rows, key=lambda row: -_sortable(row.scores[0].value))
    columns = [
        (head, tell) for head, tell in _NAMES if any(tell(r) not in ("none", "exact") for r in rows)
    ]
    texts = len(columns)
    columns.append(("dims", lambda row: f"{row.dims:,}"))
    columns += [(name, _teller(n)) for n, name in enumerate(names)]
    columns += _COSTS
    if any(row.recall is not None for row in rows):
        columns.append(("finds", lambda row: "" if row.recall is None else f"{row.recall:.1%}"))
    best = {
        (max(range(len(ordered)), key=_key(ordered, n)), texts + 1 + n) for n in range(len(names))
    }
    return Table(
        tuple(head for head, _ in columns),
        tuple(tuple(tell(row) for _, tell in columns) for row in ordered),
        tuple(n >= texts for n in range(len(columns))),
        frozenset(best),
    )


def markdown(evaluation: Evaluation) -> str:
    """Return the tables, and what they say, as Markdown."""
    parts = []
    said = findings(evaluation)
    for truth in evaluation.truths:
        shown = table(evaluation.of(truth.name))
        parts.append(f"## {_cell(truth.name)}\n")
        parts.append(f"{about(evaluation, truth.name)}\n")
        parts.append(_line(shown.head))
        parts.append(_line(["--:" if right else "---" for right in shown.numeric]))
        for n, line in enumerate(shown.lines):
            cells = [_cell(cell) for cell in line]
            parts.append(
                _line([f"**{c}**" if (n, i) in shown.best else c for i, c in enumerate(cells)])
            )
        parts.append("")
        parts += [f"- {_cell(one.text)}" for one in said if one.truth == truth.name]
        parts.append("")
    parts += [f"Not measured: {_cell(note)}." for note in evaluation.notes]
    return "\n".join(parts).rstrip() + "\n"


def csv(evaluation: Evaluation) -> str:
    """Return every number as CSV: one line a way to search, scores as shares and not in points."""
    names = dict.fromkeys(score.measure for row in evaluation.rows for score in row.scores)
    out = io.StringIO()
    writer = writers.writer(out, lineterminator="\n")
    costs = ("bytes", "describe_seconds", "query_ms", "recall", "build_seconds", "depth")
    bounds = [f"{name}{bound}" for name in names for bound in ("", " low", " high")]
    ways = ("truth", "descriptor", "metric", "reduction", "dims", "index")
    writer.writerow([*ways, *bounds, "queries", *costs])
    queries = {truth.name: len(truth.queries) for truth in evaluation.truths}
    for row in evaluation.rows:
        told = row.as_dict()
        scores = [told["scores"].get(name, {}) for name in names]
        values = [one.get(bound) for one in scores for bound in ("mean", "low", "high")]
        rest = [queries[row.truth], *(told[name] for name in costs)]
        writer.writerow([*(told[name] for name in ways), *values, *rest])
    return out.getvalue()


def about(evaluation: Evaluation, truth: str) -> str:
    """Say on how many pictures was measured."""
    used = next(one for one in evaluation.truths if one.name == truth)
    return f"{int(used.searched.sum()):,} pictures searched, {len(used.queries):,} queries."


def _teller(n: int) -> Callable[[Row], str]:
    return lambda row: row.scores[n].told


def _key(rows: Sequence[Row], n: int) -> Callable[[int], float]:
    return lambda line: _sortable(rows[line].scores[n].value)


def _sortable(value: float) -> float:
    return -math.inf if math.isnan(value) else value


def _number(value: float, form: str) -> str:
    return "–" if math.isnan(value) else format(value, form)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    plain = readable(text).replace("&", "&amp;").replace("<", "&lt;")
    for char in r"\|`*_[]":
        plain = plain.replace(char, f"\\{char}")
    return plain
