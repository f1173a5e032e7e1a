"""Taking things out of the catalog. Nothing here touches a picture on disk; see also `added`."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from lookalike.errors import NotIndexed
from lookalike.store.catalog import Catalog, changed, lies_in_a_folder, under

_UNUSED = (
    "FROM contents WHERE id NOT IN (SELECT content_id FROM files WHERE content_id IS NOT NULL)"
)


def remove_paths(catalog: Catalog, paths: Sequence[str], *, own: Path | None = None) -> int:
    """Remove files, and folders with all below them, and what only they had.

    Parameters
    ----------
    catalog : Catalog
    paths : sequence of str
        Places, as of `lookalike.places.placed`.
    own : Path, optional
        The folder of the gallery's own copies. Those among the files are noted as excluded, to be
        deleted by `added.clear_up`.

    Returns
    -------
    int
        How many files.

    Raises
    ------
    NotIndexed
        One of the paths is not in the gallery; then nothing is removed.
    """
    with catalog.transaction() as db:
        before = _count(db)
        kept = {row[0] for row in db.execute(f"SELECT id {_UNUSED}")}
        copies = [copy for path in paths for copy in _copies(db, path, own)]
        for path in paths:
            _remove(db, path)
        db.executemany("INSERT OR IGNORE INTO excluded VALUES (?)", copies)
        freed = [row for row in db.execute(f"SELECT id {_UNUSED}") if row[0] not in kept]
        db.executemany("DELETE FROM contents WHERE id = ?", freed)
        changed(db)
        return before - _count(db)


def remove_descriptor(catalog: Catalog, descriptor_id: int) -> None:
    """Remove a descriptor with all its vectors."""
    with catalog.transaction() as db:
        db.execute("DELETE FROM descriptors WHERE id = ?", (descriptor_id,))
        changed(db)


def remove_kept(catalog: Catalog) -> int:
    """Remove the contents that no file has any more; return how many."""
    with catalog.transaction() as db:
        return db.execute(f"DELETE {_UNUSED}").rowcount


def _count(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM files").fetchone()[0])


def _copies(db: sqlite3.Connection, path: str, own: Path | None) -> list[tuple[bytes]]:
    if own is None:
        return []
    return db.execute(
        "SELECT path FROM files WHERE (path = ? OR (path >= ? AND path < ?)) "
        "AND path >= ? AND path < ?",
        (os.fsencode(path), *under(path), *under(own)),
    ).fetchall()


def _remove(db: sqlite3.Connection, path: str) -> None:
    here, inside = os.fsencode(path), under(path)
    files = db.execute(
        "DELETE FROM files WHERE path = ? OR (path >= ? AND path < ?)", (here, *inside)
    ).rowcount
    folders = db.execute(
        "DELETE FROM folders WHERE path = ? OR (path >= ? AND path < ?)", (here, *inside)
    ).rowcount
    db.execute("DELETE FROM excluded WHERE path >= ? AND path < ?", inside)
    if not files and not folders:
        raise NotIndexed(f"{path} is not in the gallery; nothing was removed")
    if lies_in_a_folder(db, path):
        db.execute("INSERT OR IGNORE INTO excluded VALUES (?)", (here,))
