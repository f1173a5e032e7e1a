"""Files out of Milvus, so that whatever is killed where, the next run sees what is left to do."""

from __future__ import annotations

from collections.abc import Sequence

from lookalike.gallery.milvus.kept.itself import Kept
from lookalike.gallery.milvus.kept.rows import OF_FILES, FileRow, file_row
from lookalike.gallery.milvus.link.text import text_of

LOT = 500
"""Files that are taken out at a time."""


def rows_at(kept: Kept, paths: Sequence[str]) -> list[FileRow]:
    """Return what the gallery has at some paths, as of now."""
    return list(map(file_row, kept.engine.get(kept.files, list(map(text_of, paths)), OF_FILES)))


def take_out(kept: Kept, rows: Sequence[FileRow]) -> None:
    """Take files out of the gallery, with their vectors.

    First it is written that they have none, then these are deleted, then the files: so none that
    comes back meanwhile counts as described.
    """
    descriptors = kept.descriptors(fresh=True)
    for start in range(0, len(rows), LOT):
        part = rows[start : start + LOT]
        told = [row.without_vectors().as_row() for row in part if row.described]
        kept.engine.upsert(kept.files, told)
        for stored in descriptors:
            kept.engine.delete(kept.collection(stored), [row.id for row in part])
        kept.engine.delete(kept.files, [text_of(row.path) for row in part])
