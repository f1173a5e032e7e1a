"""Vectors of no file, and files without the vectors that they name: what a kill may leave.

As many files name a descriptor as there are vectors of it: that is cheap to ask, and mostly all
there is to do. Otherwise it is looked which, in the folders of this run; a writer elsewhere may be
between its two writes, so a vector is deleted only if it has no file still when the run ends.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from lookalike.gallery.milvus.intake.comparing import Comparison
from lookalike.gallery.milvus.kept.itself import Kept
from lookalike.gallery.milvus.kept.rows import OF_FILES, file_row
from lookalike.gallery.milvus.link.text import lies_in, path_of
from lookalike.store.catalog import StoredDescriptor

# A writer elsewhere needs so long at most between its two writes, unless the engine hangs.
_GRACE = 5.0
_LOOKS, _PAUSE = 3, 1.0


class Strays:
    """What does not belong together, of one run.

    Parameters
    ----------
    kept : Kept
    comparison : Comparison
        Of the run; keeps what was found.
    folders : sequence of str
        Where to look; nowhere in particular if there are none.
    """

    def __init__(self, kept: Kept, comparison: Comparison, folders: Sequence[str]) -> None:
        self._kept = kept
        self._comparison = comparison
        self._where = " or ".join(f"({lies_in(folder)})" for folder in folders)
        self._seen = 0.0

    def look(self, descriptors: Iterable[StoredDescriptor]) -> None:
        """Find what does not belong together; files that name vectors in vain name them no more.

        So the run that follows describes these files again.
        """
        for stored in descriptors:
            if self._is_odd(stored):
                self._look_at_vectors(stored)
                self._look_at_files(stored)
        self._seen = time.monotonic()

    def sweep(self) -> bool:
        """Delete the vectors that still have no file; return whether there were any."""
        db = self._comparison.db
        found = db.execute("SELECT number, id FROM strays ORDER BY number").fetchall()
        if not found:
            return False
        if not self._kept.engine.address.is_lite:  # where nobody else writes
            time.sleep(max(0.0, self._seen + _GRACE - time.monotonic()))
        for stored in self._kept.descriptors(fresh=True):
            ids = [id for number, id in found if number == stored.id]
            collection = self._kept.collection(stored)
            rows = self._kept.engine.get(collection, ids, ["id", "path"])
            self._kept.engine.delete(collection, self._without_file(stored, rows))
        return True

    def _is_odd(self, stored: StoredDescriptor) -> bool:
        named = f"array_contains(described, {stored.id})"
        engine, collection = self._kept.engine, self._kept.collection(stored)
        for look in range(1 if engine.address.is_lite else _LOOKS):
            time.sleep(_PAUSE * bool(look))  # another may be writing just now
            vectors = engine.count(collection, strong=True)
            if vectors == engine.count(self._kept.files, named, strong=True):
                return False
        return True

    def _look_at_vectors(self, stored: StoredDescriptor) -> None:
        lots = self._kept.engine.each(self._kept.collection(stored), "id", self._where, ["path"])
        for lot in lots:
            mine = [row for row in lot if self._comparison.is_mine(path_of(row["path"]))]
            self._comparison.db.executemany(
                "INSERT OR IGNORE INTO strays VALUES (?, ?)",
                [(stored.id, id) for id in self._without_file(stored, mine)],
            )

    def _look_at_files(self, stored: StoredDescriptor) -> None:
        named = f"array_contains(described, {stored.id})"
        condition = f"({named}) and ({self._where})" if self._where else named
        engine = self._kept.engine
        for lot in engine.each(self._kept.files, "path", condition, OF_FILES, batch=2000):
            rows = [file_row(row) for row in lot]
            ids = [row.id for row in rows]
            there = engine.get(self._kept.collection(stored), ids, ["id", "path"])
            owners = {int(one["id"]): path_of(one["path"]) for one in there}
            lacking = [
                replace(row, described=tuple(n for n in row.described if n != stored.id))
                for row in rows
                if owners.get(row.id) != row.path and self._comparison.is_mine(row.path)
            ]
            engine.upsert(self._kept.files, [row.as_row() for row in lacking])

    def _without_file(
        self, stored: StoredDescriptor, rows: Sequence[dict[str, Any]]
    ) -> list[str | int]:
        """Return the ids of those of some vectors that no file names."""
        kept = self._kept
        paths = [row["path"] for row in rows]
        fields = ["path", "id", "described"]
        files = {row["path"]: row for row in kept.engine.get(kept.files, paths, fields)}
        return [
            int(row["id"])
            for row in rows
            if (file := files.get(row["path"])) is None
            or int(file["id"]) != int(row["id"])
            or stored.id not in file["described"]
        ]
