"""The pool of training pictures with the teachers' vectors, in batches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from student import SIDE
from torch import Tensor

PACKS = ("mp", "mini", "in1k")
LOADED = SIDE  # a batch is brought to this side before it is augmented


class Pool:
    """Pictures and targets under one folder, as `teachers.py` left them."""

    def __init__(self, work: Path) -> None:
        self._packs = {pack: np.load(work / f"{pack}.npy", mmap_mode="r") for pack in PACKS}
        rows = (work / "order.txt").read_text().split("\n")
        self.targets = np.load(work / "targets.npy", mmap_mode="r")
        self._rows = [(k, int(i)) for k, i in (r.split() for r in rows[: len(self.targets)])]

    def __len__(self) -> int:
        return len(self._rows)

    def batches(self, size: int, rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
        """One epoch in a new order: (size, 3, LOADED, LOADED) float32 0…1, (size, 256)."""
        order = torch.randperm(len(self), generator=rng).tolist()
        for start in range(0, len(order) - size + 1, size):
            chosen = sorted(order[start : start + size])
            yield self._pictures(chosen), torch.from_numpy(self.targets[chosen].astype(np.float32))

    def _pictures(self, chosen: list[int]) -> Tensor:
        out = torch.empty(len(chosen), 3, LOADED, LOADED)
        for pack in PACKS:
            at = [n for n, i in enumerate(chosen) if self._rows[i][0] == pack]
            if at:
                taken = np.stack([self._packs[pack][self._rows[chosen[n]][1]] for n in at])
                part = torch.from_numpy(taken).permute(0, 3, 1, 2).float() / 255
                if part.shape[-1] > LOADED:
                    part = F.interpolate(part, LOADED, mode="bilinear", antialias=True)
                else:
                    part = F.interpolate(part, LOADED, mode="bicubic").clamp_(0, 1)
                out[at] = part
        return out


def plain(pictures: Tensor) -> Tensor:
    """Return the whole pictures at the student's size."""
    return F.interpolate(pictures, SIDE, mode="bilinear", antialias=True)


def seen(pictures: Tensor) -> Tensor:
    """Return 0…1 as the student's -1…1."""
    return pictures * 2 - 1
