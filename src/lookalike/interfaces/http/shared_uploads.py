"""Pictures to search with, in a place that several servers share."""

from __future__ import annotations

import builtins
import hashlib
import random
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from lookalike.errors import GalleryError, PictureTooLarge
from lookalike.images import PictureFacts
from lookalike.interfaces.http.away import had
from lookalike.interfaces.http.problems import NoRoom, UnknownUpload
from lookalike.interfaces.http.uploads import ID, KEPT, KEPT_BYTES, KEPT_SECONDS, Prober, Upload
from lookalike.places.room import Entry, Room

FOLDER = "uploads/"

TIDIED_SECONDS = 600.0
"""How often each server looks what is too old, about."""

_KNOWN = 1000  # facts that are remembered, of the latest uploads
_AT_HAND = 64 * 2**20  # bytes of uploads that are remembered themselves

_IS_ID = re.compile(rf"[0-9a-f]{{{ID}}}")


class SharedUploads:
    """Pictures to search with, which any server of the same place can be asked about.

    The same as `Uploads`, with the same bounds for all servers together. What is kept is deleted by
    any of them: when nobody has asked for it for `kept_seconds`, or when there is too much. An
    upload that is asked for is written once more when half of its time is over, so that its time
    in the place tells when it was wanted last.

    Parameters
    ----------
    room : Room
    prober : Prober
        Nothing is kept that it cannot recognise.
    max_bytes : int
        Of one upload.
    kept_bytes, kept_seconds : float
        How much is kept, and how long.
    clock : callable
        Seconds since 1970, as the place counts them.
    """

    def __init__(
        self,
        room: Room,
        prober: Prober,
        max_bytes: int,
        *,
        kept_bytes: int = KEPT_BYTES,
        kept_seconds: float = KEPT_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._room = room
        self._prober = prober
        self._max_bytes = max_bytes
        self._kept_bytes = max(kept_bytes, max_bytes)
        self._kept_seconds = kept_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._tidying = threading.Lock()
        self._tidied = -float("inf")
        self._written: dict[str, float] = {}  # when, as far as this server knows
        self._bytes = 0
        self._facts: OrderedDict[str, Upload] = OrderedDict()
        self._at_hand: OrderedDict[str, builtins.bytes] = OrderedDict()

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
        upload = Upload(id, sha256, self._probed(id, data, name))
        try:
            self._write(id, data)
        except GalleryError as error:
            raise NoRoom(OSError(str(error))) from error
        self._remember(upload)
        self._tidy()
        return upload

    def get(self, id: str) -> bytes:
        """Return the bytes of an upload.

        Raises
        ------
        UnknownUpload
        AwayRoom
            The place does not answer.
        """
        if not _IS_ID.fullmatch(id):
            raise UnknownUpload(id)
        self._tidy()
        age = self._clock() - self._written.get(id, self._clock())
        if age > self._kept_seconds:
            raise UnknownUpload(id)
        data = self._at_hand.get(id)
        if data is None:
            data = self._fetched(id)
        if age > self._kept_seconds / 2:
            with had("uploads"):
                self._write(id, data)
        return data

    def facts(self, id: str) -> Upload:
        """Return what is known of an upload.

        Raises
        ------
        UnknownUpload
        AwayRoom
            The place does not answer.
        """
        data = self.get(id)
        upload = Upload(id, hashlib.sha256(data).hexdigest(), self._probed(id, data, "the upload"))
        self._remember(upload)
        return upload

    @property
    def bytes(self) -> int:
        """Bytes of all uploads that are kept, as far as this server knows."""
        return self._bytes

    def close(self) -> None:
        """Leave them all to the other servers."""

    # -- within ------------------------------------------------------------------------------

    def _probed(self, id: str, data: builtins.bytes, name: str) -> PictureFacts:
        known = self._facts.get(id)
        return known.facts if known else self._prober.probe(data, name=name)

    def _remember(self, upload: Upload) -> None:
        with self._lock:
            self._facts[upload.id] = upload
            if len(self._facts) > _KNOWN:
                self._facts.popitem(last=False)

    def _fetched(self, id: str) -> builtins.bytes:
        with had("uploads"):
            data = self._room.get(FOLDER + id)
        # Whoever else can write to the place may have put anything there.
        if data is None or hashlib.sha256(data).hexdigest()[:ID] != id:
            raise UnknownUpload(id)
        self._keep_at_hand(id, data)
        return data

    def _keep_at_hand(self, id: str, data: builtins.bytes) -> None:
        with self._lock:
            self._at_hand.pop(id, None)
            self._at_hand[id] = data
            total = sum(map(len, self._at_hand.values()))
            while total > _AT_HAND:
                total -= len(self._at_hand.popitem(last=False)[1])

    def _write(self, id: str, data: builtins.bytes) -> None:
        self._room.put(FOLDER + id, data)
        self._keep_at_hand(id, data)
        with self._lock:
            self._bytes += 0 if id in self._written else len(data)
            self._written[id] = self._clock()

    def _tidy(self) -> None:
        """Delete what is too old or too much, now and then; one thread at a time."""
        is_due = self._clock() - self._tidied > TIDIED_SECONDS or self._bytes > self._kept_bytes
        if not is_due or not self._tidying.acquire(blocking=False):
            return
        try:
            # A little apart from the others, who were perhaps started at the same moment.
            self._tidied = self._clock() - random.uniform(0, TIDIED_SECONDS / 4)  # noqa: S311
            with had("uploads"):
                entries = [e for e in self._room.listed(FOLDER) if _IS_ID.fullmatch(_id(e))]
                kept = self._thinned(entries)
        finally:
            self._tidying.release()
        with self._lock:
            self._written = {_id(entry): entry.mtime_ns / 1e9 for entry in kept}
            self._bytes = sum(entry.size for entry in kept)
            for id in self._at_hand.keys() - self._written.keys():
                del self._at_hand[id]

    def _thinned(self, entries: list[Entry]) -> list[Entry]:
        """Return those that stay; delete the others, the oldest first."""
        # A while later than they can be had: nobody has just asked for them.
        oldest = self._clock() - self._kept_seconds - TIDIED_SECONDS
        total, kept = 0, []
        for count, entry in enumerate(sorted(entries, key=_when, reverse=True)):
            total += entry.size
            if entry.mtime_ns / 1e9 < oldest or total > self._kept_bytes or count >= KEPT:
                self._room.delete(entry.name)
            else:
                kept.append(entry)
        return kept


def _id(entry: Entry) -> str:
    return entry.name[len(FOLDER) :]


def _when(entry: Entry) -> int:
    return entry.mtime_ns
