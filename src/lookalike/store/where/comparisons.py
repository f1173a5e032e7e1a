"""One field held against values → a piece of SQL."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from lookalike.errors import UsageError
from lookalike.images.formats import FORMATS
from lookalike.places import is_url, placed, separator
from lookalike.store.catalog import under
from lookalike.store.where.clauses import Clause, joined, negated
from lookalike.store.where.fields import Kind
from lookalike.store.where.globs import expression, literal
from lookalike.store.where.syntax import Operator, Word
from lookalike.store.where.values import flag, number, span

_FORMATS = {
    **{name.lstrip("."): known.name for known in FORMATS for name in known.suffixes},
    **{known.name.lower(): known.name for known in FORMATS},
}


def register(db: sqlite3.Connection) -> None:
    """Give a connection the functions that the pieces use."""
    db.create_function("fits_path", 2, _fits_path, deterministic=True)
    db.create_function("fits_text", 2, _fits_text, deterministic=True)


def compared(kind: Kind, column: str, operator: Operator, words: Sequence[Word]) -> Clause:
    """Return what is true of the rows that a test is true of; where the column is not NULL.

    Parameters
    ----------
    kind : str
        Of the field.
    column : str
        What stands for the field in SQL.
    operator : str
        One that the kind knows, but ``missing``.
    words : sequence of Word
        One, or for ``in`` one or more.
    """
    if kind in _PARSERS and operator == "in":
        marks = ", ".join("?" * len(words))
        found = tuple(value_of(kind, word) for word in words)
        return Clause(f"{column} IN ({marks})", found, searchable=True)
    if operator == "in":
        return joined([_compared(kind, column, "=", word) for word in words], "OR")
    if operator == "!=":
        return negated(_compared(kind, column, "=", words[0]))
    return _compared(kind, column, operator, words[0])


def _compared(kind: Kind, column: str, operator: Operator, word: Word) -> Clause:
    if operator == "like":
        return _like(kind, column, word)
    if kind in _PLACES:
        return _PLACES[kind](column, word)
    if kind == "date":
        reach = span(word)
        return _during(column, operator, reach.start, reach.end)
    if kind == "time":
        start, end = (round(1e9 * second) for second in span(word).seconds)
        return _during(column, operator, start, end)
    return Clause(f"{column} {operator} ?", (value_of(kind, word),), searchable=True)


def _during(column: str, operator: Operator, start: object, end: object) -> Clause:
    """Compare with a stretch from `start` on and before `end`: 2021 is over when 2022 begins."""
    if operator == "=":
        return Clause(f"({column} >= ? AND {column} < ?)", (start, end), searchable=True)
    edge = start if operator in ("<", ">=") else end
    return Clause(f"{column} {'<' if operator[0] == '<' else '>='} ?", (edge,), searchable=True)


# -- what is compared as it is ---------------------------------------------------------------


def _format(word: Word) -> str:
    found = _FORMATS.get(word.text.lower().lstrip("."))
    if found is None:
        known = ", ".join(known.name for known in FORMATS)
        raise word.place.error(f"no format {word.text!r} is read here, only {known}")
    return found


def _text(word: Word) -> str:
    try:
        word.text.encode()
    except UnicodeEncodeError:
        raise word.place.error("this has characters that no text can have") from None
    return word.text


_PARSERS: dict[Kind, Callable[[Word], object]] = {
    "number": number,
    "bytes": lambda word: number(word, units=True),
    "flag": flag,
    "format": _format,
    "text": _text,
}


def value_of(kind: Kind, word: Word) -> object:
    """Return the value of a number, of bytes, of a flag, a format or a text."""
    return _PARSERS[kind](word)


# -- paths -----------------------------------------------------------------------------------


def _path(column: str, word: Word) -> Clause:
    path = placed_as(word, word.text)
    if is_whole(path):
        return Clause(f"{column} = ?", (_bytes(word, path),), searchable=True)
    return _ends(column, word, os.sep + path)


def _name(column: str, word: Word) -> Clause:
    return _ends(column, word, os.sep + _without_folders(word))


def _ends(column: str, word: Word, tail: str) -> Clause:
    end = _bytes(word, tail)
    return Clause(f"substr({column}, ?) = ?", (-len(end), end))


def _folder(column: str, word: Word) -> Clause:
    path = placed_as(word, word.text)
    if is_whole(path):
        _bytes(word, path)  # refuses what cannot be one
        start, end = under(path)
        return Clause(f"({column} >= ? AND {column} < ?)", (start, end), searchable=True)
    inside = _bytes(word, f"{os.sep}{path.strip(os.sep)}{os.sep}")
    return Clause(f"instr({column}, ?) > 0", (inside,))


_PLACES: dict[Kind, Callable[[str, Word], Clause]] = {
    "path": _path,
    "folder": _folder,
    "name": _name,
}


def _like(kind: Kind, column: str, word: Word) -> Clause:
    if kind == "text":
        return Clause(f"fits_text({column}, ?)", (_text(word),))
    pattern = _without_folders(word) if kind == "name" else placed_as(word, word.text)
    if not is_whole(pattern):
        pattern = os.path.join("**", pattern)  # noqa: PTH118 (Path would take "a/./b" apart)
    if kind == "folder":
        between = separator(pattern)
        pattern = between.join([pattern.rstrip(between), "**"])
    end = pattern.removeprefix(os.path.join("**", "*"))  # noqa: PTH118
    if end and end != pattern and not set(end) & {"*", "?", "[", os.sep}:
        return _ends(column, word, end)  # *.jpg
    held = _bytes(word, literal(pattern))
    # The first is quicker, and rules most rows out.
    return Clause(
        f"(instr({column}, ?) > 0 AND fits_path({column}, ?))", (held, _bytes(word, pattern))
    )


def says_where_it_begins(text: str) -> bool:
    """Tell whether a path or a pattern begins at a root, at home or in the working folder."""
    if is_url(text):
        return True
    text = text.replace("/", os.sep)
    here = text in (".", "..") or text.startswith((f".{os.sep}", f"..{os.sep}", "~"))
    return here or Path(text).is_absolute()


def placed_as(word: Word, text: str) -> str:
    """Return a path or a pattern as the system writes it: absolute if it says where it begins."""
    if not text.strip("/" + os.sep) and text not in ("/", os.sep):
        raise word.place.error("a path is meant here, such as cats or /home/ada/cats")
    if is_url(text):
        try:
            return placed(text)
        except UsageError as error:
            raise word.place.error(str(error)) from None
    text = text.replace("/", os.sep)
    if says_where_it_begins(text):
        return os.path.abspath(os.path.expanduser(text))  # noqa: PTH100, PTH111
    return text.rstrip(os.sep)


def is_whole(path: str) -> bool:
    """Tell whether a path or a pattern is told from its root on."""
    return is_url(path) or Path(path).is_absolute()


def _without_folders(word: Word) -> str:
    if not word.text or "/" in word.text or os.sep in word.text:
        raise word.place.error("a file's name is meant here, without its folder; for that ask path")
    return word.text


def _bytes(word: Word, path: str) -> bytes:
    try:
        return os.fsencode(path)
    except UnicodeEncodeError:
        raise word.place.error("this has characters that no path can have") from None


def _fits_path(path: bytes, pattern: bytes) -> bool:
    text = os.fsdecode(pattern)
    fits = expression(text, separator(text)).fullmatch
    return fits(os.fsdecode(path)) is not None


def _fits_text(text: str | None, pattern: str) -> bool:
    return text is not None and expression(pattern).fullmatch(text) is not None
