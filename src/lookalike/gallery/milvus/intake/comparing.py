"""What places list, held against what the gallery has: what is to be read, and what is gone.

Both sides are gone through once, side by side, in order of their paths: the listing lies in a
temporary file, and Milvus is asked for some thousand rows at a time. So a hundred million files
cost no memory.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lookalike.gallery.milvus.kept import schema
from lookalike.gallery.milvus.kept.itself import Kept
from lookalike.gallery.milvus.link.text import lies_in, path_of, text_of, under
from lookalike.places import Found, listing, parents
from lookalike.store.intake import CRASHES

_FIELDS = ("id", "size", "mtime_ns", "etag", "sha256", "reason", "described")
_TOLD = 1000
_TRIED_AGAIN = "unreachable"

_TABLES = """
    CREATE TABLE listed (
        path TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, etag TEXT) WITHOUT ROWID;
    CREATE TABLE todo (
        path TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, etag TEXT, is_new INTEGER
    ) WITHOUT ROWID;
    CREATE TABLE gone (path TEXT PRIMARY KEY, sha256 TEXT) WITHOUT ROWID;
    CREATE TABLE arrived (sha256 TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE strays (number INTEGER, id INTEGER, PRIMARY KEY (number, id)) WITHOUT ROWID;
"""


@dataclass
class Looked:
    """What the walk through one place showed.

    Attributes
    ----------
    folder : str
    count : int
        Pictures that it lists.
    unlisted : list of (str, str)
        What of it could not be listed, with the reason.
    others : int
        Files that are no pictures by their names.
    has_known : bool
        The gallery knows pictures below it.
    """

    folder: str
    count: int = 0
    unlisted: list[tuple[str, str]] = field(default_factory=list)
    others: int = 0
    has_known: bool = False

    @property
    def looks_unmounted(self) -> bool:
        """Whether pictures are known below it, and now there is not a single one."""
        # Where it cannot even be listed, that is what there is to say.
        return self.has_known and not self.count and self.folder not in dict(self.unlisted)


class Comparison:
    """A listing and what follows from it, in a temporary file. A context manager, for one thread.

    Parameters
    ----------
    shard : container of str, optional
        The paths that this run is about, on both sides; by default all.
    """

    def __init__(self, shard: Container[str] | None = None) -> None:
        self._shard = shard
        self._folder = tempfile.TemporaryDirectory(prefix="lookalike-")
        self.db = sqlite3.connect(Path(self._folder.name) / "run.sqlite", isolation_level=None)
        self.db.execute("PRAGMA journal_mode = OFF")
        self.db.execute("PRAGMA synchronous = OFF")
        self.db.executescript(_TABLES)
        self.suspects: list[str] = []
        """Pictures that ended a process, to be tried again."""

    def __enter__(self) -> Comparison:
        return self

    def __exit__(self, *_: object) -> None:
        self.db.close()
        self._folder.cleanup()

    # -- looking -----------------------------------------------------------------------------

    def look_through(
        self, folder: str, excluded: frozenset[str], tell: Callable[[int], None]
    ) -> Looked:
        """List a place; of its files those of the shard are entered."""
        scan = listing(folder, excluded)
        looked = Looked(folder)
        batch: list[Found] = []
        for found in scan:
            looked.count += 1
            batch.append(found)
            if len(batch) == _TOLD:
                self._enter(batch)
                batch = []
                tell(looked.count)
        if batch:
            self._enter(batch)
            tell(looked.count)
        looked.unlisted, looked.others = scan.unlisted, scan.others
        return looked

    def look_at(self, found: Found) -> None:
        """Enter a single file that is to be read, whatever is known of it."""
        self._enter([found])
        self._to_read(text_of(found.path), found, is_new=False)

    def _enter(self, batch: Iterable[Found]) -> None:
        rows = [
            (text_of(f.path), f.size, f.mtime_ns, _etag(f.etag))
            for f in batch
            if self._shard is None or f.path in self._shard
        ]
        self._many("INSERT OR IGNORE INTO listed VALUES (?, ?, ?, ?)", rows)

    # -- comparing ---------------------------------------------------------------------------

    def compare(
        self, kept: Kept, looked: Sequence[Looked], wanted: frozenset[int], *, retry: bool
    ) -> None:
        """Find what is to be read, and what is gone.

        Parameters
        ----------
        kept : Kept
        looked : sequence of Looked
            Is told of each whether the gallery knows pictures below.
        wanted : frozenset of int
            The descriptors that every picture is to have a vector of.
        retry : bool
            Read again what failed before, also where it has not changed.
        """
        by_folder = {one.folder: one for one in looked}
        for one in by_folder.values():
            if not by_folder.keys() & set(parents(one.folder)):
                self.db.execute("BEGIN")
                self._compare_below(kept, one, looked, wanted, retry)
                self.db.execute("COMMIT")

    def _compare_below(
        self, kept: Kept, top: Looked, looked: Sequence[Looked], wanted: frozenset[int], retry: bool
    ) -> None:
        inside = [one for one in looked if one is top or top.folder in parents(one.folder)]
        ranges = [(one, *under(one.folder)) for one in inside]
        blind = [(text_of(path), *under(path)) for one in inside for path, _ in one.unlisted]
        for file, row in self._side_by_side(kept, top.folder):
            if row is not None:
                for one, start, end in ranges:
                    one.has_known = one.has_known or start <= row["path"] < end
            if file is not None:
                if row is None or _is_to_read(file, row, wanted, retry=retry):
                    self._to_read(text_of(file.path), file, is_new=row is None)
                    if row is not None and row["reason"] == CRASHES:
                        self.suspects.append(file.path)
            elif row is not None and not _is_unseen(row["path"], blind):
                path = path_of(row["path"])
                if path != top.folder and (self._shard is None or path in self._shard):
                    self.db.execute(
                        "INSERT OR IGNORE INTO gone VALUES (?, ?)", (row["path"], row["sha256"])
                    )
        if top.looks_unmounted:
            start, end = under(top.folder)
            self.db.execute("DELETE FROM gone WHERE path >= ? AND path < ?", (start, end))

    def _side_by_side(
        self, kept: Kept, folder: str
    ) -> Iterator[tuple[Found | None, dict[str, Any] | None]]:
        """Yield what is at each path: as it is listed, as the gallery has it, or both."""
        start, end = under(folder)
        rows = (
            row
            for lot in kept.engine.each(kept.files, "path", lies_in(folder), _FIELDS)
            for row in lot
        )
        files = self.db.execute(
            "SELECT * FROM listed WHERE path = ? OR (path >= ? AND path < ?) ORDER BY path",
            (text_of(folder), start, end),
        )
        row, file = next(rows, None), files.fetchone()
        while row is not None or file is not None:
            if row is None or (file is not None and file[0] < row["path"]):
                yield _found(*file), None
                file = files.fetchone()
            elif file is None or row["path"] < file[0]:
                yield None, row
                row = next(rows, None)
            else:
                yield _found(*file), row
                row, file = next(rows, None), files.fetchone()

    def _to_read(self, path: str, file: Found, *, is_new: bool) -> None:
        self.db.execute(
            "INSERT OR REPLACE INTO todo VALUES (?, ?, ?, ?, ?)",
            (path, file.size, file.mtime_ns, _etag(file.etag), is_new),
        )

    # -- what follows ------------------------------------------------------------------------

    @property
    def listed(self) -> int:
        """How many files were listed."""
        return self._number("SELECT count(*) FROM listed")

    @property
    def to_read(self) -> int:
        """How many files are to be read."""
        return self._number("SELECT count(*) FROM todo")

    def chunks(self, size: int) -> Iterator[list[Found]]:
        """Yield the files that are to be read, so many at a time."""
        last = ""
        sql = "SELECT path, size, mtime_ns, etag FROM todo WHERE path > ? ORDER BY path LIMIT ?"
        while rows := self.db.execute(sql, (last, size)).fetchall():
            yield [_found(*row) for row in rows]
            last = rows[-1][0]

    def found(self, path: str) -> Found | None:
        """Return a file as it is listed; None if it is not."""
        row = self.db.execute("SELECT * FROM listed WHERE path = ?", (text_of(path),)).fetchone()
        return _found(*row) if row else None

    def set_apart(self, paths: Iterable[str]) -> None:
        """Let files not be read."""
        self._many("DELETE FROM todo WHERE path = ?", [(text_of(path),) for path in paths])

    def note_arrived(self, contents: Iterable[tuple[str, bytes]]) -> None:
        """Note what was read: paths, and the SHA-256s of what is there."""
        self._many(
            "INSERT OR IGNORE INTO arrived SELECT ? FROM todo WHERE path = ? AND is_new",
            [(sha256.hex(), text_of(path)) for path, sha256 in contents],
        )

    def gone(self, size: int) -> Iterator[list[str]]:
        """Yield the paths that are gone, so many at a time."""
        last = ""
        sql = "SELECT path FROM gone WHERE path > ? ORDER BY path LIMIT ?"
        while rows := self.db.execute(sql, (last, size)).fetchall():
            yield [path_of(path) for (path,) in rows]
            last = rows[-1][0]

    def count_gone(self) -> tuple[int, int]:
        """Return how many of the gone files were found elsewhere, and how many were not."""
        total = self._number("SELECT count(*) FROM gone")
        moved = self._number(
            "SELECT count(*) FROM gone WHERE sha256 IN (SELECT sha256 FROM arrived)"
        )
        return moved, total - moved

    def is_mine(self, path: str) -> bool:
        """Tell whether a path belongs to the part of the files that this run is about."""
        return self._shard is None or path in self._shard

    def _number(self, sql: str) -> int:
        return int(self.db.execute(sql).fetchone()[0])

    def _many(self, sql: str, rows: Sequence[tuple[object, ...]]) -> None:
        self.db.execute("BEGIN")
        self.db.executemany(sql, rows)
        self.db.execute("COMMIT")


def _is_to_read(file: Found, row: dict[str, Any], wanted: frozenset[int], *, retry: bool) -> bool:
    if file.size != row["size"]:
        return True
    if file.etag and row["etag"]:
        if file.etag != row["etag"]:
            return True
    elif file.mtime_ns != row["mtime_ns"]:
        return True
    if row["reason"]:
        return retry or row["reason"] == _TRIED_AGAIN
    return not wanted <= set(row["described"])


def _is_unseen(path: str, blind: Iterable[tuple[str, str, str]]) -> bool:
    return any(path == here or start <= path < end for here, start, end in blind)


def _etag(etag: str) -> str:
    return etag[: schema.MOST_NAME // 4]  # as a row has it


def _found(path: str, size: int, mtime_ns: int, etag: str) -> Found:
    return Found(path_of(path), size, mtime_ns, etag)
