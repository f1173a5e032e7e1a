"""The bytes of a file → what holds the pixels, and what is told about them.

Pillow gets only what it needs to decode. Texts, thumbnails, animations and maker notes are most of
what a hostile file attacks with, and all of what Pillow warns about.
"""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass

from lookalike.images.colour import MAX_PROFILE
from lookalike.images.tiff import (
    ICC_PROFILE,
    NO_EXIF,
    OPAQUE,
    TEXT,
    Entry,
    Exif,
    Tags,
    found_date,
    read_exif,
)

_MARKER = re.compile(rb"\xff([\x01-\xfe])")


@dataclass(frozen=True)
class Parts:
    """A picture file taken apart.

    Parameters
    ----------
    pixels : bytes
        A file of the same format with nothing in it but the picture.
    exif : Exif
        What was read from an EXIF block that was taken out.
    profile : bytes or None
        The ICC profile that was taken out.
    size : (width, height)
        Pixels, as far as they are known already: Pillow takes memory as soon as it opens a GIF.
    """

    pixels: bytes
    exif: Exif = NO_EXIF
    profile: bytes | None = None
    size: tuple[int, int] = (0, 0)


def parts(name: str, data: bytes) -> Parts:
    """Take the bytes of a file in the format of that name apart.

    Raises
    ------
    ValueError
        The file is truncated, or too damaged to be walked through.
    """
    return _APART.get(name, Parts)(data)


def _jpeg(data: bytes) -> Parts:
    kept, exif, at = [data[:2]], None, 2
    profile: list[tuple[bytes, bytes]] = []
    # Bytes between segments and runs of 0xFF are skipped, as every decoder does.
    while found := _MARKER.search(data, at):
        marker, at = found[1][0], found.end()
        if marker == 0xDA:  # the pixels, up to the end
            joined = b"".join(chunk for _, chunk in sorted(profile))
            rest = memoryview(data)[found.start() :]
            return Parts(b"".join([*kept, rest]), read_exif(exif), joined or None)
        if marker == 0x01 or 0xD0 <= marker <= 0xD9:  # these stand alone
            continue
        length = int.from_bytes(data[at : at + 2], "big")
        body = data[at + 2 : at + length]
        at += length
        if length < 2 or at > len(data):
            raise ValueError("it is truncated, or a segment has a wrong length")
        if marker == 0xE1 and body.startswith(b"Exif\0\0"):
            exif = exif or body
        elif marker == 0xE2 and body.startswith(b"ICC_PROFILE\0"):
            profile.append((body[12:13], body[14:]))
        elif marker < 0xE0 or marker in (0xE0, 0xEE):  # JFIF and Adobe tell the kind of colour
            kept.append(data[found.start() : at])
    raise ValueError("it ends before its pixels begin")


def _png(data: bytes) -> Parts:
    view = memoryview(data)
    kept, exif, profile = [view[:8]], None, None
    at = 8
    while at + 12 <= len(data):
        size, kind = struct.unpack_from(">L4s", data, at)
        body = view[at + 8 : at + 8 + size]
        if kind in (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"):
            kept.append(view[at : at + 12 + size])
        elif kind == b"eXIf":
            exif = exif or bytes(body)
        elif kind == b"iCCP":
            profile = profile or _inflated(bytes(body))
        at += 12 + size
    return Parts(b"".join(kept), read_exif(exif), profile)


def _inflated(body: bytes) -> bytes | None:
    _, _, packed = body.partition(b"\0")
    try:
        unpacker = zlib.decompressobj()
        profile = unpacker.decompress(packed[1:], MAX_PROFILE)
    except zlib.error:
        return None
    return profile if unpacker.eof else None


def _gif(data: bytes) -> Parts:
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    at = 13 + _colours(flags)
    kept = [data[:at]]
    while data[at] != ord(","):
        start = at
        at += 1
        if data[start] == ord("!"):
            at = _end_of_blocks(data, at + 1)
            if data[start + 1] == 0xF9:  # tells the transparent colour, and what follows the frame
                kept += [
                    data[start : start + 3],
                    bytes([data[start + 3] & 1]),
                    data[start + 4 : at],
                ]
    left, top, across, down = struct.unpack_from("<4H", data, at + 1)
    end = _end_of_blocks(data, at + 11 + _colours(data[at + 9]))
    kept += [data[at:end], b";"]
    return Parts(b"".join(kept), size=(max(width, left + across), max(height, top + down)))


def _colours(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _end_of_blocks(data: bytes, at: int) -> int:
    while at < len(data) and data[at]:
        at += 1 + data[at]
    return at + 1


# The tags that decide about pixels; resolution, texts and the like do not.
_KIND = (254, 256, 257, 258, 259, 262, 266, 277, 284, 292, 293, 317, 320, 332, 338, 339)
_STRIPS_AND_TILES = (273, 278, 279, 322, 323, 324, 325)
_JPEG_AND_YCBCR = (347, 512, 513, 514, 515, 519, 520, 521, 529, 530, 532)
_PIXEL_TAGS = frozenset((*_KIND, *_STRIPS_AND_TILES, *_JPEG_AND_YCBCR))


def _tiff(data: bytes) -> Parts:
    tags = Tags(data)
    kept: dict[int, Entry] = {}
    profile, total = None, 0
    for entry in tags.entries(tags.first):
        if entry.tag == ICC_PROFILE:
            profile = tags.value(entry)
        if entry.tag in _PIXEL_TAGS and entry.tag not in kept and not _too_many(entry):
            total += entry.size
            if total <= len(data):
                kept[entry.tag] = entry
    if not kept:
        raise ValueError("it has no directory of tags")
    return Parts(tags.with_directory(list(kept.values())), read_exif(data), profile)


def _too_many(entry: Entry) -> bool:
    from PIL import TiffTags

    single = TiffTags.lookup(entry.tag).length == 1
    return single and entry.count != 1 and entry.kind not in (TEXT, OPAQUE)


def _boxes(data: bytes) -> Parts:
    # Which side is up is told by the container, so EXIF is only asked for the date. The decoders
    # would read all that describes the picture ("cdsc"), and pi_heif 1.4 crashes, process and all,
    # if the name of its type is no text.
    hidden = bytearray(data)
    for found in re.finditer(rb"iref", data):
        start = found.start() - 4
        size = int.from_bytes(data[start : found.start()], "big")
        end = start + size if size >= 8 else len(data)
        hidden[start:end] = hidden[start:end].replace(b"cdsc", b"skip")
    return Parts(bytes(hidden), Exif(taken=found_date(data)))


_APART = {
    "JPEG": _jpeg,
    "PNG": _png,
    "GIF": _gif,
    "TIFF": _tiff,
    "AVIF": _boxes,
    "HEIF": _boxes,
}
