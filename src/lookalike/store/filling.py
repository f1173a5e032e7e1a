"""A person's table → values in the catalog."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

from lookalike.errors import BadParameter, NotIndexed
from lookalike.store.catalog import Catalog
from lookalike.store.columns import Column, columns_in
from lookalike.store.guessing import guessed
from lookalike.store.keys import CatalogFiles, Finder, NoFile
from lookalike.store.kinds import ColumnKind, kept
from lookalike.store.table_files import UNTOUCHED, Table
from lookalike.store.where.fields import FACTS
from lookalike.store.where.syntax import KEYWORDS

_LONGEST_NAME = 100
_BATCH = 10_000
_AT_ONCE = 1000  # rows whose pictures are looked for together
_TOLD = 5


@dataclass(frozen=True)
class Unmatched:
    """A row that stands for no picture of the gallery.

    Attributes
    ----------
    row : int
        Its line in a CSV, its number elsewhere.
    key : str
    why : str
    """

    row: int
    key: str
    why: str


@dataclass
class ColumnsReport:
    """What was entered.

    Attributes
    ----------
    rows : int
    matched : int
        Rows that stand for a picture of the gallery.
    repeated : int
        Those of them whose picture an earlier row stands for, too; the last one counts.
    values : dict of str to int
        How many values each column got.
    kinds : dict of str to str
        What each column holds: number, text, date, or flag, which is true or false. A column
        without a single value is not added, and not among them.
    unmatched : list of Unmatched
        The first five.
    """

    rows: int = 0
    matched: int = 0
    repeated: int = 0
    values: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, ColumnKind] = field(default_factory=dict)
    unmatched: list[Unmatched] = field(default_factory=list)


class Cells(Protocol):
    """Where the values of columns are kept."""

    def columns(self) -> Sequence[Column]:
        """Return the columns, the first added first."""

    def add(self, name: str, kind: ColumnKind) -> Column:
        """Add a column."""

    def write(self, values: Mapping[tuple[int, Column], object]) -> None:
        """Enter values, each by its file's id and its column; None takes one away."""


def fill(catalog: Catalog, table: Table, key: str, names: Mapping[str, str]) -> ColumnsReport:
    """Enter a table's values: all of them or, if anything is wrong with one, none.

    The caller holds `Catalog.writing`.

    Parameters
    ----------
    catalog : Catalog
    table, key, names
        As for `fill_in`.

    Raises
    ------
    BadParameter, NotIndexed
        As for `fill_in`.
    """
    with catalog.transaction() as db:
        finder = Finder(CatalogFiles(db), catalog.folders())
        return fill_in(_CatalogCells(db), finder, table, key, names)


def fill_in(
    cells: Cells, finder: Finder, table: Table, key: str, names: Mapping[str, str]
) -> ColumnsReport:
    """Hand on a table's values. If anything is wrong with one, what was handed on is void.

    Where a row has no value, the picture loses the one it had. Pictures that no row stands for, and
    columns that the table lacks, stay as they are.

    Parameters
    ----------
    cells : Cells
    finder : Finder
    table : Table
    key : str
        The table's column that says which picture a row is about; see `keys`.
    names : mapping of str to str
        The table's columns that are entered, each with what it is to be called.

    Raises
    ------
    BadParameter
        A name cannot be used, or a value does not fit its column.
    NotIndexed
        No row stands for a picture of this gallery.
    """
    _check_names(names.values())
    places = {called: table.names.index(name) for name, called in names.items()}
    filling = _Filling(cells, table, places)
    filling.fill(finder, table.names.index(key))
    return filling.report


