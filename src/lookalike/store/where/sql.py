"""A condition → SQL.

Only names from `fields`, question marks, and what stands in the place of the files get into its
text; all that a person typed, and the ids of columns, are values.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

from lookalike.store.where.clauses import Clause, joined, negated
from lookalike.store.where.comparisons import compared
from lookalike.store.where.fields import Field, Fields
from lookalike.store.where.syntax import All, Check, Condition, Not
from lookalike.store.where.visible import check_visible

# With more rows than this share of all files, going through a table in its own order is quicker
# than going after each row that an index names: as measured with a million files.
_NARROW = 0.05
_ALWAYS_NARROW = 1000

# SQLite joins at most 64 tables.
_MOST_COLUMNS = 60

_FILES = "files"

_SPELLED = {"missing": "is missing"}


@dataclass(frozen=True)
class Selection:
    """A condition as SQL.

    Attributes
    ----------
    source : str
        The tables; ``files`` is one of them, unless `is_of_contents`.
    sql : str
        What must hold.
    values : tuple
        Of both, in this order.
    is_of_contents : bool
        Whether only the table ``contents`` is asked: then all files of a content are alike.
    """

    source: str
    sql: str
    values: tuple[Any, ...]
    is_of_contents: bool


class Compiler:
    """Makes one selection.

    Parameters
    ----------
    fields : Fields
    db : Connection
        Of the catalog: it is asked how many rows a test is about.
    files : str
        The table of files, or what stands in its place; see `visible`.
    """

    def __init__(self, fields: Fields, db: sqlite3.Connection, files: str = _FILES) -> None:
        self._fields = fields
        self._db = db
        self._files = files
        self._tables: set[str] = set()
        self._aliases: dict[int, str] = {}

    def selection(self, condition: Condition) -> Selection:
        """Return a condition as SQL.

        Raises
        ------
        UnknownName
            There is no such field.
        BadParameter
            A field cannot be asked that, or a value does not fit.
        """
        clause = self._clause(condition)
        if self._tables == {"contents"}:
            return Selection("contents", clause.sql, clause.values, True)
        source = self._files
        if "contents" in self._tables:
            source += " JOIN contents ON contents.id = files.content_id"
        for alias in self._aliases.values():
            source += (
                f" LEFT JOIN cells AS {alias}"
                f" ON {alias}.file_id = files.id AND {alias}.column_id = ?"
            )
        sql = f"files.content_id IS NOT NULL AND {clause.sql}"
        return Selection(source, sql, (*self._aliases, *clause.values), False)

    def _clause(self, condition: Condition) -> Clause:
        if isinstance(condition, Check):
            return self._test(condition)
        if isinstance(condition, Not):
            return negated(self._clause(condition.part))
        joint = "AND" if isinstance(condition, All) else "OR"
        return joined([self._clause(part) for part in condition.parts], joint)

    def _test(self, test: Check) -> Clause:
        field = self._fields[test.field]
        if test.operator not in field.operators:
            known = " ".join(_SPELLED.get(one, one) for one in field.operators)
            asked = _SPELLED.get(test.operator, test.operator)
            raise test.place.error(f"{field.name} goes with {known}, not with {asked}")
        if self._files != _FILES and field.kind in ("path", "folder"):
            for word in test.values:
                check_visible(word)
        self._tables.add(field.table)
        column = self._column(field, test)
        if test.operator == "missing":
            return Clause(f"({column} IS NULL)")
        clause = compared(field.kind, column, test.operator, test.values)
        searchable = field.indexed and clause.searchable
        if searchable and self._is_narrow(field, column, clause):
            # Of a missing value nothing is true; in SQL it would be neither true nor false.
            return Clause(f"({column} IS NOT NULL AND {clause.sql})", clause.values)
        if searchable or field.can_be_missing:
            return Clause(f"coalesce({clause.sql}, 0)", clause.values)  # for this no index is used
        return clause

    def _column(self, field: Field, test: Check) -> str:
        if field.column_id is None:
            return f"{field.table}.{field.column}"
        alias = self._aliases.setdefault(field.column_id, f"c{len(self._aliases)}")
        if len(self._aliases) > _MOST_COLUMNS:
            raise test.field.place.error(f"more than {_MOST_COLUMNS} columns in one condition")
        return f"{alias}.{field.column}"

    def _is_narrow(self, field: Field, column: str, clause: Clause) -> bool:
        """Whether few rows pass a test; asks for no more of them than it needs to tell."""
        (count,) = self._db.execute("SELECT max(id) FROM files").fetchone()
        limit = max(_ALWAYS_NARROW, int(_NARROW * (count or 0)))
        source: str = field.table
        sql, values = clause.sql, clause.values
        if field.column_id is not None:
            alias = column.partition(".")[0]
            source, sql = f"cells AS {alias}", f"{alias}.column_id = ? AND {sql}"
            values = (field.column_id, *values)
        (found,) = self._db.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM {source} WHERE {sql} LIMIT ?)",  # noqa: S608
            (*values, limit + 1),
        ).fetchone()
        return bool(found <= limit)
