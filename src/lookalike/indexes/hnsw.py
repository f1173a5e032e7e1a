"""A graph in which one walks from neighbour to neighbour, ever nearer to the query."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from lookalike.errors import GalleryDamaged
from lookalike.indexes.base import Index
from lookalike.indexes.faiss_tools import (
    blocks,
    library,
    nearest,
    outgrown,
    points,
    restore,
    sample,
    store,
)
from lookalike.indexes.neighbours import Mask, Rows
from lookalike.metrics import Vectors

# What FAISS's quickest distances between 8-bit codes need.
_MULTIPLE = 16


@dataclass(eq=False)
class Hnsw(Index):
    """Hierarchical navigable small world (Malkov and Yashunin 2018), by FAISS.

    The graph has the vectors at 8 bits a dimension, a quarter of their size; the true distances
    come from the vectors themselves. Removed and forbidden vectors stay in it as stepping stones.
    """

    name: ClassVar[str] = "hnsw"

    m: int = field(default=32, metadata={"help": "links of each vector, doubled", "at": "build"})
    ef_construction: int = field(
        default=200, metadata={"help": "candidates when linking a vector", "at": "build"}
    )
    ef: int = field(default=128, metadata={"help": "candidates of a search", "at": "search"})

    def __post_init__(self) -> None:
        super().__post_init__()
        self._at_least(m=2, ef_construction=1, ef=1)
        self._graph: Any = None
        self._learnt = 0

    @property
    def structure_bytes(self) -> int:
        """Memory for the links and the vectors at 8 bits."""
        if self._graph is None:
            return 0
        layers = self._graph.hnsw
        links = layers.neighbors.size() * 4 + layers.offsets.size() * 8 + layers.levels.size() * 4
        return int(links + self.covered * self._graph.d)

    def _build(self, vectors: Vectors) -> None:
        faiss = library()
        dim = _rounded(vectors.shape[1])
        graph = faiss.IndexHNSWSQ(dim, faiss.ScalarQuantizer.QT_8bit, self.m, faiss.METRIC_L2)
        graph.hnsw.efConstruction = self.ef_construction
        learnt = sample(vectors, dim, lambda rows: self._padded(rows, dim))
        graph.train(learnt)
        self._graph, self._learnt = graph, len(learnt)
        self._append(vectors)

    def _extend(self, vectors: Vectors) -> bool:
        if outgrown(self._learnt, len(self.vectors)):
            self._build(self.vectors)
        else:
            self._append(vectors)
        return True

    def _append(self, vectors: Vectors) -> None:
        for block in blocks(vectors, self._graph.d):
            self._graph.add(self._padded(block, self._graph.d))

    def _padded(self, vectors: Vectors, dim: int) -> Vectors:
        aims = points(vectors, self.metric)
        lacking = dim - aims.shape[1]
        return np.ascontiguousarray(np.pad(aims, ((0, 0), (0, lacking))) if lacking else aims)

    def _candidates(self, queries: Vectors, count: int, allowed: Mask | None) -> list[Rows]:
        faiss = library()
        wanted = 2 * count + 10
        if 10 * wanted >= self.covered:
            return [np.arange(self.covered)] * len(queries)
        options = faiss.SearchParametersHNSW(efSearch=max(self.ef, 2 * wanted))
        aims = self._padded(queries, self._graph.d)
        return list(nearest(self._graph, aims, wanted, options))

    def _store(self, folder: Path) -> None:
        store(self._graph, folder, {"learnt": self._learnt})

    def _restore(self, folder: Path) -> None:
        graph, numbers = restore(folder, {"learnt"})
        if not self._is_sound(graph):
            raise GalleryDamaged(f"{folder} holds something else; build the index again")
        self._graph, self._learnt = graph, int(numbers["learnt"])

    def _is_sound(self, graph: Any) -> bool:
        """Whether a file that FAISS could read, which checks the links, is of these vectors."""
        faiss = library()
        if not isinstance(graph, faiss.IndexHNSWSQ):
            return False
        codes = faiss.downcast_index(graph.storage)
        if not isinstance(codes, faiss.IndexScalarQuantizer):
            return False
        dim = _rounded(self.vectors.shape[1])
        held = (codes.sq.qtype, codes.sq.code_size, codes.sq.trained.size(), codes.codes.size())
        return (
            held == (faiss.ScalarQuantizer.QT_8bit, dim, 2 * dim, self.covered * dim)
            and (graph.d, graph.ntotal, graph.metric_type) == (dim, self.covered, faiss.METRIC_L2)
            and (codes.d, codes.ntotal, codes.metric_type) == (dim, self.covered, faiss.METRIC_L2)
        )


def _rounded(dim: int) -> int:
    return -(-dim // _MULTIPLE) * _MULTIPLE