def _check_names(names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        plain = name.casefold()
        if plain in FACTS:
            raise BadParameter(
                f"{name!r} is what every picture has; call the column something else: "
                f"--rename {name}=my_{name}"
            )
        if plain in KEYWORDS or not name.isprintable() or not name or len(name) > _LONGEST_NAME:
            raise BadParameter(f"no column can be called {name[:_LONGEST_NAME]!r}; rename it")
        if plain in seen:
            raise BadParameter(f"two columns would be called {name!r}; rename one")
        seen.add(plain)


def _path(key: object) -> object:
    # Article numbers are names of files rather than ids of this gallery.
    return str(key) if isinstance(key, int) else key


class _Filling:
    """One table on its way into a gallery."""

    def __init__(self, cells: Cells, table: Table, places: Mapping[str, int]) -> None:
        self._cells = cells
        self._table = table
        self._columns = self._ready(places)
        self._waiting: dict[tuple[int, Column], object] = {}
        self._seen: set[int] = set()
        present = {column.name.casefold(): column for column in self._columns}
        names = [present[n.casefold()].name if n.casefold() in present else n for n in places]
        kinds = {column.name: column.kind for column in self._columns}
        self.report = ColumnsReport(values=dict.fromkeys(names, 0), kinds=kinds)

    def fill(self, finder: Finder, key: int) -> None:
        rows = self._table.rows()
        while lot := list(islice(rows, _AT_ONCE)):
            keys = [row[key] if self._table.has_ids else _path(row[key]) for _, row in lot]
            for (number, row), found in zip(lot, finder.find_all(keys), strict=True):
                self._take(number, row, str(row[key]), found)
        self._write()
        report = self.report
        if report.rows and not report.matched:
            first = report.unmatched[0]
            raise NotIndexed(
                f"none of the {report.rows:,} rows of {self._table.called} stands for a picture of "
                f"this gallery; the first is row {first.row}, {first.key!r}: {first.why}"
            )

    def _ready(self, places: Mapping[str, int]) -> dict[Column, int]:
        """Return the columns with their places in the table; new ones are added."""
        present = {column.name.casefold(): column for column in self._cells.columns()}
        new = {name: place for name, place in places.items() if name.casefold() not in present}
        kinds = guessed(self._table, new)
        columns: dict[Column, int] = {}
        for name, place in places.items():
            if (column := present.get(name.casefold())) is not None:
                columns[column] = place
            elif name in kinds:
                columns[self._cells.add(name, kinds[name])] = place
        return columns

    def _take(self, number: int, row: Sequence[object], key: str, found: int | NoFile) -> None:
        report = self.report
        report.rows += 1
        if isinstance(found, NoFile):
            if len(report.unmatched) < _TOLD:
                report.unmatched.append(Unmatched(number, key, found.why))
            return
        report.matched += 1
        report.repeated += found in self._seen
        self._seen.add(found)
        self._enter(found, row, number)

    def _enter(self, file: int, row: Sequence[object], number: int) -> None:
        for column, place in self._columns.items():
            if row[place] is UNTOUCHED:
                continue
            try:
                value = kept(column.kind, row[place])
            except ValueError as error:
                raise BadParameter(
                    f"{self._table.called}, row {number}, {column.name}: {error}; mend the table, "
                    f'or begin the column anew: lookalike columns remove "{column.name}"'
                ) from error
            self.report.values[column.name] += value is not None
            self._waiting[file, column] = value
        if len(self._waiting) >= _BATCH:
            self._write()

    def _write(self) -> None:
        self._cells.write(self._waiting)
        self._waiting = {}


class _CatalogCells:
    """The values in a catalog, within one transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def columns(self) -> Sequence[Column]:
        return columns_in(self._db)

    def add(self, name: str, kind: ColumnKind) -> Column:
        (identity,) = self._db.execute(
            "INSERT INTO columns (name, kind) VALUES (?, ?) RETURNING id", (name, kind)
        ).fetchone()
        return Column(identity, name, kind)

    def write(self, values: Mapping[tuple[int, Column], object]) -> None:
        gone = [(file, column.id) for (file, column), value in values.items() if value is None]
        there = [
            (f, column.id, value) for (f, column), value in values.items() if value is not None
        ]
        self._db.executemany("DELETE FROM cells WHERE file_id = ? AND column_id = ?", gone)
        self._db.executemany("INSERT OR REPLACE INTO cells VALUES (?, ?, ?)", there)
