"""Directories of tags, as TIFF files and EXIF blocks have them.

Written here because Pillow's reader answers doubtful tags with Python warnings, whose filters
belong to the whole process. This one answers with fewer tags.

References
----------
TIFF 6.0, Adobe, 1992. BigTIFF, libtiff, 2007. EXIF 2.32, CIPA DC-008-2019.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

TEXT, OPAQUE = 2, 7  # types whose count is of bytes, not of values
ORIENTATION, ICC_PROFILE, EXIF_DIRECTORY, TAKEN = 0x0112, 0x8773, 0x8769, 0x9003

_BEGINNING = re.compile(rb"II[*+]\0|MM\0[*+]")
_UNIT = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_UNIT_BIG = {16: 8, 17: 8, 18: 8}
_MOST_TAGS = 4096  # far beyond any real file; keeps a hostile one from being walked for minutes
_DATE = re.compile(rb"\d{4}(:\d\d){2} \d\d(:\d\d){2}")


@dataclass(frozen=True)
class Entry:
    """One tag of a directory: its number and type, its stored form, and where its value lies."""

    tag: int
    kind: int
    count: int
    stored: bytes
    place: int
    size: int


@dataclass(frozen=True)
class Exif:
    """What is read from an EXIF block.

    Parameters
    ----------
    orientation : int
        1 to 8; 1 is upright.
    taken : str or None
        When the photo was taken, as ISO 8601 without a time zone: ``2019-07-01T12:34:56``.
    """

    orientation: int = 1
    taken: str | None = None


NO_EXIF = Exif()


class Tags:
    r"""The directories in a TIFF file or an EXIF block.

    Parameters
    ----------
    data : bytes
        Begins with ``II*\0`` or ``MM\0*``, or BigTIFF's ``+`` in place of ``*``.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.order: Literal["little", "big"] = "little" if data[:2] == b"II" else "big"
        big = b"+" in data[2:4]
        self._word, self._counter = (8, 8) if big else (4, 2)
        self._units = _UNIT | _UNIT_BIG if big else _UNIT
        self.first = self._number(8 if big else 4, self._word)

    def entries(self, at: int) -> Iterator[Entry]:
        """Yield the tags of the directory at `at` whose values lie inside the data."""
        length = 4 + 2 * self._word
        count = min(self._number(at, self._counter), _MOST_TAGS)
        at += self._counter
        for start in range(at, min(at + count * length, len(self.data) - length + 1), length):
            many = self._number(start + 4, self._word)
            kind = self._number(start + 2, 2)
            size = many * self._units.get(kind, 0)
            place = start + 4 + self._word
            if size > self._word:
                place = self._number(place, self._word)
            if 0 < size <= len(self.data) - place:
                stored = self.data[start : start + length]
                yield Entry(self._number(start, 2), kind, many, stored, place, size)

    def value(self, entry: Entry) -> bytes:
        """Return the bytes of a tag's value."""
        return self.data[entry.place : entry.place + entry.size]

    def number(self, entry: Entry) -> int:
        """Return the value of a tag that holds one whole number; 0 of one that does not."""
        return self._number(entry.place, entry.size) if entry.size in (1, 2, 4, 8) else 0

    def with_directory(self, entries: list[Entry]) -> bytes:
        """Return the data with only these of the first directory's tags, and no other directory."""
        new = len(entries).to_bytes(self._counter, self.order)
        new += b"".join(entry.stored for entry in entries) + bytes(self._word)
        return self.data[: self.first] + new + self.data[self.first + len(new) :]

    def _number(self, at: int, size: int) -> int:
        # Past the end this gives a smaller number or 0, which the caller's checks then refuse.
        return int.from_bytes(self.data[at : at + size], self.order)


def read_exif(block: bytes | None) -> Exif:
    """Return what an EXIF block says; what it lacks, or says badly, is as if not there."""
    data = (block or b"").removeprefix(b"Exif\0\0")
    if not _BEGINNING.match(data):
        return NO_EXIF
    tags = Tags(data)
    first = {entry.tag: tags.number(entry) for entry in tags.entries(tags.first)}
    orientation = first.get(ORIENTATION) or 1
    return Exif(orientation if orientation <= 8 else 1, _taken(tags, first.get(EXIF_DIRECTORY, 0)))


def found_date(data: bytes) -> str | None:
    """Return the date in the first EXIF block anywhere in `data` that has one."""
    blocks = (data[match.start() :] for match in _BEGINNING.finditer(data))
    return next((taken for block in blocks if (taken := read_exif(block).taken)), None)


def _taken(tags: Tags, at: int) -> str | None:
    values = (tags.value(entry) for entry in tags.entries(at) if entry.tag == TAKEN)
    found = _DATE.match(next(values, b""))
    if not (at and found):
        return None
    try:
        return datetime.datetime.strptime(found[0].decode(), "%Y:%m:%d %H:%M:%S").isoformat()
    except ValueError:  # a camera whose clock was never set writes 0000:00:00
        return None
