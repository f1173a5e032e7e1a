"""What is told, in terms of a matrix of vectors."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np

from lookalike.learning.adapter.groups import Groups
from lookalike.learning.adapter.told import Told
from lookalike.metrics import Vectors


@dataclass(frozen=True, eq=False)
class Labelled:
    """What is told, and of which vectors.

    Attributes
    ----------
    source : str
        Where it is from, in words.
    told : Told
    vectors : (n, dim) float32
        Those of the gallery, and after them those of queries that are not in it.
    unknown : int
        How much was told of pictures that are not in the gallery, or have no vector.
    """

    source: str
    told: Told
    vectors: Vectors
    unknown: int = 0


def grouped(labels: Mapping[int, Hashable]) -> Groups:
    """Return the groups of rows with equal labels."""
    numbers: dict[Hashable, int] = {}
    rows = sorted(labels)
    group = [numbers.setdefault(labels[row], len(numbers)) for row in rows]
    return Groups(np.array(rows, np.int64), np.array(group, np.int64))
