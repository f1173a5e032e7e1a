"""A gallery in a folder of this machine, as it is read."""

from __future__ import annotations

import heapq
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from lookalike import images
from lookalike.errors import GalleryDamaged, GalleryError, PictureError
from lookalike.gallery.copying.ends import (
    LOT_BYTES,
    MOST_ROWS,
    About,
    Carried,
    CarriedMark,
    Lot,
    Placed,
    Source,
    carried,
    unmoved,
)
from lookalike.gallery.milvus.kept.descriptors import number_of
from lookalike.gallery.milvus.kept.rows import FileRow
from lookalike.gallery.milvus.link.text import id_of, text_of
from lookalike.metrics import Vectors
from lookalike.store import added, calibrations, stages
from lookalike.store.catalog import Catalog, StoredDescriptor, under
from lookalike.store.columns import Column

T = TypeVar("T")
Rows = Callable[..., list[tuple[Any, ...]]]

_FILES = """
SELECT files.id, path, size, mtime_ns, etag, sha256, format, width, height, bytes, taken,
    reason, message,
    (SELECT group_concat(descriptor_id) FROM vectors WHERE vectors.content_id = files.content_id)
FROM files LEFT JOIN contents ON contents.id = content_id LEFT JOIN failures ON file_id = files.id
"""
_AT_ONCE = 900  # values of one question


