"""Oxford and Paris revisited (Radenović et al., CVPR 2018)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from lookalike.errors import BadParameter
from lookalike.evaluation.truth.base import Box, GroundTruth
from lookalike.evaluation.truth.files import ByStem, folder_at, pictures, rows
from lookalike.evaluation.truth.layout import Layout
from lookalike.evaluation.truth.lists import find

# The real ones have less than one megabyte.
_LONGEST = 64_000_000

VARIANTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "easy": (("easy",), ("junk", "hard")),
    "medium": (("easy", "hard"), ("junk",)),
    "hard": (("hard",), ("junk", "easy")),
}
"""Each variant, and which of the lists are right and which are junk in it."""


class Revisited(Layout):
    """Three variants; 70 queries that are not searched among, each a box of a picture."""

    home = "http://cmp.felk.cvut.cz/revisitop/"

    @classmethod
    def lies_in(cls, folder: Path) -> bool:
        """Whether the file of the ground truth lies in it or in a folder of it."""
        return bool(find(folder, f"gnd_{cls.name}.*"))

    def load(self, folder: Path) -> list[GroundTruth]:
        """Return the three variants."""
        root = folder_at(folder)
        file = self._file(root)
        read = _Read(file)
        found = pictures(root)
        named = ByStem(root, found)
        files = tuple(found[named.row(stem, str(file))] for stem in read.searched + read.asked)
        if len(set(files)) != len(files):
            raise BadParameter(f"{file} lists a picture twice, or searches for one of its queries")
        return [self._variant(name, read, files) for name in VARIANTS]

    def _file(self, root: Path) -> Path:
        name = f"gnd_{self.name}"
        if found := find(root, f"{name}.json"):
            return found[0]
        if pickles := find(root, f"{name}.pkl"):
            raise BadParameter(
                f"{pickles[0]} is a pickle, which can run anything when it is read, so it is not "
                f"read here; if you trust it, make {name}.json beside it with the command in "
                "docs/datasets.md"
            )
        raise self.absent(root, f"there is no {name}.json")

    def _variant(self, variant: str, read: _Read, files: tuple[Path, ...]) -> GroundTruth:
        right, ignored = VARIANTS[variant]
        count = len(read.searched)
        relevant = [rows(chain.from_iterable(one[key] for key in right)) for one in read.lists]
        junk = [rows(chain.from_iterable(one[key] for key in ignored)) for one in read.lists]
        asked = [query for query, found in enumerate(relevant) if len(found)]
        return GroundTruth(
            name=f"{self.name}-{variant}",
            files=files,
            searched=np.arange(len(files)) < count,
            queries=np.array([count + query for query in asked], np.int64),
            relevant=tuple(relevant[query] for query in asked),
            junk=tuple(junk[query] for query in asked),
            measures=("mAP-trapezoid", "P@1", "P@5", "P@10"),
            source=f"Revisiting Oxford and Paris (Radenović et al., 2018), {variant}: right are "
            f"{' and '.join(right)}, taken out are {' and '.join(ignored)}; queries for which "
            "nothing is right are left out.",
            boxes={place: read.boxes[query] for place, query in enumerate(asked)},
        )


class _Read:
    """What the file says, looked through."""

    def __init__(self, file: Path) -> None:
        self._file = file
        read = self._dict(_json(file), "the whole")
        self.searched = self._names(read, "imlist")
        self.asked = self._names(read, "qimlist")
        queries = self._list(read, "gnd")
        if len(queries) != len(self.asked):
            raise self._wrong(f"{len(queries)} entries of gnd for {len(self.asked)} of qimlist")
        each = [self._dict(one, f"gnd {place}") for place, one in enumerate(queries)]
        self.lists = [
            {key: self._rows(one, key) for key in ("easy", "hard", "junk")} for one in each
        ]
        self.boxes = [self._box(one) for one in each]

    def _wrong(self, why: str) -> BadParameter:
        return BadParameter(f"{self._file}: {why}; was it made with the command in the docs?")

    def _dict(self, value: object, what: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self._wrong(f"{what} is meant to be an object")
        return value

    def _list(self, values: dict[str, Any], key: str) -> list[Any]:
        found = values.get(key)
        if not isinstance(found, list):
            raise self._wrong(f"{key!r} is meant to be a list")
        return found

    def _names(self, values: dict[str, Any], key: str) -> list[str]:
        found = self._list(values, key)
        if not (found and all(isinstance(name, str) for name in found)):
            raise self._wrong(f"{key!r} is meant to be a list of names")
        return found

    def _rows(self, values: dict[str, Any], key: str) -> Sequence[int]:
        found = self._list(values, key)
        count = len(self.searched)
        if not all(type(row) is int and 0 <= row < count for row in found):
            raise self._wrong(f"{key!r} is meant to be a list of numbers from 0 to {count - 1}")
        return found

    def _box(self, values: dict[str, Any]) -> Box:
        found = self._list(values, "bbx")
        if len(found) != 4 or not all(type(edge) in (int, float) for edge in found):
            raise self._wrong("'bbx' is meant to be four numbers")
        left, top, right, bottom = found
        if not (-1e9 < left < right < 1e9 and -1e9 < top < bottom < 1e9):
            raise self._wrong(f"a box from {left}, {top} to {right}, {bottom} holds nothing")
        return float(left), float(top), float(right), float(bottom)


def _json(file: Path) -> object:
    try:
        with file.open("rb") as stream:
            read = stream.read(_LONGEST + 1)
        if len(read) > _LONGEST:
            raise BadParameter(
                f"{file} has more than {_LONGEST} bytes; it is not that ground truth"
            )
        found: object = json.loads(read)
    except OSError as error:
        raise BadParameter(f"cannot read {file}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise BadParameter(f"{file} is no JSON: {error}") from error
    return found
