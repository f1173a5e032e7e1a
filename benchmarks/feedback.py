"""What marking a few answers is worth: mAP after 0, 1, 3 and 5 clicks.

    python benchmarks/feedback.py --data FOLDER [--descriptor SPEC …] [--most N] [--markdown FILE]

FOLDER holds one or more of the sets that benchmarks/quality.py names.

Protocol: search; a user says of the first n answers, truthfully, which are right (another picture
of the query's group) and which are wrong; search again with that. What is ranked is compared
without the query and without the n answers that were marked, both before and after, as an answer
that is known is no merit. That is harder the more is marked, as the easy ones are taken out: so
every column has its own "before". Queries of which nothing right is left are passed over. mAP is
over the whole ranking. "likes" are 5 clicks of which only the right ones are told.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from machine import machine
from quality import SETS, Labelled, line

from lookalike import Gallery
from lookalike.evaluation.measures import average_precision
from lookalike.metrics import Vectors, distances, unit
from lookalike.search import feedback

CLICKS = (0, 1, 3, 5)
WAYS = ("the query alone", "Rocchio", "classifier", "feedback")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument(
        "--descriptor", nargs="+", default=["glance", "hsv_histogram", "hog"], metavar="SPEC"
    )
    parser.add_argument(
        "--most", type=int, default=500, metavar="N", help="queries of a set, spread over it (500)"
    )
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write the table there")
    given = parser.parse_args()

    sets = [found for read in SETS if (found := read(given.data)) is not None]
    if not sets:
        parser.error(f"none of the sets is in {given.data}; python {sys.argv[0]} --help names them")
    head = [
        "set",
        "descriptor",
        "searched by",
        *(f"{n} click{'' if n == 1 else 's'}" for n in CLICKS),
        "5, likes only",
    ]
    table = [machine(), "", line(head), line(["---"] * 3 + ["--:"] * (len(head) - 3))]
    print("\n".join(table), flush=True)
    for one in sets:
        for spec in given.descriptor:
            for cells in rows(one, spec, given.most):
                table.append(line(cells))
                print(table[-1], flush=True)
    if given.markdown:
        given.markdown.write_text("\n".join(table) + "\n", encoding="utf-8")


def rows(labelled: Labelled, spec: str, most: int) -> list[list[str]]:
    """Return a row of the table for each way to search again."""
    vectors, metric = kept(labelled.files, spec)
    trials = [(n, False) for n in CLICKS] + [(max(CLICKS), True)]
    queries = labelled.queries[:: -(-len(labelled.queries) // most)]
    ways = WAYS if metric == "cosine" else WAYS[::3]  # otherwise feedback is Rocchio's
    scores: dict[str, list[list[float]]] = {way: [[] for _ in trials] for way in ways}
    # Spread over the whole gallery, as in a search.
    spread = np.linspace(0, len(vectors), feedback.BACKGROUND, endpoint=False, dtype=np.int64)
    background = vectors[np.unique(spread)]
    for query in queries:
        first = ranking(vectors[query], vectors, metric)
        first = first[first != query]
        right = labelled.groups[first] == labelled.groups[query]
        for place, (clicks, only_likes) in enumerate(trials):
            if not right[clicks:].any():
                continue
            liked, wrong = first[:clicks][right[:clicks]], first[:clicks][~right[:clicks]]
            unliked = wrong[:0] if only_likes else wrong
            marked = (vectors[[query]], vectors[liked], vectors[unliked])
            for way in ways:
                aim = moved(way, marked, background, metric) if clicks else vectors[query]
                again = ranking(aim, vectors, metric)
                again = again[~np.isin(again, [query, *first[:clicks]])]
                relevant = labelled.groups[again] == labelled.groups[query]
                scores[way][place].append(average_precision(relevant))
    told = [
        [labelled.name, f"`{spec}`, {metric}", way, *(f"{100 * np.mean(s):.1f}" for s in found)]
        for way, found in scores.items()
    ]
    counts = [str(len(found)) for found in scores[ways[0]]]
    return [*told, [labelled.name, f"`{spec}`, {metric}", "(queries)", *counts]]


def moved(
    way: str, marked: tuple[Vectors, Vectors, Vectors], background: Vectors, metric: str
) -> Vectors:
    """Return the vector that is searched with again; without marks that tell, the query's own."""
    if way == WAYS[0] or not any(len(one) for one in marked[1:]):
        return marked[0][0]
    if way == "classifier":
        query, liked, unliked = map(unit, marked)
        found = feedback.classifier(np.concatenate([query, liked]), unliked, unit(background))
        return query[0] if found is None else found
    return feedback.moved(*marked, None if way == "Rocchio" else background, metric)


def ranking(aim: Vectors, vectors: Vectors, metric: str) -> np.ndarray:
    return np.argsort(distances(aim[np.newaxis], vectors, metric)[0], kind="stable")


def kept(files: Sequence[Path], spec: str) -> tuple[Vectors, str]:
    """Return the vectors of files as a gallery keeps them, and their natural metric."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        Gallery.open(folder) as gallery,
    ):
        gallery.describe(files, descriptors=[spec])
        found = gallery.vectors_of(files, descriptor=spec).vectors
        ((stored, _),) = gallery.info().descriptors
        return found, stored.metric


if __name__ == "__main__":
    main()
