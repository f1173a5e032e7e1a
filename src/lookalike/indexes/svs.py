"""A graph of one layer, with long links too, over vectors that are compressed in place."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from lookalike.errors import GalleryDamaged, UsageError
from lookalike.indexes.base import Index
from lookalike.indexes.faiss_tools import blocks, points
from lookalike.indexes.foreign import Workshop, library, reach, seal, unsealed
from lookalike.indexes.neighbours import Mask, Rows
from lookalike.metrics import Vectors

_WHERE = "only for Linux on x86-64"

_LVQ, _F16 = "lvq", "f16"
_REACH = "reach.npy"


@dataclass(eq=False)
class Svs(Index):
    """Vamana (Subramanya et al. 2019, "DiskANN"), by Intel's Scalable Vector Search.

    On Intel's processors the vectors in the graph are compressed by locally-adaptive vector
    quantisation (Aguerrebere et al. 2023) to 4 + 8 bits a component; elsewhere they are kept at 16
    bits, since that part of the library ends the program on any other processor. It cannot grow.

    The library is for Linux on x86-64, and its licence is not a free one.
    """

    name: ClassVar[str] = "svs"

    degree: int = field(default=32, metadata={"help": "links of each vector", "at": "build"})
    ef_construction: int = field(
        default=100, metadata={"help": "candidates when linking a vector", "at": "build"}
    )
    codes: Literal["auto", "lvq", "f16"] = field(
        default="auto",
        metadata={"help": "how vectors are kept: lvq on Intel processors, else f16", "at": "build"},
    )
    threads: int = field(
        default=1,
        metadata={"help": "to build with; 0 takes all; only 1 repeats exactly", "at": "build"},
    )
    ef: int = field(default=64, metadata={"help": "candidates of a search", "at": "search"})

    def __post_init__(self) -> None:
        super().__post_init__()
        self._at_least(degree=4, ef_construction=1, threads=0, ef=1)
        self._graph: Any = None
        self._kept = _F16
        self._reach = 1.0

    @property
    def structure_bytes(self) -> int:
        """Memory for the links, 4 bytes each, and the compressed vectors."""
        dim = self.vectors.shape[1]
        # 4 bits, padded to a cache line and with a scale, and 8 bits; or 16 bits.
        size = -(-dim // 128) * 64 + 9 + dim if self._kept == _LVQ else 2 * dim
        return int(self.covered * (4 * (self.degree + 1) + size))

    def _build(self, vectors: Vectors) -> None:
        svs = library("svs", self.name, _WHERE)
        self._kept = self.codes
        if self.codes == "auto":
            self._kept = _LVQ if _is_intel() else _F16
        elif self.codes == _LVQ and not _is_intel():
            raise UsageError("svs:codes=lvq needs an Intel processor; take codes=f16")
        self._reach = reach(vectors, self.metric)
        options = svs.VamanaBuildParameters(
            alpha=1.2,
            graph_max_degree=self.degree,
            window_size=self.ef_construction,
        )
        workshop = Workshop()
        self._graph = svs.Vamana.build(
            options,
            self._material(svs, vectors, workshop.folder),
            svs.DistanceType.L2,
            num_threads=self.threads or os.cpu_count() or 1,
        )
        self._graph.num_threads = 1

    def _material(self, svs: Any, vectors: Vectors, folder: Path) -> Any:
        """Return the vectors as the library wants them; those to compress come from a file."""
        dim = vectors.shape[1]
        if self._kept == _F16:
            halves = np.empty(vectors.shape, np.float16)
            row = 0
            for block in blocks(vectors, dim):
                halves[row : row + len(block)] = self._points(block)
                row += len(block)
            return halves
        path = folder / "vectors.fvecs"  # each row: its dimension as int32, then the components
        with path.open("wb") as file:
            for block in blocks(vectors, dim):
                lines = np.empty((len(block), 1 + dim), "<f4")
                lines[:, 0] = np.array(dim, "<i4").view("<f4")
                lines[:, 1:] = self._points(block)
                file.write(lines.data)
        source = svs.VectorDataLoader(str(path), svs.float32, dim)
        return svs.LVQLoader(source, primary=4, residual=8)

    def _points(self, vectors: Vectors) -> Vectors:
        return np.ascontiguousarray(points(vectors, self.metric) / np.float32(self._reach))

    def _candidates(self, queries: Vectors, count: int, allowed: Mask | None) -> list[Rows]:
        # It looks as far as so many are wanted; its own setting is shared by all threads.
        wanted = max(self.ef, 2 * count + 10)
        if 2 * wanted >= self.covered:
            return [np.arange(self.covered)] * len(queries)
        rows = self._graph.search(self._points(queries), wanted)[0]
        return list(rows[:, : 2 * count + 10].astype(np.int64))

    def _store(self, folder: Path) -> None:
        self._graph.save(*(str(folder / part) for part in ("config", "graph", self._kept)))
        np.save(folder / _REACH, np.float64(self._reach))
        seal(folder)

    def _restore(self, folder: Path) -> None:
        svs = library("svs", self.name, _WHERE)
        kept = _LVQ if (folder / _LVQ).exists() else _F16
        unsealed(folder, _REACH, f"{kept}/svs_config.toml")
        if kept == _LVQ and not _is_intel():
            raise GalleryDamaged(f"only Intel processors can read {folder}; build the index again")
        codes = str(folder / kept)
        try:
            graph = svs.Vamana(
                str(folder / "config"),
                svs.GraphLoader(str(folder / "graph")),
                svs.LVQLoader(codes) if kept == _LVQ else svs.VectorDataLoader(codes, svs.float16),
                svs.DistanceType.L2,
                num_threads=1,
            )
        except (RuntimeError, ValueError) as error:
            raise GalleryDamaged(f"{folder} cannot be read ({error}); build it again") from error
        if (graph.size, graph.dimensions) != (self.covered, self.vectors.shape[1]):
            raise GalleryDamaged(f"{folder} holds something else; build the index again")
        self._graph, self._kept = graph, kept
        self._reach = float(np.load(folder / _REACH))


def _is_intel() -> bool:
    """Whether LVQ runs here; asked of Linux, as there is the library for no other system."""
    try:
        return "GenuineIntel" in Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False
