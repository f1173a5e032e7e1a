"""INRIA Copydays: 157 photos and copies of them (Douze et al., CIVR 2009)."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from lookalike.evaluation.truth.base import GroundTruth
from lookalike.evaluation.truth.files import all_named, folder_at, numbers, once, pictures, rows
from lookalike.evaluation.truth.layout import Layout

# What the name of a folder has in it → the kind of copies that lie in it.
KINDS = {"crop": "crops", "jpeg": "jpeg", "strong": "strong"}


class Copydays(Layout):
    """A variant for each kind of copies: each copy is a query, the originals are searched."""

    home = "https://lear.inrialpes.fr/~jegou/data.php"
    laid_out = (
        "The originals lie in it or in original/, copies in folders whose names have crop, jpeg or "
        "strong in them: crops/50/200000.jpg, jpegqual/3/200000.jpg, strong/200001.jpg …"
    )

    @classmethod
    def lies_in(cls, folder: Path) -> bool:
        """Whether all pictures are numbers of six digits that begin with 2."""
        return all_named(folder, "2[0-9]{5}")

    def load(self, folder: Path) -> list[GroundTruth]:
        """Return a variant for each kind of copies that is there."""
        root = folder_at(folder)
        kinds: dict[str, list[Path]] = {}
        for file in pictures(root):
            kinds.setdefault(_kind(file.relative_to(root)), []).append(file)
        originals = kinds.pop("", [])
        if not (originals and kinds):
            raise self.absent(root, "there are no " + ("copies" if originals else "originals"))
        wrong = partial(self.absent, root)
        blocks = [number // 100 for number in numbers(originals, "([0-9]{6})", wrong)]
        once(originals, blocks, wrong)
        known = {block: row for row, block in enumerate(blocks)}
        return [self._variant(root, kind, originals, kinds[kind], known) for kind in sorted(kinds)]

    def _variant(
        self,
        root: Path,
        kind: str,
        originals: list[Path],
        copies: list[Path],
        known: dict[int, int],
    ) -> GroundTruth:
        blocks = [
            number // 100 for number in numbers(copies, "([0-9]{6})", partial(self.absent, root))
        ]
        for file, block in zip(copies, blocks, strict=True):
            if block not in known:
                raise self.absent(root, f"the original of {file} is not there")
        count = len(originals)
        none = rows([])
        return GroundTruth(
            name=f"{self.name}-{kind}",
            files=(*originals, *copies),
            searched=np.arange(count + len(copies)) < count,
            queries=np.arange(count, count + len(copies)),
            relevant=tuple(rows([known[block]]) for block in blocks),
            junk=(none,) * len(copies),
            measures=("mAP-trapezoid", "mAP"),
            source=f"INRIA Copydays (Douze et al., 2009), {kind}: each copy is a query, its "
            "original the one right answer among all originals. The average precision is that of "
            "INRIA Holidays, by trapezoids.",
        )


def _kind(path: Path) -> str:
    for part in path.parent.parts:
        for mark, kind in KINDS.items():
            if mark in part.lower():
                return kind
    return ""
