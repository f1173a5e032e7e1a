"""A room: small files under names, in one folder or one bucket that several machines share.

Uploads to search with are kept in one, and so are thumbnails and added pictures of a gallery that
has no folder of its own. Every file is there as a whole or not at all, whoever else writes it at
the same time: then the last one counts.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import stat
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lookalike.errors import BadParameter, GalleryError, UsageError

_LONGEST, _LONGEST_PART = 900, 200  # bytes: S3 takes keys of 1024, and folders names of 255
_REFUSED = re.compile(r'[\x00-\x1f\x7f\\<>:"|?*]')  # what some system's files cannot be called

_UNFINISHED = ".unfinished"  # no name begins with a dot, so nothing of a room is called this
_ABANDONED_SECONDS = 24 * 3600.0

# Windows refuses to replace a file at the moment when another process reads it.
_TRIES, _PAUSE_SECONDS = 20, 0.01


@dataclass(frozen=True)
class Entry:
    """A file in a room.

    Attributes
    ----------
    name : str
    size : int
        Bytes.
    mtime_ns : int
        When it was put there, in nanoseconds since 1970, by the clock of the place; 0 where the
        place does not tell.
    """

    name: str
    size: int
    mtime_ns: int


class Room(ABC):
    """Small files under names. All methods may be called from several threads and machines.

    A name is relative, with slashes, such as ``thumbnails/ab/abcdef-320.webp``: see `checked_name`.
    All methods raise `GalleryError` where the place refuses, and `GalleryUnreachable` where it does
    not answer.

    Attributes
    ----------
    place : str
        The folder or address, without anything secret.
    """

    place: str

    @abstractmethod
    def get(self, name: str) -> bytes | None:
        """Return the bytes of a file, or None if there is no such file."""

    @abstractmethod
    def put(self, name: str, data: bytes) -> None:
        """Keep a file; one of the same name is replaced at once and as a whole."""

    @abstractmethod
    def delete(self, name: str) -> None:
        """Delete a file; it may be gone already."""

    @abstractmethod
    def listed(self, prefix: str = "") -> Iterator[Entry]:
        """Yield every file whose name begins so, in any order.

        Parameters
        ----------
        prefix : str
            A folder's name with a slash behind it, such as ``"thumbnails/"``; all files without.
        """


def room(place: str | os.PathLike[str]) -> Room:
    """Return the room at a place; a folder is made if it is not there.

    Parameters
    ----------
    place : path or address
        A folder, also one of another machine that is mounted here, or an address that fsspec
        writes to, such as ``s3://bucket/lookalike``.

    Raises
    ------
    UsageError
        Nothing can be written there, or the address has a password in it.
    GalleryError
        The folder cannot be made.
    MissingExtra
        What writes to such addresses is not installed.
    """
    text = os.fspath(place)
    if "://" in text and not text.lower().startswith("file://"):
        from lookalike.places.remote_room import RemoteRoom

        return RemoteRoom(text)
    if text.lower().startswith("milvus:"):
        raise UsageError("files cannot be kept in Milvus; name a folder or a bucket")
    return FolderRoom(Path(text[len("file://") :] if "://" in text else text))


def checked_name(name: str) -> str:
    """Return a name that is safe in every folder and bucket.

    Raises
    ------
    BadParameter
        It is empty, absolute or too long; a part of it is empty, begins with a dot or ends with a
        dot or a space; or it has characters that some systems' files cannot be called by.
    """
    parts = name.split("/")
    if (
        not all(map(_is_part, parts))
        or _REFUSED.search(name)
        or len(name.encode(errors="replace")) > _LONGEST
    ):
        raise BadParameter(
            f"{name!r} is no name for a file of ours; it is relative, with plain parts between "
            "slashes, such as thumbnails/ab/abcdef-320.webp"
        )
    return name


def _is_part(part: str) -> bool:
    try:
        size = len(part.encode())
    except UnicodeEncodeError:  # half of a pair: no file can be called so everywhere
        return False
    return 0 < size <= _LONGEST_PART and part[0] != "." and part[-1] not in ". "


class FolderRoom(Room):
    """A room in a folder that only this user can look into, where it is us who make it.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self._folder = Path(os.path.abspath(folder.expanduser()))  # noqa: PTH100 - links stay
        self.place = str(self._folder)
        with self._refusals():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self._folder / _UNFINISHED).mkdir(mode=0o700, exist_ok=True)
            self._tidy()

    def get(self, name: str) -> bytes | None:
        """See `Room.get`."""
        path = self._path(name)
        with self._refusals():
            try:
                return path.read_bytes()
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
                return None

    def put(self, name: str, data: bytes) -> None:
        """See `Room.put`."""
        path = self._path(name)
        with self._refusals():
            beside = self._written(data)
            try:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                _replace(beside, path)
            finally:
                beside.unlink(missing_ok=True)

    def delete(self, name: str) -> None:
        """See `Room.delete`."""
        path = self._path(name)
        with self._refusals(), contextlib.suppress(NotADirectoryError):
            path.unlink(missing_ok=True)

    def listed(self, prefix: str = "") -> Iterator[Entry]:
        """See `Room.listed`."""
        if prefix:
            checked_name(prefix.rstrip("/"))
        with self._refusals():
            yield from self._below(self._folder / prefix if prefix else self._folder)

    def _below(self, folder: Path) -> Iterator[Entry]:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except (FileNotFoundError, NotADirectoryError):
            return
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from self._below(Path(entry.path))
                continue
            try:
                found = entry.stat(follow_symlinks=False)
            except FileNotFoundError:  # deleted by another, just now
                continue
            if stat.S_ISREG(found.st_mode):
                name = PurePosixPath(*Path(entry.path).relative_to(self._folder).parts)
                yield Entry(str(name), found.st_size, found.st_mtime_ns)

    def _written(self, data: bytes) -> Path:
        """Return a new file with the data, all of it on the disk itself."""
        folder = self._folder / _UNFINISHED
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # whoever tidies may have taken it
        path = folder / secrets.token_hex(16)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
            try:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                path.unlink(missing_ok=True)
                raise
        return path

    def _tidy(self) -> None:
        """Delete what was begun by processes that were killed."""
        oldest = time.time() - _ABANDONED_SECONDS
        for path in (self._folder / _UNFINISHED).iterdir():
            with contextlib.suppress(FileNotFoundError):  # another tidies as well
                if path.lstat().st_mtime < oldest:
                    path.unlink()

    def _path(self, name: str) -> Path:
        return self._folder / checked_name(name)

    @contextlib.contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            why = error.strerror or str(error)
            raise GalleryError(
                f"the folder {self.place} cannot be used: {why}; make room or give rights there, "
                "or name another"
            ) from error


def _replace(beside: Path, path: Path) -> None:
    for _ in range(_TRIES):
        with contextlib.suppress(PermissionError):
            beside.replace(path)
            return
        time.sleep(_PAUSE_SECONDS)
    beside.replace(path)
