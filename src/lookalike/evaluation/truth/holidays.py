"""INRIA Holidays: photos of 500 scenes (Jégou, Douze & Schmid, ECCV 2008)."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from lookalike.evaluation.truth.base import GroundTruth, by_groups
from lookalike.evaluation.truth.files import all_named, folder_at, numbers, once, pictures
from lookalike.evaluation.truth.layout import Layout


class Holidays(Layout):
    """`id // 100` is the group. The first of each group is its query, and junk to itself."""

    home = "https://lear.inrialpes.fr/~jegou/data.php"
    laid_out = "All pictures of jpg1 and jpg2 lie in it, at any depth: jpg/100000.jpg …"

    @classmethod
    def lies_in(cls, folder: Path) -> bool:
        """Whether all pictures are numbers of six digits that begin with 1."""
        return all_named(folder, "1[0-9]{5}")

    def load(self, folder: Path) -> list[GroundTruth]:
        """Return the one ground truth; any half of the groups will do."""
        root = folder_at(folder)
        files = pictures(root)

        ids = numbers(files, "([0-9]{6})", partial(self.absent, root))
        once(files, ids, partial(self.absent, root))
        # By id: the first of a group need not be the first by path.
        order = np.argsort(ids, kind="stable")
        _, first = np.unique(np.array(ids)[order] // 100, return_index=True)
        return [
            by_groups(
                self.name,
                files,
                [number // 100 for number in ids],
                measures=("mAP-trapezoid", "mAP"),
                source="INRIA Holidays (Jégou, Douze & Schmid, 2008): the first picture of each "
                "group is the query, the others of the group are right. Its program computes the "
                "average precision by trapezoids.",
                queries=np.sort(order[first]),
            )
        ]
