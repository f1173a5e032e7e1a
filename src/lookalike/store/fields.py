"""What conditions can be about, for whoever writes them by clicking."""

from __future__ import annotations

import datetime
import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from lookalike.store.catalog import Catalog
from lookalike.store.columns import Column, columns_in
from lookalike.store.where.fields import FACTS, Field

End: TypeAlias = "float | str | None"
Values: TypeAlias = "tuple[tuple[object, int], ...]"

MOST_VALUES = 50
"""How many of a field's values are told."""

# "size" is another word for "bytes".
ENDS = ("width", "height", "bytes", "taken", "modified")
"""The facts that have ends."""

_ALIASES = frozenset({"size"})
ORDERED = frozenset({"number", "date"})
"""The kinds of columns that have ends, and no values that are told."""

_FILES = "FROM files JOIN contents ON contents.id = content_id"
_PATHS = "SELECT path FROM files WHERE content_id IS NOT NULL"


@dataclass(frozen=True)
class FieldInfo:
    """A field, and what there is of it.

    Attributes
    ----------
    name : str
        As it stands in a condition: ``width``, ``folder``, ``price``.
    kind : str
        ``path``, ``folder``, ``name``, ``format``, ``number``, ``bytes``, ``date``, ``time``,
        ``text`` or ``flag``.
    operators : tuple of str
        What it can be asked, as it is typed.
    own : bool
        Whether it is a column of one's own.
    least, most : float, str or None
        The ends of what numbers, bytes, dates and times there are.
    values : tuple of (object, int)
        The most frequent values with how many pictures have each, at most fifty: of folders,
        formats, text and flags.
    """

    name: str
    kind: str
    operators: tuple[str, ...]
    own: bool
    least: float | str | None
    most: float | str | None
    values: tuple[tuple[object, int], ...]


def fields(catalog: Catalog) -> list[FieldInfo]:
    """Return what conditions can be about, with what there is of each among the pictures.

    Times are by this machine's time zone, as conditions are. Of folders there are those that were
    indexed and those that hold pictures themselves, each counted with all below it, as a condition
    takes it.
    """
    with catalog.snapshot() as db:
        ends, formats = _ends(db), _formats(db)
        columns = [_of_column(db, column) for column in columns_in(db)]
        indexed = [path for (path,) in db.execute("SELECT path FROM folders")]
        direct = Counter(folder_of(path) for (path,) in db.execute(_PATHS))
    return [*of_facts(ends, formats, folders(indexed, direct)), *columns]


def of_facts(
    ends: Mapping[str, tuple[End, End]], formats: Values, folders: Values
) -> list[FieldInfo]:
    """Return what every picture has, with what there is of each.

    Parameters
    ----------
    ends : mapping of str to (least, most)
        Of `ENDS`.
    formats, folders : tuple of (object, int)
        The most frequent, each with how many pictures.
    """
    values = {"format": formats, "folder": folders}
    return [
        _info(field, *ends.get(field.name, (None, None)), values.get(field.name, ()))
        for field in FACTS.values()
        if field.name not in _ALIASES
    ]


def of_column(column: Column, least: End, most: End, values: Values) -> FieldInfo:
    """Return a column of one's own, with what there is of it."""
    field = Field(column.name, column.kind, "cells", "value", True, column.id)
    return _info(field, least, most, values)


def _info(field: Field, least: End, most: End, values: Values) -> FieldInfo:
    own = field.column_id is not None
    return FieldInfo(field.name, field.kind, tuple(field.operators), own, least, most, values)


# -- facts -----------------------------------------------------------------------------------


def _ends(db: sqlite3.Connection) -> dict[str, tuple[End, End]]:
    columns = [f"{FACTS[name].table}.{FACTS[name].column}" for name in ENDS]
    asked = ", ".join(f"min({column}), max({column})" for column in columns)
    row = db.execute(f"SELECT {asked} {_FILES}").fetchone()
    found = dict(zip(ENDS, zip(row[::2], row[1::2], strict=True), strict=True))
    first, last = found["modified"]
    return {**found, "modified": (local_time(first), local_time(last))}


def local_time(time_ns: int | None) -> str | None:
    """Return a time in nanoseconds since 1970 by the clock of this machine's time zone."""
    if time_ns is None:
        return None
    return datetime.datetime.fromtimestamp(time_ns // 10**9).isoformat()


def _formats(db: sqlite3.Connection) -> tuple[tuple[object, int], ...]:
    return tuple(
        db.execute(f"SELECT format, count(*) {_FILES} GROUP BY format ORDER BY count(*) DESC")
    )


def folder_of(path: bytes) -> bytes:
    """Return the folder that a file lies in."""
    return path.rpartition(os.fsencode(os.sep))[0]


def folders(indexed: Iterable[bytes], direct: Mapping[bytes, int]) -> Values:
    """Return the folders with the most pictures, each counted with all below it.

    Parameters
    ----------
    indexed : iterable of bytes
        What was indexed.
    direct : mapping of bytes to int
        How many pictures lie in each folder itself.
    """
    told = {*indexed, *direct}
    whole: Counter[bytes] = Counter()
    for folder, count in direct.items():
        for one in _upwards(folder, os.fsencode(os.sep)):
            if one in told:
                whole[one] += count
    ordered = sorted(whole.items(), key=lambda one: (-one[1], one[0]))
    return tuple((os.fsdecode(folder), count) for folder, count in ordered[:MOST_VALUES])


def _upwards(folder: bytes, separator: bytes) -> Iterator[bytes]:
    """Yield a folder, and those that it lies in."""
    while folder:
        yield folder
        folder = folder.rpartition(separator)[0]


# -- columns of one's own --------------------------------------------------------------------


def _of_column(db: sqlite3.Connection, column: Column) -> FieldInfo:
    if column.kind in ORDERED:
        # Two questions: of each alone the index knows the answer.
        of_it = "FROM cells WHERE column_id = ?"
        ends = [
            db.execute(f"SELECT {end}(value) {of_it}", (column.id,)).fetchone()[0]
            for end in ("min", "max")
        ]
        return of_column(column, ends[0], ends[1], ())
    common = db.execute(
        "SELECT value, count(*) FROM cells WHERE column_id = ? GROUP BY value "
        "ORDER BY count(*) DESC, value LIMIT ?",
        (column.id, MOST_VALUES),
    )
    is_flag = column.kind == "flag"
    found = tuple((bool(v) if is_flag else v, n) for v, n in common)
    return of_column(column, None, None, found)
