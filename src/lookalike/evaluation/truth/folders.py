"""Groups: the folder that a picture is in."""

from __future__ import annotations

from pathlib import Path

from lookalike.errors import BadParameter
from lookalike.evaluation.truth.base import GroundTruth, by_groups
from lookalike.evaluation.truth.files import folder_at, pictures
from lookalike.evaluation.truth.layout import Layout


class Folders(Layout):
    """Each folder is a category; every picture is a query, and those beside it are right."""

    def load(self, folder: Path) -> list[GroundTruth]:
        """Return the one ground truth of a folder of folders."""
        root = folder_at(folder)
        found = pictures(root)
        files = [file for file in found if file.parent != root]
        alone = len(found) - len(files)
        if not files:
            raise BadParameter(
                f"all {alone} pictures lie in {root} itself, so their folders tell nothing; sort "
                "them into one folder for each category, or name them by another ground truth, "
                "for example names:^[a-z]+ or csv:FILE"
            )
        truth = by_groups(
            root.name or self.name,
            files,
            [file.parent for file in files],
            measures=("mAP", "P@10"),
            source="The folder that a picture is in is its category; every picture is a query."
            + (f" Left out: {alone} that lie in none." if alone else ""),
        )
        if not len(truth.queries):
            raise BadParameter(
                f"no two pictures in {root} lie in the same folder, so none is right"
            )
        return [truth]
