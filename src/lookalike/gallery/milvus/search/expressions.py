"""One field held against values → what Milvus can tell of it.

An expression lets through all that meets the test, and perhaps more: then it is not exact, and the
rest is sieved; see `sieve`.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from lookalike.gallery.milvus.kept.rows import FOLDED, folded
from lookalike.gallery.milvus.link.text import quoted, text_of
from lookalike.store.where.comparisons import is_whole, placed_as, value_of
from lookalike.store.where.fields import Field
from lookalike.store.where.syntax import Check, Operator, Word
from lookalike.store.where.values import span

# JSON has numbers of 64 bits with a point in them, and Milvus whole ones without.
_SURE = 2**53
_MOST_WHOLE = 2**63 - 1

_MOST_OF_ONE = 20
"""So many values are compared one by one, where a list of them is not understood."""

# What a name in an expression must not have: Milvus does not take escapes there.
_ODD_NAME = re.compile(r"""["'\\\[\]~]""")
_WILD = re.compile(r"[*?\[]")
_NO_STRETCH = re.compile(r"[\[?]")


@dataclass(frozen=True)
class Translation:
    """What Milvus can tell of a condition.

    Attributes
    ----------
    expression : str
        What it is asked; empty for everything.
    is_exact : bool
        Whether all that it lets through meets the condition.
    """

    expression: str
    is_exact: bool

    @property
    def negated(self) -> Translation:
        """What can be told of the opposite."""
        if not self.is_exact:
            return UNKNOWN
        if self == EVERYTHING:
            return NOTHING
        return EVERYTHING if self == NOTHING else Translation(f"not ({self.expression})", True)


EVERYTHING = Translation("", True)
UNKNOWN = Translation("", False)
NOTHING = Translation("content < 0", True)


@dataclass(frozen=True)
class Able:
    """What an engine understands.

    Attributes
    ----------
    infix : bool
        ``like`` with a star that is not at the end.
    lists : bool
        ``in`` for values of JSON.
    """

    infix: bool
    lists: bool


def able(version: tuple[int, ...], is_lite: bool) -> Able:
    """Return what Milvus of a version understands."""
    return Able(infix=is_lite or version >= (2, 4), lists=not is_lite)


def all_of(parts: Sequence[Translation]) -> Translation:
    """Return what can be told where all parts must hold."""
    if NOTHING in parts:
        return NOTHING
    told = [part.expression for part in parts if part.expression]
    return Translation(_joined(told, "and"), all(part.is_exact for part in parts))


def any_of(parts: Sequence[Translation]) -> Translation:
    """Return what can be told where one part must hold."""
    if EVERYTHING in parts:
        return EVERYTHING
    if UNKNOWN in parts:
        return UNKNOWN
    left = [part for part in parts if part != NOTHING]
    if not left:
        return NOTHING
    told = [part.expression for part in left]
    return Translation(_joined(told, "or"), all(part.is_exact for part in left))


def compared(field: Field, check: Check, engine: Able, *, hides_paths: bool) -> Translation:
    """Return what can be told of one test.

    Parameters
    ----------
    field : Field
        The one that the test is about; it knows the operator, and the values fit it.
    check : Check
    engine : Able
    hides_paths : bool
        The test is only about what of a path strangers may see.
    """
    if check.operator == "!=":
        return _different(field, check, engine, hides_paths)
    operator, words = check.operator, check.values
    if field.column_id is not None:
        return _of_column(field, operator, words, engine)
    if field.kind in ("path", "folder", "name"):
        found = any_of([_of_path(field, operator, word, engine) for word in words])
        is_told = field.kind == "name" or not hides_paths
        return Translation(found.expression, found.is_exact and is_told)
    if field.kind == "time":
        return any_of([_of_time(operator, word) for word in words])
    return _of_taken(operator, words) if field.kind == "date" else _of_fact(field, operator, words)


def _different(field: Field, check: Check, engine: Able, hides_paths: bool) -> Translation:
    same, missing = replace(check, operator="="), replace(check, operator="missing", values=())
    found = compared(field, same, engine, hides_paths=hides_paths).negated
    if not field.can_be_missing:
        return found
    # Of a missing value nothing is true, not even that it is another.
    return all_of([compared(field, missing, engine, hides_paths=hides_paths).negated, found])


