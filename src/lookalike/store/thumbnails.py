"""Small pictures of what is in a gallery, made once and kept beside the catalog.

They lie in one SQLite file, which is a cache: it may be deleted at any time, and whatever is wrong
with it costs no more than making thumbnails again. It is no part of the catalog, so that whoever
reads there never waits for it. It keeps no log beside it (no WAL), as SQLite deletes such a log by
its name: perhaps that of a file that another process has begun in the place of a deleted one.
"""

from __future__ import annotations

import hashlib
import io
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from lookalike.images import Decoder, Image, View
from lookalike.store.catalog import Catalog

T = TypeVar("T")

FILE = "thumbnails.sqlite"

SIZES = (160, 320, 640, 1600)
"""Pixels of the longer side at most. The last is for looking at one picture."""

# Larger ones would fill the disk, and are asked for one at a time.
LARGEST_KEPT = 640

MOST_BYTES = 2 * 10**9
"""How large the file becomes; then those that were made first make room."""

# Another one is begun where a file is of another edition. To be raised when thumbnails look
# different, or are kept differently.
_EDITION = 1

# As small as it gets before one sees it, at half the time of Pillow's default method.
_QUALITY, _METHOD, _FILTER = 75, 2, "lanczos"

# Of that which is dropped when there are too many: rather often a little than long at once.
_DROPPED_AT_ONCE = 500

# Waiting longer than it takes to make a thumbnail would be no gain.
_PATIENCE_SECONDS = 1.0

_SCHEMA = (
    # Room is given back when pictures leave; only possible from the beginning on.
    "PRAGMA auto_vacuum = INCREMENTAL",
    """CREATE TABLE IF NOT EXISTS thumbnails (
        made INTEGER PRIMARY KEY,
        sha256 BLOB NOT NULL,
        size INTEGER NOT NULL,
        seal BLOB NOT NULL,
        data BLOB NOT NULL,
        UNIQUE (sha256, size)
    )""",
    f"PRAGMA user_version = {_EDITION}",
)


def thumbnail_of(data: bytes, size: int, decoder: Decoder, *, name: str | None = None) -> bytes:
    """Make a thumbnail.

    Parameters
    ----------
    data : bytes
        Of the picture's file.
    size : int
        Pixels of the longer side at most; nothing is enlarged.
    decoder : callable
        See `lookalike.images.Decoder`.
    name : str, optional
        What to call the picture in errors.

    Returns
    -------
    bytes
        A WebP file: upright, sRGB, on white what is transparent.

    Raises
    ------
    PictureError
        The picture cannot be read.
    """
    view = View.within(size, _FILTER)
    return _encoded(decoder(data, [view], name=name)[view])


def _encoded(image: Image) -> bytes:
    import PIL.Image

    file = io.BytesIO()
    PIL.Image.fromarray(image).save(file, "WEBP", quality=_QUALITY, method=_METHOD)
    return file.getvalue()


def drop_strangers(catalog: Catalog) -> None:
    """Drop the thumbnails of what no file of the gallery has any more."""
    if not (catalog.folder / FILE).exists():
        return
    sql = "SELECT sha256 FROM contents WHERE id IN (SELECT content_id FROM files)"
    present = {sha256 for (sha256,) in catalog.rows(sql)}
    with closing(Thumbnails(catalog.folder)) as kept:
        kept.drop_all_but(present)