class LocalSource(Source):
    """A catalog as of one commit, whatever a writer does meanwhile.

    Parameters
    ----------
    catalog : Catalog
        Of its own; it is closed with this.
    still : bool
        Whether to see only what was there at the beginning.
    """

    def __init__(self, catalog: Catalog, *, still: bool = True) -> None:
        self._catalog = catalog
        self._held = ExitStack()
        self._held.callback(catalog.close)
        self._rows: Rows = catalog.rows
        self.where = str(catalog.folder)
        self.own = os.fsdecode(under(added.folder_of(catalog))[0])
        try:
            if still:
                self._hold()
            self._known()
        except BaseException:
            self.close()
            raise

    @classmethod
    def open(cls, folder: Path) -> LocalSource:
        """Open a gallery's folder.

        Raises
        ------
        GalleryMissing
            There is no gallery.
        """
        return cls(Catalog(folder, create=False))

    def close(self) -> None:
        """Let go of the catalog."""
        self._held.close()

    def descriptors(self) -> list[Carried]:
        """See `Source.descriptors`."""
        return list(self._carried.values())

    def about(self) -> About:
        """See `Source.about`."""
        return About(
            folders=self._others("SELECT path FROM folders ORDER BY path"),
            excluded=self._others("SELECT path FROM excluded ORDER BY path"),
            columns={column.name: column.kind for column in self._columns.values()},
            calibrations=calibrations.all_kept(self._catalog),
            marks=self._marks(),
            asked={
                (bytes(query), self._numbers[descriptor]): np.frombuffer(vector, "<f4")
                for query, descriptor, vector in self._rows(
                    "SELECT query, descriptor_id, vector FROM mark_vectors"
                )
            },
        )

    def count(self) -> int:
        """See `Source.count`."""
        return int(self._rows("SELECT count(*) FROM files")[0][0])

    def paths(self) -> Iterator[str]:
        """See `Source.paths`."""
        return (os.fsdecode(path) for (path,) in self._each("SELECT path FROM files", "path", ()))

    def has_own(self) -> bool:
        """See `Source.has_own`."""
        sql = "SELECT 1 FROM files WHERE path >= ? AND path < ? LIMIT 1"
        return bool(self._rows(sql, under(added.folder_of(self._catalog))))

    def files(self, placed: Placed = unmoved) -> Iterator[tuple[FileRow, str]]:
        """See `Source.files`.

        What does not lie where its path stands in the catalog comes from streams of their own: the
        gallery's own copies, and the few paths that are not UTF-8.
        """
        odd = [path for path in self.paths() if text_of(path) != path]
        passed = {os.fsencode(path) for path in odd}
        own = under(added.folder_of(self._catalog))
        parts = (("WHERE path < ?", own[:1]), ("WHERE path >= ?", own[1:]))
        plain = (row for sql, values in parts for row in self._read(sql, values, passed))
        copies = self._read("WHERE path >= ? AND path < ?", own, passed)
        rest = self._named(sorted(odd, key=lambda path: text_of(placed(path))))
        streams = [_moved(stream, placed) for stream in (plain, copies, rest)]
        return heapq.merge(*streams, key=lambda one: text_of(one[0].path))

    def vectors_of(self, carried: Carried, files: Sequence[FileRow]) -> Vectors:
        """See `Source.vectors_of`."""
        found: dict[bytes, bytes] = {}
        wanted = list({file.sha256 for file in files})
        for some in _parts(wanted):
            sql = (
                # CROSS: from the contents to their vectors; SQLite would go through all vectors.
                "SELECT sha256, vector FROM contents CROSS JOIN vectors ON descriptor_id = ? "  # noqa: S608
                f"AND content_id = contents.id WHERE sha256 IN ({_places(some)})"
            )
            found.update(self._rows(sql, (self._local[carried.number].id, *some)))
        for file in files:
            if file.sha256 not in found:
                raise GalleryDamaged(f"{self.where} has no vector of {file.path} any more")
        return self._decoded(carried, [found[file.sha256] for file in files])

    def all_vectors(self, carried: Carried) -> Iterator[Lot]:
        """See `Source.all_vectors`."""
        sql = (
            "SELECT content_id, sha256, vector FROM vectors JOIN contents ON contents.id = "
            "content_id WHERE descriptor_id = ? AND EXISTS (SELECT 1 FROM files WHERE "
            "files.content_id = vectors.content_id)"
        )
        most = max(1, min(MOST_ROWS, LOT_BYTES // (4 * carried.stored.dim)))
        rows = self._each(sql, "content_id", (self._local[carried.number].id,), most)
        while some := list(islice(rows, most)):
            yield [sha for _, sha, _ in some], self._decoded(carried, [kept for *_, kept in some])

    def own_data(self, path: str) -> bytes:
        """See `Source.own_data`."""
        try:
            return images.read_bytes(path)
        except PictureError as error:
            raise GalleryError(
                f"{error}; it is one of the gallery's own pictures and should go along: take it "
                f'out, lookalike remove "{path}", and copy again'
            ) from error

    # -- within ------------------------------------------------------------------------------

    def _hold(self) -> None:
        """Go by the catalog as it is now, until this is closed."""
        db = self._held.enter_context(self._catalog.snapshot())
        db.execute("SELECT 1 FROM counters").fetchall()  # the first look is what counts
        # Not by way of the catalog: its lock is held by the thread that holds the snapshot.
        self._rows = lambda sql, values=(): db.execute(sql, values).fetchall()

    def _known(self) -> None:
        """Read, in this thread, what both threads need."""
        self._local: dict[int, StoredDescriptor] = {
            number_of(one.key): one for one in self._catalog.descriptors()
        }
        self._numbers = {one.id: number for number, one in self._local.items()}
        self._carried: dict[int, Carried] = {
            number: carried(
                *(one.key, one.spec, one.metric, one.dim),
                list(
                    zip(
                        stages.stages_of(self._catalog, one),
                        stages.about(self._catalog, one),
                        strict=True,
                    )
                ),
            )
            for number, one in self._local.items()
        }
        self._decode = {n: stages.decoder(self._catalog, one) for n, one in self._local.items()}
        self._columns: dict[int, Column] = {
            row[0]: Column(*row)
            for row in self._rows("SELECT id, name, kind FROM columns ORDER BY id")
        }

    def _decoded(self, carried: Carried, kept: Sequence[bytes]) -> Vectors:
        if not kept:
            return np.empty((0, carried.stored.dim), np.float32)
        return np.ascontiguousarray(self._decode[carried.number](kept), np.float32)

    def _others(self, sql: str) -> list[str]:
        """Return paths that do not belong to the folder of the gallery's own copies."""
        paths = [os.fsdecode(path) for (path,) in self._rows(sql)]
        return [path for path in paths if not f"{path}{os.sep}".startswith(self.own)]

    def _marks(self) -> list[CarriedMark]:
        rows = self._rows(
            "SELECT query, sha256, liked, made FROM marks JOIN contents ON contents.id = "
            "content_id WHERE EXISTS (SELECT 1 FROM files WHERE files.content_id = contents.id)"
        )
        return [CarriedMark(bytes(q), bytes(c), bool(liked), made) for q, c, liked, made in rows]

    def _each(
        self, sql: str, key: str, values: tuple[object, ...], most: int = MOST_ROWS
    ) -> Iterator[tuple[Any, ...]]:
        """Yield all rows in order of a key, which is their first column, by many small questions.

        So no cursor is open when something else is asked, or written.
        """
        word, after = "AND" if "WHERE" in sql else "WHERE", ""
        last: tuple[object, ...] = ()
        while True:
            asked = f"{sql} {after} ORDER BY {key} LIMIT {most}"
            rows = self._rows(asked, (*values, *last))
            yield from rows
            if len(rows) < most:
                return
            after, last = f"{word} {key} > ?", (rows[-1][0],)

    def _read(self, where: str, values: tuple[bytes, ...], passed: set[bytes]) -> Iterator[FileRow]:
        after: tuple[bytes, ...] = ()
        while True:
            beyond = " AND path > ?" if after else ""
            sql = f"{_FILES} {where}{beyond} ORDER BY path LIMIT {MOST_ROWS}"
            rows = self._rows(sql, (*values, *after))
            yield from self._told([row for row in rows if row[1] not in passed])
            if len(rows) < MOST_ROWS:
                return
            after = (rows[-1][1],)

    def _named(self, paths: Sequence[str]) -> Iterator[FileRow]:
        """Yield the files at some paths, in their order."""
        for some in _parts(paths):
            sql = f"{_FILES} WHERE path IN ({_places(some)})"
            rows = self._rows(sql, tuple(map(os.fsencode, some)))
            found = {file.path: file for file in self._told(rows)}
            yield from (found[path] for path in some if path in found)

    def _told(self, rows: Sequence[tuple[Any, ...]]) -> Iterator[FileRow]:
        cells = self._cells([row[0] for row in rows]) if self._columns else {}
        for id, path, size, mtime_ns, etag, sha256, *facts, reason, message, ids in rows:
            format, width, height, size_read, taken = facts
            name = os.fsdecode(path)
            yield FileRow(
                path=name,
                id=id_of(name),
                size=size,
                mtime_ns=mtime_ns,
                etag=etag,
                sha256=sha256 or b"",
                format=format or "",
                width=width or 0,
                height=height or 0,
                bytes=size_read or 0,
                taken=taken or "",
                reason=reason or "",
                message=message or "",
                described=tuple(sorted(self._numbers[int(i)] for i in (ids or "").split(",") if i)),
                columns=cells.get(id, {}),
            )

    def _cells(self, ids: Sequence[int]) -> Mapping[int, dict[str, object]]:
        """Return the values of one's own, by files and columns as Milvus calls these."""
        found: dict[int, dict[str, object]] = {}
        for some in _parts(ids):
            sql = (
                "SELECT file_id, column_id, value FROM cells "  # noqa: S608
                f"WHERE file_id IN ({_places(some)})"
            )
            for file, number, value in self._rows(sql, tuple(some)):
                column = self._columns[number]
                of_file = found.setdefault(file, {})
                of_file[column.name.casefold()] = bool(value) if column.kind == "flag" else value
        return found


def _moved(files: Iterable[FileRow], placed: Placed) -> Iterator[tuple[FileRow, str]]:
    for file in files:
        path = placed(file.path)
        yield file if path == file.path else replace(file, path=path), file.path


def _parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]


def _places(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
