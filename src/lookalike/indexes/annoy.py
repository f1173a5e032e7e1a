"""Trees that halve the vectors by a plane, again and again, until few are left in each leaf."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from lookalike.errors import GalleryDamaged
from lookalike.indexes.base import Index
from lookalike.indexes.faiss_tools import blocks, points
from lookalike.indexes.foreign import Workshop, library, seal, unsealed
from lookalike.indexes.neighbours import Mask, Rows
from lookalike.metrics import Vectors

_FILE = "forest.annoy"
_SEED = 1
_ITS_METRICS = {"cosine": "angular", "euclidean": "euclidean", "manhattan": "manhattan"}


@dataclass(eq=False)
class Annoy(Index):
    """Random projection trees, by Annoy (Bernhardsson 2013).

    Each plane stands halfway between the two centres of a few vectors that were drawn. A query goes
    down all trees at once, the most promising branch first, and is compared with what it meets in
    the leaves. The forest is a file that is memory-mapped, the vectors in it: so it is loaded at
    once and shared by processes, and larger than the vectors. It cannot grow; what comes later is
    looked at one by one.

    Annoy comes as source: installing it needs a C++ compiler.
    """

    name: ClassVar[str] = "annoy"
    metrics: ClassVar[tuple[str, ...]] = tuple(_ITS_METRICS)

    trees: int = field(default=50, metadata={"help": "how many trees", "at": "build"})
    threads: int = field(
        default=1,
        metadata={"help": "to build with; 0 takes all; only 1 repeats exactly", "at": "build"},
    )
    nodes: int = field(
        default=10_000, metadata={"help": "vectors and branches that a query meets", "at": "search"}
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self._at_least(trees=1, threads=0, nodes=1)
        self._forest: Any = None
        self._file = Path()
        self._size = 0
        self._workshop: Workshop | None = None

    @property
    def structure_bytes(self) -> int:
        """Size of the mapped file; the system keeps in memory what of it is used."""
        return self._size

    def _empty(self) -> Any:
        module = library("annoy", self.name, "it is compiled, so a C++ compiler must be there")
        return module.AnnoyIndex(self.vectors.shape[1], _ITS_METRICS[self.metric])

    def _build(self, vectors: Vectors) -> None:
        forest = self._empty()
        # Its own `save` would leave this index mapped to the saved file, while threads search it.
        self._workshop = Workshop(forest.unload)
        self._file = self._workshop.folder / _FILE
        forest.set_seed(_SEED)
        forest.on_disk_build(str(self._file))
        row = 0
        for block in blocks(vectors, vectors.shape[1]):
            for vector in points(block, self.metric):
                forest.add_item(row, vector)
                row += 1
        forest.build(self.trees, n_jobs=self.threads or -1)
        self._forest, self._size = forest, self._file.stat().st_size

    def _candidates(self, queries: Vectors, count: int, allowed: Mask | None) -> list[Rows]:
        nodes = max(self.nodes, self.trees * count)
        aims = points(queries, self.metric)
        found = (self._forest.get_nns_by_vector(aim, count, nodes) for aim in aims)
        return [np.asarray(rows, np.int64) for rows in found]

    def _store(self, folder: Path) -> None:
        shutil.copyfile(self._file, folder / _FILE)
        seal(folder)

    def _restore(self, folder: Path) -> None:
        file = unsealed(folder, _FILE) / _FILE
        forest = self._empty()
        try:
            forest.load(str(file))
        except OSError as error:
            raise GalleryDamaged(f"{file} cannot be read ({error}); build it again") from error
        if (forest.get_n_items(), forest.get_n_trees()) != (self.covered, self.trees):
            raise GalleryDamaged(f"{file} holds something else; build the index again")
        self._forest, self._size = forest, file.stat().st_size
        self._file, self._workshop = file, None
