"""Pictures, folders and descriptors out of a gallery in Milvus."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from lookalike.errors import BadParameter, GalleryError, NotIndexed
from lookalike.gallery.milvus.browse.thumbnails import InRoom, thumbnails
from lookalike.gallery.milvus.intake.own import ADDED, added_folder, own_place
from lookalike.gallery.milvus.intake.same import with_contents
from lookalike.gallery.milvus.intake.taking_out import LOT, rows_at, take_out
from lookalike.gallery.milvus.kept.itself import Kept
from lookalike.gallery.milvus.kept.rows import OF_FILES, FileRow, file_row
from lookalike.gallery.milvus.link.text import lies_in, one_of, path_of
from lookalike.gallery.milvus.opened import Opened
from lookalike.places import parents, placed
from lookalike.places.room import Room, room

_RECORDS = "removing/"
_IDS = 1000


class Removing(Opened):
    """What takes out of a gallery.

    What is to be taken out is written down first. So whatever is killed where, the next that
    writes here goes on with it.
    """

    def remove(self, *pictures: str | os.PathLike[str] | int) -> int:
        """See `lookalike.Gallery.remove`.

        Raises
        ------
        GalleryError
            One of the gallery's own copies cannot be deleted. All are taken out of the gallery, and
            the next time that it is written to the rest is tried again.
        """
        finish_removals(self._kept)
        paths = self._paths(pictures)
        below = self._is_folder(paths)
        count = self._count(paths, below)
        self._write_down(below)
        if left := finish_removals(self._kept):
            path, why = left[0]
            raise GalleryError(
                f"{path} is out of the gallery, but its copy cannot be deleted: {why}; mend that, "
                "then delete it yourself or bring the gallery up to date: lookalike index"
            )
        return count

    def remove_descriptor(self, spec: str) -> None:
        """Drop all vectors of a descriptor.

        Raises
        ------
        NotIndexed
            The gallery has none of it.
        """
        stored = self._stored(spec)
        engine, files = self._engine, self._kept.files
        # Should it come back, the files must not say that they are described by it.
        named = f"array_contains(described, {stored.id})"
        for lot in engine.each(files, "path", named, OF_FILES, batch=2000):
            rows = [_without(file_row(row), stored.id) for row in lot]
            engine.upsert(files, [row.as_row() for row in rows])
        self._kept.drop(stored)

    # -- within ------------------------------------------------------------------------------

    def _paths(self, pictures: Iterable[str | os.PathLike[str] | int]) -> list[str]:
        """Return the paths of what is to be removed, each once."""
        given = list(pictures)
        ids = sorted({int(one) for one in given if isinstance(one, int | np.integer)})
        by_id: dict[int, str] = {}
        for start in range(0, len(ids), _IDS):
            # An id that Milvus cannot hold is none of its.
            part = [id for id in ids[start : start + _IDS] if abs(id) < 2**63]
            condition = one_of("id", part)
            for row in self._engine.query(self._kept.files, condition, ["id"], strong=True):
                by_id[int(row["id"])] = path_of(row["path"])
        for id in ids:
            if id not in by_id:
                raise NotIndexed(
                    f"there is no picture with the id {id} in the gallery; nothing was removed"
                )
        return list(
            dict.fromkeys(
                by_id[int(one)] if isinstance(one, int | np.integer) else placed(one)
                for one in given
            )
        )

    def _is_folder(self, paths: Sequence[str]) -> dict[str, bool]:
        """Tell of each path whether it is that of a folder, and no file's."""
        files = {row.path for row in rows_at(self._kept, paths)}
        known = self._kept.folders(fresh=True)
        for path in paths:
            if path in files or any(path == one or path in parents(one) for one in known):
                continue
            if not self._engine.query(
                self._kept.files, lies_in(path), ["path"], limit=1, strong=True
            ):
                raise NotIndexed(f"{path} is not in the gallery; nothing was removed")
        return {path: path not in files for path in paths}

    def _count(self, paths: Sequence[str], below: dict[str, bool]) -> int:
        """Return how many files are to go."""
        folders = {path for path in paths if below[path]}
        tops = [path for path in folders if not folders & set(parents(path))]
        single = [path for path in paths if not below[path] and not folders & set(parents(path))]
        in_folders = sum(
            self._engine.count(self._kept.files, lies_in(path), strong=True) for path in tops
        )
        return in_folders + len(single)

    def _write_down(self, below: dict[str, bool]) -> None:
        known = self._kept.folders(fresh=True)
        left = {one for one in known if not _is_of(one, below)}
        own = added_folder(self._engine.address)
        passed_over = [
            path for path in below if left & set(parents(path)) and own not in parents(path)
        ]
        # At once, so that none is taken out and then found again.
        self._kept.records.put(
            {f"{_RECORDS}{path}": {"folder": folder} for path, folder in below.items()}
            | {f"excluded/{path}": {} for path in passed_over}
        )


