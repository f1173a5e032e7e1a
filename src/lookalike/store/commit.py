"""What was taken in → the catalog, as one transaction."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from lookalike.store.catalog import Catalog, changed
from lookalike.store.intake import Taken


@dataclass
class Written:
    """What a commit did, counted in files.

    Attributes
    ----------
    added : int
        Paths that were not known; a moved file is among them until its old path is found gone.
    changed : int
        Known paths with other content.
    described : int
        Known content that got vectors of a further descriptor.
    """

    added: int = 0
    changed: int = 0
    described: int = 0


def commit(catalog: Catalog, batch: Sequence[Taken]) -> Written:
    """Write a batch; after a crash either all of it is there or nothing."""
    counts = Written()
    with catalog.transaction() as db:
        for taken in batch:
            _write(db, taken, counts)
        changed(db)
    return counts


def _write(db: sqlite3.Connection, taken: Taken, counts: Written) -> None:
    content = None if taken.reason else _content(db, taken)
    path = os.fsencode(taken.found.path)
    before = db.execute("SELECT id, content_id FROM files WHERE path = ?", (path,)).fetchone()
    (file,) = db.execute(
        "INSERT INTO files (path, size, mtime_ns, etag, content_id) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (path) DO UPDATE SET size = excluded.size, mtime_ns = excluded.mtime_ns, "
        "etag = excluded.etag, content_id = excluded.content_id RETURNING id",
        (path, taken.found.size, taken.found.mtime_ns, taken.found.etag, content),
    ).fetchone()
    db.execute("INSERT OR REPLACE INTO temp.written VALUES (?, ?)", (file, before is None))
    db.execute("DELETE FROM failures WHERE file_id = ?", (file,))
    db.execute("DELETE FROM reading WHERE path = ?", (path,))
    if taken.reason:
        db.execute("INSERT INTO failures VALUES (?, ?, ?)", (file, taken.reason, taken.message))
    elif before is None:
        counts.added += 1
    elif before[1] == content:
        counts.described += bool(taken.vectors)
    else:
        counts.changed += 1


def _content(db: sqlite3.Connection, taken: Taken) -> int:
    if taken.facts is not None:
        db.execute(
            "INSERT INTO contents (sha256, bytes, format, width, height, taken) "
            "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (sha256) DO NOTHING",
            (
                taken.sha256,
                taken.facts.bytes,
                taken.facts.format,
                taken.facts.width,
                taken.facts.height,
                taken.facts.taken,
            ),
        )
    (content,) = db.execute("SELECT id FROM contents WHERE sha256 = ?", (taken.sha256,)).fetchone()
    db.executemany(
        "INSERT OR IGNORE INTO vectors VALUES (?, ?, ?)",
        [(i, content, kept) for i, kept in taken.vectors.items()],
    )
    return int(content)
