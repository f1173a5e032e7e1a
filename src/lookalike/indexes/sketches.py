"""One bit a dimension: what `sketch` and `ivf_sketch` share.

RaBitQ (Gao and Long 2024, "RaBitQ: quantizing high-dimensional vectors with a theoretical error
bound for approximate nearest neighbor search"): a vector is rotated at random, and of its offset
from a centre the signs are kept, with two numbers that make the estimated distance unbiased.
FAISS compares 32 such codes at a time (FastScan). Estimates only choose whom to look at; the true
distances come from the vectors themselves.
"""

from __future__ import annotations

import math
from abc import abstractmethod
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
from lookalike.indexes.rotation import MULTIPLE, rotated
from lookalike.metrics import Vectors


def more(count: int) -> int:
    """Return how many candidates to look at besides those for each that is asked for.

    The more vectors there are, the more of them are so near that one bit cannot tell which is
    nearer. On clustered vectors 0.99 of the ten nearest needed about 200 candidates of
    100,000 vectors and 1,200 of a million.
    """
    return math.isqrt(count)


@dataclass(eq=False)
class Sketches(Index):
    """Lists of RaBitQ codes, each about a centre of its own; the author says how many lists."""

    filters: ClassVar[bool] = True

    bits: int = field(
        default=256,
        metadata={"help": "least bits of a vector; one a dimension if it has more", "at": "build"},
    )
    rerank: int = field(
        default=10,
        metadata={"help": "candidates to look at for each that is asked for", "at": "search"},
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self._at_least(bits=1, rerank=1)
        self._codes: Any = None
        self._scale = 1.0
        self._learnt = 0

    @abstractmethod
    def _list_count(self, count: int, learnt: int) -> int:
        """How many lists for `count` vectors of which `learnt` are learnt from."""

    @abstractmethod
    def _lists_to_visit(self, count: int, share: float) -> int:
        """How many lists to look into for the `count` nearest if only a share of all is allowed."""

    @property
    def structure_bytes(self) -> int:
        """Memory for codes, row numbers and centres."""
        if self._codes is None:
            return 0
        codes = self._codes.ntotal * (self._codes.code_size + 8)
        return int(codes + self._codes.nlist * self._codes.d * 4)

    def _build(self, vectors: Vectors) -> None:
        faiss = library()
        length = self._length(vectors)
        self._scale = 1.0
        learnt = sample(vectors, length, lambda rows: self._turned(rows, length))
        centre = learnt.mean(0, dtype=np.float64)
        spread = np.einsum("ij,ij->", learnt, learnt, dtype=np.float64) / len(learnt)
        spread = float(np.sqrt(max(0.0, spread - centre @ centre)))
        # FAISS takes squared offsets under 1e-7 for none: here their mean is 1.
        self._scale = 1.0 / spread if spread > 0 else 1.0
        learnt *= np.float32(self._scale)
        self._learnt = len(learnt)
        lists = self._list_count(len(vectors), len(learnt))
        centres = faiss.IndexFlatL2(length)
        if lists == 1:
            centres.add(np.asarray(centre * self._scale, np.float32)[np.newaxis])
        codes = faiss.IndexIVFRaBitQFastScan(centres, length, lists, faiss.METRIC_L2)
        codes.cp.min_points_per_centroid = 1
        codes.cp.max_points_per_centroid = len(learnt)
        codes.train(learnt)
        self._codes = codes
        self._append(vectors)

    def _extend(self, vectors: Vectors) -> bool:
        if outgrown(self._learnt, len(self.vectors)):
            self._build(self.vectors)
        else:
            self._append(vectors)
        return True

    def _append(self, vectors: Vectors) -> None:
        for block in blocks(vectors, self._codes.d):
            self._codes.add(self._turned(block, self._codes.d))

    def _candidates(self, queries: Vectors, count: int, allowed: Mask | None) -> list[Rows]:
        among = self.covered if allowed is None else int(np.count_nonzero(allowed))
        wanted = self.rerank * count + more(among)
        if 2 * wanted >= among:
            rows = np.arange(self.covered) if allowed is None else np.flatnonzero(allowed)
            return [rows] * len(queries)
        aims = self._turned(queries, self._codes.d)
        visits = self._lists_to_visit(count, among / self.covered)
        found = self._searched(aims, wanted, visits, allowed)
        few = np.flatnonzero(found[:, -1] < 0)
        if len(few):
            found[few] = self._searched(aims[few], wanted, self._codes.nlist, allowed)
        return list(found)

    def _searched(self, aims: Vectors, wanted: int, visits: int, allowed: Mask | None) -> Rows:
        faiss = library()
        options = faiss.SearchParametersIVF(nprobe=visits)
        if allowed is not None:
            # FAISS keeps only a pointer, so it must have a name here.
            selector = faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
            options.sel = selector
        return nearest(self._codes, aims, wanted, options, visits * self._codes.d * 4)

    def _length(self, vectors: Vectors) -> int:
        return -(-max(self.bits, int(vectors.shape[1])) // MULTIPLE) * MULTIPLE

    def _turned(self, vectors: Vectors, length: int) -> Vectors:
        out = rotated(points(vectors, self.metric), length)
        out *= np.float32(self._scale)
        return out

    def _store(self, folder: Path) -> None:
        store(self._codes, folder, {"scale": self._scale, "learnt": self._learnt})

    def _restore(self, folder: Path) -> None:
        codes, numbers = restore(folder, {"scale", "learnt"})
        if not _is_sound(codes, self._length(self.vectors), self.covered):
            raise GalleryDamaged(f"{folder} holds something else; build the index again")
        self._codes = codes
        self._scale, self._learnt = numbers["scale"], int(numbers["learnt"])


def _is_sound(codes: Any, length: int, count: int) -> bool:
    """Whether nothing in a file that FAISS could read leads a search out of its arrays."""
    faiss = library()
    if not isinstance(codes, faiss.IndexIVFRaBitQFastScan) or not codes.is_trained:
        return False
    centres = faiss.downcast_index(codes.quantizer)
    if not isinstance(centres, faiss.IndexFlat) or (centres.d, centres.ntotal) != (
        length,
        codes.nlist,
    ):
        return False
    model = faiss.IndexIVFRaBitQFastScan(centres, length, codes.nlist, faiss.METRIC_L2)
    lists, model_lists = (faiss.downcast_InvertedLists(each.invlists) for each in (codes, model))
    if not isinstance(lists, faiss.BlockInvertedLists) or not (
        _alike(codes, model, ("d", "metric_type", "code_size", "bbs", "qb", "by_residual"))
        and _alike(codes, model, ("centered", "implem", "qbs2"))
        and _alike(lists, model_lists, ("nlist", "n_per_block", "block_size"))
    ):
        return False
    sizes = [lists.list_size(n) for n in range(codes.nlist)]
    rows = [faiss.rev_swig_ptr(lists.get_ids(n), size) for n, size in enumerate(sizes) if size]
    # Each row once: so the sizes add up, and no number leads past the end.
    return sum(sizes) == codes.ntotal == count and bool(
        (np.sort(np.concatenate(rows)) == np.arange(count)).all()
    )


def _alike(one: Any, other: Any, names: tuple[str, ...]) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in names)