def finish_removals(kept: Kept) -> list[tuple[str, str]]:
    """Take out what was written down to be taken out.

    Returns
    -------
    list of (str, str)
        The gallery's own copies that cannot be deleted, and why; the next time it is tried again.
    """
    waiting = kept.records.all(_RECORDS, fresh=True)
    if not waiting:
        return []
    kept.forget_folders([one for one in kept.folders(fresh=True) if _is_of(one, waiting)])
    kept.include([one for one in kept.excluded() if waiting.keys() & set(parents(one))])
    left: list[tuple[str, str]] = []
    single = [path for path, told in waiting.items() if not told["folder"]]
    for start in range(0, len(single), LOT):
        part = single[start : start + LOT]
        # Their copies too where only those are left.
        left += _taken_out(kept, rows_at(kept, part), part)
    for path, told in waiting.items():
        if told["folder"]:
            for lot in kept.engine.each(kept.files, "path", lies_in(path), OF_FILES, batch=LOT):
                rows = [file_row(row) for row in lot]
                left += _taken_out(kept, rows, [row.path for row in rows])
    if waiting:
        kept.records.put({f"{_RECORDS}{path}": {"folder": False} for path, _ in left})
        kept.records.delete(f"{_RECORDS}{path}" for path in waiting if path not in dict(left))
    return left


def _taken_out(kept: Kept, rows: Sequence[FileRow], paths: Sequence[str]) -> list[tuple[str, str]]:
    left = []
    own = added_folder(kept.engine.address)
    copies = [path for path in paths if own and own in parents(path)]
    place = room(own_place(kept.engine.address)) if copies else None
    for path in copies:
        assert place is not None  # noqa: S101  (there are copies)
        if why := _deleted(place, own, path):
            left.append((path, why))
    take_out(kept, rows)
    forget_thumbnails(kept, rows)
    return left


def _deleted(place: Room, own: str, path: str) -> str:
    """Delete a copy; return why that cannot be done, or nothing."""
    name = path[len(own) + 1 :].replace(os.sep, "/")
    try:
        place.delete(f"{ADDED}/{name}")
    except (GalleryError, BadParameter) as error:  # or it has a name that is none of ours
        return str(error)
    return ""


def forget_thumbnails(kept: Kept, rows: Iterable[FileRow]) -> None:
    """Delete the thumbnails of what was taken out, unless other files have the same bytes."""
    contents = {row.sha256 for row in rows if row.sha256}
    if not contents:
        return
    gone = contents - with_contents(kept, contents).keys()
    found = thumbnails(kept.engine.address)
    try:
        if isinstance(found, InRoom):  # of others the oldest make room for new ones
            found.forget(gone)
    finally:
        found.close()


def _is_of(path: str, removed: Mapping[str, object]) -> bool:
    """Tell whether a path is among some, or lies below one of them."""
    return path in removed or not removed.keys().isdisjoint(parents(path))


def _without(row: FileRow, number: int) -> FileRow:
    return replace(row, described=tuple(one for one in row.described if one != number))
