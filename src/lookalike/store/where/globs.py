"""File name patterns → regular expressions.

Unlike the obvious translation, these need no more than a few looks at each character: a pattern of
many stars cannot hold a search up.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from functools import lru_cache

# A part of a pattern: stars, any one character, a set of characters, or a character itself.
_PIECE = re.compile(r"\*+|\?|\[!?\]?[^\]]*\]|.", re.DOTALL)


@lru_cache(maxsize=64)
def expression(pattern: str, separator: str = "") -> re.Pattern[str]:
    """Return what fits a whole text if the pattern does.

    Parameters
    ----------
    pattern : str
        ``*`` fits any characters, ``?`` one, ``[abc]`` and ``[!a-z]`` one of a set.
    separator : str
        Of folders. If given, none of these fits it, and ``**`` between two of them fits any number
        of folders. If not, upper and lower case of A to Z are the same.
    """
    names = itertools.count()
    if not separator:
        return re.compile(_part(pattern, ".", names), re.DOTALL | re.IGNORECASE | re.ASCII)
    character = f"[^{re.escape(separator)}]"
    groups: list[list[str]] = [[]]
    for part in pattern.split(separator):
        if part == "**":
            groups.append([])
        else:
            groups[-1].append(_part(part, character, names))
    return re.compile(_folders(groups, character, re.escape(separator), names), re.DOTALL)


def literal(pattern: str) -> str:
    """Return the longest text that is in every path which a pattern fits."""
    pieces = _PIECE.findall(pattern)
    runs = "".join(p if len(p) == 1 and p not in "*?" else "\0" for p in pieces).split("\0")
    return max(runs, key=len)


def _folders(groups: list[list[str]], character: str, between: str, names: Iterator[int]) -> str:
    """Join the parts of a path, in groups with any number of folders between them."""
    first, *middle = groups
    if not middle:
        return between.join(first)
    last = middle.pop()
    text = between.join([*first, ""])
    for group in filter(None, middle):
        text += _once(f"(?:{character}*{between})*?{between.join([*group, ''])}", names)
    return text + (f"(?:.*{between})?{between.join(last)}" if last else ".*")


def _part(part: str, character: str, names: Iterator[int]) -> str:
    """Translate what has no separator in it."""
    chunks = [""]
    for piece in _PIECE.findall(part):
        if piece.startswith("*"):
            chunks.append("")
        else:
            chunks[-1] += _one(piece, character)
    first, *middle = chunks
    if not middle:
        return first
    last = middle.pop()
    found = "".join(_once(f"{character}*?{chunk}", names) for chunk in middle if chunk)
    return f"{first}{found}{character}*{last}"


def _one(piece: str, character: str) -> str:
    if piece == "?":
        return character
    if len(piece) == 1:
        return re.escape(piece)
    inside = piece[1:-1].removeprefix("!")
    ranges = re.findall(r"(.)-(.)|(.)", inside, re.DOTALL)
    parts = [
        re.escape(one) if one else f"{re.escape(low)}-{re.escape(high)}"
        for low, high, one in ranges
        if one or low <= high
    ]
    among = f"[{''.join(parts)}]" if parts else "(?!)"
    return f"(?!{among}){character}" if piece[1] == "!" else f"(?={among}){character}"


def _once(inner: str, names: Iterator[int]) -> str:
    """Find the first place that fits and stay there: with these patterns no later one is better.

    Python 3.11 writes this (?>…).
    """
    name = f"g{next(names)}"
    return f"(?=(?P<{name}>{inner}))(?P={name})"