class Thumbnails:
    """The thumbnails of one gallery that were made already.

    For any number of threads and processes at once. Nothing here ever fails: where the file cannot
    be used, there is no thumbnail in it, and none is kept.

    Parameters
    ----------
    folder : Path
        The gallery's.
    most_bytes : int
    """

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self._file = folder / FILE
        self._most_bytes = most_bytes
        self._guard = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._opened: tuple[int, int] | None = None

    def get(self, sha256: bytes, size: int) -> bytes | None:
        """Return the thumbnail of a content, if there is one."""

        def found(db: sqlite3.Connection) -> bytes | None:
            row = db.execute(
                "SELECT seal, data FROM thumbnails WHERE sha256 = ? AND size = ?", (sha256, size)
            ).fetchone()
            if row is not None and row[0] != _seal(sha256, size, row[1]):
                raise sqlite3.DatabaseError("a thumbnail is not what was kept")
            return row and bytes(row[1])

        return self._used(found)

    def keep(self, sha256: bytes, size: int, data: bytes) -> None:
        """Keep the thumbnail of a content, unless it is a large one."""
        if size > LARGEST_KEPT:
            return

        def enter(db: sqlite3.Connection) -> None:
            with _transaction(db):
                db.execute(
                    "INSERT OR REPLACE INTO thumbnails (sha256, size, seal, data) "
                    "VALUES (?, ?, ?, ?)",
                    (sha256, size, _seal(sha256, size, data), data),
                )
                while _used_bytes(db) > self._most_bytes and _drop_first(db):
                    pass

        self._used(enter)

    def drop_all_but(self, present: Collection[bytes]) -> None:
        """Drop the thumbnails of all contents but some, and give back the room they took."""

        def drop(db: sqlite3.Connection) -> None:
            there = db.execute("SELECT DISTINCT sha256 FROM thumbnails")
            strangers = [(sha256,) for (sha256,) in there if sha256 not in present]
            if strangers:
                with _transaction(db):
                    db.executemany("DELETE FROM thumbnails WHERE sha256 = ?", strangers)
                db.executescript("PRAGMA incremental_vacuum")  # executed alone, it frees one page

        self._used(drop)

    def close(self) -> None:
        """Close the file; it is opened again when it is needed."""
        with self._guard:
            self._let_go()

    # -- within ------------------------------------------------------------------------------

    def _used(self, use: Callable[[sqlite3.Connection], T]) -> T | None:
        """Do something with the file; None if it cannot be used."""
        with self._guard:
            # One that is busy, full, read-only or not to be made: then it goes without it.
            with suppress(sqlite3.OperationalError, OSError):
                try:
                    return use(self._connected())
                except sqlite3.OperationalError:
                    raise
                except sqlite3.DatabaseError:  # damaged, or something else by its name
                    self._begin_anew()
            return None

    def _connected(self) -> sqlite3.Connection:
        """Return a connection to the file that lies there now, which may be another than before."""
        if self._db is not None and self._identity() == self._opened:
            return self._db
        self._let_go()
        # Noted first: whatever is wrong with the file may show as soon as it is looked at.
        self._opened = self._identity()
        db = sqlite3.connect(
            self._file, timeout=_PATIENCE_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            self._prepare(db)
        except BaseException:
            db.close()
            raise
        self._db, self._opened = db, self._identity()
        return db

    def _prepare(self, db: sqlite3.Connection) -> None:
        # Nothing is waited for: what a power cut damages is noticed, and made again.
        db.execute("PRAGMA synchronous = OFF")
        db.execute("PRAGMA journal_mode = TRUNCATE")
        (edition,) = db.execute("PRAGMA user_version").fetchone()
        if edition == _EDITION:
            return
        if edition:
            raise sqlite3.DatabaseError("thumbnails of another edition")
        for statement in _SCHEMA:
            db.execute(statement)

    def _begin_anew(self) -> None:
        damaged = self._opened
        self._let_go()
        if damaged == self._identity():  # else another process has done so already
            for file in (self._file, self._file.with_name(f"{FILE}-journal")):
                file.unlink(missing_ok=True)

    def _let_go(self) -> None:
        if self._db is not None:
            self._db.close()
        self._db = self._opened = None

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = self._file.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino


def _seal(sha256: bytes, size: int, data: bytes) -> bytes:
    """Return what tells whether a row still is what was written."""
    return hashlib.blake2b(b"%s %d %s" % (sha256, size, data), digest_size=8).digest()


def _used_bytes(db: sqlite3.Connection) -> int:
    pages, free, size = (
        int(db.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


def _drop_first(db: sqlite3.Connection) -> bool:
    """Drop those that were made first; return whether there were any."""
    sql = "DELETE FROM thumbnails WHERE made IN (SELECT made FROM thumbnails ORDER BY made LIMIT ?)"
    return db.execute(sql, (_DROPPED_AT_ONCE,)).rowcount > 0


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    try:
        db.execute("BEGIN IMMEDIATE")
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
