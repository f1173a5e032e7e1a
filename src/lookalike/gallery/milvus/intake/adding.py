"""One picture into a gallery in Milvus, which keeps a copy of its own."""

from __future__ import annotations

import hashlib
import os
import threading
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import PurePath

from lookalike import images
from lookalike.descriptors import KEPT_BY_DEFAULT, Descriptor, create
from lookalike.errors import BadParameter, GalleryError, PictureError, UsageError
from lookalike.gallery.milvus.intake.own import ADDED, added_folder, own_place
from lookalike.gallery.milvus.intake.removing import finish_removals
from lookalike.gallery.milvus.intake.same import with_contents
from lookalike.gallery.milvus.intake.syncing import Run
from lookalike.gallery.milvus.intake.taking_out import rows_at, take_out
from lookalike.gallery.milvus.kept.descriptors import number_of
from lookalike.gallery.milvus.kept.rows import FileRow
from lookalike.gallery.milvus.opened import Opened
from lookalike.images.files import named
from lookalike.images.formats import sniffed
from lookalike.places import Found, is_url, listing, parents, placed
from lookalike.places.room import Room, room
from lookalike.store.crews.threads import Threads
from lookalike.store.names import numbered, safe_name
from lookalike.store.pictures import Picture

_MOST_NUMBERED = 99

_one_by_one = threading.Lock()
"""Of two pictures of one name, the second sees that the first has it."""


class Adding(Opened):
    """What takes in single pictures."""

    @abstractmethod
    def picture(self, id: int) -> Picture:
        """See `lookalike.Gallery.picture`."""

    def add(self, picture: str | os.PathLike[str] | bytes, *, name: str = "") -> Picture:
        """See `lookalike.Gallery.add`.

        Raises
        ------
        UsageError
            The gallery has no place for files of its own.
        """
        place = self._own_room()
        data, name, called = _read(picture, name)
        sha256 = hashlib.sha256(data)
        if (there := self._copy_of(place, sha256.digest())) is not None:
            return self.picture(there.id)
        descriptors = self._all_made()
        # Just as it will be read when it is indexed, but by what reads pictures safely here; what
        # it refuses has left no trace.
        self._decoder(data, {view for one in descriptors for view in one.views}, name=called)
        format = sniffed(data)
        assert format is not None  # noqa: S101  (it was decoded)
        finish_removals(self._kept)
        safe = safe_name(name, format, sha256.hexdigest()[:16])
        if self._engine.address.is_lite:
            one_by_one: AbstractContextManager[object] = _one_by_one
        else:
            # Others may add at the same moment, so that each content has a name of its own.
            one_by_one = nullcontext()
            safe = numbered(safe, sha256.hexdigest()[:32])
        with one_by_one:
            path = self._written(place, data, safe, sha256.digest())
            return self._indexed(place, path, descriptors, called)

    # -- within ------------------------------------------------------------------------------

    def _own_room(self) -> Room:
        address = self._engine.address
        where = own_place(address)
        if not where:
            raise UsageError(
                f"the gallery {self.address} has no place for copies of pictures; name a folder or "
                "a bucket that all who open it can reach, behind its address: "
                "?files=s3://bucket/prefix"
            )
        return room(where)

    def _copy_of(self, place: Room, sha256: bytes) -> FileRow | None:
        """Return the file among the copies that has a content, if it still has it."""
        own = added_folder(self._engine.address)
        alike = with_contents(self._kept, [sha256]).get(sha256, [])
        copies = sorted((row for row in alike if own in parents(row.path)), key=lambda r: r.path)
        return next((row for row in copies if _has(place, self._name(row.path), sha256)), None)

    def _name(self, path: str) -> str:
        own = added_folder(self._engine.address)
        return f"{ADDED}/{path[len(own) + 1 :].replace(os.sep, '/')}"

    def _path(self, name: str) -> str:
        own = added_folder(self._engine.address)
        return f"{own}/{name}" if is_url(own) else os.path.join(own, name)  # noqa: PTH118

    def _all_made(self) -> list[Descriptor]:
        """Return the descriptors that a picture is to have vectors of, ready."""
        present = [self._made(stored) for stored in self._kept.descriptors(fresh=True)]
        descriptors = present or [create(spec) for spec in KEPT_BY_DEFAULT]
        for one in descriptors:
            one.prepare(lambda _done, _total: None)
        return descriptors

    def _written(self, place: Room, data: bytes, name: str, sha256: bytes) -> str:
        """Write a copy under a name that no other picture has; return its path."""
        own = added_folder(self._engine.address)
        known = self._kept.folders(fresh=True)
        if own not in known and not set(parents(own)) & set(known):
            self._kept.enter_folder(own)
        names = list(_names(name, sha256))
        known_paths = rows_at(self._kept, [self._path(one) for one in names])
        others = {row.path for row in known_paths if row.sha256 != sha256}
        for called in names:
            path, in_room = self._path(called), f"{ADDED}/{called}"
            there = None if path in others else place.get(in_room)
            if path in others or (there is not None and hashlib.sha256(there).digest() != sha256):
                continue
            if there is None:
                place.put(in_room, data)
            if _has(place, in_room, sha256):  # nobody else has taken the name meanwhile
                return path
        raise GalleryError(f"{own} has a file of every name that was tried for {name}; clear it up")

    def _indexed(
        self, place: Room, path: str, descriptors: Sequence[Descriptor], called: str
    ) -> Picture:
        """Index a copy; if that fails, leave nothing of it."""
        try:
            self._kept.register(*descriptors)
            by_number = {number_of(one.key): one for one in descriptors}
            run = Run(self._kept, by_number, Threads(1), retry=True)
            run.take_in(_found(path))
        except BaseException:
            if not rows_at(self._kept, [path]):
                place.delete(self._name(path))
            raise
        (row,) = rows_at(self._kept, [path])
        if row.reason:
            place.delete(self._name(path))
            take_out(self._kept, [row])
            raise PictureError(called, row.message)
        return self.picture(row.id)


def _found(path: str) -> Found:
    """Return a file as its place lists it, so that the next run finds it unchanged."""
    return next(iter(listing(path)), Found(path, 0, 0))


def _has(place: Room, name: str, sha256: bytes) -> bool:
    """Tell whether there is a copy with certain bytes."""
    data = place.get(name)
    return data is not None and hashlib.sha256(data).digest() == sha256


def _names(name: str, sha256: bytes) -> Iterator[str]:
    """Yield names for a file: with a number behind, or if too many are called that, its content."""
    yield name
    for number in range(2, _MOST_NUMBERED + 1):
        yield numbered(name, number)
    yield sha256.hex() + PurePath(name).suffix


def _read(picture: object, name: str) -> tuple[bytes, str, str]:
    """Return a picture's bytes, its name for its file, and what to call it in errors."""
    if isinstance(picture, bytes):
        return picture, name, named(name) or "these bytes"
    if not isinstance(picture, str | os.PathLike):
        raise BadParameter(
            f"add takes the path of a picture or the bytes of its file, not a "
            f"{type(picture).__name__}"
        )
    path = placed(picture)
    return images.read_bytes(path), name or PurePath(path).name, named(path)
