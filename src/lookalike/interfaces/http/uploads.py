"""Pictures to search with that clients have sent, kept for a while."""

from __future__ import annotations

import builtins
import contextlib
import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lookalike.errors import PictureTooLarge
from lookalike.images import PictureFacts, Source
from lookalike.interfaces.http.problems import NoRoom, UnknownUpload
from lookalike.interfaces.http.scratch import Scratch

KEPT_BYTES = 512 * 2**20
"""All uploads together; the one that was asked for longest ago goes first."""

KEPT = 10_000
"""Uploads at most, however small."""

KEPT_SECONDS = 24 * 3600.0
"""Since an upload was asked for last."""

ID = 32
"""Hexadecimal digits of an upload's id."""


class Prober(Protocol):
    """What looks at the beginning of a picture of strangers, such as `DecodingProcesses`."""

    def probe(self, source: Source, *, name: str | None = None) -> PictureFacts:
        """See `lookalike.images.probe`."""


@dataclass(frozen=True)
class Upload:
    """A picture that a client has sent.

    Attributes
    ----------
    id : str
        The first 32 hexadecimal digits of `sha256`: nobody guesses it who has not the picture.
    sha256 : str
    facts : PictureFacts
    """

    id: str
    sha256: str
    facts: PictureFacts


@dataclass
class _Kept:
    upload: Upload
    asked: float


class Uploads:
    """Pictures to search with, in a folder that only this user can look into.

    All methods may be called from several threads. They read and write files: call them through
    `Work`.

    Parameters
    ----------
    prober : Prober
        Nothing is kept that it cannot recognise.
    max_bytes : int
        Of one upload.
    kept_bytes, kept_seconds : float
        How much is kept, and how long.
    clock : callable
        Seconds.
    """

    def __init__(
        self,
        prober: Prober,
        max_bytes: int,
        *,
        kept_bytes: int = KEPT_BYTES,
        kept_seconds: float = KEPT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._prober = prober
        self._max_bytes = max_bytes
        self._kept_bytes = max(kept_bytes, max_bytes)
        self._kept_seconds = kept_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}  # asked for longest ago first
        self._bytes = 0
        self._scratch = Scratch("lookalike-uploads-")

    def put(self, data: bytes, name: str = "the upload") -> Upload:
        """Keep a picture, and return what is known of it.

        Parameters
        ----------
        data : bytes
        name : str
            What to call it in errors.

        Raises
        ------
        PictureError
            It is none, or larger than allowed; then it is not kept.
        NoRoom
            It cannot be written.
        """
        if len(data) > self._max_bytes:
            raise PictureTooLarge(
                name, f"it has {len(data):,} bytes, and at most {self._max_bytes:,} are taken"
            )
        sha256 = hashlib.sha256(data).hexdigest()
        id = sha256[:ID]
        if known := self._asked(id):
            return known
        upload = Upload(id, sha256, self._prober.probe(data, name=name))
        with self._lock:
            self._write(id, data)
            self._forget(id)  # another thread may have been here with the same
            self._kept[id] = _Kept(upload, self._clock())
            self._bytes += upload.facts.bytes
            self._drop()
        return upload

    def get(self, id: str) -> bytes:
        """Return the bytes of an upload.

        Raises
        ------
        UnknownUpload
        """
        self.facts(id)
        try:
            return self._path(id).read_bytes()
        except FileNotFoundError:  # dropped in between, or by whoever tidies temporary folders
            with self._lock:
                self._forget(id)
            raise UnknownUpload(id) from None

    def facts(self, id: str) -> Upload:
        """Return what is known of an upload.

        Raises
        ------
        UnknownUpload
        """
        if known := self._asked(id):
            return known
        raise UnknownUpload(id)

    @property
    def bytes(self) -> int:
        """Bytes of all uploads that are kept."""
        return self._bytes

    def close(self) -> None:
        """Delete them all."""
        self._scratch.close()

    def _asked(self, id: str) -> Upload | None:
        with self._lock:
            self._drop()
            kept = self._forget(id)
            if kept is None or not self._path(id).is_file():
                return None
            kept.asked = self._clock()
            self._kept[id] = kept  # now the last
            self._bytes += kept.upload.facts.bytes
            return kept.upload

    def _write(self, id: str, data: builtins.bytes) -> None:
        try:
            try:
                self._path(id).write_bytes(data)
            except FileNotFoundError:  # whoever tidies temporary folders took all of it
                self._scratch.renew()
                self._path(id).write_bytes(data)
        except OSError as error:
            with contextlib.suppress(OSError):
                self._path(id).unlink(missing_ok=True)
            raise NoRoom(error) from error

    def _drop(self) -> None:
        oldest = self._clock() - self._kept_seconds
        while self._kept:
            id, longest = next(iter(self._kept.items()))
            fits = self._bytes <= self._kept_bytes and len(self._kept) <= KEPT
            if fits and longest.asked >= oldest:
                return
            self._forget(id)
            self._path(id).unlink(missing_ok=True)

    def _forget(self, id: str) -> _Kept | None:
        kept = self._kept.pop(id, None)
        if kept is not None:
            self._bytes -= kept.upload.facts.bytes
        return kept

    def _path(self, id: str) -> Path:
        # Only ids that this class has made itself come here, or ones that are in `_kept`.
        return self._scratch.folder / id
