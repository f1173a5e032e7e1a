"""Addresses: walking through them, and reading what lies there."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from lookalike.errors import EmptyPicture, MissingExtra, PictureTooLarge
from lookalike.images import files as limits
from lookalike.images import suffixes
from lookalike.places import objects, web
from lookalike.places.access import filesystem
from lookalike.places.addresses import parents, scheme
from lookalike.places.found import Found, is_passed_over
from lookalike.places.listing import Listing
from lookalike.places.refusals import is_of_nothing, refusal

# One request fetches so much: all of a picture, as a rule.
_FIRST_BYTES = 32 * 2**20

# After so many pictures without an answer from anywhere, all others are left for another run.
_MOST_SILENT = 20


class RemoteListing(Listing):
    """One walk through what lies at an address, or to the single picture there."""

    def __iter__(self) -> Iterator[Found]:
        try:
            yield from self._walk(filesystem(self.folder))
        except MissingExtra:
            raise
        except Exception as error:  # whatever the library of this place raises
            if (why := refusal(error, self.folder)).kind != "missing":
                self.unlisted.append((self.folder, why.told))

    def _walk(self, files: Any) -> Iterator[Found]:
        if _is_web(self.folder):
            if self._is_picture(self.folder):
                yield from _single(files, self.folder)
                return
            yield from web.below(
                files, self.folder, self._is_wanted, self._goes_into, self._not_listed
            )
            return
        single = objects.at(files, self.folder)
        if single is not None:
            yield single
        if scheme(self.folder) == "s3":
            found = objects.in_s3(files, self.folder)
        else:
            found = objects.below(files, self.folder, self._goes_into, self._not_listed)
        # An object may be called like the folder that it lies beside.
        others = (one for one in found if single is None or one.path != single.path)
        yield from (one for one in others if self._is_wanted(one.path))

    def _is_wanted(self, address: str) -> bool:
        """Tell whether an address is of a picture that is not passed over; count what is none."""
        if address.endswith("/") or not self._goes_into(address):
            return False
        if self._is_picture(address):
            return True
        self.others += 1
        return False

    def _goes_into(self, address: str) -> bool:
        if self.excluded and not self.excluded.isdisjoint([address, *parents(address)]):
            return False
        names = _plain(address)[len(_plain(self.folder)) + 1 :].split("/")
        return not any(map(is_passed_over, names))

    def _is_picture(self, address: str) -> bool:
        return PurePosixPath(_plain(address)).suffix.lower() in suffixes()

    def _not_listed(self, folder: str, error: Exception) -> None:
        known = isinstance(error, web.TooManyPages | web.TooLong)
        why = str(error) if known else refusal(error, folder).told
        if (folder, why) not in self.unlisted:
            self.unlisted.append((folder, why))


def exists(place: str) -> bool:
    """See `lookalike.places.exists`."""
    try:
        files = filesystem(place)
        if _is_web(place):
            _ask_web(files, place)
        else:
            files.info(place)
    except MissingExtra:
        raise
    except Exception as error:  # whatever the library of this place raises
        found = refusal(error, place)
        if found.kind == "missing":
            return False
        raise found.of_place(place) from error
    return True


def read_bytes(address: str) -> bytes:
    """See `lookalike.places.read_bytes`."""
    try:
        files = filesystem(address)
        data = (_from_web if _is_web(address) else _from_store)(files, address)
    except (MissingExtra, PictureTooLarge):
        raise
    except web.TooLong as error:
        raise _too_large(address, error.size) from error
    except Exception as error:  # whatever the library of this place raises
        why = refusal(error, address)
        if _silence.lasts(why.kind == "unreachable"):
            raise why.of_place(address) from error
        raise why.of_picture(address) from error
    _silence.lasts(False)
    if not data:
        raise EmptyPicture(address, "there are no bytes; copy it there again")
    return data


class _Silence:
    """How long nothing has answered any more, counted in pictures."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    def lasts(self, more: bool) -> bool:
        """Note that there was no answer, or one; tell whether no more are to be asked for."""
        with self._lock:
            self._count = self._count + 1 if more else 0
            return self._count >= _MOST_SILENT


_silence = _Silence()


def _from_web(files: Any, address: str) -> bytes:
    return web.get(files, address, limits.MAX_BYTES)[1]


def _from_store(files: Any, address: str) -> bytes:
    data = _beginning(files, address)
    if len(data) < _FIRST_BYTES:
        return data
    size = int(files.info(address)["size"])
    if size > limits.MAX_BYTES:
        raise _too_large(address, size)
    return bytes(files.cat_file(address, start=0, end=limits.MAX_BYTES + 1))


def _beginning(files: Any, address: str) -> bytes:
    try:
        return bytes(files.cat_file(address, start=0, end=_FIRST_BYTES))
    except Exception as error:  # whatever the library of this place raises
        if is_of_nothing(error):
            return b""
        raise


def _too_large(address: str, size: int) -> PictureTooLarge:
    return PictureTooLarge(
        address,
        f"it has {size / 2**20:,.0f} MiB or more, and at most {limits.MAX_BYTES // 2**20} are "
        "read; save the picture smaller",
    )


def _single(files: Any, address: str) -> Iterator[Found]:
    (told,) = web.heads(files, [address])
    if isinstance(told, Exception):
        raise told
    yield told


def _ask_web(files: Any, place: str) -> None:
    if PurePosixPath(_plain(place)).suffix.lower() in suffixes():
        list(_single(files, place))
    else:
        list(_single(files, f"{place}/"))


def _is_web(place: str) -> bool:
    return scheme(place) in ("http", "https")


def _plain(address: str) -> str:
    return unquote(address) if _is_web(address) else address
