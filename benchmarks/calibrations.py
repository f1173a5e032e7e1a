"""How to make probabilities of distances: forms of the curve, judged on pictures not learned from.

    python benchmarks/calibrations.py GALLERY … [--pictures 200] [--seed 0]

Each GALLERY is one that was indexed before. Edited copies of its pictures are searched for, as by
`lookalike selftest`; each form learns from four fifths of the pictures and is judged on the rest.
Printed are means over galleries and descriptors.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np

from lookalike.descriptors import create
from lookalike.evaluation.selftest.edited import chosen_edits, edited
from lookalike.evaluation.selftest.found import find
from lookalike.evaluation.selftest.reliability import Answers, Found, calibrated, measured, shown
from lookalike.search import Searchers
from lookalike.store import Catalog

Curve = Callable[[np.ndarray], np.ndarray]
EDITS = chosen_edits(())
FOLDS = 5


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("gallery", nargs="+", type=Path, metavar="GALLERY")
    parser.add_argument("--pictures", type=int, default=200, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    scores: dict[str, list[tuple[float, ...]]] = {name: [] for name in FORMS}
    for path in given.gallery:
        for found in searched(Catalog(path), given.pictures, given.seed):
            answers = shown(found, 10)
            for name, form in FORMS.items():
                scores[name].append(judged(form, answers, len(found.own), given.seed))
    print("| form | log loss | ECE | ECE of 5 % and more |\n| --- | --: | --: | --: |")
    for name, rows in scores.items():
        loss, error, likely = np.nanmean(rows, axis=0)
        print(f"| {name} | {loss:.4f} | {error:.2%} | {likely:.2%} |")


def searched(catalog: Catalog, pictures: int, seed: int) -> list[Found]:
    """Search for edited copies by each descriptor of a gallery."""
    stored = catalog.descriptors()
    made = {one.id: create(one.spec) for one in stored}
    copies = edited(catalog, made, EDITS, pictures, seed, lambda done, total: None)
    out = []
    for one in stored:
        through = Searchers(catalog).searched(one, one.metric)
        row_of = {content: row for row, content in enumerate(through.matrix.ids.tolist())}
        rows = np.array([row_of[content] for content in copies.contents.tolist()])
        vectors = copies.vectors[one.id]
        out.append(find(through, one.metric, rows, vectors, 10, lambda done: None))
    return out


def judged(
    form: Callable[[Answers], Curve], answers: Answers, pictures: int, seed: int
) -> tuple[float, float, float]:
    part = np.random.default_rng(seed).permutation(pictures) % FOLDS
    said = np.empty(len(answers.distances))
    for held_out in range(FOLDS):
        here = (part == held_out)[answers.pictures]
        said[here] = form(answers.of(part != held_out))(answers.distances[here])
    found = measured(np.clip(said, 1e-9, 1 - 1e-9), answers.right, answers.weights)
    return found.log_loss, found.ece, found.ece_of_likely


def isotonic(answers: Answers) -> Curve:
    return calibrated(answers, 1, len(EDITS)).probability


def platt(transformed: Curve) -> Callable[[Answers], Curve]:
    """Return a logistic curve over a transformed distance, with the targets of Platt (1999)."""

    def learned(answers: Answers) -> Curve:
        w, right = answers.weights, answers.right
        scale = float(np.average(answers.distances[right], weights=w[right]))
        x = transformed(answers.distances / scale)
        rights, wrongs = w[right].sum(), w[~right].sum()
        target = np.where(right, (rights + 1) / (rights + 2), 1 / (wrongs + 2))
        columns = np.stack([np.ones_like(x), x], axis=1)
        theta = np.zeros(2)
        for _ in range(100):  # Newton
            p = 1 / (1 + np.exp(-columns @ theta))
            slope = columns.T @ (w * (p - target))
            curvature = (columns * (w * p * (1 - p))[:, None]).T @ columns + 1e-6 * np.eye(2)
            step = np.linalg.solve(curvature, slope)
            theta -= step * min(1.0, 5 / np.abs(step).max())
        return lambda d: 1 / (1 + np.exp(-theta[0] - theta[1] * transformed(d / scale)))

    return learned


FORMS: dict[str, Callable[[Answers], Curve]] = {
    "logistic over the distance": platt(lambda d: d),
    "logistic over its root": platt(np.sqrt),
    "logistic over its logarithm": platt(lambda d: np.log(d + 1e-3)),
    "isotonic, smoothed (what is used)": isotonic,
}

if __name__ == "__main__":
    main()
