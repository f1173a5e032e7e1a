"""Pictures in groups: those of one group are alike, all others are not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lookalike.evaluation.measures import average_precision
from lookalike.learning.adapter.told import Batch, Floats, HoldOut, Rows, Told
from lookalike.metrics import Vectors, distances

_BATCH = 256
_OF_ONE_GROUP = 16
# Distances that are in memory at a time.
_BLOCK = 4_000_000


@dataclass(frozen=True, eq=False)
class Groups(Told):
    """Which picture is in which group.

    Attributes
    ----------
    rows : (n,) int64
        Of the vectors; ascending, each once.
    group : (n,) int64
        The number of the group of each.
    """

    rows: Rows
    group: Rows

    @property
    def pictures(self) -> Rows:
        """The rows."""
        return self.rows

    @cached_property
    def places(self) -> dict[int, Rows]:
        """The places in `rows` of each group's pictures."""
        order = np.argsort(self.group, kind="stable")
        numbers, starts = np.unique(self.group[order], return_index=True)
        return dict(zip(numbers.tolist(), np.split(order, starts[1:]), strict=True))

    def count(self, least: int) -> int:
        """Return how many groups have at least so many pictures."""
        return sum(len(places) >= least for places in self.places.values())

    def folds(
        self, how: HoldOut, count: int, random: np.random.Generator
    ) -> list[tuple[Told, Told]]:
        """Hold out whole groups, or of each group a share of its pictures.

        A group that has one picture, or too few for two in each part, is only learnt from.
        """
        least = 2 if how == "groups" else 2 * count
        part = np.full(len(self.rows), -1)
        able = [places for places in self.places.values() if len(places) >= least]
        for number, which in enumerate(random.permutation(len(able))):
            places = able[which]
            drawn = random.permutation(len(places))
            part[places] = number % count if how == "groups" else drawn % count
        return [(self._of(part != fold), self._of(part == fold)) for fold in range(count)]

    def within(self, vectors: Vectors) -> Floats:
        """Return the covariance around the groups' means, pooled: the within-class scatter."""
        total = np.zeros((vectors.shape[1], vectors.shape[1]))
        count = 0
        for places in self.places.values():
            if len(places) < 2:
                continue
            part = vectors[self.rows[places]].astype(np.float64)
            part -= part.mean(axis=0)
            total += part.T @ part
            count += len(places) - 1
        return total / max(1, count)

    def batches(self, random: np.random.Generator) -> Iterator[Batch]:
        """Yield pictures of some groups, each of them asked for the others of its group."""
        numbers = np.array(list(self.places))
        while True:
            chosen: list[Rows] = []
            size = 0
            for number in random.permutation(numbers):
                places = self.places[int(number)]
                chosen.append(random.permutation(places)[:_OF_ONE_GROUP])
                size += len(chosen[-1])
                if size >= _BATCH:
                    break
            drawn = np.concatenate(chosen)
            group = self.group[drawn]
            counted = ~np.eye(len(drawn), dtype=bool)
            same = (group[:, None] == group) & counted
            yield Batch(self.rows[drawn], self.rows[drawn], same, counted)

    def precisions(self, vectors: Vectors, metric: str, most: int) -> dict[int, float]:
        """Ask with each picture for the others; the query itself is left out."""
        searched = vectors[self.rows]
        found: dict[int, list[float]] = defaultdict(list)
        asked = self._asked(most)
        step = max(1, _BLOCK // max(1, len(searched)))
        for start in range(0, len(asked), step):
            places = asked[start : start + step]
            for place, away in zip(
                places, distances(searched[places], searched, metric), strict=True
            ):
                order = np.argsort(away, kind="stable")
                ranked = self.group[order[order != place]] == self.group[place]
                if ranked.any() and not ranked.all():
                    found[int(self.group[place])].append(average_precision(ranked))
        return {number: float(np.mean(scores)) for number, scores in found.items()}

    def _asked(self, most: int) -> Rows:
        """Return the places that are asked with: all, or the same number of each group."""
        if len(self.rows) <= most:
            return np.arange(len(self.rows))
        random = np.random.default_rng(0)
        turn = np.empty(len(self.rows), np.int64)
        for places in self.places.values():
            turn[places] = random.permutation(len(places))
        return np.sort(np.lexsort((random.permutation(len(turn)), turn))[:most])

    def _of(self, kept: np.typing.NDArray[np.bool_]) -> Groups:
        return Groups(self.rows[kept], self.group[kept])


def joined(first: Rows, second: Rows) -> dict[int, int]:
    """Return which rows belong together, by pairs that do: row → the least row of its group.

    Union–find with path halving (Tarjan & van Leeuwen, 1984).
    """
    above: dict[int, int] = {}

    def root(row: int) -> int:
        above.setdefault(row, row)
        while above[row] != row:
            above[row] = above[above[row]]
            row = above[row]
        return row

    for one, other in zip(first.tolist(), second.tolist(), strict=True):
        low, high = sorted((root(one), root(other)))
        above[high] = low
    return {row: root(row) for row in list(above)}