def _of_fact(field: Field, operator: Operator, words: Sequence[Word]) -> Translation:
    values = [value_of(field.kind, word) for word in words]
    if field.kind == "format":
        return Translation(f"format in [{', '.join(quoted(str(value)) for value in values)}]", True)
    return _of_number(field, operator, values)


# -- whole numbers ---------------------------------------------------------------------------


def _of_number(field: Field, operator: Operator, values: Sequence[object]) -> Translation:
    numbers = [value for value in values if isinstance(value, int | float)]
    if operator not in ("=", "in"):
        return _whole(field.column, operator, numbers[0])
    fitting = [int(value) for value in numbers if _is_whole_number(value)]
    written = ", ".join(map(str, fitting))
    return Translation(f"{field.column} in [{written}]", True) if fitting else NOTHING


def _whole(column: str, operator: Operator, value: float) -> Translation:
    """Compare whole numbers with any; Milvus takes only whole ones for them."""
    if value > _MOST_WHOLE:
        return EVERYTHING if operator in ("<", "<=") else NOTHING
    if value < -_MOST_WHOLE:
        return NOTHING if operator in ("<", "<=") else EVERYTHING
    # Of 2.5, what is above is above 2, and what is below is below 3.
    edge = math.ceil(value) if operator in ("<", ">=") else math.floor(value)
    return Translation(f"{column} {operator} {edge}", True)


def _is_whole_number(value: float) -> bool:
    return math.isfinite(value) and value == int(value) and abs(value) <= _MOST_WHOLE


def _of_time(operator: Operator, word: Word) -> Translation:
    start, end = (round(1e9 * second) for second in span(word).seconds)
    if operator in ("=", "in"):
        return all_of([_whole("mtime_ns", ">=", start), _whole("mtime_ns", "<", end)])
    edge = start if operator in ("<", ">=") else end
    return _whole("mtime_ns", "<" if operator[0] == "<" else ">=", edge)


# -- dates, and what may be missing ----------------------------------------------------------


def _of_taken(operator: Operator, words: Sequence[Word]) -> Translation:
    if operator == "missing":
        return Translation('taken == ""', True)
    there = Translation('taken != ""', True)
    return all_of([there, any_of([_during("taken", operator, word) for word in words])])


def _during(value: str, operator: Operator, word: Word) -> Translation:
    reach = span(word)
    start, end = quoted(reach.start), quoted(reach.end)
    if operator in ("=", "in"):
        return Translation(f"({value} >= {start}) and ({value} < {end})", True)
    edge = start if operator in ("<", ">=") else end
    return Translation(f"{value} {'<' if operator[0] == '<' else '>='} {edge}", True)


def _of_column(
    field: Field, operator: Operator, words: Sequence[Word], engine: Able
) -> Translation:
    name = field.name.casefold()
    if _ODD_NAME.search(name) or name != name.strip():
        return UNKNOWN
    value = f"columns[{quoted(name)}]"
    there = Translation(f"exists {value}", True)
    if operator == "missing":
        return there.negated
    if operator == "like":
        return Translation(there.expression, False)
    if field.kind == "date":
        found = any_of([_during(value, operator, word) for word in words])
    else:
        if field.kind == "text":
            value = f"columns[{quoted(FOLDED)}][{quoted(name)}]"
        written = _written(field, words)
        found = UNKNOWN if written is None else _held(value, operator, written, engine)
    return all_of([there, found])


def _held(value: str, operator: Operator, written: list[str], engine: Able) -> Translation:
    if operator != "in":
        return Translation(f"{value} {'==' if operator == '=' else operator} {written[0]}", True)
    if engine.lists:
        return Translation(f"{value} in [{', '.join(written)}]", True)
    if len(written) > _MOST_OF_ONE:
        return UNKNOWN
    return any_of([Translation(f"{value} == {one}", True) for one in written])


