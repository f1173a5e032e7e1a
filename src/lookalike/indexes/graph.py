"""The k nearest neighbours of every vector, a block at a time: never n × n in memory.

What duplicates, groups and maps of a whole gallery stand on.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lookalike.indexes.base import Index
from lookalike.indexes.neighbours import Neighbours, Rows

_BLOCK = 256


def neighbour_graph(
    index: Index, k: int, *, block: int = _BLOCK
) -> Iterator[tuple[Rows, Neighbours]]:
    """Yield the neighbours of all vectors in an index.

    Parameters
    ----------
    index : Index
    k : int
        Neighbours of each; a vector is none of its own.
    block : int
        Vectors to a step.

    Yields
    ------
    rows : (b,) int64
    neighbours : Neighbours
        (b, k)
    """
    present = np.flatnonzero(~index.gone)
    for start in range(0, len(present), block):
        rows = present[start : start + block]
        found = index.search(np.asarray(index.vectors[rows]), k + 1)
        yield rows, without_itself(found, rows, k)


def without_itself(found: Neighbours, rows: Rows, k: int) -> Neighbours:
    """Leave each vector out of its own k + 1 neighbours: (b, k)."""
    own = found.rows == rows[:, np.newaxis]
    own[~own.any(1), -1] = True  # equal vectors stood before it, or the search missed it
    return Neighbours(
        found.rows[~own].reshape(len(rows), k), found.distances[~own].reshape(len(rows), k)
    )
