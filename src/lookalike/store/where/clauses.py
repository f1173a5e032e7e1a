"""Pieces of SQL with their values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Clause:
    """A piece of SQL that is true or false of a row.

    Attributes
    ----------
    sql : str
        With a question mark in the place of each value.
    values : tuple
    searchable : bool
        Whether an index of the column can tell the rows; if not, all have to be looked at.
    """

    sql: str
    values: tuple[Any, ...] = ()
    searchable: bool = False


def negated(clause: Clause) -> Clause:
    """Return what holds where a clause does not."""
    return Clause(f"NOT ({clause.sql})", clause.values)


def joined(clauses: Sequence[Clause], joint: str) -> Clause:
    """Join clauses with AND or OR, by halves: SQLite bounds how deep an expression is."""
    if len(clauses) == 1:
        return clauses[0]
    middle = len(clauses) // 2
    first, second = joined(clauses[:middle], joint), joined(clauses[middle:], joint)
    return Clause(
        f"({first.sql} {joint} {second.sql})",
        first.values + second.values,
        first.searchable and second.searchable,
    )
