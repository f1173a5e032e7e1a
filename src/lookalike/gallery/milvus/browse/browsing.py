"""What is in a gallery, picture by picture."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from lookalike.errors import BadParameter, NotIndexed
from lookalike.gallery.milvus.browse import telling
from lookalike.gallery.milvus.browse.telling import FOUND
from lookalike.gallery.milvus.browse.thumbnails import thumbnails
from lookalike.gallery.milvus.kept import schema
from lookalike.gallery.milvus.kept.itself import Kept
from lookalike.gallery.milvus.kept.rows import FACTS, FileRow, file_row
from lookalike.gallery.milvus.link.engine import MOST
from lookalike.gallery.milvus.opened import Opened
from lookalike.gallery.milvus.search.where import Selection, selection
from lookalike.gallery.originals import unchanged
from lookalike.images import Decoder, load_views
from lookalike.images.files import named
from lookalike.store import GalleryInfo
from lookalike.store.catalog import Failure
from lookalike.store.columns import Column
from lookalike.store.fields import FieldInfo
from lookalike.store.pictures import Picture, PicturePage, check_page, modified
from lookalike.store.thumbnails import SIZES, thumbnail_of

T = TypeVar("T")

_OF_PICTURES = ("id", *FACTS)

# So long what was counted is taken for what there is, unless it was changed here.
_FRESH_SECONDS = 60.0


class Browsing(Opened):
    """What shows the pictures of a gallery."""

    def __init__(
        self, kept: Kept, decoder: Decoder = load_views, *, hides_paths: bool = False
    ) -> None:
        super().__init__(kept, decoder, hides_paths=hides_paths)
        self._thumbnails = thumbnails(kept.engine.address)
        self._told = _Remembered(kept)

    def close(self) -> None:
        """Let go of the connection."""
        self._thumbnails.close()
        super().close()

    def pictures(
        self, where: str | Sequence[str] = (), *, skip: int = 0, top: int = 100
    ) -> PicturePage:
        """See `lookalike.Gallery.pictures`.

        Many pictures are skipped by going past them, and conditions that Milvus cannot judge are
        judged here: both take time in proportion.
        """
        check_page(skip, top)
        conditions = (where,) if isinstance(where, str) else tuple(where)
        chosen = selection(self._kept, conditions, self._hides_paths) if conditions else None
        if chosen is not None and not chosen.is_exact:
            return self._sieved(chosen, skip, top)
        condition = _both(FOUND, chosen.expression if chosen else "")
        total = self._engine.count(self._kept.files, condition)
        rows = self._placed(condition, skip, min(top, max(0, total - skip)))
        return PicturePage(self._shown(map(file_row, rows)), total)

    def picture(self, id: int) -> Picture:
        """See `lookalike.Gallery.picture`."""
        return self._shown([self._file(id)])[0]

    def thumbnail(self, id: int, size: int = 320) -> bytes:
        """See `lookalike.Gallery.thumbnail`.

        It is kept in the gallery's own place for files, for all who open the gallery; without such
        a place in the user's cache folder.
        """
        if size not in SIZES:
            known = ", ".join(map(str, SIZES))
            raise BadParameter(f"a thumbnail's size is one of {known} pixels, not {size!r}")
        file = self._file(id)
        # By its content, so that a picture that has changed never shows what it was.
        found = self._thumbnails.get(file.sha256, size)
        if found is None:
            data = unchanged(file.path, file.sha256)
            found = thumbnail_of(data, size, self._decoder, name=named(file.path))
            self._thumbnails.keep(file.sha256, size, found)
        return found

    def original(self, id: int) -> bytes:
        """See `lookalike.gallery.served.ServedGallery.original`."""
        file = self._file(id)
        return unchanged(file.path, file.sha256)

    def fields(self) -> list[FieldInfo]:
        """See `lookalike.Gallery.fields`; what others have written is seen after a minute."""
        return self._told.get("fields", lambda: telling.fields(self._kept))

    def info(self) -> GalleryInfo:
        """See `lookalike.Gallery.info` and `lookalike.gallery.milvus.browse.telling.info`.

        How many contents are different, if others have changed that, is seen after a minute.
        """
        different = self._told.get("contents", lambda: telling.different_contents(self._kept))
        return telling.info(self._kept, different)

    def failures(self) -> list[Failure]:
        """See `lookalike.Gallery.failures`."""
        return telling.failures(self._kept)

    # -- within ------------------------------------------------------------------------------

    def _file(self, id: int) -> FileRow:
        """Return the row of a picture that can be found."""
        if abs(id) < 2**63:
            condition = f"id == {int(id)} and {FOUND}"
            for strong in (False, True):  # one that is new may be seen only when waited for
                rows = self._engine.query(self._kept.files, condition, _OF_PICTURES, strong=strong)
                if rows:
                    return file_row(rows[0])
        raise NotIndexed(f"there is no picture with the id {id} in the gallery {self._called}")

    def _placed(self, condition: str, skip: int, top: int) -> list[dict[str, Any]]:
        """Return rows that meet a condition, in order of their paths, behind so many others."""
        engine, files = self._engine, self._kept.files
        if not top:
            return []
        if skip + top <= MOST:
            return engine.query(files, condition, _OF_PICTURES, limit=top, offset=skip)
        after: str | None = None
        while skip:
            passed = engine.each(
                files, "path", condition, [], batch=min(skip, MOST), after=after, strong=False
            )
            rows = next(passed, [])
            if not rows:
                return []
            after, skip = rows[-1]["path"], skip - len(rows)
        found: list[dict[str, Any]] = []
        for rows in engine.each(
            files, "path", condition, _OF_PICTURES, batch=min(top, 8000), after=after, strong=False
        ):
            found += rows
            if len(found) >= top:
                break
        return found[:top]

    def _sieved(self, chosen: Selection, skip: int, top: int) -> PicturePage:
        """Return the same where Milvus can judge a condition only in part."""
        found: list[FileRow] = []
        total = 0
        for rows in self._engine.each(
            self._kept.files, "path", _both(FOUND, chosen.expression), _OF_PICTURES, strong=False
        ):
            passed = chosen.passing([file_row(row) for row in rows])
            begin = max(0, skip - total)
            found += passed[begin : begin + top - len(found)]
            total += len(passed)
        return PicturePage(self._shown(found), total)

    def _shown(self, files: Iterable[FileRow]) -> tuple[Picture, ...]:
        columns = self._kept.columns()
        return tuple(_picture(file, columns) for file in files)


class _Remembered:
    """What was counted, for a minute or until this process changes the gallery."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        self._found: dict[str, tuple[float, tuple[float, float], Any]] = {}

    def get(self, name: str, count: Callable[[], T]) -> T:
        """Return what was counted, or count it."""
        with self._lock:
            found = self._found.get(name)
        began, wrote = time.monotonic(), self._wrote()
        if found is None or found[1] != wrote or began - found[0] > _FRESH_SECONDS:
            found = began, wrote, count()
            with self._lock:
                self._found[name] = found
        return found[2]

    def _wrote(self) -> tuple[float, float]:
        engine = self._kept.engine
        return engine.wrote(self._kept.files), engine.wrote(schema.about(engine.address.name))


def _both(one: str, other: str) -> str:
    return f"{one} and ({other})" if other else one


def _picture(file: FileRow, columns: Sequence[Column]) -> Picture:
    values = {column.name: file.columns.get(column.name.casefold()) for column in columns}
    return Picture(
        id=file.id,
        path=file.path,
        sha256=file.sha256.hex(),
        width=file.width,
        height=file.height,
        format=file.format,
        bytes=file.bytes,
        modified=modified(file.mtime_ns),
        taken=file.taken or None,
        columns={name: value for name, value in values.items() if value is not None},
    )
