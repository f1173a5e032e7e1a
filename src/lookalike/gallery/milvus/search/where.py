"""Conditions → what Milvus is asked, and what is sieved here afterwards."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from lookalike.gallery.milvus.intake.own import added_folder
from lookalike.gallery.milvus.kept.itself import Kept
from lookalike.gallery.milvus.kept.rows import FileRow
from lookalike.gallery.milvus.search import expressions
from lookalike.gallery.milvus.search.expressions import Able, Translation
from lookalike.gallery.milvus.search.sieve import Sieve
from lookalike.store.columns import Column
from lookalike.store.where.fields import Fields
from lookalike.store.where.parser import parse
from lookalike.store.where.syntax import All, Check, Condition, Not

# Milvus's parser takes a while over long ones; of what it is not asked, all is sieved here.
_LONGEST = 60_000

FIELDS = (
    "id", "path", "sha256", "mtime_ns", "format", "width", "height", "bytes", "taken", "columns",
)  # fmt: skip
"""What must be known of a row to sieve it."""


@dataclass(frozen=True, eq=False)
class Selection:
    """The pictures that meet all of some conditions.

    Attributes
    ----------
    expression : str
        Milvus's: what lets all of them through; empty for everything. It says nothing of files
        that failed.
    is_exact : bool
        Whether it lets nothing else through.
    """

    expression: str
    is_exact: bool
    _sieve: Sieve = field(repr=False)

    def passing(self, rows: Sequence[FileRow]) -> list[FileRow]:
        """Return those of some files that meet the conditions.

        Parameters
        ----------
        rows : sequence of FileRow
            With `FIELDS`. Of a gallery they are told apart by their ids.
        """
        if self.is_exact:
            return [row for row in rows if row.can_be_found]
        passing = self._sieve.passing(rows)
        return [row for row in rows if row.id in passing]


def selection(kept: Kept, conditions: Sequence[str], hides_paths: bool = False) -> Selection:
    """Return what meets all of some conditions.

    Parameters
    ----------
    kept : Kept
    conditions : sequence of str
        At least one; the grammar is in `lookalike.store.where.syntax`.
    hides_paths : bool
        They are about what of a path strangers may see; see `lookalike.store.where.visible`.

    Raises
    ------
    BadParameter
        One is no condition, or a value does not fit its field; the message shows the place.
    UnknownName
        There is no such field.
    """
    address = kept.engine.address
    roots = (*kept.folders(), added_folder(address)) if hides_paths else None
    return _selection(
        tuple(conditions),
        tuple(kept.columns()),
        roots,
        expressions.able(kept.engine.version, address.is_lite),
        os.getcwd(),  # noqa: PTH109 (what ./cats is depends on it)
    )


@lru_cache(maxsize=32)
def _selection(
    conditions: tuple[str, ...],
    columns: tuple[Column, ...],
    roots: tuple[str, ...] | None,
    engine: Able,
    here: str,
) -> Selection:
    del here
    parsed = [parse(text) for text in conditions]
    whole: Condition = parsed[0] if len(parsed) == 1 else All(tuple(parsed))
    sieve = Sieve(whole, columns, roots)  # refuses what is no condition
    found = translated(whole, Fields(columns), engine, hides_paths=roots is not None)
    return Selection(found.expression, found.is_exact, sieve)


def translated(
    condition: Condition,
    fields: Fields,
    engine: Able,
    *,
    hides_paths: bool = False,
    negated: bool = False,
) -> Translation:
    """Return what Milvus can tell of a condition.

    Parameters
    ----------
    condition : Condition
        One that `lookalike.store.where.sql` takes.
    fields : Fields
    engine : Able
    hides_paths : bool
    negated : bool
        Of what does not meet it. Only tests are negated in what Milvus is asked: what is negated
        must be told exactly.
    """
    found = _translated(condition, fields, engine, hides_paths, negated)
    if len(found.expression.encode()) > _LONGEST:
        return expressions.UNKNOWN
    return found


def _translated(
    condition: Condition, fields: Fields, engine: Able, hides_paths: bool, negated: bool
) -> Translation:
    if isinstance(condition, Not):
        return _translated(condition.part, fields, engine, hides_paths, not negated)
    if isinstance(condition, Check):
        known = fields[condition.field]
        found = expressions.compared(known, condition, engine, hides_paths=hides_paths)
        return found.negated if negated else found
    parts = [_translated(part, fields, engine, hides_paths, negated) for part in condition.parts]
    join = expressions.all_of if isinstance(condition, All) != negated else expressions.any_of
    return join(parts)
