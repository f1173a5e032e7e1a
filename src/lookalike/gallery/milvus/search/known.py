"""What a gallery in Milvus knows of its pictures, asked for many at once."""

from __future__ import annotations

import os
from collections.abc import Iterable

import numpy as np

from lookalike.gallery.milvus.kept.itself import Kept
from lookalike.gallery.milvus.kept.rows import FileRow, file_row
from lookalike.gallery.milvus.link.text import id_of, one_of, path_of
from lookalike.images import Source
from lookalike.metrics import Vectors
from lookalike.search.feedback import BACKGROUND
from lookalike.search.known import no_picture
from lookalike.search.query import Query
from lookalike.store.catalog import StoredDescriptor

_FIELDS = ("id", "path", "sha256", "vector")
_MOST_ID = 2**63 - 1


class MilvusKnown:
    """What is known of the pictures of one search; see `lookalike.search.known.Known`.

    Parameters
    ----------
    kept : Kept
    stored : StoredDescriptor
        Which the search goes by.
    """

    def __init__(self, kept: Kept, stored: StoredDescriptor) -> None:
        self._kept = kept
        self._collection = kept.collection(stored)
        self._seen: dict[int, tuple[FileRow, Vectors]] = {}
        self._looked_for: set[int] = set()

    def expect(self, pictures: Iterable[Source | int | None], *, paths: bool) -> None:
        """Ask at once for all that will be asked for.

        Parameters
        ----------
        pictures : iterable of ids, paths and others
        paths : bool
            Whether files are taken for what is kept of them; otherwise only ids are asked for.
        """
        wanted: set[int] = set()
        for one in pictures:
            if isinstance(one, int | np.integer):
                wanted.add(int(one))
            elif paths and isinstance(one, str | os.PathLike):
                wanted.add(id_of(Query(picture=one).path or ""))
        self._look_for(wanted)

    def path_of(self, identity: int) -> str:
        """See `lookalike.search.known.Known.path_of`."""
        self._look_for({identity})
        if identity in self._seen:
            return self._seen[identity][0].path
        if abs(identity) > _MOST_ID:
            raise no_picture(identity)
        # It may be new, or have no vector of this descriptor.
        rows = self._kept.engine.query(
            self._kept.files, f"id == {identity} and content != 0", ["path"], strong=True
        )
        if not rows:
            raise no_picture(identity)
        return path_of(rows[0]["path"])

    def id_at(self, path: str) -> int | None:
        """See `lookalike.search.known.Known.id_at`."""
        identity = id_of(path)
        self._look_for({identity})
        found = self._seen.get(identity)
        return identity if found is not None and found[0].path == path else None

    def kept(self, identity: int, stored: StoredDescriptor) -> tuple[Vectors, bytes] | None:
        """See `lookalike.search.known.Known.kept`."""
        del stored  # it is that of the search
        self._look_for({identity})
        if identity not in self._seen:
            return None
        row, vector = self._seen[identity]
        return vector, row.sha256

    def background(self, stored: StoredDescriptor) -> Vectors:
        """See `lookalike.search.known.Known.background`."""
        # Ids are spread evenly, so that the first of them are of pictures from all over.
        rows = self._kept.engine.query(
            self._collection, "id > 0", ["sha256", "vector"], limit=BACKGROUND
        )
        by_content = {row["sha256"]: row["vector"] for row in rows}
        found = np.array(list(by_content.values()), np.float32)
        return found.reshape(-1, stored.dim)

    def _look_for(self, ids: set[int]) -> None:
        new = {id for id in ids if abs(id) <= _MOST_ID} - self._looked_for
        if not new:
            return
        self._looked_for |= new
        for row in self._kept.engine.query(self._collection, one_of("id", new), _FIELDS):
            vector = np.array(row["vector"], np.float32)[np.newaxis]
            self._seen[int(row["id"])] = (file_row(row), vector)
