"""Contents → the files that have them."""

from __future__ import annotations

import json
from collections.abc import Iterable

from lookalike.search.answering import File
from lookalike.store import changes
from lookalike.store.catalog import Catalog
from lookalike.store.changes import Moment
from lookalike.store.where import Allowed


def files_of(
    catalog: Catalog, contents: Iterable[int], allowed: Allowed | None = None
) -> dict[int, list[File]]:
    """Return the files of each content, in order of their paths; only those that are allowed."""
    rows = catalog.rows(
        "SELECT content_id, files.id, path, sha256, width, height, format, bytes FROM files "
        "JOIN contents ON contents.id = content_id "
        "WHERE content_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(contents)),),
    )
    if allowed is not None:
        rows = [row for row in rows if allowed.has(row[1])]
    found: dict[int, list[File]] = {}
    for file in map(File._make, rows):
        found.setdefault(file.content, []).append(file)
    for files in found.values():
        if len(files) > 1:
            files.sort(key=lambda file: file.path)
    return found


def in_flux(catalog: Catalog, moment: Moment, contents: set[int]) -> set[int]:
    """Return the contents whose ids may stand for others by now than at a moment.

    While a search goes on, a content may be deleted and its id be given to a new one.
    """
    if catalog.moment() == moment:
        return set()
    with catalog.snapshot() as db:
        touched = changes.touched(db, moment)
    return contents if touched is None else contents & touched
