"""Paths as text that Milvus can hold, and what is derived from them.

Milvus holds UTF-8 only; a path of this machine may have bytes that are not. Those are written as
U+FFFD and two hexadecimal digits, and U+FFFD itself twice: so every path has one text.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from lookalike.places import separator

_MARK = "\ufffd"
_ODD = re.compile(f"[\udc80-\udcff{_MARK}]")
_WRITTEN = re.compile(f"{_MARK}({_MARK}|[0-9a-f]{{2}})")

_ID_BITS = 53
"""A browser's numbers are whole up to there."""

_CONTENT_BITS = 63


def text_of(path: str) -> str:
    """Return a path as text that is UTF-8."""
    if path.isascii():
        return path
    return _ODD.sub(
        lambda odd: _MARK + (_MARK if odd[0] == _MARK else f"{ord(odd[0]) - 0xDC00:02x}"), path
    )


def path_of(text: str) -> str:
    """Return the path that a text stands for."""
    if _MARK not in text:
        return text
    return _WRITTEN.sub(
        lambda part: _MARK if part[1] == _MARK else chr(0xDC00 + int(part[1], 16)), text
    )


def id_of(path: str, attempt: int = 0) -> int:
    """Return the id of the file at a path: from 1 to 2**53 − 1, the same everywhere.

    Among a hundred million paths two have the same at odds of one to two; then the second of them
    gets that of its next attempt.
    """
    data = text_of(path).encode() + (b"" if not attempt else b"\0%d" % attempt)
    digest = hashlib.blake2b(data, digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> (64 - _ID_BITS)) or 1


def content_of(sha256: bytes) -> int:
    """Return a number for some bytes: 63 bits of their SHA-256, never 0."""
    return (int.from_bytes(sha256[:8], "big") >> (64 - _CONTENT_BITS)) or 1


def under(folder: str) -> tuple[str, str]:
    """Return the half-open range of the texts of all paths below a folder."""
    end = separator(folder)
    start = text_of(folder).rstrip(end) + end
    return start, start[:-1] + chr(ord(end) + 1)


def lies_in(folder: str) -> str:
    """Return the condition that is met by a path, if it is of a file, and by all below it."""
    start, end = under(folder)
    here = quoted(text_of(folder))
    return f"path == {here} or (path >= {quoted(start)} and path < {quoted(end)})"


def one_of(field: str, values: Iterable[str | int]) -> str:
    """Return the condition that a field has one of some values."""
    written = (quoted(value) if isinstance(value, str) else str(value) for value in values)
    return f"{field} in [{', '.join(written)}]"


def quoted(text: str) -> str:
    r"""Return text as a string of Milvus's expressions: ``"a \"b\""``."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    for sign, written in (("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        escaped = escaped.replace(sign, written)
    return f'"{escaped}"'
