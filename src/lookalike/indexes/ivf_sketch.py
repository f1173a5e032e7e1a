"""The codes of `sketch` in many lists, of which only those near the query are scanned."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar

from lookalike.indexes.sketches import Sketches

# Shorter lists cost more to prepare for than to scan.
_LIST = 256

# What the centre of a list is learnt from, at least.
_LEARNT = 16


@dataclass(eq=False)
class IvfSketch(Sketches):
    """RaBitQ codes in an inverted file: k-means cells, each with a list of its vectors.

    Lists by rule are of √n vectors, at least 256: finding them then takes little beside scanning
    them. On vectors of photos, 0.99 of the ten nearest stood in the nearest lists that held 50 √n
    vectors together, from 12,000 to 110,000 of them; so the same number of lists does for any n.
    Where a filter lets only a share of the vectors through, the nearest of them stand further
    away: a search looks into more lists, and into all where those hold too few.
    """

    name: ClassVar[str] = "ivf_sketch"

    nlist: int = field(
        default=0, metadata={"help": "lists; 0 goes by the number of vectors", "at": "build"}
    )
    nprobe: int = field(
        default=80, metadata={"help": "lists that a search looks into", "at": "search"}
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self._at_least(nlist=0, nprobe=1)

    def _list_count(self, count: int, learnt: int) -> int:
        lists = self.nlist or count // max(_LIST, math.isqrt(count))
        return max(1, min(lists, learnt // _LEARNT))

    def _lists_to_visit(self, count: int, share: float) -> int:
        # For ten times as many neighbours twice as many lists gave the same recall.
        deeper = math.pow(max(1.0, count / 10), 1 / 3)
        return min(int(self._codes.nlist), math.ceil(self.nprobe * deeper / math.sqrt(share)))
