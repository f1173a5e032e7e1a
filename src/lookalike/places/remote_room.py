"""A room in a bucket, or wherever else fsspec writes to."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from lookalike.errors import GalleryError, GalleryUnreachable, MissingExtra, UsageError
from lookalike.places.access import filesystem
from lookalike.places.addresses import placed
from lookalike.places.room import Entry, Room, checked_name

_WRITABLE = ("s3", "gs", "memory")

# By which name each file system tells when a file was written.
_TIMES = ("LastModified", "last_modified", "mtime", "updated", "modified", "created")


class RemoteRoom(Room):
    """A room at an address.

    What it needs to get in is read from the environment or the machine's own set-up, as the tools
    of the place themselves do it; never from the address.

    Parameters
    ----------
    address : str
        Such as ``s3://bucket/lookalike``.

    Raises
    ------
    UsageError
        There is a password in the address, or nothing can be written there.
    MissingExtra
        What speaks with such places is not installed.
    """

    def __init__(self, address: str) -> None:
        self.place = _checked(address)
        self._root: str = self._files._strip_protocol(self.place).rstrip("/")

    def get(self, name: str) -> bytes | None:
        """See `Room.get`."""
        path = self._path(name)
        with self._refusals():
            try:
                return bytes(self._files.cat_file(path))
            except (FileNotFoundError, IsADirectoryError):
                return None

    def put(self, name: str, data: bytes) -> None:
        """See `Room.put`."""
        path = self._path(name)
        with self._refusals():
            try:
                self._files.pipe_file(path, data)
            except FileNotFoundError:
                # Some places have real folders. Only below ours: no bucket is made by mistake.
                if not self._files.isdir(self._root):
                    raise
                self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
                self._files.pipe_file(path, data)

    def delete(self, name: str) -> None:
        """See `Room.delete`."""
        path = self._path(name)
        with self._refusals(), contextlib.suppress(FileNotFoundError):
            self._files.rm_file(path)

    def listed(self, prefix: str = "") -> Iterator[Entry]:
        """See `Room.listed`."""
        folder = f"{self._root}/{checked_name(prefix.rstrip('/'))}" if prefix else self._root
        with self._refusals():
            try:
                found = self._files.find(folder, detail=True)
            except FileNotFoundError:
                return
        for path, told in found.items():
            name = path[len(self._root) :].strip("/")
            if name and told.get("type", "file") == "file":
                yield Entry(name, int(told.get("size") or 0), _written_ns(told))

    @property
    def _files(self) -> Any:
        return filesystem(self.place)

    def _path(self, name: str) -> str:
        return f"{self._root}/{checked_name(name)}"

    @contextlib.contextmanager
    def _refusals(self) -> Iterator[None]:
        # Each place has errors of its own, of libraries that need not be installed.
        try:
            yield
        except (PermissionError, FileNotFoundError) as error:
            raise GalleryError(
                f"{self.place} cannot be used: {error}; look whether it is there, and whether this "
                "machine's account may write to it"
            ) from error
        except MissingExtra:
            raise
        except Exception as error:
            raise GalleryUnreachable(
                f"{self.place} does not answer: {type(error).__name__}: {error}"
            ) from error


def _checked(address: str) -> str:
    kind = address.partition("://")[0].lower()
    if kind not in _WRITABLE:
        raise UsageError(
            f"no files can be written to {kind}:// addresses; name a folder, or one of "
            f"{', '.join(f'{one}://' for one in _WRITABLE)}"
        )
    return placed(address)


def _written_ns(told: Mapping[str, Any]) -> int:
    for name in _TIMES:
        when = told.get(name)
        if isinstance(when, str):
            when = datetime.fromisoformat(when.replace("Z", "+00:00"))
        if isinstance(when, datetime):
            aware = when if when.tzinfo else when.replace(tzinfo=timezone.utc)
            return int(aware.timestamp() * 1_000_000) * 1000
        if isinstance(when, int | float):
            return int(when * 1_000_000_000)
    return 0
