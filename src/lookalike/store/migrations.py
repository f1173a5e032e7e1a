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


def m002_log_changes(db: sqlite3.Connection) -> None:
    """Let whoever keeps a copy of the vectors ask what has changed since; see `store.changes`."""
    for statement in _CHANGES:
        db.execute(statement)


_CHANGES = (
    # A content is found by a descriptor if it has its vector and a file. Each row names one of
    # which that may have changed, for one descriptor or, with NULL, for all; no content at all
    # stands for every one. The mark is random: when the catalog goes back in time (a restored
    # backup, a power cut) and then on in another way, equal numbers have other marks.
    """CREATE TABLE changes (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        content_id INTEGER,
        descriptor_id INTEGER,
        mark INTEGER NOT NULL DEFAULT (random())
    )""",
    "INSERT INTO changes DEFAULT VALUES",
    """CREATE TRIGGER file_added AFTER INSERT ON files
    WHEN NEW.content_id IS NOT NULL
    BEGIN INSERT INTO changes (content_id) VALUES (NEW.content_id); END""",
    """CREATE TRIGGER file_removed AFTER DELETE ON files
    WHEN OLD.content_id IS NOT NULL
    BEGIN INSERT INTO changes (content_id) VALUES (OLD.content_id); END""",
    """CREATE TRIGGER file_changed AFTER UPDATE OF content_id ON files
    WHEN NEW.content_id IS NOT OLD.content_id
    BEGIN
        INSERT INTO changes (content_id)
            SELECT OLD.content_id WHERE OLD.content_id IS NOT NULL
            UNION ALL SELECT NEW.content_id WHERE NEW.content_id IS NOT NULL;
    END""",
    # Of a content without a file nothing is found: when it gets one, that is logged.
    """CREATE TRIGGER vector_added AFTER INSERT ON vectors
    WHEN EXISTS (SELECT 1 FROM files WHERE content_id = NEW.content_id)
    BEGIN
        INSERT INTO changes (content_id, descriptor_id) VALUES (NEW.content_id, NEW.descriptor_id);
    END""",
    """CREATE TRIGGER vector_changed AFTER UPDATE ON vectors
    BEGIN
        INSERT INTO changes (content_id, descriptor_id)
            VALUES (OLD.content_id, OLD.descriptor_id), (NEW.content_id, NEW.descriptor_id);
    END""",
    # A descriptor that goes takes all its vectors with it: one row tells that, not a million.
    """CREATE TRIGGER vector_removed AFTER DELETE ON vectors
    WHEN EXISTS (SELECT 1 FROM files WHERE content_id = OLD.content_id)
        AND EXISTS (SELECT 1 FROM descriptors WHERE id = OLD.descriptor_id)
    BEGIN
        INSERT INTO changes (content_id, descriptor_id) VALUES (OLD.content_id, OLD.descriptor_id);
    END""",
    """CREATE TRIGGER descriptor_removed AFTER DELETE ON descriptors
    BEGIN INSERT INTO changes (descriptor_id) VALUES (OLD.id); END""",
    # The index that searches by a descriptor and a metric go by, and what was measured of it.
    """CREATE TABLE choices (
        descriptor_id INTEGER NOT NULL REFERENCES descriptors (id) ON DELETE CASCADE,
        metric TEXT NOT NULL,
        spec TEXT NOT NULL,
        recall REAL,
        about TEXT NOT NULL DEFAULT '{}',
        PRIMARY KEY (descriptor_id, metric)
    ) WITHOUT ROWID""",
)


def m003_add_columns(db: sqlite3.Connection) -> None:
    """Let a person give pictures values of their own; see `store.columns` and `store.where`."""
    for statement in _COLUMNS:
        db.execute(statement)


_COLUMNS = (
    "CREATE TABLE columns (id INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL)",
    """CREATE TABLE cells (
        file_id INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
        column_id INTEGER NOT NULL REFERENCES columns (id) ON DELETE CASCADE,
        value NOT NULL COLLATE NOCASE,
        PRIMARY KEY (file_id, column_id)
    ) WITHOUT ROWID""",
    "CREATE INDEX cells_by_value ON cells (column_id, value)",
    # The values of files that are gone, for their return.
    """CREATE TABLE laid_aside (
        content_id INTEGER NOT NULL REFERENCES contents (id) ON DELETE CASCADE,
        path BLOB NOT NULL,
        column_id INTEGER NOT NULL REFERENCES columns (id) ON DELETE CASCADE,
        value NOT NULL,
        PRIMARY KEY (content_id, path, column_id)
    ) WITHOUT ROWID""",
    "CREATE INDEX laid_aside_by_column ON laid_aside (column_id)",
    # Of all facts of a picture, when it was taken is what picks few out of many.
    "CREATE INDEX contents_by_taken ON contents (taken)",
)


def m004_keep_calibrations(db: sqlite3.Connection) -> None:
    """Let it be kept how probable a match is at which distance; see `store.calibrations`."""
    db.execute(
        """CREATE TABLE calibrations (
            descriptor_id INTEGER NOT NULL REFERENCES descriptors (id) ON DELETE CASCADE,
            metric TEXT NOT NULL,
            parameters TEXT NOT NULL,
            pictures INTEGER NOT NULL,
            made TEXT NOT NULL,
            reliability TEXT NOT NULL DEFAULT '{}',
            PRIMARY KEY (descriptor_id, metric)
        )"""
    )


def m005_learn(db: sqlite3.Connection) -> None:
    """Let vectors have stages fitted here, and let marks be kept; see `stages` and `marks`."""
    for statement in _LEARNING:
        db.execute(statement)


_LEARNING = (
    # Searches go by it unless another is named; of none, by the one that came first.
    "ALTER TABLE descriptors ADD COLUMN preferred INTEGER NOT NULL DEFAULT 0",
    # What is done to the vectors after the descriptor, in order. Of such a descriptor the spec is
    # what to type for the plain one, and the key names plain one and stages.
    """CREATE TABLE stages (
        descriptor_id INTEGER NOT NULL REFERENCES descriptors (id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        metric TEXT NOT NULL,
        arrays BLOB NOT NULL,
        about TEXT NOT NULL DEFAULT '{}',
        PRIMARY KEY (descriptor_id, position)
    )""",
    # Which answers a person found good or bad. The query is known by its bytes; the vector is kept
    # for one that is not in the gallery. One judgement of a query and a picture: the last.
    """CREATE TABLE marks (
        query BLOB NOT NULL,
        content_id INTEGER NOT NULL REFERENCES contents (id) ON DELETE CASCADE,
        liked INTEGER NOT NULL,
        made TEXT NOT NULL,
        PRIMARY KEY (query, content_id)
    ) WITHOUT ROWID""",
    """CREATE TABLE mark_vectors (
        query BLOB NOT NULL,
        descriptor_id INTEGER NOT NULL REFERENCES descriptors (id) ON DELETE CASCADE,
        vector BLOB NOT NULL,
        PRIMARY KEY (query, descriptor_id)
    ) WITHOUT ROWID""",
)


def m006_take_places(db: sqlite3.Connection) -> None:
    """Let files lie at addresses, whose stores tell versions apart; see `lookalike.places`."""
    db.execute("ALTER TABLE files ADD COLUMN etag TEXT NOT NULL DEFAULT ''")


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (
    m001_first_tables,
    m002_log_changes,
    m003_add_columns,
    m004_keep_calibrations,
    m005_learn,
    m006_take_places,
)


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
