"""Judged answers: of these pictures a person said that they are alike, or that they are not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lookalike.evaluation.measures import average_precision
from lookalike.learning.adapter.told import Batch, Floats, HoldOut, Mask, Rows, Told
from lookalike.metrics import Vectors, distances

_UNITS = 64


@dataclass(frozen=True, eq=False)
class Judged(Told):
    """Questions, and answers that were judged.

    Attributes
    ----------
    asked : (m,) int64
        Rows of the vectors.
    found : (m,) int64
    same : (m,) bool
        Whether the answer is right.
    unit : (m, 2) int64
        What the asked and the found one are held out with: a number of a query, or of pictures
        that are alike by what was told.
    """

    asked: Rows
    found: Rows
    same: Mask
    unit: Rows

    @property
    def pictures(self) -> Rows:
        """All that were asked with or judged."""
        return np.unique(np.concatenate([self.asked, self.found]))

    def units(self) -> Rows:
        """Return the units with right and wrong answers to one question: what can be measured."""
        return np.unique([self.unit[ones[0], 0] for ones in self._questions()]).astype(np.int64)

    def folds(
        self, how: HoldOut, count: int, random: np.random.Generator
    ) -> list[tuple[Told, Told]]:
        """Hold out whole units; a pair between one that is and one that is not is left out."""
        drawn = random.permutation(self.units())
        parts: list[tuple[Told, Told]] = []
        for fold in range(count):
            inside = np.isin(self.unit, drawn[fold::count]).sum(axis=1)
            parts.append((self._of(inside == 0), self._of(inside == 2)))
        return parts

    def within(self, vectors: Vectors) -> Floats:
        """Return half the mean product of the differences of pictures that are alike.

        For pairs drawn at random from groups that is the covariance around the groups' means.
        """
        total = np.zeros((vectors.shape[1], vectors.shape[1]))
        pairs = np.flatnonzero(self.same)
        for start in range(0, len(pairs), 4096):
            part = pairs[start : start + 4096]
            apart = vectors[self.asked[part]].astype(np.float64) - vectors[self.found[part]]
            total += apart.T @ apart
        return total / max(1, 2 * len(pairs))

    def batches(self, random: np.random.Generator) -> Iterator[Batch]:
        """Yield all judged answers of some units' questions."""
        units = self.units()
        while True:
            chosen = np.isin(self.unit[:, 0], random.permutation(units)[:_UNITS])
            asked, row = np.unique(self.asked[chosen], return_inverse=True)
            found, column = np.unique(self.found[chosen], return_inverse=True)
            same = np.zeros((len(asked), len(found)), bool)
            counted = np.zeros_like(same)
            counted[row, column] = True
            same[row, column] = self.same[chosen]
            yield Batch(asked, found, same, counted)

    def precisions(self, vectors: Vectors, metric: str, most: int) -> dict[int, float]:
        """Rank the judged answers of each question."""
        scores: dict[int, list[float]] = defaultdict(list)
        for ones in self._questions()[:most]:
            query = vectors[self.asked[ones[:1]]]
            away = distances(query, vectors[self.found[ones]], metric)[0]
            ranked = self.same[ones][np.argsort(away, kind="stable")]
            scores[int(self.unit[ones[0], 0])].append(average_precision(ranked))
        return {unit: float(np.mean(found)) for unit, found in scores.items()}

    def _questions(self) -> list[Rows]:
        """Return the places of each asked picture's answers, where some are right and some wrong.

        In order of the rows, so that a tie of distances says nothing of what is right.
        """
        if not len(self.asked):
            return []
        order = np.lexsort((self.found, self.asked))
        starts = np.flatnonzero(np.diff(self.asked[order])) + 1
        return [o for o in np.split(order, starts) if 0 < int(self.same[o].sum()) < len(o)]

    def _of(self, kept: Mask) -> Judged:
        return Judged(self.asked[kept], self.found[kept], self.same[kept], self.unit[kept])
