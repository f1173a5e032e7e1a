"""DISC21, the Image Similarity Challenge (Douze et al., 2021)."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from lookalike.evaluation.truth.base import GroundTruth
from lookalike.evaluation.truth.files import ByStem, folder_at, pictures, rows
from lookalike.evaluation.truth.layout import Layout
from lookalike.evaluation.truth.lists import find, lines

_LISTS = "*ground*truth*.csv"
_REFERENCE, _QUERY = re.compile("R[0-9]+"), re.compile("Q[0-9]+")


class Disc21(Layout):
    """Queries are searched for among the references; for most of them nothing is right.

    Those count: µAP is of all queries together, and a near answer to one of them is a false alarm.
    """

    home = "https://ai.meta.com/datasets/disc21-dataset/"
    laid_out = (
        "The pictures lie in it at any depth, references/R000000.jpg … and queries/Q00000.jpg …, "
        "and the ground truth, such as public_ground_truth.csv, in it or in one of its folders."
    )

    @classmethod
    def lies_in(cls, folder: Path) -> bool:
        """Whether a ground truth and a folder of references lie in it."""
        return (folder / "references").is_dir() and bool(find(folder, _LISTS))

    def load(self, folder: Path) -> list[GroundTruth]:
        """Return the ground truth, or one for each list of it."""
        root = folder_at(folder)
        if not (lists := find(root, _LISTS)):
            raise self.absent(root, f"there is no {_LISTS}")
        found = pictures(root)
        references = [file for file in found if _REFERENCE.fullmatch(file.stem)]
        queries = [file for file in found if _QUERY.fullmatch(file.stem)]
        if not (references and queries):
            what = "queries, Q00000.jpg …" if references else "references, R000000.jpg …"
            raise self.absent(root, f"there are no {what}")
        known = ByStem(root, references), ByStem(root, queries)
        return [
            self._truth(
                self.name if len(lists) == 1 else f"{self.name}-{file.stem}",
                (references, queries),
                _answers(file, *known),
            )
            for file in lists
        ]

    def _truth(
        self, name: str, files: tuple[list[Path], list[Path]], answers: dict[int, set[int]]
    ) -> GroundTruth:
        references, queries = files
        count = len(references)
        none = rows([])
        return GroundTruth(
            name=name,
            files=(*references, *(queries[query] for query in answers)),
            searched=np.arange(count + len(answers)) < count,
            queries=np.arange(count, count + len(answers)),
            relevant=tuple(rows(right) for right in answers.values()),
            junk=(none,) * len(answers),
            measures=("µAP", "recall@1", "recall@10"),
            source="DISC21 (Douze et al., 2021): the pairs of all queries with all references are "
            "ranked together; queries without a right answer count.",
        )


def _answers(file: Path, references: ByStem, queries: ByStem) -> dict[int, set[int]]:
    answers: dict[int, set[int]] = {}
    for line in lines(file):
        query, comma, reference = (part.strip() for part in line.text.partition(","))
        if not comma:
            raise line.wrong("a query and a reference are meant, with a comma between them")
        if (query, reference) == ("query_id", "reference_id"):
            continue
        right = answers.setdefault(queries.row(query, line.where), set())
        if reference:
            right.add(references.row(reference, line.where))
    return answers
