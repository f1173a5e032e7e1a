"""What this machine is reading for a gallery in Milvus, noted in case that a picture ends the run.

Libraries that decode pictures are written in C, and a damaged file may bring the process down. The
notes lie in the user's cache folder: one file a run, locked as long as that lives. See
`lookalike.store.quarantine`.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import filelock

from lookalike.cache import cache_folder
from lookalike.errors import GalleryError
from lookalike.gallery.milvus.link.address import Address
from lookalike.places import Found

_LOCK = ".lock"


class Reading:
    """The notes of one run. A context manager; the run that ends by itself leaves none.

    Parameters
    ----------
    address : Address

    Raises
    ------
    GalleryError
        The cache folder cannot be written to.
    """

    def __init__(self, address: Address) -> None:
        named = hashlib.sha256(f"{address.text}\n{address.database}".encode()).hexdigest()[:32]
        self._folder = cache_folder() / "reading" / named
        self._file = self._folder / secrets.token_hex(8)
        self._lock = filelock.FileLock(_lock_of(self._file))
        self._paths: set[str] = set()

    def __enter__(self) -> Reading:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
        except OSError as error:
            raise self._refused(error) from error
        return self

    def __exit__(self, *_: object) -> None:
        self._file.unlink(missing_ok=True)
        self._lock.release()
        _lock_of(self._file).unlink(missing_ok=True)

    def left(self) -> list[str]:
        """Return what earlier runs were reading when they died; their notes are taken over."""
        found: set[str] = set()
        for file in sorted(self._folder.iterdir()):
            if file.suffix or file == self._file:
                continue
            other = filelock.FileLock(_lock_of(file))
            with suppress(filelock.Timeout, FileNotFoundError), other.acquire(timeout=0):
                found.update(filter(None, map(os.fsdecode, file.read_bytes().split(b"\0"))))
                self.note(found)  # first here, then not there
                file.unlink()
                _lock_of(file).unlink(missing_ok=True)
        return sorted(found)

    def note(self, paths: Iterable[str]) -> None:
        """Note that files are about to be read."""
        self._paths.update(paths)
        self._write()

    def forget(self, paths: Iterable[str]) -> None:
        """Take notes away: what was read of these files is kept."""
        self._paths.difference_update(paths)

    def noted(self, chunks: Iterable[list[Found]]) -> Iterator[list[Found]]:
        """Hand files on, noted."""
        for chunk in chunks:
            self.note(found.path for found in chunk)
            yield chunk

    def _write(self) -> None:
        beside = self._file.with_suffix(".new")
        try:
            beside.write_bytes(b"\0".join(map(os.fsencode, sorted(self._paths))))
            beside.replace(self._file)
        except OSError as error:
            raise self._refused(error) from error

    def _refused(self, error: OSError) -> GalleryError:
        return GalleryError(
            f"{self._folder} cannot be written to: {error.strerror}; what is being read is noted "
            "there. Name another folder in LOOKALIKE_CACHE"
        )


def _lock_of(file: Path) -> Path:
    return file.with_suffix(_LOCK)
