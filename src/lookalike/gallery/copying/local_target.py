"""A gallery in a folder of this machine, as it is written."""

from __future__ import annotations

import datetime
import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from lookalike import images
from lookalike.errors import GalleryError, UsageError
from lookalike.gallery.copying.ends import About, Batch, Begun, Carried, Placed, Source, Target
from lookalike.gallery.copying.local import LocalSource
from lookalike.gallery.milvus.kept.rows import FileRow
from lookalike.metrics import Vectors
from lookalike.stages import packed
from lookalike.store import added, calibrations, durable
from lookalike.store.catalog import Catalog, changed
from lookalike.store.unfinished import note, unfinished


class LocalTarget(LocalSource, Target):
    """A catalog that is written to; made if it is not there.

    Parameters
    ----------
    catalog : Catalog
        Of its own; it is closed with this.

    Raises
    ------
    GalleryBusy
        Another process is writing to it.
    """

    def __init__(self, catalog: Catalog) -> None:
        super().__init__(catalog, still=False)
        try:
            self._held.enter_context(catalog.writing())
        except BaseException:
            self.close()
            raise

    @classmethod
    def open(cls, folder: Path) -> LocalTarget:
        """Open a gallery's folder; make it if it is not there."""
        return cls(Catalog(folder, create=True))

    def state(self, source: str) -> Begun:
        """See `Target.state`."""
        noted = unfinished(self._catalog.folder)
        if source in noted:
            return Begun(alone=bool(noted[source]["alone"]), resumed=True)
        return Begun(alone=not noted and not self.count() and not self.descriptors(), resumed=False)

    def begin(self, source: str, begun: Begun) -> None:
        """See `Target.begin`."""
        noted = unfinished(self._catalog.folder)
        began = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
        told = {"alone": begun.alone, "began": began}
        note(self._catalog.folder, {source: told, **noted})

    def done(self, source: str) -> None:
        """See `Target.done`."""
        noted = unfinished(self._catalog.folder)
        note(self._catalog.folder, {s: told for s, told in noted.items() if s != source})

    def enter(self, descriptors: Sequence[Carried], about: About, *, wins: bool) -> None:
        """See `Target.enter`."""
        there = {name.casefold() for name in self.about().columns}
        with self._catalog.transaction() as db:
            for one in descriptors:
                _register(db, one)
            for table, paths in (("folders", about.folders), ("excluded", about.excluded)):
                sql = f"INSERT OR IGNORE INTO {table} VALUES (?)"  # noqa: S608
                if table == "excluded":  # what is a picture here is not passed over
                    sql = (
                        "INSERT OR IGNORE INTO excluded SELECT ?1 WHERE NOT EXISTS "
                        "(SELECT 1 FROM files WHERE path = ?1)"
                    )
                db.executemany(sql, [(os.fsencode(path),) for path in paths])
            db.executemany(
                "INSERT INTO columns (name, kind) VALUES (?, ?)",
                [(n, kind) for n, kind in about.columns.items() if n.casefold() not in there],
            )
        known = {(one.descriptor, one.metric) for one in calibrations.all_kept(self._catalog)}
        calibrations.keep(
            self._catalog,
            [c for c in about.calibrations if wins or (c.descriptor, c.metric) not in known],
        )
        self._known()

    def enter_marks(self, about: About, *, wins: bool) -> None:
        """See `Target.enter_marks`."""
        verb = "INSERT OR REPLACE" if wins else "INSERT OR IGNORE"
        with self._catalog.transaction() as db:
            db.executemany(
                f"{verb} INTO marks (query, content_id, liked, made) "  # noqa: S608
                "SELECT ?, id, ?, ? FROM contents WHERE sha256 = ?",
                [(one.query, one.liked, one.made, one.content) for one in about.marks],
            )
            db.executemany(
                f"{verb} INTO mark_vectors (query, descriptor_id, vector) "  # noqa: S608
                "SELECT ?, ?, ? WHERE EXISTS (SELECT 1 FROM marks WHERE query = ?1)",
                [
                    (query, self._local[number].id, np.asarray(vector, "<f4").tobytes())
                    for (query, number), vector in about.asked.items()
                    if number in self._local
                ],
            )

    def room_for(self, name: str) -> str:
        """See `Target.room_for`."""
        return f"{self.own}{name}"

    def keep(self, file: FileRow, data: bytes) -> None:
        """See `Target.keep`; the file is as old as it was, so that it is not read again."""
        path = Path(file.path)
        if ".." in path.parts:  # whoever can write to the source may have called it anything
            raise GalleryError(f"{path} leads out of the gallery, so that it is not copied")
        if path.exists():
            if images.read_bytes(path) == data:
                return  # written by a run that ended there
            raise UsageError(
                f"{path} is there, and is another picture than the one that would be copied to it; "
                f'take it out first: lookalike remove "{path}"'
            )
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            durable.write(path, data)
            os.utime(path, ns=(file.mtime_ns, file.mtime_ns))
        except OSError as error:
            raise GalleryError(
                f"{path} cannot be written: {error.strerror}; is the disk full or read-only?"
            ) from error
        with self._catalog.transaction() as db:
            folder = os.fsencode(added.folder_of(self._catalog))
            db.execute("INSERT OR IGNORE INTO folders VALUES (?)", (folder,))

    def prepare(self, source: Source, placed: Placed, *, empty: bool) -> None:
        """See `Target.prepare`; nothing is to be seen to here."""

    def write(self, batch: Batch) -> None:
        """See `Target.write`: one transaction."""
        with self._catalog.transaction() as db:
            _write_contents(db, batch.files)
            for number, (places, vectors) in batch.vectors.items():
                self._write_vectors(db, number, [batch.files[i] for i in places], vectors)
            _write_files(db, batch.files)
            self._write_cells(db, batch.files)
            changed(db)

    def settle(self, tell: Callable[[int, int], None]) -> None:
        """See `Target.settle`. Indexes are built by the next run that brings it up to date."""
        del tell

    def measured(self, carried: Carried, recall: float) -> None:
        """See `Target.measured`: a search that goes through all finds all."""

    # -- within ------------------------------------------------------------------------------

    def _write_vectors(
        self, db: sqlite3.Connection, number: int, files: Sequence[FileRow], vectors: Vectors
    ) -> None:
        carried = self._carried[number]
        coded: Sequence[bytes] = [vector.tobytes() for vector in vectors.astype("<f4")]
        if carried.stages:
            coded = carried.stages[-1][0].coded(vectors)
        db.executemany(
            "INSERT INTO vectors (descriptor_id, content_id, vector) "
            "SELECT ?, id, ? FROM contents WHERE sha256 = ? "
            "ON CONFLICT (descriptor_id, content_id) DO UPDATE SET vector = excluded.vector "
            "WHERE vector IS NOT excluded.vector",
            [
                (self._local[number].id, kept, file.sha256)
                for kept, file in zip(coded, files, strict=True)
            ],
        )

    def _write_cells(self, db: sqlite3.Connection, files: Sequence[FileRow]) -> None:
        by_name = {column.name.casefold(): column for column in self._columns.values()}
        db.executemany(
            "INSERT OR REPLACE INTO cells (file_id, column_id, value) "
            "SELECT id, ?, ? FROM files WHERE path = ?",
            [
                (column.id, value + 0 if isinstance(value, bool) else value, os.fsencode(file.path))
                for file in files
                for name, value in file.columns.items()
                if (column := by_name.get(name)) is not None
            ],
        )


