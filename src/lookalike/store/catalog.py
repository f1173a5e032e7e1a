"""The catalog: one SQLite file that holds files, contents, vectors and failures."""

from __future__ import annotations

import os
import random
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lookalike.descriptors.base import STAGED, Descriptor
from lookalike.errors import GalleryBusy, GalleryDamaged, GalleryError, GalleryMissing
from lookalike.places import parents, separator
from lookalike.store import changes, migrations
from lookalike.store.writer import only_writer

FILE = "catalog.sqlite"


@dataclass(frozen=True)
class StoredDescriptor:
    """A descriptor as the catalog knows it: enough to make it again, and to compare vectors."""

    id: int
    key: str
    spec: str
    metric: str
    dim: int

    @property
    def is_staged(self) -> bool:
        """Whether its vectors go through stages that were fitted here; see `store.stages`."""
        return STAGED in self.key


@dataclass(frozen=True)
class Failure:
    """A file that could not be indexed, and why."""

    path: str
    reason: str
    message: str


class Catalog:
    """An open catalog.

    One process writes at a time (`writing`); any number read, and each read sees the last commit.

    Parameters
    ----------
    folder : Path
        The gallery's folder.
    create : bool
        Make the folder and the catalog if they are not there.
    hides_paths : bool
        Conditions are only about what of a path strangers may see; see `store.where.visible`.

    Raises
    ------
    GalleryMissing
        There is no catalog, and `create` is false.
    GalleryTooNew
        It was written by a later Lookalike.
    GalleryDamaged
        The file is not a readable catalog.
    """

    def __init__(self, folder: Path, *, create: bool = False, hides_paths: bool = False) -> None:
        self.folder = folder
        self.hides_paths = hides_paths
        self.file = folder / FILE
        if not self.file.exists() and not create:
            raise GalleryMissing(
                f"there is no gallery at {folder} yet; make one: lookalike index FOLDER"
            )
        self._make_folder()
        self._guard = threading.RLock()
        with self._named_errors():
            self._db = self._connect()
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise GalleryMissing(
                f"cannot make the gallery's folder {self.folder}: {error.strerror}; "
                "name another with --gallery or LOOKALIKE_GALLERY"
            ) from error

    def _connect(self) -> sqlite3.Connection:
        # One connection, shared by the worker threads under `_guard`.
        db = sqlite3.connect(
            self._address(), uri=True, timeout=30, isolation_level=None, check_same_thread=False
        )
        db.execute("PRAGMA foreign_keys = ON")
        return db

    def _address(self) -> str:
        """Return the file as a URI; one on a read-only disk is opened as it lies there.

        To read beside a writer SQLite keeps files of its own in the folder, which it cannot make
        on such a disk; but there it has no writer either, unless a log of one is there.
        """
        unwritable = self.file.exists() and not os.access(self.folder, os.W_OK)
        resting = not self.file.with_name(f"{FILE}-wal").exists()
        return self.file.as_uri() + ("?mode=ro&immutable=1" if unwritable and resting else "")

    def _prepare(self) -> None:
        migrations.check_not_newer(self._db, str(self.folder))
        if migrations.version(self._db) < len(migrations.MIGRATIONS):
            self._db.execute("PRAGMA journal_mode = WAL")
            migrations.migrate(self._db, str(self.folder))
        self._db.execute("PRAGMA synchronous = NORMAL")

    def close(self) -> None:
        """Close the file; the catalog cannot be used afterwards."""
        self._db.close()

    # -- asking ------------------------------------------------------------------------------

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        with self._guard:
            try:  # at every search, several times: `_named_errors` costs as much as a short query
                return self._db.execute(sql, values).fetchall()
            except sqlite3.DatabaseError as error:
                raise self._named(error) from error

    def number(self, sql: str, values: Sequence[object] = ()) -> int:
        """Return the single whole number that a query answers; 0 for no row."""
        found = self.rows(sql, values)
        return int(found[0][0] or 0) if found else 0

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """Read several things as of one commit, whatever a writer does meanwhile."""
        with self._guard, self._named_errors():
            try:
                self._db.execute("BEGIN")  # within: Ctrl-C may come just after it
                yield self._db
            finally:
                if self._db.in_transaction:
                    self._db.execute("COMMIT")

    def generation(self) -> int:
        """Return the number that is another after every commit that changes what can be found."""
        return self.number("SELECT value FROM counters WHERE name = 'generation'")

    def moment(self) -> changes.Moment:
        """Return which state of the contents that can be found this is."""
        return changes.last(self.rows(changes.LAST))

    # -- writing -----------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the one writer's lock of this gallery.

        Raises
        ------
        GalleryBusy
            Another process holds it; the message tells which.
        """
        with only_writer(self.folder, self._busy):
            yield

    def _busy(self, writer: str) -> GalleryBusy:
        return GalleryBusy(
            f"the gallery {self.folder} is being written by {writer}; wait until it has finished, "
            "or stop it. Searching works meanwhile"
        )

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write several things as one: all of them, or none."""
        with self._guard, self._named_errors():
            try:
                self._db.execute("BEGIN IMMEDIATE")  # within: Ctrl-C may come just after it
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise self._named(error) from error

    def _named(self, error: sqlite3.DatabaseError) -> GalleryError:
        if isinstance(error, sqlite3.ProgrammingError):
            return GalleryError(f"the gallery {self.folder} was closed; open it again")
        if isinstance(error, sqlite3.OperationalError):
            return GalleryError(
                f"{self.file}: {error}; is the disk full, read-only or unplugged? "
                "What was committed before is kept"
            )
        return GalleryDamaged(
            f"{self.file} cannot be used as a catalog ({error}); if nothing is wrong with the "
            "disk, move it away and index again: it holds no pictures, only what was worked out "
            "from them"
        )

    def compact(self) -> None:
        """Give disk space back, if half of the file or more is free."""
        free, pages = self.number("PRAGMA freelist_count"), self.number("PRAGMA page_count")
        if 2 * free >= pages:
            with self._guard, self._named_errors():
                self._db.execute("VACUUM")
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    # -- descriptors -------------------------------------------------------------------------

    def descriptors(self) -> list[StoredDescriptor]:
        """Return the descriptors that have vectors here.

        First the one that searches go by, then as they came.
        """
        found = self.rows(
            "SELECT id, key, spec, metric, dim FROM descriptors ORDER BY preferred DESC, id"
        )
        return [StoredDescriptor(*row) for row in found]

    def register(self, descriptor: Descriptor, spec: str) -> int:
        """Return the id of a descriptor, entering it first if it is new."""
        values = (descriptor.key, spec, descriptor.metric, descriptor.dim)
        with self.transaction() as db:
            db.execute(
                "INSERT INTO descriptors (key, spec, metric, dim) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (key) DO NOTHING",
                values,
            )
        return self.number("SELECT id FROM descriptors WHERE key = ?", (descriptor.key,))

    def place(self, descriptor: Descriptor) -> None:
        """Note how a descriptor is typed now, such as by the new path of its network.

        Of those with stages on it as well; nothing if there is none of it here.
        """
        below = f"{descriptor.key}{STAGED}"
        with self.transaction() as db:
            db.execute(
                "UPDATE descriptors SET spec = ? WHERE (key = ? OR substr(key, 1, ?) = ?) "
                "AND spec IS NOT ?",
                (descriptor.spec, descriptor.key, len(below), below, descriptor.spec),
            )

    def prefer(self, descriptor_id: int) -> None:
        """Let searches go by a descriptor unless another is named."""
        with self.transaction() as db:
            db.execute("UPDATE descriptors SET preferred = (id = ?)", (descriptor_id,))

    # -- the rest of the contents ------------------------------------------------------------

    def folders(self) -> list[str]:
        """Return the folders that were indexed, in order of their names."""
        return [os.fsdecode(p) for (p,) in self.rows("SELECT path FROM folders ORDER BY path")]

    def failures(self) -> list[Failure]:
        """Return the files that could not be indexed, in order of their paths."""
        found = self.rows(
            "SELECT path, reason, message FROM failures JOIN files ON files.id = file_id "
            "ORDER BY path"
        )
        return [Failure(os.fsdecode(p), str(r), str(m)) for p, r, m in found]


def changed(db: sqlite3.Connection) -> None:
    """Note, inside a transaction, that what can be found has changed.

    The generation is a number that was never used before: counted, a power cut that takes the last
    commits back would bring old numbers, and with them old caches, to life again.
    """
    db.execute("UPDATE counters SET value = ? WHERE name = 'generation'", (random.getrandbits(62),))
    changes.prune(db)


def under(folder: str | os.PathLike[str]) -> tuple[bytes, bytes]:
    """Return the half-open range of the stored paths below a folder."""
    end = os.fsencode(separator(os.fsdecode(folder)))
    start = os.fsencode(folder).rstrip(end) + end
    return start, start[:-1] + bytes([start[-1] + 1])


def lies_in_a_folder(db: sqlite3.Connection, path: str | os.PathLike[str]) -> bool:
    """Tell whether one of the folders above a path is indexed."""
    sql = "SELECT 1 FROM folders WHERE path = ?"
    above = parents(os.fsdecode(path))
    return any(db.execute(sql, (os.fsencode(parent),)).fetchone() for parent in above)
