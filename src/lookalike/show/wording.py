"""What a person reads: names of files made fit for it, chances, and verdicts in words."""

from __future__ import annotations

import unicodedata

REPLACEMENT = "\ufffd"
ELLIPSIS = "…"

# Embeddings, overrides and isolates turn the reading direction of what follows: with them
# "photo\u202egpj.exe" is displayed as "photoexe.jpg".
_TURNERS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
_UNFIT = frozenset({"Cc", "Cs", "Zl", "Zp", "Cn"})

# Of 2,000 pictures of 100 kinds (Caltech-101), each with each, described by glance and compared by
# cosine: 95 % of the pairs from 0.75 on are of one kind, 78 % of those from 0.5 on, 27 % of those
# from 0.3 on, and below that 0.3 %. The nearest of a picture is mostly at 0.64, the tenth at 0.45.
# Other descriptors spread theirs otherwise, and by other metrics similarity does little more than
# rank: there the words are rough.
_LIKENESS = ((0.75, "very alike"), (0.5, "alike"), (0.3, "somewhat alike"))
_LEAST = "little alike"

_SURE, _PROBABLE = 0.9, 0.5


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


def verdict(similarity: float, probability: float | None, identical: bool) -> str:
    """Say in words how a match is like the query.

    Parameters
    ----------
    similarity : float
        1 for equal vectors; see `lookalike.metrics.similarity`. The words are made for the cosine
        of the default descriptor; for others they are rough.
    probability : float or None
        That it is the same picture, from 0 to 1; None if that is not known.
    identical : bool
        The file is the query's, byte for byte.

    Returns
    -------
    str
        What is known for certain, else what is probable, else how alike they are:
        ``identical file``, ``the same picture, >99% sure``, ``probably the same picture (73%)``,
        ``very alike``, ``alike``, ``somewhat alike``, ``little alike``.
    """
    if identical:
        return "identical file"
    if probability is not None and probability >= _SURE:
        return f"the same picture, {chance(probability)} sure"
    if probability is not None and probability >= _PROBABLE:
        return f"probably the same picture ({chance(probability)})"
    return next((words for least, words in _LIKENESS if similarity >= least), _LEAST)


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
