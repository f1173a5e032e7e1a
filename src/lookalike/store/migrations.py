"""The catalog's schema, as the numbered steps that lead to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from lookalike.errors import GalleryTooNew


def m001_first_tables(db: sqlite3.Connection) -> None:
    """Lay the tables of the first version."""
    for statement in _FIRST_TABLES:
        db.execute(statement)


# Paths are BLOBs, as the operating system spells them: not every file name is UTF-8.
_FIRST_TABLES = (
    "CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    "INSERT INTO counters VALUES ('generation', 0)",
    # The folders that were asked for; `index` without arguments looks through them again.
    "CREATE TABLE folders (path BLOB PRIMARY KEY) WITHOUT ROWID",
    # What a person removed from the gallery though it still lies in an indexed folder.
    "CREATE TABLE excluded (path BLOB PRIMARY KEY) WITHOUT ROWID",
    """CREATE TABLE contents (
        id INTEGER PRIMARY KEY,
        sha256 BLOB NOT NULL UNIQUE,
        bytes INTEGER NOT NULL,
        format TEXT NOT NULL,
        width INTEGER NOT NULL,
        height INTEGER NOT NULL,
        taken TEXT
    )""",
    """CREATE TABLE files (
        id INTEGER PRIMARY KEY,
        path BLOB NOT NULL UNIQUE,
        size INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        content_id INTEGER REFERENCES contents (id)
    )""",
    "CREATE INDEX files_by_content ON files (content_id)",
    """CREATE TABLE failures (
        file_id INTEGER PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE,
        reason TEXT NOT NULL,
        message TEXT NOT NULL
    )""",
    # What is being read at this moment; see `quarantine`.
    "CREATE TABLE reading (path BLOB PRIMARY KEY) WITHOUT ROWID",
    """CREATE TABLE descriptors (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        spec TEXT NOT NULL,
        metric TEXT NOT NULL,
        dim INTEGER NOT NULL
    )""",
    """CREATE TABLE vectors (
        descriptor_id INTEGER NOT NULL REFERENCES descriptors (id) ON DELETE CASCADE,
        content_id INTEGER NOT NULL REFERENCES contents (id) ON DELETE CASCADE,
        vector BLOB NOT NULL,
        PRIMARY KEY (descriptor_id, content_id)
    ) WITHOUT ROWID""",
    "CREATE INDEX vectors_by_content ON vectors (content_id)",
)

MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (m001_first_tables,)


def version(db: sqlite3.Connection) -> int:
    """Return the number of the last migration that was applied."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def migrate(db: sqlite3.Connection, where: str) -> None:
    """Bring a catalog to the present schema, each step in a transaction of its own.

    Raises
    ------
    GalleryTooNew
        It was written by a later Lookalike; nothing is changed.
    """
    check_not_newer(db, where)
    for number in range(version(db), len(MIGRATIONS)):
        db.execute("BEGIN IMMEDIATE")
        try:
            if version(db) == number:  # another process may have gone first while this one waited
                MIGRATIONS[number](db)
                db.execute(f"PRAGMA user_version = {number + 1}")
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")


def check_not_newer(db: sqlite3.Connection, where: str) -> None:
    """Refuse a catalog that this version does not know.

    Raises
    ------
    GalleryTooNew
        It was written by a later Lookalike.
    """
    if (found := version(db)) > len(MIGRATIONS):
        raise GalleryTooNew(
            f"the gallery {where} has schema {found}, and this Lookalike knows {len(MIGRATIONS)}; "
            "upgrade: pip install --upgrade lookalike"
        )
