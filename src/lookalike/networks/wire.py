"""Protobuf messages, as bytes: just enough to find a field, and to write one.

The encoding is told in https://protobuf.dev/programming-guides/encoding/.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from typing import TypeAlias

Buffer: TypeAlias = "bytes | mmap.mmap"

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class BrokenMessage(Exception):
    """The bytes are not a protobuf message."""


def fields(data: Buffer, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield each field that is text, bytes or a message.

    As its number, where its tag begins, and where its content begins and ends.
    """
    while start < end:
        begin = start
        tag, start = _varint(data, start, end)
        kind = tag & 7
        if kind == _VARINT:
            _, start = _varint(data, start, end)
        elif kind in (_FIXED32, _FIXED64):
            start += 4 if kind == _FIXED32 else 8
        elif kind == _BYTES:
            length, start = _varint(data, start, end)
            if start + length > end:
                raise BrokenMessage
            yield tag >> 3, begin, start, start + length
            start += length
        else:
            raise BrokenMessage
    if start != end:
        raise BrokenMessage


def _varint(data: Buffer, start: int, end: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if start >= end:
            raise BrokenMessage
        byte = data[start]
        start += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, start
    raise BrokenMessage


def delimited(number: int, payload: bytes) -> bytes:
    """Return a field that holds text, bytes or a message."""
    return header(number, len(payload)) + payload


def header(number: int, length: int) -> bytes:
    """Return what stands before the `length` bytes of such a field."""
    return _as_varint(number << 3 | _BYTES) + _as_varint(length)


def _as_varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))
