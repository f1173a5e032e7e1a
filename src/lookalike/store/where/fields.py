"""What a condition can be about: the facts of a picture, and the columns that a person added."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from lookalike.errors import UnknownName
from lookalike.store.columns import Column
from lookalike.store.where.syntax import Operator, Word

Kind: TypeAlias = Literal[
    "path", "folder", "name", "format", "number", "bytes", "date", "time", "text", "flag"
]

_SAME: tuple[Operator, ...] = ("=", "!=", "in")
_ORDERED: tuple[Operator, ...] = (*_SAME, "<", "<=", ">", ">=")

OPERATORS: dict[Kind, tuple[Operator, ...]] = {
    "path": (*_SAME, "like"),
    "folder": (*_SAME, "like"),
    "name": (*_SAME, "like"),
    "format": _SAME,
    "number": _ORDERED,
    "bytes": _ORDERED,
    "date": _ORDERED,
    "time": _ORDERED,
    "text": (*_ORDERED, "like"),
    "flag": _SAME,
}


@dataclass(frozen=True)
class Field:
    """Something that a condition can be about.

    Attributes
    ----------
    name : str
    kind : str
        What its values are, and so how they are compared.
    table : {"files", "contents", "cells"}
    column : str
        Of that table; never anything that a person typed.
    indexed : bool
        Whether SQLite can find values of it without looking at all rows.
    column_id : int or None
        Of a column that a person added.
    """

    name: str
    kind: Kind
    table: Literal["files", "contents", "cells"]
    column: str
    indexed: bool = False
    column_id: int | None = None

    @property
    def can_be_missing(self) -> bool:
        """Whether a picture may have no value of it."""
        return self.column_id is not None or self.name == "taken"

    @property
    def operators(self) -> tuple[Operator, ...]:
        """What it can be asked."""
        known = OPERATORS[self.kind]
        return (*known, "missing") if self.can_be_missing else known


_FACTS = (
    Field("path", "path", "files", "path", indexed=True),
    Field("folder", "folder", "files", "path", indexed=True),
    Field("name", "name", "files", "path"),
    Field("modified", "time", "files", "mtime_ns"),
    Field("format", "format", "contents", "format"),
    Field("width", "number", "contents", "width"),
    Field("height", "number", "contents", "height"),
    Field("bytes", "bytes", "contents", "bytes"),
    Field("size", "bytes", "contents", "bytes"),
    Field("taken", "date", "contents", "taken", indexed=True),
)

FACTS = {field.name: field for field in _FACTS}


class Fields:
    """All fields of a gallery, by name; upper and lower case are the same.

    Parameters
    ----------
    columns : iterable of Column
    """

    def __init__(self, columns: Iterable[Column]) -> None:
        self._columns = {column.name.casefold(): column for column in columns}

    def __getitem__(self, word: Word) -> Field:
        """Return the field of a name.

        Raises
        ------
        UnknownName
            There is none; the message offers the nearest.
        """
        wanted = word.text.casefold()
        if wanted in FACTS:
            return FACTS[wanted]
        if (column := self._columns.get(wanted)) is not None:
            return Field(column.name, column.kind, "cells", "value", True, column.id)
        raise UnknownName("field", word.text, [*FACTS, *(c.name for c in self._columns.values())])
