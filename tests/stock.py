"""A catalog that is filled by SQL, so that a thousand contents cost no thousand pictures."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from pathlib import Path

import numpy as np

from lookalike.store.catalog import FILE, Catalog, StoredDescriptor, changed

DIM = 4


class Stock:
    """A catalog with two descriptors, whose contents are told apart by a number each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.catalog = Catalog(folder, create=True)
        with self.catalog.transaction() as db:
            db.execute(
                "INSERT OR IGNORE INTO descriptors (id, key, spec, metric, dim) VALUES "
                "(1, 'one@1', 'one', 'cosine', ?), "
                "(2, 'two@1', 'two', 'euclidean', ?)",
                (DIM, DIM),
            )

    @property
    def descriptors(self) -> list[StoredDescriptor]:
        return self.catalog.descriptors()

    def add(self, *numbers: int, version: int = 0) -> None:
        """Enter contents, each with a file; what is there already is given its vector anew."""
        with self.catalog.transaction() as db:
            for number in numbers:
                content = self._content(db, number)
                for descriptor in (1, 2):
                    vector = self.vector(number, version, descriptor).tobytes()
                    key = (descriptor, content)
                    db.execute(
                        "DELETE FROM vectors WHERE descriptor_id = ? AND content_id = ? "
                        "AND vector != ?",
                        (*key, vector),
                    )
                    db.execute("INSERT OR IGNORE INTO vectors VALUES (?, ?, ?)", (*key, vector))
                self._file(db, f"/{number}", content)
            changed(db)

    def copy(self, number: int) -> None:
        """Enter a second file of a content."""
        with self.catalog.transaction() as db:
            self._file(db, f"/copy/{number}", self._content(db, number))
            changed(db)

    def remove(self, *numbers: int, kept: bool = False) -> None:
        """Remove contents with their files; or only the files."""
        with self.catalog.transaction() as db:
            for number in numbers:
                content = self._content(db, number)
                db.execute("DELETE FROM files WHERE content_id = ?", (content,))
                if not kept:
                    db.execute("DELETE FROM contents WHERE id = ?", (content,))
            changed(db)

    def turn(self, number: int, into: int) -> None:
        """Let the file of one content have another's."""
        with self.catalog.transaction() as db:
            self._file(db, f"/{number}", self._content(db, into))
            changed(db)

    def back_up(self, to: Path) -> None:
        with sqlite3.connect(to) as copy:
            self.catalog._db.backup(copy)
        copy.close()

    def restore(self, backup: Path) -> None:
        """Put a backup in the place of the catalog, as a person would."""
        self.catalog.close()
        for file in self.folder.glob(f"{FILE}*"):
            file.unlink()
        shutil.copy(backup, self.folder / FILE)
        self.catalog = Catalog(self.folder)

    def reopen(self) -> None:
        self.catalog.close()
        self.catalog = Catalog(self.folder)

    def truth(self, descriptor: int = 1) -> dict[int, bytes]:
        """Return the vector of each content that can be found, as the catalog has it."""
        return dict(
            self.catalog.rows(
                "SELECT DISTINCT vectors.content_id, vector FROM vectors "
                "JOIN files USING (content_id) WHERE descriptor_id = ?",
                (descriptor,),
            )
        )

    @staticmethod
    def vector(number: int, version: int = 0, descriptor: int = 1) -> np.ndarray:
        return np.array([number, version, descriptor, 1], "<f4")

    def _content(self, db: sqlite3.Connection, number: int) -> int:
        sha256 = hashlib.sha256(str(number).encode()).digest()
        db.execute(
            "INSERT OR IGNORE INTO contents (sha256, bytes, format, width, height) "
            "VALUES (?, 1, 'PNG', 1, 1)",
            (sha256,),
        )
        return int(db.execute("SELECT id FROM contents WHERE sha256 = ?", (sha256,)).fetchone()[0])

    def _file(self, db: sqlite3.Connection, path: str, content: int) -> None:
        db.execute(
            "INSERT INTO files (path, size, mtime_ns, content_id) VALUES (?, 1, 1, ?) "
            "ON CONFLICT (path) DO UPDATE SET content_id = excluded.content_id",
            (path.encode(), content),
        )
