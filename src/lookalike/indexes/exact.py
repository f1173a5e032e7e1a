"""Every vector is looked at. The reference that other indexes are tested against."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from lookalike.indexes.base import Index
from lookalike.indexes.faiss_tools import products
from lookalike.indexes.neighbours import Mask, Rows
from lookalike.metrics import METRICS, Vectors, distances, norms, unit

_BLOCK_FLOATS = 8_000_000

# What a sum of products in float32 may be off, as a share of the lengths: wide of the mark.
_ROUNDING = 1e-5


@dataclass(eq=False)
class Exact(Index):
    """Linear scan in blocks, so that a memory-mapped matrix is never in memory as a whole.

    Cosine and Euclidean distances come from one matrix product, whose rounding could put near ones
    in the wrong order: all that could be among the k nearest is computed again, by the definition.
    """

    name: ClassVar[str] = "exact"
    metrics: ClassVar[tuple[str, ...]] = METRICS
    is_exact: ClassVar[bool] = True
    filters: ClassVar[bool] = True
    grows_apart: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self._lengths = np.empty(0, np.float32)

    @property
    def structure_bytes(self) -> int:
        """Memory for the length of each vector."""
        return self._lengths.nbytes

    def _build(self, vectors: Vectors) -> None:
        self._lengths = self._measured(vectors)

    def _extend(self, vectors: Vectors) -> bool:
        self._lengths = np.concatenate([self._lengths, self._measured(vectors)])
        return True

    def _measured(self, vectors: Vectors) -> Vectors:
        if self.metric not in ("cosine", "euclidean"):
            return np.empty(0, np.float32)
        step = self._step()
        parts = [vectors[i : i + step] for i in range(0, len(vectors), step)]
        return np.concatenate([norms(part) for part in parts])

    def _store(self, folder: Path) -> None:
        np.save(folder / "lengths.npy", self._lengths)

    def _restore(self, folder: Path) -> None:
        self._lengths = np.load(folder / "lengths.npy")

    def _step(self) -> int:
        return max(1, _BLOCK_FLOATS // max(1, int(self.vectors.shape[1])))

    def _candidates(self, queries: Vectors, count: int, allowed: Mask | None) -> list[Rows]:
        rows = [np.empty(0, np.int64)] * len(queries)
        near = [np.empty(0, np.float32)] * len(queries)
        slack = self._slack(queries)
        step = self._step()
        for start in range(0, self.covered, step):
            stop = min(start + step, self.covered)
            here: slice | Rows = slice(start, stop)  # read in one piece, not copied
            if allowed is not None and not allowed[here].all():
                here = start + np.flatnonzero(allowed[here])
            away = self._away(queries, here)
            for n in range(len(queries)):
                rows[n], near[n] = _kept(rows[n], near[n], here, away[n], count, slack[n])
        return rows

    def _slack(self, queries: Vectors) -> Vectors:
        """How far apart two computed distances may be and still stand in the wrong order."""
        if self.metric == "cosine":
            return np.full(len(queries), _ROUNDING, np.float32)
        if self.metric == "euclidean":
            longest = float(self._lengths.max(initial=0.0))
            return np.asarray(_ROUNDING * (norms(queries) + longest) ** 2, np.float32)
        return np.zeros(len(queries), np.float32)

    def _away(self, queries: Vectors, rows: slice | Rows) -> Vectors:
        """Something that grows with the distance: (n_queries, how many rows)."""
        block = np.asarray(self.vectors[rows])
        if self.metric == "euclidean":
            return np.asarray(np.square(self._lengths[rows]) - 2.0 * products(queries, block))
        if self.metric == "cosine":
            lengths = self._lengths[rows]
            found = products(unit(-queries), block)
            return np.asarray(found / np.where(lengths > 0, lengths, 1.0))
        return distances(queries, block, self.metric)


def _kept(
    rows: Rows, near: Vectors, here: slice | Rows, away: Vectors, count: int, slack: float
) -> tuple[Rows, Vectors]:
    """Keep what may be among the `count` nearest of those kept so far and of a block."""
    closer = np.flatnonzero(away <= _limit(away if len(near) < count else near, count, slack))
    here = here.start + closer if isinstance(here, slice) else here[closer]
    rows, near = np.concatenate([rows, here]), np.concatenate([near, away[closer]])
    inside = near <= _limit(near, count, slack)
    return rows[inside], near[inside]


def _limit(near: Vectors, count: int, slack: float) -> float:
    """How near one must be to stand among the `count` nearest of these, perhaps."""
    if len(near) < count:
        return np.inf
    return float(np.partition(near, count - 1)[count - 1]) + 2 * slack
