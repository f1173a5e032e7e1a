"""What names a picture in a person's table → its file in the catalog."""

from __future__ import annotations

import numbers
import os
import re
import sqlite3
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_CHUNK = 10_000


@dataclass(frozen=True)
class NoFile:
    """Why a key stands for no file, or for none in particular."""

    why: str


class Finder:
    """Finds the files of one catalog by paths, whole or in part, or by ids.

    Parameters
    ----------
    db : Connection
        Of the catalog; within one transaction, as it makes a table of all names when it needs one.
    folders : sequence of str
        The indexed folders: what paths may be relative to.
    """

    def __init__(self, db: sqlite3.Connection, folders: Sequence[str]) -> None:
        self._db = db
        self._folders = folders
        self._has_names = False

    def find(self, key: object) -> int | NoFile:
        """Return the id of a file.

        Parameters
        ----------
        key : path or int
            A path: absolute, relative to an indexed folder, or the end of one, down to the name
            with or without its suffix, if only one file ends so. Or an id.
        """
        if isinstance(key, numbers.Integral):
            return self._by_id(int(key))
        if not isinstance(key, str | os.PathLike) or not (text := os.fspath(key).strip()):
            return NoFile("it is empty" if key in ("", None) else "it is no path")
        try:
            return self._one(self._by_path(text) or self._by_end(text))
        except UnicodeEncodeError:
            return NoFile("it has characters that no path can have")

    def _by_id(self, key: int) -> int | NoFile:
        known = abs(key) < 2**63 and self._db.execute("SELECT 1 FROM files WHERE id = ?", (key,))
        return key if known and known.fetchone() else NoFile("there is no picture of that id")

    def _one(self, found: list[int]) -> int | NoFile:
        if len(found) == 1:
            return found[0]
        if found:
            return NoFile(f"{len(found)} pictures are called that; give more of their paths")
        return NoFile("no picture is called that")

    def _by_path(self, text: str) -> list[int]:
        whole = os.path.expanduser(text)  # noqa: PTH111
        paths = {os.fsencode(os.path.normpath(os.path.join(f, whole))) for f in self._folders}  # noqa: PTH118
        sql = "SELECT id FROM files WHERE path = ?"
        return [int(i) for path in paths for (i,) in self._db.execute(sql, (path,))]

    def _by_end(self, text: str) -> list[int]:
        self._note_names()
        end = _plain(text)
        stems = os.fsencode(end.rpartition("/")[2]), _key(end)
        sql = "SELECT id, path FROM files JOIN temp.names ON file_id = id WHERE stem IN (?, ?)"
        ends = [(int(i), _plain(os.fsdecode(p))) for i, p in self._db.execute(sql, stems)]
        whole = [i for i, path in ends if f"/{path}".endswith(f"/{end}")]
        return whole or [i for i, path in ends if f"/{_stem(path)}".endswith(f"/{end}")]

    def _note_names(self) -> None:
        """Make a table of the names of all files, without suffixes."""
        if self._has_names:
            return
        self._db.execute("DROP TABLE IF EXISTS temp.names")
        self._db.execute("CREATE TEMP TABLE names (stem BLOB NOT NULL, file_id INTEGER NOT NULL)")
        files = self._db.execute("SELECT path, id FROM files")
        while chunk := files.fetchmany(_CHUNK):
            self._db.executemany(
                "INSERT INTO temp.names VALUES (?, ?)",
                [(_key(_plain(os.fsdecode(path))), i) for path, i in chunk],
            )
        self._db.execute("CREATE INDEX temp.by_stem ON names (stem)")
        self._has_names = True


def _plain(path: str) -> str:
    """Return a path that compares: with one kind of separator and one spelling of each letter."""
    return re.sub(r"[/\\]+", "/", unicodedata.normalize("NFC", path)).removeprefix("./")


def _key(path: str) -> bytes:
    return os.fsencode(_stem(path.rpartition("/")[2]))


def _stem(path: str) -> str:
    return os.path.splitext(path)[0]  # noqa: PTH122