def _register(db: sqlite3.Connection, carried: Carried) -> None:
    stored = carried.stored
    entered = db.execute(
        "INSERT INTO descriptors (key, spec, metric, dim) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (key) DO NOTHING RETURNING id",
        (stored.key, stored.spec, stored.metric, stored.dim),
    ).fetchone()
    for position, (stage, about) in enumerate(carried.stages if entered else ()):
        db.execute(
            "INSERT INTO stages (descriptor_id, position, kind, name, metric, arrays, about) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                *(entered[0], position, stage.kind, stage.name, stage.metric),
                *(packed(stage), json.dumps(dict(about))),
            ),
        )


def _write_contents(db: sqlite3.Connection, files: Sequence[FileRow]) -> None:
    db.executemany(
        "INSERT INTO contents (sha256, bytes, format, width, height, taken) "
        "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (sha256) DO NOTHING",
        [
            (one.sha256, one.bytes, one.format, one.width, one.height, one.taken or None)
            for one in files
            if one.sha256
        ],
    )


def _write_files(db: sqlite3.Connection, files: Sequence[FileRow]) -> None:
    db.executemany(
        "INSERT INTO files (path, size, mtime_ns, etag, content_id) "
        "SELECT ?, ?, ?, ?, (SELECT id FROM contents WHERE sha256 = ?) WHERE true "
        "ON CONFLICT (path) DO UPDATE SET size = excluded.size, mtime_ns = excluded.mtime_ns, "
        "etag = excluded.etag, content_id = excluded.content_id",
        list(map(_file, files)),
    )
    paths = [(os.fsencode(one.path),) for one in files]
    of_them = "file_id = (SELECT id FROM files WHERE path = ?)"
    db.executemany(f"DELETE FROM failures WHERE {of_them}", paths)  # noqa: S608
    db.executemany(
        "INSERT INTO failures (file_id, reason, message) SELECT id, ?, ? FROM files WHERE path = ?",
        list(_failures(files)),
    )


def _file(one: FileRow) -> tuple[bytes, int, int, str, bytes | None]:
    return os.fsencode(one.path), one.size, one.mtime_ns, one.etag, one.sha256 or None


def _failures(files: Sequence[FileRow]) -> Iterator[tuple[str, str, bytes]]:
    for one in files:
        if one.reason:
            yield one.reason, one.message, os.fsencode(one.path)
