"""A graph of each vector's nearest neighbours, found by asking neighbours for their neighbours."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from lookalike.errors import GalleryDamaged
from lookalike.indexes.base import Index
from lookalike.indexes.faiss_tools import (
    blocks,
    library,
    nearest,
    points,
    processors,
    restore,
    sample,
    store,
)
from lookalike.indexes.neighbours import Mask, Rows
from lookalike.metrics import Vectors

_FILE = "neighbours.npy"

# FAISS builds no graph of fewer than this.
_FEWEST = 1000


@dataclass(eq=False)
class Nndescent(Index):
    """NN-descent (Dong, Charikar and Li 2011), the algorithm of KGraph, by FAISS.

    A query starts at vectors here and there, and walks to whichever neighbour is nearer. Links lead
    only to near vectors, so no path may lead from one group to another: what counts is that a start
    falls near the query. Hence many starts, and more where there are thousands of small groups.
    With that many it pays only for some 100,000 vectors and more. The graph cannot grow.

    Of two libraries FAISS was chosen, which is there anyway. PyNNDescent walks faster, but found
    half of the nearest among 500 well separated groups where this finds 98 %; it compiles itself
    for a minute or more in every process that builds, and brings 400 MB with it.
    """

    name: ClassVar[str] = "nndescent"

    neighbours: int = field(default=64, metadata={"help": "links of each vector", "at": "build"})
    threads: int = field(
        default=1,
        metadata={"help": "to build with; 0 takes all; only 1 repeats exactly", "at": "build"},
    )
    starts: int = field(
        default=1024, metadata={"help": "vectors at which a query starts", "at": "search"}
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self._at_least(neighbours=2, threads=0, starts=1)
        self._codes: Any = None
        self._graph: Any = None

    @property
    def structure_bytes(self) -> int:
        """Memory for the links, 4 bytes each, and the vectors at 8 bits."""
        if self._graph is None:
            return 0
        return int(self.covered * (4 * self.neighbours + self.vectors.shape[1]))

    @property
    def _is_small(self) -> bool:
        return self.covered < max(_FEWEST, 4 * self.neighbours)

    def _build(self, vectors: Vectors) -> None:
        faiss = library()
        self._codes = self._graph = None
        if self._is_small:
            return
        dim = vectors.shape[1]
        codes = faiss.IndexScalarQuantizer(dim, faiss.ScalarQuantizer.QT_8bit)
        codes.train(sample(vectors, dim, self._points))
        for block in blocks(vectors, dim):
            codes.add(self._points(block))
        graph = faiss.IndexNNDescent(codes, self.neighbours)
        graph.nndescent.L = self.neighbours + 32
        with processors(self.threads or faiss.omp_get_max_threads()):
            graph.nndescent.build(codes.get_distance_computer(), len(vectors), False)
        graph.ntotal = len(vectors)
        self._codes, self._graph = codes, graph

    def _points(self, vectors: Vectors) -> Vectors:
        return np.ascontiguousarray(points(vectors, self.metric))

    def _candidates(self, queries: Vectors, count: int, allowed: Mask | None) -> list[Rows]:
        # It starts at as many as are wanted; its own setting is shared by all threads.
        wanted = max(self.starts, 2 * count + 10)
        if self._graph is None or 2 * wanted >= self.covered:
            return [np.arange(self.covered)] * len(queries)
        found = nearest(self._graph, self._points(queries), wanted, None)
        return list(found[:, : 2 * count + 10])

    def _store(self, folder: Path) -> None:
        if self._graph is not None:
            # FAISS writes such a graph only together with vectors at 32 bits.
            links = library().vector_to_array(self._graph.nndescent.final_graph)
            np.save(folder / _FILE, links.reshape(self.covered, self.neighbours))
            store(self._codes, folder, {})

    def _restore(self, folder: Path) -> None:
        self._codes = self._graph = None
        if not self._is_small:
            codes = self._checked_codes(folder)
            links = self._checked_links(folder)
            faiss = library()
            graph = faiss.IndexNNDescent(codes, self.neighbours)
            faiss.copy_array_to_vector(links.ravel(), graph.nndescent.final_graph)
            graph.nndescent.ntotal = graph.ntotal = self.covered
            graph.nndescent.has_built = True
            self._codes, self._graph = codes, graph

    def _checked_codes(self, folder: Path) -> Any:
        faiss = library()
        codes, _ = restore(folder, set())
        dim = self.vectors.shape[1]
        if isinstance(codes, faiss.IndexScalarQuantizer):
            held = (codes.sq.qtype, codes.sq.code_size, codes.sq.trained.size(), codes.codes.size())
            wanted = (faiss.ScalarQuantizer.QT_8bit, dim, 2 * dim, self.covered * dim)
            shape = (codes.d, codes.ntotal, codes.metric_type)
            if held == wanted and shape == (dim, self.covered, faiss.METRIC_L2):
                return codes
        raise GalleryDamaged(f"{folder} holds something else; build the index again")

    def _checked_links(self, folder: Path) -> npt.NDArray[np.int32]:
        try:
            links = np.load(folder / _FILE)
        except (OSError, ValueError, EOFError) as error:
            raise GalleryDamaged(
                f"{folder / _FILE} cannot be read ({error}); build the index again"
            ) from error
        sound = links.shape == (self.covered, self.neighbours) and links.dtype == np.int32
        if not (sound and links.min() >= 0 and links.max() < self.covered):
            raise GalleryDamaged(f"{folder / _FILE} holds something else; build the index again")
        return np.asarray(links)
