"""Stanford Online Products (Oh Song et al., CVPR 2016)."""

from __future__ import annotations

from pathlib import Path

from lookalike.evaluation.truth.base import GroundTruth, by_groups
from lookalike.evaluation.truth.files import ByPath, folder_at, pictures
from lookalike.evaluation.truth.layout import Layout
from lookalike.evaluation.truth.lists import find, lines

_LIST = "Ebay_test.txt"
_COLUMNS = ("image_id", "class_id", "super_class_id", "path")


class Products(Layout):
    """Every picture of the test list is a query, searched for among the others of that list."""

    home = "https://cvgl.stanford.edu/projects/lifted_struct/"
    laid_out = f"{_LIST} lies in it or in one of its folders, and so do the pictures that it lists."

    @classmethod
    def lies_in(cls, folder: Path) -> bool:
        """Whether the test list lies in it or in a folder of it."""
        return bool(find(folder, _LIST))

    def load(self, folder: Path) -> list[GroundTruth]:
        """Return the one ground truth."""
        root = folder_at(folder)
        if not (found := find(root, _LIST)):
            raise self.absent(root, f"there is no {_LIST}")
        files = pictures(root)
        named = ByPath(root, files)
        listed: dict[int, int] = {}
        for line in lines(found[0]):
            image, product, _, path = line.fields(*_COLUMNS)
            if image == _COLUMNS[0]:
                continue
            row = named.row(path, line.where)
            if row in listed:
                raise line.wrong(f"{path} is listed twice")
            listed[row] = line.whole(product)
        if not listed:
            raise self.absent(root, f"{found[0]} lists nothing")
        return [
            by_groups(
                self.name,
                [files[row] for row in listed],
                list(listed.values()),
                measures=("hit@1", "hit@10", "hit@100", "hit@1000"),
                source="Stanford Online Products (Oh Song et al., 2016): every picture of the test "
                "list is a query, other pictures of the same product are right.",
            )
        ]
