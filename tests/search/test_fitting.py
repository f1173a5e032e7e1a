"""How hard a search looks is found by measuring: an index whose recall one can work out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from lookalike.indexes import Index
from lookalike.search.fitting import fitted, measured, probe

COUNT, DIM = 1000, 8


@dataclass(eq=False)
class Halves(Index):
    """Its even rows are in one part, the others in another; it looks among the nearest of each."""

    name: ClassVar[str] = "halves"

    size: int = field(default=1, metadata={"help": "of nothing", "at": "build"})
    even: int = field(default=8, metadata={"help": "even rows looked at", "at": "search"})
    odd: int = field(default=8, metadata={"help": "odd rows looked at", "at": "search"})

    def _build(self, vectors) -> None:
        pass

    def _candidates(self, queries, count, allowed) -> list[np.ndarray]:
        found = []
        for query in queries:
            near = np.argsort(np.square(self.vectors - query).sum(1))
            found.append(
                np.concatenate(
                    [near[near % 2 == 0][: self.even], near[near % 2 == 1][: min(self.odd, 9)]]
                )
            )
        return found

    def _store(self, folder: Path) -> None: ...
    def _restore(self, folder: Path) -> None: ...


@pytest.fixture
def halves(monkeypatch: pytest.MonkeyPatch) -> Halves:
    monkeypatch.setattr("lookalike.indexes.base._FEW", 8)
    index = Halves(even=1, odd=1)
    vectors = np.random.default_rng(0).standard_normal((COUNT, DIM)).astype(np.float32)
    index.build(vectors, "euclidean")
    return index


def test_recall_and_its_error_are_those_of_the_queries(halves: Halves) -> None:
    asked = probe(halves)
    assert asked.right.rows.shape == (200, 10)
    assert not (asked.right.rows == asked.rows[:, np.newaxis]).any()
    found = measured(halves, asked)
    # It looks at the nearest even and the nearest odd row, of which one is the query itself.
    assert found.recall == pytest.approx(0.1, abs=0.005)
    assert found.error < 0.003
    assert found.seconds > 0


def test_a_search_looks_no_harder_than_it_must(halves: Halves) -> None:
    found = fitted(halves, 0.9)
    assert found.recall - found.error >= 0.9
    easier = measured(_looking(found.index, -2), probe(halves))
    assert easier.recall < found.recall
    assert easier.recall - easier.error < 0.9
    assert (halves.even, halves.odd) == (1, 1), "the index itself stays as it was"
    assert found.index.even < 20, found.index.spec
    assert found.index.odd < 20, found.index.spec


def _looking(index: Index, more: int) -> Halves:
    assert isinstance(index, Halves)
    other = Halves(even=index.even + more, odd=index.odd + more)
    found = index.searching_as(other)
    assert isinstance(found, Halves)
    return found


def test_what_cannot_be_reached_ends(halves: Halves) -> None:
    halves.vectors = halves.vectors.copy()
    found = fitted(halves, 1.0)  # of the odd rows it finds nine, and often there are ten
    assert 0.95 < found.recall < 1.0


def test_easy_vectors_are_found_at_once() -> None:
    index = Halves()
    index.build(np.eye(20, dtype=np.float32), "euclidean")  # so few are looked at one by one
    assert fitted(index, 0.99).recall == 1.0


def test_an_exact_index_has_nothing_to_fit() -> None:
    assert Halves().effort == ("even", "odd")
    from lookalike.indexes import create

    assert create("exact").effort == ()
