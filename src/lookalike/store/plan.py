"""The scan held against the catalog: what is new, changed, moved, gone.

The scan lies in a temporary table, so that a million files cost no memory and every question is
one statement. The table belongs to the connection: nothing of it outlives the process.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lookalike.places import Found, is_url, listing, parents
from lookalike.store import columns
from lookalike.store.catalog import Catalog, changed, lies_in_a_folder, under

_BATCH = 1000
_SAMPLE = 200
# So many of the sampled files must reappear, with size and time, for a folder to count as renamed.
_SAME_FOLDER = 0.9

_TO_READ = """
    FROM temp.scan AS scan LEFT JOIN files ON files.path = scan.path
    LEFT JOIN failures ON failures.file_id = files.id
    WHERE scan.rowid > ? AND scan.path NOT IN (SELECT path FROM reading) AND (
        files.id IS NULL
        OR files.size != scan.size
        OR CASE WHEN files.etag != '' AND scan.etag != '' THEN files.etag != scan.etag
           ELSE files.mtime_ns != scan.mtime_ns END
        OR (failures.file_id IS NOT NULL AND (? OR failures.reason = 'unreachable'))
        OR (failures.file_id IS NULL AND ? > (
            SELECT count(*) FROM vectors WHERE vectors.content_id = files.content_id
            AND descriptor_id IN (SELECT value FROM json_each(?))))
    )"""

_MOVED = """content_id IN (
    SELECT content_id FROM files JOIN temp.written ON written.file_id = files.id WHERE was_new)"""

_GONE = """
    FROM files WHERE path >= ? AND path < ? AND path NOT IN (SELECT path FROM temp.scan)
    AND NOT EXISTS (SELECT 1 FROM temp.unlisted WHERE files.path >= start AND files.path < end)
    AND mine(path)"""


@dataclass
class FolderPlan:
    """What the walk through one folder showed.

    Attributes
    ----------
    folder : str
    renamed_from : str or None
        The folder's former path, when it was recognised as one that was indexed before.
    looks_unmounted : bool
        Pictures are known below it, and now there is not a single picture.
    unlisted : list of (str, str)
        Subfolders that could not be listed, each with the reason.
    others : int
        Files that are no pictures by their names.
    """

    folder: str
    renamed_from: str | None
    looks_unmounted: bool
    unlisted: list[tuple[str, str]]
    others: int


def begin(db: sqlite3.Connection) -> None:
    """Make the temporary tables, empty."""
    for table in ("scan", "written", "unlisted"):
        db.execute(f"DROP TABLE IF EXISTS temp.{table}")
    db.execute(
        "CREATE TEMP TABLE scan "
        "(path BLOB PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, "
        "etag TEXT NOT NULL)"
    )
    db.execute("CREATE TEMP TABLE written (file_id INTEGER PRIMARY KEY, was_new INTEGER NOT NULL)")
    db.execute("CREATE TEMP TABLE unlisted (start BLOB NOT NULL, end BLOB NOT NULL)")


def look_through(
    catalog: Catalog, folder: str, tell: Callable[[int], None], shard: Container[str] | None = None
) -> FolderPlan:
    """Walk through a folder, enter it and what is in it into the tables of this run.

    Of the files only those of the shard are entered.
    """
    renamed_from = _adopt_renamed(catalog, folder)
    _enter_folder(catalog, folder)
    excluded = frozenset(os.fsdecode(p) for (p,) in catalog.rows("SELECT path FROM excluded"))
    scan = listing(folder, excluded)
    count = 0
    for batch in _batches(scan):
        count += len(batch)
        tell(count)
        with catalog.transaction() as db:
            db.executemany(
                "INSERT OR IGNORE INTO temp.scan VALUES (?, ?, ?, ?)",
                [
                    (os.fsencode(f.path), f.size, f.mtime_ns, f.etag)
                    for f in batch
                    if shard is None or f.path in shard
                ],
            )
    known = catalog.number(
        "SELECT EXISTS (SELECT 1 FROM files WHERE path >= ? AND path < ?)", under(folder)
    )
    # Where it cannot even be listed, that is what there is to say.
    looks_unmounted = bool(known) and not count and folder not in dict(scan.unlisted)
    return FolderPlan(folder, renamed_from, looks_unmounted, scan.unlisted, scan.others)


def look_at(catalog: Catalog, files: Iterable[str]) -> None:
    """Enter single files into the tables of this run, without the folders that they lie in.

    One that is not there is entered all the same, so that reading it names the reason.
    """
    for batch in _batches(map(_file, files)):
        with catalog.transaction() as db:
            db.executemany(
                "INSERT OR IGNORE INTO temp.scan VALUES (?, ?, ?, ?)",
                [(os.fsencode(f.path), f.size, f.mtime_ns, f.etag) for f in batch],
            )


@dataclass(frozen=True)
class Work:
    """The scanned files that must be read: new, changed, or lacking a vector.

    A file that failed is read again only when it has changed, or when `retry` is set.

    Parameters
    ----------
    catalog : Catalog
    descriptor_ids : tuple of int
        The descriptors that every picture is to have a vector of.
    retry : bool
    """

    catalog: Catalog
    descriptor_ids: tuple[int, ...]
    retry: bool

    def __len__(self) -> int:
        return self.catalog.number(f"SELECT count(*) {_TO_READ}", self._values(0))

    def batches(self, size: int) -> Iterator[list[Found]]:
        """Give the files in order, so many at a time, whatever is committed meanwhile."""
        last = 0
        sql = (
            f"SELECT scan.rowid, scan.path, scan.size, scan.mtime_ns, scan.etag {_TO_READ} "
            "ORDER BY scan.rowid LIMIT ?"
        )
        while rows := self.catalog.rows(sql, (*self._values(last), size)):
            yield [Found(os.fsdecode(p), int(s), int(t), str(e)) for _, p, s, t, e in rows]
            last = int(rows[-1][0])

    def _values(self, after: int) -> tuple[object, ...]:
        wanted = json.dumps(self.descriptor_ids)
        return (after, self.retry, len(self.descriptor_ids), wanted)


def scanned(catalog: Catalog, path: str) -> Found | None:
    """Return a file as this run found it; None if it did not."""
    sql = "SELECT size, mtime_ns, etag FROM temp.scan WHERE path = ?"
    rows = catalog.rows(sql, (os.fsencode(path),))
    return Found(path, *rows[0]) if rows else None


def forget_gone(
    catalog: Catalog, plan: FolderPlan, shard: Container[str] | None = None
) -> tuple[int, int]:
    """Remove what is no longer in a folder; return how many were moved, and how many are gone.

    A gone file whose content was found under a new path in this run was moved. Nothing is removed
    from a folder that looks unmounted, nor below one that could not be listed. What a person added
    to a gone file passes to another with the same bytes, now or when there is one. Of a shard only
    its own files are removed: the others were not looked at.
    """
    if plan.looks_unmounted:
        return 0, 0
    inside = under(plan.folder)
    with catalog.transaction() as db:
        db.create_function("mine", 1, lambda path: shard is None or os.fsdecode(path) in shard)
        db.executemany(
            "INSERT INTO temp.unlisted VALUES (?, ?)", [under(path) for path, _ in plan.unlisted]
        )
        moved, gone = db.execute(
            f"SELECT coalesce(sum({_MOVED}), 0), count(*) {_GONE}", inside
        ).fetchone()
        if gone:
            columns.lay_aside(db, _GONE, inside)
            db.execute(f"DELETE {_GONE}", inside)
            changed(db)
        columns.hand_on(db)
    return int(moved), int(gone) - int(moved)


def _batches(scan: Iterable[Found]) -> Iterator[list[Found]]:
    batch: list[Found] = []
    for found in scan:
        batch.append(found)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _file(path: str) -> Found:
    try:
        info = os.stat(path)  # noqa: PTH116 (Path.stat is twice as slow, and there may be millions)
    except OSError:
        return Found(path, 0, 0)
    return Found(path, info.st_size, info.st_mtime_ns)


def _enter_folder(catalog: Catalog, folder: str) -> None:
    """Keep the folder, unless one above it is kept; drop those that it now covers."""
    inside = under(folder)
    with catalog.transaction() as db:
        # Asking for a path again takes back that it, or a folder it lies in, was removed.
        again = [(os.fsencode(path),) for path in (folder, *parents(folder))]
        db.executemany("DELETE FROM excluded WHERE path = ?", again)
        if folder in catalog.folders():
            return
        if not lies_in_a_folder(db, folder):
            db.execute("DELETE FROM folders WHERE path >= ? AND path < ?", inside)
            db.execute("INSERT INTO folders VALUES (?)", (os.fsencode(folder),))


def _adopt_renamed(catalog: Catalog, folder: str) -> str | None:
    """Recognise a folder that was indexed under another path, and take over what is known of it."""
    # An address that does not answer is not one that has moved.
    known = [former for former in catalog.folders() if not is_url(former)]
    if folder in known or is_url(folder):
        return None
    for former in known:
        if not os.path.lexists(former) and _is_same_folder(catalog, former, folder):
            _rename(catalog, former, folder)
            return former
    return None


def _is_same_folder(catalog: Catalog, former: str, folder: str) -> bool:
    if catalog.number(
        "SELECT EXISTS (SELECT 1 FROM files WHERE path >= ? AND path < ?)", under(folder)
    ):
        return False
    sample = catalog.rows(
        # Knuth's multiplicative hash: the same sample each time, from all over the folder.
        "SELECT path, size, mtime_ns FROM files WHERE path >= ? AND path < ? "
        "ORDER BY id * 2654435761 % 4294967296 LIMIT ?",
        (*under(former), _SAMPLE),
    )
    same = sum(
        _stands_at(Path(folder) / os.path.relpath(os.fsdecode(path), former), size, time)
        for path, size, time in sample
    )
    return bool(sample) and same >= _SAME_FOLDER * len(sample)


def _stands_at(path: Path, size: object, mtime_ns: object) -> bool:
    try:
        info = path.stat() if path.exists() else path.lstat()  # as the scan sees a dangling link
    except OSError:
        return False
    return (info.st_size, info.st_mtime_ns) == (size, mtime_ns)


def _rename(catalog: Catalog, former: str, folder: str) -> None:
    start, end = under(former)
    with catalog.transaction() as db:
        for table in ("files", "excluded"):
            db.execute(
                f"UPDATE {table} SET path = CAST(? || substr(path, ?) AS BLOB) "  # noqa: S608
                "WHERE path >= ? AND path < ?",
                (under(folder)[0], len(start) + 1, start, end),
            )
        db.execute("DELETE FROM folders WHERE path = ?", (os.fsencode(former),))
        db.execute("INSERT INTO folders VALUES (?)", (os.fsencode(folder),))
        changed(db)
