"""What the gallery has already of some bytes: the files that have them, and their vectors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from lookalike.gallery.milvus.kept.itself import Kept
from lookalike.gallery.milvus.kept.rows import FileRow, file_row
from lookalike.gallery.milvus.link.text import content_of, one_of
from lookalike.metrics import Vectors
from lookalike.store.catalog import StoredDescriptor

_FIELDS = ("id", "path", "content", "sha256", "size", "mtime_ns", "described")
_FACTS = (*_FIELDS, "format", "width", "height", "bytes", "taken")

# A shop may have a hundred thousand copies of the picture that says that there is none.
_COPIES, _MORE_COPIES = 2000, 16


def with_contents(
    kept: Kept, hashes: Iterable[bytes], *, hurried: bool = False
) -> dict[bytes, list[FileRow]]:
    """Return some of the files that have certain bytes.

    Parameters
    ----------
    kept : Kept
    hashes : iterable of bytes
        SHA-256s.
    hurried : bool
        Wait for no write: what came a moment ago may be missing.
    """
    wanted = {content_of(sha256): sha256 for sha256 in hashes}
    found: dict[bytes, list[FileRow]] = {}
    _collect(kept, list(wanted), _COPIES, found, hurried)
    if sum(map(len, found.values())) >= _COPIES:
        for content, sha256 in wanted.items():
            if sha256 not in found:
                _collect(kept, [content], _MORE_COPIES, found, hurried)
    return {sha256: found[sha256] for sha256 in wanted.values() if sha256 in found}


def _collect(
    kept: Kept, contents: list[int], most: int, found: dict[bytes, list[FileRow]], hurried: bool
) -> None:
    if not contents:
        return
    rows = kept.engine.query(
        kept.files,
        one_of("content", contents),
        _FACTS,
        limit=most,
        strong=not hurried,
        hurried=hurried,
    )
    for row in map(file_row, rows):
        found.setdefault(row.sha256, []).append(row)


def vectors_of(
    kept: Kept, stored: StoredDescriptor, wanted: Mapping[int, bytes]
) -> dict[int, Vectors]:
    """Return the vectors of some files, (dim,) float32 each, by their ids.

    Parameters
    ----------
    kept : Kept
    stored : StoredDescriptor
    wanted : mapping of int to bytes
        The SHA-256 of each file; a vector that is there, but of other bytes, is none.
    """
    rows = kept.engine.get(kept.collection(stored), list(wanted), ["id", "sha256", "vector"])
    return {
        int(row["id"]): np.asarray(row["vector"], np.float32)
        for row in rows
        if bytes.fromhex(row["sha256"]) == wanted[int(row["id"])]
    }


def rewritten(kept: Kept, rows: Sequence[FileRow]) -> None:
    """Write files anew of which only what is told of them has changed, with all their vectors."""
    for stored in kept.descriptors(fresh=True):
        of_it = {row.id: row for row in rows if stored.id in row.described}
        vectors = vectors_of(kept, stored, {id: row.sha256 for id, row in of_it.items()})
        told = [of_it[id].as_vector_row(vector) for id, vector in vectors.items()]
        kept.engine.upsert(kept.collection(stored), told)
    kept.engine.upsert(kept.files, [row.as_row() for row in rows])
