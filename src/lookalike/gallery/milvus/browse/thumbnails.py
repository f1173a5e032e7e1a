"""Where the thumbnails of a gallery in Milvus are kept: in its room, or on this machine."""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Protocol

from lookalike.cache import cache_folder
from lookalike.errors import GalleryError
from lookalike.gallery.milvus.intake.own import own_place
from lookalike.gallery.milvus.link.address import Address
from lookalike.places.room import Room, room
from lookalike.store.thumbnails import LARGEST_KEPT, SIZES
from lookalike.store.thumbnails import Thumbnails as OnDisk

_AT_ONCE = 16


class Thumbnails(Protocol):
    """Thumbnails that were made already. Where they cannot be kept, there are none."""

    def get(self, sha256: bytes, size: int) -> bytes | None:
        """Return the thumbnail of a content, if there is one."""

    def keep(self, sha256: bytes, size: int, data: bytes) -> None:
        """Keep the thumbnail of a content, unless it is a large one."""

    def close(self) -> None:
        """Let go of what is held open."""


class InRoom:
    """Thumbnails in the folder or bucket of a gallery, for all who open it.

    They are there until `forget` is told, as the room belongs to the gallery.

    Parameters
    ----------
    place : str
    """

    def __init__(self, place: str) -> None:
        self._place = place
        self._lock = threading.Lock()
        self._room: Room | None = None

    def get(self, sha256: bytes, size: int) -> bytes | None:
        """See `Thumbnails.get`."""
        with suppress(GalleryError):  # then it is made again
            return self._opened().get(_name(sha256, size))
        return None

    def keep(self, sha256: bytes, size: int, data: bytes) -> None:
        """See `Thumbnails.keep`."""
        if size <= LARGEST_KEPT:
            with suppress(GalleryError):
                self._opened().put(_name(sha256, size), data)

    def forget(self, contents: Iterable[bytes]) -> None:
        """Delete the thumbnails of what no file of the gallery has any more.

        Raises
        ------
        GalleryError
            The place refuses, or does not answer.
        """
        kept = [size for size in SIZES if size <= LARGEST_KEPT]
        names = [_name(sha256, size) for sha256 in contents for size in kept]
        place = self._opened()
        with ThreadPoolExecutor(_AT_ONCE) as pool:  # a bucket takes its time for each
            deque(pool.map(place.delete, names), maxlen=0)

    def close(self) -> None:
        """See `Thumbnails.close`."""

    def _opened(self) -> Room:
        with self._lock:
            if self._room is None:
                self._room = room(self._place)
            return self._room


def thumbnails(address: Address) -> Thumbnails:
    """Return where a gallery's thumbnails are kept.

    Without a room of its own they lie in the user's cache folder, where the oldest make room for
    new ones.
    """
    if place := own_place(address):
        return InRoom(place)
    named = hashlib.sha256(f"{address.text}?{address.database}".encode()).hexdigest()[:16]
    folder = cache_folder() / "thumbnails" / named
    with suppress(OSError):  # then they are made anew each time
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return OnDisk(folder)


def _name(sha256: bytes, size: int) -> str:
    text = sha256.hex()
    return f"thumbnails/{text[:2]}/{text}-{size}.webp"
