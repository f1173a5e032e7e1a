"""A person's table → the rows of a gallery in Milvus."""

from __future__ import annotations

import dataclasses
import os
import sqlite3
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from lookalike.gallery.milvus.intake.same import rewritten
from lookalike.gallery.milvus.kept.itself import Kept
from lookalike.gallery.milvus.kept.rows import OF_FILES, FileRow, file_row
from lookalike.gallery.milvus.link.text import one_of, path_of, quoted, text_of
from lookalike.store.columns import Column
from lookalike.store.kinds import ColumnKind

_IDS = 1000  # in one condition
_NAMES = 500
_BEGINNINGS = 50

_WRITTEN_BYTES = 16 * 2**20  # of vectors, read and written at once
_MOST_ROWS = 5000


class Files:
    """The files of a gallery; see `lookalike.store.keys.Files`.

    Ids and whole paths are found at once. For names Milvus goes through all files, once for every
    five hundred names, or for every fifty without a suffix.

    Parameters
    ----------
    kept : Kept
    """

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def known(self, ids: Collection[int]) -> Collection[int]:
        """See `lookalike.store.keys.Files.known`."""
        found: set[int] = set()
        for part in _parts(list(ids), _IDS):
            rows = self._kept.engine.query(
                self._kept.files, one_of("id", part), ["id"], strong=True
            )
            found |= {row["id"] for row in rows}
        return found

    def at(self, paths: Collection[bytes]) -> Mapping[bytes, int]:
        """See `lookalike.store.keys.Files.at`."""
        by_text = {text_of(os.fsdecode(path)): path for path in paths}
        rows = self._kept.engine.get(self._kept.files, list(by_text), ["path", "id"])
        return {by_text[row["path"]]: row["id"] for row in rows}

    def called(self, names: Collection[str]) -> Iterator[tuple[int, str]]:
        """See `lookalike.store.keys.Files.called`."""
        for part in _parts(_spelled(names), _NAMES):
            yield from self._those(one_of("name", part))

    def called_without_suffix(self, names: Collection[str]) -> Iterator[tuple[int, str]]:
        """See `lookalike.store.keys.Files.called_without_suffix`."""
        yield from self.called(names)  # those that have no suffix
        for part in _parts(_spelled(names), _BEGINNINGS):
            # Between "name." and "name/", as the slash is the next sign behind the dot.
            ranges = [f"(name >= {quoted(n + '.')} and name < {quoted(n + '/')})" for n in part]
            yield from self._those(" or ".join(ranges))

    def _those(self, condition: str) -> Iterator[tuple[int, str]]:
        engine, files = self._kept.engine, self._kept.files
        for rows in engine.each(files, "path", condition, ["id"]):
            for row in rows:
                yield row["id"], path_of(row["path"])


class Values:
    """Values on their way into a gallery: laid by until all are checked, then written.

    They lie in a database of SQLite's own, which leaves memory for the disk where it is large, and
    vanishes when it is closed.

    Parameters
    ----------
    kept : Kept
    """

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._present = kept.columns(fresh=True)
        self._added: list[Column] = []
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute(
            "CREATE TABLE cells (file INTEGER, name TEXT, value, PRIMARY KEY (file, name)) "
            "WITHOUT ROWID"
        )

    def columns(self) -> Sequence[Column]:
        """See `lookalike.store.filling.Cells.columns`."""
        return self._present

    def add(self, name: str, kind: ColumnKind) -> Column:
        """See `lookalike.store.filling.Cells.add`."""
        column = Column(len(self._present) + len(self._added) + 1, name, kind)
        self._added.append(column)
        return column

    def write(self, values: Mapping[tuple[int, Column], object]) -> None:
        """See `lookalike.store.filling.Cells.write`."""
        self._db.execute("BEGIN")
        self._db.executemany(
            "INSERT OR REPLACE INTO cells VALUES (?, ?, ?)",
            [(file, column.name.casefold(), value) for (file, column), value in values.items()],
        )
        self._db.execute("COMMIT")

    def settle(self) -> None:
        """Write all that was laid by into the gallery."""
        if self._added:
            self._kept.enter_columns(self._added)
        flags = {
            column.name.casefold()
            for column in (*self._present, *self._added)
            if column.kind == "flag"
        }
        rows = self._db.execute("SELECT file, name, value FROM cells ORDER BY file")
        of_each = (
            (file, {n: bool(v) if n in flags and v is not None else v for _, n, v in cells})
            for file, cells in groupby(rows, key=lambda row: int(row[0]))
        )
        write(self._kept, of_each)

    def close(self) -> None:
        """Let go of what was laid by."""
        self._db.close()


def write(kept: Kept, values: Iterable[tuple[int, Mapping[str, object]]]) -> None:
    """Give files values of columns, wherever the gallery keeps those.

    Vectors are read and written again with them, as Milvus knows whole rows only.

    Parameters
    ----------
    kept : Kept
    values : iterable of (int, mapping)
        Ids of files, each with the values by the columns' names in lower case; None takes one away.
        A file that has gone meanwhile is passed over.
    """
    descriptors = kept.descriptors(fresh=True)
    widest = max((stored.dim for stored in descriptors), default=1)
    size = max(1, min(_MOST_ROWS, _WRITTEN_BYTES // (4 * widest)))
    lot: dict[int, Mapping[str, object]] = {}
    for id, some in values:
        lot[id] = some
        if len(lot) == size:
            _written(kept, lot)
            lot = {}
    if lot:
        _written(kept, lot)


def _written(kept: Kept, values: Mapping[int, Mapping[str, object]]) -> None:
    rows = kept.engine.query(kept.files, one_of("id", list(values)), OF_FILES, strong=True)
    rewritten(kept, [_with(file_row(row), values) for row in rows])


def _with(file: FileRow, values: Mapping[int, Mapping[str, object]]) -> FileRow:
    columns: dict[str, Any] = {**file.columns, **values[file.id]}
    present = {name: value for name, value in columns.items() if value is not None}
    return dataclasses.replace(file, columns=present)


def _spelled(names: Collection[str]) -> list[str]:
    """Return names in both ways in which their letters may be written."""
    both = {text_of(unicodedata.normalize(form, name)) for name in names for form in ("NFC", "NFD")}
    return sorted(both)


def _parts(values: Sequence[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(values), size):
        yield list(values[start : start + size])
