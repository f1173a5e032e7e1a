"""UKBench: 2,550 things, each in four photos (Nistér & Stewénius, CVPR 2006)."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from lookalike.evaluation.truth.base import GroundTruth
from lookalike.evaluation.truth.files import all_named, folder_at, numbers, once, pictures, rows
from lookalike.evaluation.truth.layout import Layout

_NAME = "ukbench([0-9]{5})"


class UKBench(Layout):
    """Four consecutive numbers are one thing. Every picture is a query and counts as found."""

    home = "http://vis.uky.edu/~stewe/ukbench/"
    laid_out = "All pictures lie in it, at any depth: full/ukbench00000.jpg …"

    @classmethod
    def lies_in(cls, folder: Path) -> bool:
        """Whether all pictures are named ukbench and five digits."""
        return all_named(folder, _NAME)

    def load(self, folder: Path) -> list[GroundTruth]:
        """Return the one ground truth; any whole groups of four will do."""
        root = folder_at(folder)
        files = pictures(root)
        ids = numbers(files, _NAME, partial(self.absent, root))
        once(files, ids, partial(self.absent, root))
        groups: dict[int, list[int]] = {}
        for row, number in enumerate(ids):
            groups.setdefault(number // 4, []).append(row)
        for group, found in groups.items():
            if len(found) != 4:
                raise self.absent(
                    root, f"of ukbench{4 * group:05} and the three after it, {4 - len(found)} lack"
                )
        none = rows([])
        return [
            GroundTruth(
                name=self.name,
                files=tuple(files),
                searched=np.ones(len(files), bool),
                queries=np.arange(len(files)),
                relevant=tuple(rows(groups[number // 4]) for number in ids),
                junk=(none,) * len(files),
                measures=("N-S",),
                source="UKBench (Nistér & Stewénius, 2006): how many of a picture's group of four, "
                "itself among them, are the first four answers.",
            )
        ]
