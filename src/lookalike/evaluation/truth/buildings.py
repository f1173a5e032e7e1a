"""Oxford Buildings and Paris as they were published: four lists for each query."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np

from lookalike.evaluation.truth.base import Box, GroundTruth, Rows
from lookalike.evaluation.truth.files import ByStem, folder_at, pictures, rows
from lookalike.evaluation.truth.layout import Layout
from lookalike.evaluation.truth.lists import find, lines

_ENDING = "_query.txt"


class Buildings(Layout):
    """NAME_query.txt says the picture and the box that are asked with; `good` and `ok` are right.

    Pictures in `junk` are taken out of the ranking. The picture of the query is searched as well,
    and is one of the good ones.

    Attributes
    ----------
    mark : str
        The first of the queries, which tells the two sets apart.
    prefix : str
        What stands before the names of pictures in the files of queries.
    paper : str
    """

    mark: ClassVar[str]
    prefix: ClassVar[str] = ""
    paper: ClassVar[str]

    @classmethod
    def lies_in(cls, folder: Path) -> bool:
        """Whether the list of the first query lies in it or in a folder of it."""
        return bool(find(folder, cls.mark + _ENDING))

    def load(self, folder: Path) -> list[GroundTruth]:
        """Return the one ground truth."""
        root = folder_at(folder)
        asked = find(root, f"*{_ENDING}")
        if not asked:
            raise self.absent(root, f"there is no *{_ENDING}")
        files = pictures(root)
        named = ByStem(root, files)
        pictured = [self._query(file, named) for file in asked]
        lists = [file.name.removesuffix(_ENDING) for file in asked]
        folders = [file.parent for file in asked]
        each = list(zip(folders, lists, strict=True))
        return [
            GroundTruth(
                name=self.name,
                files=tuple(files),
                searched=np.ones(len(files), bool),
                queries=np.array([row for row, _ in pictured], np.int64),
                relevant=tuple(
                    self._listed(at, [f"{one}_good.txt", f"{one}_ok.txt"], named)
                    for at, one in each
                ),
                junk=tuple(self._listed(at, [f"{one}_junk.txt"], named) for at, one in each),
                measures=("mAP-trapezoid",),
                source=f"{self.paper}: asked with a box of a picture; good and ok are right, junk "
                "is taken out. Its program computes the average precision by trapezoids.",
                boxes={place: box for place, (_, box) in enumerate(pictured)},
            )
        ]

    def _query(self, file: Path, named: ByStem) -> tuple[int, Box]:
        line = next(lines(file), None)
        if line is None:
            raise self.absent(file.parent, f"{file.name} is empty")
        stem, *edges = line.fields("picture", "left", "top", "right", "bottom")
        left, top, right, bottom = map(line.real, edges)
        if not (left < right and top < bottom):
            raise line.wrong(f"a box from {left}, {top} to {right}, {bottom} holds nothing")
        return named.row(stem.removeprefix(self.prefix), line.where), (left, top, right, bottom)

    def _listed(self, folder: Path, names: list[str], named: ByStem) -> Rows:
        read = (line for name in names for line in lines(folder / name))
        return rows(named.row(line.text, line.where) for line in read)
