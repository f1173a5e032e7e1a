"""Paths as strangers may see them: from the indexed folder's name on, ``/cats/tom.jpg``.

What lies above is not compared either, so that nobody finds it out by guessing.
"""

from __future__ import annotations

import os
import sqlite3

from lookalike.places import separator
from lookalike.store.catalog import under
from lookalike.store.where.comparisons import says_where_it_begins
from lookalike.store.where.syntax import Word

_SEPARATOR = os.fsencode(os.sep)


def visible_files(db: sqlite3.Connection, copies: str | os.PathLike[str]) -> str:
    """Return the table of files as SQL, with what of their paths may be seen.

    Parameters
    ----------
    db : Connection
        Of the catalog.
    copies : path
        The folder of the gallery's own copies, which counts as indexed; empty if it has none.
    """
    db.create_function("last_part", 1, _last_part, deterministic=True)
    roots = [bytes(path) for (path,) in db.execute("SELECT path FROM folders ORDER BY path")]
    arms = "".join(map(_arm, filter(None, [*roots, os.fsencode(copies)])))
    path = f"CASE {arms} ELSE last_part(path) END"
    return f"(SELECT id, content_id, mtime_ns, {path} AS path FROM files) AS files"  # noqa: S608


def check_visible(word: Word) -> None:
    """Refuse a path that says where it begins: strangers know only what lies further down.

    Raises
    ------
    BadParameter
    """
    if says_where_it_begins(word.text):
        raise word.place.error(
            "paths are told here from the name of an indexed folder on, and that is how they are "
            "asked for, such as folder = cats"
        )


def _arm(root: bytes) -> str:
    """Return what may be seen of all that lies in a folder, or of a file that was named itself."""
    between = os.fsencode(separator(os.fsdecode(root)))
    plain = root.rstrip(between)
    start, end = under(os.fsdecode(root))
    above = max(0, plain.rfind(between))
    return (
        f" WHEN path = {_sql(plain)} OR (path >= {_sql(start)} AND path < {_sql(end)})"
        f" THEN substr(path, {above + 1})"
    )


def _sql(path: bytes) -> str:
    return f"X'{path.hex()}'"


def _last_part(path: bytes) -> bytes:
    return _SEPARATOR + path.rpartition(_SEPARATOR)[2]
