"""Right answers and junk as a table lists them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lookalike.errors import BadParameter
from lookalike.evaluation.truth.base import GroundTruth
from lookalike.evaluation.truth.files import folder_at, pictures, rows
from lookalike.evaluation.truth.layout import Layout
from lookalike.store.table_files import Table, opened

_BETWEEN = "|"


class Csv(Layout):
    """A table with the columns `query`, `relevant` and perhaps `junk`, each a path.

    Several paths in a field stand with `|` between them, and a query may have several rows. All
    pictures of the folder are searched; a query is junk to itself unless it is listed as relevant.
    """

    parameter = "FILE"
    example = "csv:truth.csv"

    def load(self, folder: Path) -> list[GroundTruth]:
        """Return the one ground truth of a table about the pictures of a folder."""
        root = folder_at(folder)
        table = opened(self._file(root))
        read = _Reading(root, pictures(root))
        for line, (query, relevant, junk) in _cells(table):
            read.add(f"{table.called}, line {line}", query, relevant, junk)
        if not read.relevant:
            raise BadParameter(f"{table.called} has no row; each names a query and a right answer")
        return [read.truth(root.name or self.name, table.called)]

    def _file(self, root: Path) -> Path:
        typed = os.path.expanduser(self.given)  # noqa: PTH111 (Path's raises for "~nobody")
        places = [Path(typed), root / typed]
        if not (found := [place for place in places if _is_file(place)]):
            raise BadParameter(
                f"there is no table {self.given!r}, neither where you are nor in {root}; its first "
                "line is: query,relevant,junk"
            )
        return found[0]


def _cells(table: Table) -> Iterator[tuple[int, tuple[str, str, str]]]:
    names = [name.strip().casefold() for name in table.names]
    for wanted in ("query", "relevant"):
        if wanted not in names:
            raise BadParameter(
                f"{table.called} has no column {wanted!r} but {', '.join(table.names)}; its first "
                "line is: query,relevant,junk"
            )
    places = [names.index(one) if one in names else None for one in ("query", "relevant", "junk")]
    return ((line, _three(row, places)) for line, row in table.rows())


def _three(row: Sequence[object], places: list[int | None]) -> tuple[str, str, str]:
    values = [None if place is None else row[place] for place in places]
    query, relevant, junk = ("" if value is None else str(value) for value in values)
    return query, relevant, junk


@dataclass
class _Reading:
    """What the rows so far say."""

    root: Path
    files: list[Path]
    relevant: dict[int, set[int]] = field(default_factory=dict)
    junk: dict[int, set[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._inside = len(self.files)
        self._rows = {str(file): row for row, file in enumerate(self.files)}
        self._answers: set[int] = set()

    def add(self, where: str, query: str, relevant: str, junk: str) -> None:
        asked = self._listed(query, where)
        if len(asked) != 1:
            raise BadParameter(f"{where}: one query is meant, not {len(asked)}")
        right = self.relevant.setdefault(asked[0], set())
        ignored = self.junk.setdefault(asked[0], set())
        right.update(self._listed(relevant, where))
        ignored.update(self._listed(junk, where))
        if both := right & ignored:
            raise BadParameter(f"{where}: {self.files[both.pop()]} is both relevant and junk")
        self._answers |= right | ignored

    def truth(self, name: str, source: str) -> GroundTruth:
        searched = np.zeros(len(self.files), bool)
        searched[: self._inside] = True
        searched[list(self._answers)] = True
        for query, right in self.relevant.items():
            if searched[query] and query not in right:
                self.junk[query].add(query)
        return GroundTruth(
            name=name,
            files=tuple(self.files),
            searched=searched,
            queries=np.array(list(self.relevant), np.int64),
            relevant=tuple(rows(right) for right in self.relevant.values()),
            junk=tuple(rows(self.junk[query]) for query in self.relevant),
            measures=("mAP", "P@10"),
            source=f"{source} says which answers are right.",
        )

    def _listed(self, cell: str, where: str) -> list[int]:
        paths = [path.strip() for path in cell.split(_BETWEEN)]
        return [self._row(path, where) for path in paths if path]

    def _row(self, path: str, where: str) -> int:
        absolute = os.path.abspath(self.root / path)  # noqa: PTH100 (takes "a/../b" out)
        if absolute not in self._rows:
            if not _is_file(Path(absolute)):
                raise BadParameter(
                    f"{where}: there is no picture {path[:300]!r}; paths are relative to "
                    f"{self.root}, or absolute"
                )
            self._rows[absolute] = len(self.files)
            self.files.append(Path(absolute))
        return self._rows[absolute]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no system takes
        return False
