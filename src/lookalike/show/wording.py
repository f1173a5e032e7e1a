"""Names of files, made fit to be read: hostile characters out, long ones shortened."""

from __future__ import annotations

import unicodedata

REPLACEMENT = "\ufffd"
ELLIPSIS = "…"

# Embeddings, overrides and isolates turn the reading direction of what follows: with them
# "photo\u202egpj.exe" is displayed as "photoexe.jpg".
_TURNERS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
_UNFIT = frozenset({"Cc", "Cs", "Zl", "Zp", "Cn"})


def readable(text: str) -> str:
    """Return a text with every character replaced that cannot or must not be displayed.

    Control characters, line breaks, bytes that are no Unicode (as `os.fsdecode` keeps them) and
    the characters that turn the reading direction become U+FFFD.
    """
    return "".join(
        REPLACEMENT if char in _TURNERS or unicodedata.category(char) in _UNFIT else char
        for char in text
    )


def chance(probability: float) -> str:
    """Write a probability as a person reads it: nothing short of certain is 100 %."""
    if probability in (0.0, 1.0):
        return f"{probability:.0%}"
    if probability < 0.01:
        return "<1%"
    return ">99%" if probability > 0.99 else f"{probability:.0%}"


def columns(text: str) -> int:
    """Return how wide a text is: 1 for a letter, 2 for a wide one of East Asia, 0 for a mark."""
    return sum(map(_width, text))


def elided(text: str, room: int) -> str:
    """Shorten a text in its middle to at most `room` columns.

    The end of a file's name matters as much as its beginning: ``IMG_2031…copy 2.jpg``.
    """
    if columns(text) <= room:
        return text
    room = max(room - 1, 0)
    start = _taken(text, room - room // 2)
    end = _taken(text[::-1], room // 2)[::-1]
    return start + ELLIPSIS + end


def _taken(text: str, room: int) -> str:
    used = 0
    for position, char in enumerate(text):
        used += _width(char)
        if used > room:
            return text[:position]
    return text


def _width(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
