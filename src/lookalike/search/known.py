"""What describing a query needs of a gallery, wherever it is kept."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

import numpy as np

from lookalike.errors import NotIndexed
from lookalike.metrics import Vectors
from lookalike.search.feedback import BACKGROUND
from lookalike.store.catalog import Catalog, StoredDescriptor
from lookalike.store.stages import decoder

if TYPE_CHECKING:
    from lookalike.search.searcher import Searchers


class Known(Protocol):
    """What a gallery knows of its pictures."""

    def path_of(self, identity: int) -> str:
        """Return the path of a picture.

        Raises
        ------
        NotIndexed
            There is no picture of that id.
        """

    def id_at(self, path: str) -> int | None:
        """Return the id of the picture at a path; None if none was indexed there."""

    def kept(self, identity: int, stored: StoredDescriptor) -> tuple[Vectors, bytes] | None:
        """Return the vector (1, dim) of a picture and the SHA-256 of its file; None if it has none.

        Parameters
        ----------
        identity : int
        stored : StoredDescriptor
        """

    def background(self, stored: StoredDescriptor) -> Vectors:
        """Return some vectors (b, dim) from all over the gallery, always the same of one state.

        There are at most `lookalike.search.feedback.BACKGROUND`, of different contents.
        """


def no_picture(identity: int) -> NotIndexed:
    """Return the error for an id that there is not."""
    return NotIndexed(f"there is no picture with the id {identity} in the gallery")


class LocalKnown:
    """What a catalog knows of its pictures; see `Known`.

    Parameters
    ----------
    catalog : Catalog
    searchers : Searchers
    """

    def __init__(self, catalog: Catalog, searchers: Searchers) -> None:
        self._catalog = catalog
        self._searchers = searchers

    def path_of(self, identity: int) -> str:
        """See `Known.path_of`."""
        within = abs(identity) < 2**63  # what SQLite can hold
        sql = "SELECT path FROM files WHERE id = ?"
        rows = self._catalog.rows(sql, (identity,)) if within else []
        if not rows:
            raise no_picture(identity)
        return os.fsdecode(rows[0][0])

    def id_at(self, path: str) -> int | None:
        """See `Known.id_at`."""
        rows = self._catalog.rows("SELECT id FROM files WHERE path = ?", (os.fsencode(path),))
        return int(rows[0][0]) if rows else None

    def kept(self, identity: int, stored: StoredDescriptor) -> tuple[Vectors, bytes] | None:
        """See `Known.kept`."""
        rows = self._catalog.rows(
            "SELECT vector, sha256 FROM files JOIN contents ON contents.id = files.content_id "
            "JOIN vectors ON vectors.content_id = contents.id "
            "WHERE files.id = ? AND descriptor_id = ?",
            (identity, stored.id),
        )
        if not rows:
            return None
        vector, sha256 = rows[0]
        return decoder(self._catalog, stored)([vector]), sha256

    def background(self, stored: StoredDescriptor) -> Vectors:
        """See `Known.background`."""
        present = self._searchers.matrix(stored)
        count = len(present.ids)
        rows = np.unique(np.linspace(0, count, BACKGROUND, endpoint=False, dtype=np.int64))
        rows = rows[(rows < count) & ~np.isin(rows, present.gone)]
        return np.asarray(present.vectors[rows], np.float32)
