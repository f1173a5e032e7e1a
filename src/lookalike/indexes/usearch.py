"""The graph of `hnsw`, by a library that keeps the vectors at 16 or 8 bits."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from lookalike.errors import GalleryDamaged
from lookalike.indexes.base import Index
from lookalike.indexes.faiss_tools import blocks, points
from lookalike.indexes.foreign import library, reach, seal, unsealed
from lookalike.indexes.neighbours import Mask, Rows
from lookalike.metrics import Vectors

_FILE, _REACH = "graph.usearch", "reach.npy"


@dataclass(eq=False)
class Usearch(Index):
    """Hierarchical navigable small world (Malkov and Yashunin 2018), by USearch (Vardanian 2023).

    Small, and with instructions for most processors. The graph has the vectors in it, half as large
    as they are; it takes further ones in.
    """

    name: ClassVar[str] = "usearch"

    m: int = field(default=16, metadata={"help": "links of each vector, doubled", "at": "build"})
    ef_construction: int = field(
        default=128, metadata={"help": "candidates when linking a vector", "at": "build"}
    )
    codes: Literal["f32", "f16", "i8"] = field(
        default="f16", metadata={"help": "how a component is kept: f32, f16 or i8", "at": "build"}
    )
    threads: int = field(
        default=1,
        metadata={"help": "to build with; 0 takes all; only 1 repeats exactly", "at": "build"},
    )
    ef: int = field(default=128, metadata={"help": "candidates of a search", "at": "search"})

    def __post_init__(self) -> None:
        super().__post_init__()
        self._at_least(m=2, ef_construction=1, threads=0, ef=1)
        self._graph: Any = None
        self._reach = 1.0

    @property
    def structure_bytes(self) -> int:
        """Memory for the links and the vectors."""
        return 0 if self._graph is None else int(self._graph.memory_usage)

    def _empty(self) -> Any:
        return library("usearch.index", self.name).Index(
            ndim=self.vectors.shape[1],
            metric="l2sq",
            dtype=self.codes,
            connectivity=self.m,
            expansion_add=self.ef_construction,
            enable_key_lookups=False,
        )

    def _points(self, vectors: Vectors) -> Vectors:
        return np.ascontiguousarray(points(vectors, self.metric) / np.float32(self._reach))

    def _build(self, vectors: Vectors) -> None:
        self._graph = self._empty()
        self._reach = reach(vectors, self.metric)
        self._append(vectors, 0)

    def _extend(self, vectors: Vectors) -> bool:
        self._append(vectors, self.covered)
        return True

    def _append(self, vectors: Vectors, row: int) -> None:
        for block in blocks(vectors, vectors.shape[1]):
            rows = np.arange(row, row + len(block), dtype=np.uint64)
            self._graph.add(rows, self._points(block), threads=self.threads)
            row += len(block)

    def _candidates(self, queries: Vectors, count: int, allowed: Mask | None) -> list[Rows]:
        # It looks as far as so many are wanted; its own setting is shared by all threads.
        wanted = max(self.ef, 2 * count + 10)
        if 2 * wanted >= self.covered:
            return [np.arange(self.covered)] * len(queries)
        kept = 2 * count + 10
        found = self._graph.search(self._points(queries), wanted, threads=int(len(queries) == 1))
        if len(queries) == 1:
            return [found.keys[:kept].astype(np.int64)]
        return [
            keys[: min(kept, n)].astype(np.int64)
            for keys, n in zip(found.keys, found.counts, strict=True)
        ]

    def _store(self, folder: Path) -> None:
        self._graph.save(str(folder / _FILE))
        np.save(folder / _REACH, np.float64(self._reach))
        seal(folder)

    def _restore(self, folder: Path) -> None:
        unsealed(folder, _FILE, _REACH)
        graph = self._empty()
        try:
            graph.load(str(folder / _FILE))
        except (RuntimeError, ValueError) as error:
            raise GalleryDamaged(f"{folder} cannot be read ({error}); build it again") from error
        if (len(graph), graph.ndim) != (self.covered, self.vectors.shape[1]):
            raise GalleryDamaged(f"{folder} holds something else; build the index again")
        self._graph, self._reach = graph, float(np.load(folder / _REACH))
