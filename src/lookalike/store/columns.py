"""The columns that a person added to the pictures, such as price and brand.

A value belongs to a file. When its file goes, it is laid aside with the file's content and path,
and passes to the next file with the same bytes that has no values: so a moved or returning picture
has its values again, whichever of the two is noticed first.
"""

from __future__ import annotations

import os
import sqlite3
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lookalike.errors import UnknownName
from lookalike.store.catalog import Catalog
from lookalike.store.kinds import ColumnKind

_EXAMPLES = 3
_ORDERED = ("number", "date")
_LOWER = {ord(sign): sign.lower() for sign in string.ascii_uppercase}


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes
    ----------
    id : int
    name : str
    kind : {"number", "text", "date", "flag"}
    """

    id: int
    name: str
    kind: ColumnKind


@dataclass(frozen=True)
class ColumnInfo:
    """What is in a column.

    Attributes
    ----------
    name : str
    kind : {"number", "text", "date", "flag"}
        A flag is true or false.
    count : int
        Files that have a value.
    examples : tuple
        Of numbers and dates the smallest and the largest, of others the three that most files have.
    """

    name: str
    kind: ColumnKind
    count: int
    examples: tuple[object, ...]


def columns_in(db: sqlite3.Connection) -> list[Column]:
    """Return the columns, the first added first."""
    return [Column(*row) for row in db.execute("SELECT id, name, kind FROM columns ORDER BY id")]


def list_columns(catalog: Catalog) -> list[ColumnInfo]:
    """Return the columns with what is in them."""
    with catalog.snapshot() as db:
        return [_info(db, column) for column in columns_in(db)]


def remove_columns(catalog: Catalog, *names: str) -> None:
    """Remove columns with all their values: all of them, or none.

    Raises
    ------
    UnknownName
        There is no such column.
    """
    with catalog.transaction() as db:
        for column in those_called(names, columns_in(db)):
            db.execute("DELETE FROM columns WHERE id = ?", (column.id,))


def those_called(names: Sequence[str], present: Sequence[Column]) -> list[Column]:
    """Return the columns of some names; upper and lower case are the same.

    Raises
    ------
    UnknownName
        There is no such column.
    """
    by_name = {column.name.casefold(): column for column in present}
    for name in names:
        if name.casefold() not in by_name:
            raise UnknownName("column", name, [column.name for column in present])
    return [by_name[plain] for plain in dict.fromkeys(name.casefold() for name in names)]


def examples(kind: ColumnKind, counted: Mapping[Any, int]) -> tuple[object, ...]:
    """Return the examples of a `ColumnInfo`, of how often there is each value."""
    if kind in _ORDERED and counted:
        low, high = min(counted), max(counted)
        return (low,) if low == high else (low, high)
    return tuple(value for value, _ in most_common(counted, _EXAMPLES))


def most_common(counted: Mapping[Any, int], most: int) -> list[tuple[Any, int]]:
    """Return the values that are most frequent; upper and lower case of ASCII are the same."""
    merged: dict[object, tuple[Any, int]] = {}
    for value, count in counted.items():
        plain = value.translate(_LOWER) if isinstance(value, str) else value
        shown, before = merged.get(plain, (value, 0))
        merged[plain] = shown, before + count
    ordered = sorted(merged.items(), key=lambda one: (-one[1][1], one[0]))
    return [one for _, one in ordered[:most]]


def _info(db: sqlite3.Connection, column: Column) -> ColumnInfo:
    of_it, values = "FROM cells WHERE column_id = ?", (column.id,)
    (count,) = db.execute(f"SELECT count(*) {of_it}", values).fetchone()
    if column.kind in _ORDERED:
        (low,) = db.execute(f"SELECT min(value) {of_it}", values).fetchone()
        (high,) = db.execute(f"SELECT max(value) {of_it}", values).fetchone()
        found = [low] if low == high else [low, high]
    else:
        common = f"SELECT value {of_it} GROUP BY value ORDER BY count(*) DESC, value LIMIT ?"
        found = [value for (value,) in db.execute(common, (*values, _EXAMPLES))]
    if column.kind == "flag":
        found = [bool(value) for value in found]
    return ColumnInfo(column.name, column.kind, count, tuple(found) if count else ())


# -- what becomes of values whose file goes --------------------------------------------------


def lay_aside(db: sqlite3.Connection, gone: str, values: tuple[object, ...]) -> None:
    """Keep the values of files that are about to be deleted.

    Parameters
    ----------
    db : Connection
        In a transaction.
    gone : str
        ``FROM files …``: those files.
    values : tuple
        Of `gone`.
    """
    db.execute(
        "INSERT OR REPLACE INTO laid_aside (content_id, path, column_id, value) "  # noqa: S608
        "SELECT content_id, path, column_id, value FROM cells JOIN files ON files.id = file_id "
        f"WHERE content_id IS NOT NULL AND files.id IN (SELECT files.id {gone})",
        values,
    )


def hand_on(db: sqlite3.Connection) -> None:
    """Give the values that were laid aside to files with the same bytes that have none.

    Of several such files the one at the same path has them, or else one with the same name.
    """
    left = db.execute(
        "SELECT DISTINCT content_id, path FROM laid_aside AS aside WHERE EXISTS ("
        "SELECT 1 FROM files WHERE content_id = aside.content_id "
        "AND NOT EXISTS (SELECT 1 FROM cells WHERE file_id = files.id))"
    ).fetchall()
    for same_name in (True, False):
        left = [one for one in left if not _handed_on(db, *one, same_name=same_name)]


def _handed_on(db: sqlite3.Connection, content: int, path: bytes, *, same_name: bool) -> bool:
    files = db.execute(
        "SELECT id, path FROM files WHERE content_id = ? "
        "AND NOT EXISTS (SELECT 1 FROM cells WHERE file_id = files.id) "
        "ORDER BY path != ?, path",
        (content, path),
    )
    name = os.path.basename(path)  # noqa: PTH119
    heir = next((i for i, p in files if not same_name or os.path.basename(p) == name), None)  # noqa: PTH119
    if heir is None:
        return False
    of_it = "FROM laid_aside WHERE content_id = ? AND path = ?"
    db.execute(
        f"INSERT INTO cells (file_id, column_id, value) SELECT ?, column_id, value {of_it}",
        (heir, content, path),
    )
    db.execute(f"DELETE {of_it}", (content, path))
    return True
