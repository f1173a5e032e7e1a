"""Conditions → the pictures that meet them."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from lookalike.store.added import folder_of
from lookalike.store.catalog import Catalog
from lookalike.store.columns import columns_in
from lookalike.store.where.comparisons import register
from lookalike.store.where.fields import Fields
from lookalike.store.where.parser import parse
from lookalike.store.where.sql import Compiler, Selection
from lookalike.store.where.syntax import All, Condition
from lookalike.store.where.visible import visible_files

Ids = npt.NDArray[np.int64]

# A filter is mostly asked for again, with another picture; of a million pictures it is 16 MB.
_MOST_RECENT = 4

# Guarded by the catalog's own lock: only its snapshots use them.
_recent: WeakKeyDictionary[
    Catalog, dict[tuple[Condition, str], tuple[tuple[int, ...], Allowed]]
] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Allowed:
    """The pictures that meet a condition.

    Attributes
    ----------
    contents : (n,) int64
        Contents of which at least one file meets it; in any order, some perhaps twice.
    files : (m,) int64, or None
        The files that meet it, ascending; None if all files of these contents do.
    """

    contents: Ids
    files: Ids | None

    def rows(self, ids: Ids) -> npt.NDArray[np.bool_]:
        """Tell which rows of a matrix may be found.

        Parameters
        ----------
        ids : (m,) int64
            The content of each row, in any order.

        Returns
        -------
        (m,) bool
        """
        return np.isin(ids, self.contents)

    def has(self, file: int) -> bool:
        """Tell whether a file of one of the contents may be found."""
        if self.files is None:
            return True
        place = int(np.searchsorted(self.files, file))
        return place < len(self.files) and int(self.files[place]) == file


def allowed(catalog: Catalog, conditions: Sequence[str]) -> Allowed:
    """Return the pictures that meet all of some conditions, as of the last commit.

    Parameters
    ----------
    catalog : Catalog
    conditions : sequence of str
        At least one; the grammar is in `syntax`. Where the catalog hides paths, they are about
        what may be seen of these; see `visible`.

    Raises
    ------
    BadParameter
        One is no condition, or a value does not fit its field; the message shows the place.
    UnknownName
        There is no such field.
    """
    parsed = [parse(text) for text in conditions]
    whole: Condition = parsed[0] if len(parsed) == 1 else All(tuple(parsed))
    asked = (whole, os.getcwd())  # noqa: PTH109 (what ./cats is depends on it)
    with catalog.snapshot() as db:
        # Of the commits of others, and of the rows that this connection has changed.
        state = (*db.execute("PRAGMA data_version").fetchone(), db.total_changes)
        recent = _recent.setdefault(catalog, {})
        known, found = recent.pop(asked, (None, None))
        if found is None or known != state:
            register(db)
            found = _selected(db, _compiler(catalog, db).selection(whole))
        recent[asked] = (state, found)
        while len(recent) > _MOST_RECENT:
            del recent[next(iter(recent))]
        return found


def _compiler(catalog: Catalog, db: sqlite3.Connection) -> Compiler:
    fields = Fields(columns_in(db))
    if not catalog.hides_paths:
        return Compiler(fields, db)
    return Compiler(fields, db, visible_files(db, folder_of(catalog)))


def _selected(db: sqlite3.Connection, selection: Selection) -> Allowed:
    # One text of all numbers: a third of the time that a million rows take.
    what = (
        "group_concat(id), NULL"
        if selection.is_of_contents
        else "group_concat(files.content_id), group_concat(files.id)"
    )
    sql = f"SELECT {what} FROM {selection.source} WHERE {selection.sql}"  # noqa: S608
    contents, files = db.execute(sql, selection.values).fetchone()
    if selection.is_of_contents:
        return Allowed(_numbers(contents), None)
    return Allowed(_numbers(contents), np.sort(_numbers(files)))


def _numbers(text: str | None) -> Ids:
    return np.fromstring(text or "", np.int64, sep=",")
