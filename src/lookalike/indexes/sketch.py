"""A linear scan over one bit a dimension. Nothing to tune, and it grows a row at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lookalike.indexes.sketches import Sketches


@dataclass(eq=False)
class Sketch(Sketches):
    """RaBitQ codes in one list: 1/32 of the vectors is scanned, the nearest are looked at truly."""

    name: ClassVar[str] = "sketch"

    def _list_count(self, count: int, learnt: int) -> int:
        return 1

    def _lists_to_visit(self, count: int, share: float) -> int:
        return 1