def _written(field: Field, words: Sequence[Word]) -> list[str] | None:
    """Return values of JSON as they are written; None where Milvus would round them."""
    values = [value_of(field.kind, word) for word in words]
    if field.kind == "text":
        return [quoted(folded(str(value))) for value in values]
    if field.kind == "flag":
        return ["true" if value else "false" for value in values]
    numbers = [value for value in values if isinstance(value, int | float)]
    if any(abs(value) > _SURE for value in numbers):
        return None
    if all(isinstance(value, int) for value in numbers):
        return [str(value) for value in numbers]
    return [repr(float(value)) for value in numbers]  # a list is of one kind


# -- paths -----------------------------------------------------------------------------------


def _of_path(field: Field, operator: Operator, word: Word, engine: Able) -> Translation:
    if operator == "like":
        return _LIKE[field.kind](word, engine)
    if field.kind == "name":
        return Translation(f"name == {quoted(text_of(word.text))}", True)
    path = placed_as(word, word.text)
    if field.kind == "path":
        if is_whole(path):
            return Translation(f"path == {quoted(text_of(path))}", True)
        name = os.path.basename(path)  # noqa: PTH119
        return Translation(f"name == {quoted(text_of(name))}", name == path)
    if is_whole(path):
        return _begins("path", f"{path.rstrip('/')}/")
    names = [name for name in path.split("/") if name]
    inside = [f"array_contains(folders, {quoted(text_of(name))})" for name in names]
    found = all_of([Translation(one, True) for one in inside])
    # The scheme of an address, such as s3:, is no folder.
    return Translation(found.expression, len(names) == 1 and ":" not in path)


def _name_like(word: Word, engine: Able) -> Translation:
    pattern = text_of(word.text)
    begin = _WILD.split(pattern, maxsplit=1)[0]
    if begin == pattern:
        return Translation(f"name == {quoted(pattern)}", True)
    if pattern.rstrip("*") == begin:
        return _begins("name", begin) if begin else EVERYTHING
    if not engine.infix:
        return Translation(_begins("name", begin).expression if begin else "", False)
    # A set of characters may be any stretch here, and so may one that an odd byte stands for.
    plain = re.sub(r"\[!?\]?[^\]]*\]|[*?]", "%", pattern)
    written = re.sub(r"%+", "%", plain.replace("\\", "%"))
    is_exact = not _NO_STRETCH.search(pattern) and not set(pattern) & set("%_\\")
    return Translation(f"name like {quoted(written)}", is_exact)


def _path_like(word: Word, engine: Able) -> Translation:
    pattern = placed_as(word, word.text)
    folder, _, last = pattern.rpartition("/")
    found = UNKNOWN if last == "**" else _name_like(Word(last, word.place), engine)
    within = _below(pattern) if folder and is_whole(pattern) else EVERYTHING
    return Translation(all_of([within, found]).expression, False)


def _folder_like(word: Word, engine: Able) -> Translation:
    del engine
    pattern = placed_as(word, word.text)
    return Translation(_below(pattern).expression if is_whole(pattern) else "", False)


def _below(pattern: str) -> Translation:
    """Return what can be told of the folders that a pattern begins with."""
    begin = _WILD.split(pattern, maxsplit=1)[0]
    folder = begin[: begin.rfind("/") + 1]
    return _begins("path", folder) if folder else EVERYTHING


_LIKE: dict[str, Callable[[Word, Able], Translation]] = {
    "name": _name_like,
    "path": _path_like,
    "folder": _folder_like,
}


def _begins(column: str, text: str) -> Translation:
    """Compare by a stretch: of old servers and new ones, no two escape ``like`` alike."""
    start = text_of(text)
    following = ord(start[-1]) + 1
    if following > 0x10FFFF or 0xD800 <= following < 0xE000:
        return Translation(f"{column} >= {quoted(start)}", False)
    end = start[:-1] + chr(following)
    return Translation(f"({column} >= {quoted(start)}) and ({column} < {quoted(end)})", True)


def _joined(told: Sequence[str], joint: str) -> str:
    return told[0] if len(told) == 1 else f" {joint} ".join(f"({one})" for one in told)
