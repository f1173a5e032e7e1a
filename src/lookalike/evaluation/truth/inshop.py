"""DeepFashion, In-shop Clothes Retrieval (Liu et al., CVPR 2016)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lookalike.evaluation.truth.base import GroundTruth
from lookalike.evaluation.truth.files import ByPath, folder_at, pictures, rows
from lookalike.evaluation.truth.layout import Layout
from lookalike.evaluation.truth.lists import Line, find, lines

_LIST = "list_eval_partition.txt"
_COLUMNS = ("image_name", "item_id", "evaluation_status")


class InShop(Layout):
    """Pictures of status `query` are searched for among those of status `gallery`."""

    home = "https://mmlab.ie.cuhk.edu.hk/projects/DeepFashion/InShopRetrieval.html"
    laid_out = (
        f"{_LIST} lies in it or in one of its folders, such as Eval/, and the pictures that it "
        "lists in it at any depth: img/WOMEN/Dresses/id_00000002/02_1_front.jpg …"
    )

    @classmethod
    def lies_in(cls, folder: Path) -> bool:
        """Whether the list of queries and gallery lies in it or in a folder of it."""
        return bool(find(folder, _LIST))

    def load(self, folder: Path) -> list[GroundTruth]:
        """Return the one ground truth."""
        root = folder_at(folder)
        if not (found := find(root, _LIST)):
            raise self.absent(root, f"there is no {_LIST}")
        pictured = pictures(root)
        status, items = _listed(found[0], ByPath(root, pictured))
        order = list(status)
        gallery: dict[str, list[int]] = {}
        for place, row in enumerate(order):
            if status[row] == "gallery":
                gallery.setdefault(items[row], []).append(place)
        asked = [place for place, row in enumerate(order) if status[row] == "query"]
        if not (asked and gallery):
            raise self.absent(root, f"{found[0]} has no {'gallery' if asked else 'query'}")
        none = rows([])
        return [
            GroundTruth(
                name=self.name,
                files=tuple(pictured[row] for row in order),
                searched=np.array([status[row] == "gallery" for row in order]),
                queries=np.array(asked, np.int64),
                relevant=tuple(rows(gallery.get(items[order[place]], [])) for place in asked),
                junk=(none,) * len(asked),
                measures=("hit@1", "hit@10", "hit@20", "hit@30"),
                source="DeepFashion, In-shop Clothes Retrieval (Liu et al., 2016): queries are "
                "searched for in the gallery, pictures of the same item are right.",
            )
        ]


def _listed(file: Path, named: ByPath) -> tuple[dict[int, str], dict[int, str]]:
    """Return the status and the item of each picture, by its row, train left out."""
    status: dict[int, str] = {}
    items: dict[int, str] = {}
    for line in lines(file):
        if line.number == 1 or line.text.split() == list(_COLUMNS):
            continue  # the first line has the number of the others
        path, item, part = line.fields(*_COLUMNS)
        if _is_searched(line, part):
            row = named.row(path, line.where)
            if row in status:
                raise line.wrong(f"{path} is listed twice")
            status[row], items[row] = part, item
    return status, items


def _is_searched(line: Line, status: str) -> bool:
    if status not in ("train", "query", "gallery"):
        raise line.wrong(f"the status is train, query or gallery, not {status[:100]!r}")
    return status != "train"
