"""The graph of `hnsw`, by the library that it was first written in."""

from __future__ import annotations

import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from lookalike.errors import GalleryDamaged
from lookalike.indexes.base import Index
from lookalike.indexes.faiss_tools import points
from lookalike.indexes.foreign import Workshop, library, seal, unsealed
from lookalike.indexes.neighbours import Mask, Rows
from lookalike.metrics import Vectors

_FILE = "graph.nmslib"
_ITS_SPACES = {"cosine": "l2", "euclidean": "l2", "manhattan": "l1"}  # cosine: of unit vectors


@dataclass(eq=False)
class Nmslib(Index):
    """Hierarchical navigable small world (Malkov and Yashunin 2018), by NMSLIB.

    The Non-Metric Space Library (Boytsov and Naidan 2013) is where HNSW came from. The graph has
    the vectors in it, at 32 bits; it cannot grow. Its wheels do without the vector instructions of
    newer processors and say so on standard error when they are first used;
    ``pip install --no-binary nmslib nmslib`` compiles one that has them.
    """

    name: ClassVar[str] = "nmslib"
    metrics: ClassVar[tuple[str, ...]] = tuple(_ITS_SPACES)

    m: int = field(default=16, metadata={"help": "links of each vector, doubled", "at": "build"})
    ef_construction: int = field(
        default=100, metadata={"help": "candidates when linking a vector", "at": "build"}
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
        self._file = Path()
        self._size = 0
        self._workshop: Workshop | None = None
        self._one_at_a_time = threading.Lock()

    @property
    def structure_bytes(self) -> int:
        """Memory for the links and the vectors."""
        return self._size

    def _empty(self) -> Any:
        module = library("nmslib", self.name, "not for Linux on ARM")
        return module.init(method="hnsw", space=_ITS_SPACES[self.metric])

    def _build(self, vectors: Vectors) -> None:
        graph = self._empty()
        graph.addDataPointBatch(np.ascontiguousarray(points(vectors, self.metric)))
        options = {
            "M": self.m,
            "efConstruction": self.ef_construction,
            "indexThreadQty": self.threads or os.cpu_count() or 1,
        }
        # Each thread has random numbers of its own, from the same seed: so a new one repeats them.
        with ThreadPoolExecutor(1) as pool:
            pool.submit(graph.createIndex, options).result()
        # Read again, it has the vectors once and not twice; but then it cannot be written any more.
        self._workshop = Workshop()
        self._file = self._workshop.folder / _FILE
        graph.saveIndex(str(self._file))
        del graph
        self._read()

    def _read(self) -> None:
        self._graph = self._empty()
        self._graph.loadIndex(str(self._file))
        self._size = self._file.stat().st_size

    def _candidates(self, queries: Vectors, count: int, allowed: Mask | None) -> list[Rows]:
        wanted = min(self.covered, count + 10)
        if 2 * wanted >= self.covered:
            return [np.arange(self.covered)] * len(queries)
        aims = np.ascontiguousarray(points(queries, self.metric))
        # How far to look is kept by the graph, which all threads share.
        with self._one_at_a_time:
            self._graph.setQueryTimeParams({"efSearch": max(self.ef, 2 * wanted)})
            found = self._graph.knnQueryBatch(aims, wanted, min(len(aims), os.cpu_count() or 1))
        return [np.asarray(rows, np.int64) for rows, _ in found]

    def _store(self, folder: Path) -> None:
        shutil.copyfile(self._file, folder / _FILE)
        seal(folder)

    def _restore(self, folder: Path) -> None:
        self._file, self._workshop = unsealed(folder, _FILE) / _FILE, None
        try:
            self._read()
        except (RuntimeError, ValueError) as error:
            raise GalleryDamaged(f"{self._file} cannot be read ({error})") from error
