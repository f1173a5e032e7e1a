"""The tables of copies.py, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from copy_scores import Distances, Mask

from lookalike.samples.edits import EDITS

PRECISION = 0.95


@dataclass(frozen=True)
class Reading:
    """One way to count.

    Parameters
    ----------
    told : str
    junk : (o, n) bool
        References that are neither right nor wrong for copies of each original.
    queries : (q,) bool
        Which queries are asked.
    """

    told: str
    junk: Mask
    queries: Mask


@dataclass(frozen=True)
class Result:
    """What one method found.

    Parameters
    ----------
    name, metric : str
    dim : int
    distances : list of Distances
        Of the queries of each reading; the first reading sets the threshold everywhere else.
    albums : mapping of str to (first, found, pairs)
        Of each folder of real copies: pairs nearer than every reference, pairs within the
        threshold, and all pairs.
    """

    name: str
    metric: str
    dim: int
    distances: list[Distances]
    albums: Mapping[str, tuple[int, int, int]]

    @property
    def main(self) -> Distances:
        return self.distances[0]

    @property
    def threshold(self) -> float:
        return self.main.threshold(PRECISION)


def tables(
    results: Sequence[Result], readings: Sequence[Reading], edit: np.ndarray, source: np.ndarray
) -> Iterator[str]:
    """Yield all tables.

    Parameters
    ----------
    results : sequence of Result
    readings : sequence of Reading
    edit, source : (q,) str
        Of each query.
    """
    strong = np.isin(edit, [name for name, one in EDITS.items() if one.strength == "strong"])
    for i, one in enumerate(readings):
        yield f"### {one.told}\n"
        compared = one.queries.sum() * (~one.junk.all(axis=0)).sum()
        yield table(SUMMARY, [summary(r, i, strong[one.queries], compared) for r in results])
        yield from cautions(results, i)
    yield "### Each edit: recall at the threshold (recall@1)\n"
    head = ["edit", "", *(f"`{one.name}`" for one in results)]
    yield table(head, [of_edit(name, results, edit) for name in EDITS])
    yield "### Each source, at the same threshold\n"
    head = ["source", "method", "recall", "precision", "recall@1", "uAP"]
    yield table(head, [of_source(s, one, source) for s in np.unique(source) for one in results])
    if any(one.albums for one in results):
        yield "### Real copies: pairs that rank first / that are found\n"
        head = ["folder", "pairs", *(f"`{one.name}`" for one in results)]
        yield table(head, [of_album(name, results) for name in results[0].albums], left=1)


SUMMARY = [
    "method",
    "metric",
    "dim",
    "threshold",
    "recall, mild",
    "recall, strong",
    "recall, all",
    "recall@1",
    "uAP",
    "wrong, of a million",
]


def summary(one: Result, reading: int, strong: Mask, compared: int) -> list[str]:
    found = one.distances[reading]
    limit = found.threshold(PRECISION)
    scores = (
        found[~strong].recall(limit),
        found[strong].recall(limit),
        found.recall(limit),
        found.recall_at_1(),
        found.micro_ap(),
    )
    return [
        f"`{one.name}`",
        one.metric,
        str(one.dim),
        "none" if limit < 0 else f"{limit:.4g}",
        *map(percent, scores),
        f"{1e6 * found.mistakes(limit) / compared:.2f}",
    ]


def cautions(results: Sequence[Result], reading: int) -> Iterator[str]:
    """Say of which methods more wrong pairs may lie within the threshold than were counted."""
    for one in results:
        found = one.distances[reading]
        if found.is_full(found.threshold(PRECISION)):
            yield f"`{one.name}`: a query had more wrong pairs than were kept; too high a recall.\n"


def of_edit(name: str, results: Sequence[Result], edit: np.ndarray) -> list[str]:
    chosen = [(one.main[edit == name], one.threshold) for one in results]
    cells = [f"{percent(d.recall(t))} ({percent(d.recall_at_1())})" for d, t in chosen]
    return [f"{name}: {EDITS[name].told}", EDITS[name].strength, *cells]


def of_source(name: str, one: Result, source: np.ndarray) -> list[str]:
    found, limit = one.main[source == name], one.threshold
    scores = found.recall(limit), found.precision(limit), found.recall_at_1(), found.micro_ap()
    return [name, f"`{one.name}`", *map(percent, scores)]


def of_album(name: str, results: Sequence[Result]) -> list[str]:
    counts = [one.albums[name] for one in results]
    return [name, str(counts[0][2]), *(f"{first} / {found}" for first, found, _ in counts)]


def table(head: Sequence[str], rows: Sequence[Sequence[str]], left: int = 2) -> str:
    marks = ["---"] * left + ["--:"] * (len(head) - left)
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, marks, *rows)) + "\n"


def percent(share: float) -> str:
    return "–" if np.isnan(share) else f"{100 * share:.1f}"
