"""What Milvus cannot tell, told of few rows by the same SQL that a gallery's catalog is asked."""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator, Sequence

from lookalike.gallery.milvus.kept.rows import FileRow
from lookalike.store import migrations
from lookalike.store.columns import Column
from lookalike.store.where.comparisons import register
from lookalike.store.where.fields import Fields
from lookalike.store.where.sql import Compiler
from lookalike.store.where.syntax import Condition
from lookalike.store.where.visible import visible_files


class Sieve:
    """A condition, and an empty catalog in memory that rows are put in to be asked it.

    Any number of threads may use one; it takes one of them at a time.

    Parameters
    ----------
    condition : Condition
    columns : sequence of Column
        That were added to the gallery.
    roots : sequence of str, optional
        The indexed folders, where only what lies below these may be asked of a path; the last is
        that of the gallery's own copies, empty if it has none.

    Raises
    ------
    BadParameter
        A field cannot be asked that, or a value does not fit.
    UnknownName
        There is no such field.
    """

    def __init__(
        self, condition: Condition, columns: Sequence[Column], roots: Sequence[str] | None = None
    ) -> None:
        self._columns = {column.name.casefold(): column.id for column in columns}
        self._lock = threading.Lock()
        self._db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        # Several who ask may have it, and none of them knows which is the last.
        weakref.finalize(self, self._db.close)
        migrations.migrate(self._db, "in memory")
        self._db.executemany(
            "INSERT INTO columns (id, name, kind) VALUES (?, ?, ?)",
            [(column.id, column.name, column.kind) for column in columns],
        )
        register(self._db)
        fields = Fields(columns)
        if roots is None:
            compiler = Compiler(fields, self._db)
        else:
            *folders, copies = roots
            self._db.executemany(
                "INSERT INTO folders VALUES (?)", [(os.fsencode(folder),) for folder in folders]
            )
            compiler = Compiler(fields, self._db, visible_files(self._db, copies))
        selection = compiler.selection(condition)
        what = "contents.id" if selection.is_of_contents else "files.id"
        self._sql = f"SELECT {what} FROM {selection.source} WHERE {selection.sql}"  # noqa: S608
        self._values = selection.values

    def passing(self, rows: Sequence[FileRow]) -> set[int]:
        """Return the ids of the files that meet the condition; of those that failed none does."""
        found = [row for row in rows if row.can_be_found]
        with self._lock:
            try:
                self._db.execute("BEGIN")
                self._fill(found)
                return {int(id) for (id,) in self._db.execute(self._sql, self._values)}
            finally:
                self._db.execute("ROLLBACK")

    def _fill(self, rows: Sequence[FileRow]) -> None:
        # Each file has a content of its own, under the same id; no condition is about its bytes.
        self._db.executemany(
            "INSERT INTO contents (id, sha256, bytes, format, width, height, taken) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    r.id,
                    r.id.to_bytes(8, "big"),
                    r.bytes,
                    r.format,
                    r.width,
                    r.height,
                    r.taken or None,
                )
                for r in rows
            ],
        )
        self._db.executemany(
            "INSERT INTO files (id, path, size, mtime_ns, content_id) VALUES (?, ?, ?, ?, ?)",
            [(r.id, os.fsencode(r.path), r.size, r.mtime_ns, r.id) for r in rows],
        )
        self._db.executemany("INSERT INTO cells VALUES (?, ?, ?)", self._cells(rows))

    def _cells(self, rows: Sequence[FileRow]) -> Iterator[tuple[int, int, object]]:
        for row in rows:
            for name, value in row.columns.items():
                if (column := self._columns.get(name)) is not None and value is not None:
                    yield row.id, column, value
