"""Which answers a person found right or wrong, kept to be learned from.

A mark says of a query, known by the SHA-256 of its bytes, and of a content of the gallery whether
it is a good answer. No writer's lock is needed: each change is one short transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

import numpy as np

from lookalike.metrics import Vectors
from lookalike.store.catalog import Catalog


@dataclass(frozen=True)
class Mark:
    """A judgement of one answer.

    Attributes
    ----------
    query : bytes
        SHA-256 of the query picture's bytes.
    content : int
        What was judged: id of a content in the catalog.
    liked : bool
        Whether it is a good answer.
    made : str
        When, ISO 8601, UTC.
    """

    query: bytes
    content: int
    liked: bool
    made: str


def keep(
    catalog: Catalog,
    query: bytes,
    liked: Collection[int],
    unliked: Collection[int],
    vectors: Mapping[int, Vectors] | None = None,
) -> None:
    """Keep judgements of the answers to one query, all of them or none.

    Of a query and a content the last judgement counts.

    Parameters
    ----------
    catalog : Catalog
    query : bytes
        SHA-256 of its bytes.
    liked, unliked : collection of int
        Ids of contents. One that has left the gallery meanwhile is passed over.
    vectors : mapping of int to (dim,) float32, optional
        The query's, by the id of the descriptor; for a query that is not in the gallery.

    Raises
    ------
    GalleryError
        The gallery cannot be written to.
    """
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    judged = [(content, True) for content in liked] + [(content, False) for content in unliked]
    with catalog.transaction() as db:
        db.executemany(
            "INSERT OR REPLACE INTO marks (query, content_id, liked, made) "
            "SELECT ?, id, ?, ? FROM contents WHERE id = ?",
            [(query, liked, now, content) for content, liked in judged],
        )
        db.executemany(
            "INSERT OR REPLACE INTO mark_vectors (query, descriptor_id, vector) "
            "SELECT ?, id, ? FROM descriptors WHERE id = ?",
            [
                (query, np.asarray(vector, "<f4").tobytes(), descriptor)
                for descriptor, vector in (vectors or {}).items()
            ],
        )
        db.execute("DELETE FROM mark_vectors WHERE query NOT IN (SELECT query FROM marks)")


def all_marks(catalog: Catalog) -> list[Mark]:
    """Return all marks, those of one query together."""
    rows = catalog.rows("SELECT query, content_id, liked, made FROM marks")
    return [Mark(query, content, bool(liked), made) for query, content, liked, made in rows]


def query_vectors(catalog: Catalog, descriptor_id: int) -> dict[bytes, Vectors]:
    """Return the vectors (dim,) of queries that have marks and were not in the gallery."""
    sql = "SELECT query, vector FROM mark_vectors WHERE descriptor_id = ?"
    return {query: np.frombuffer(v, "<f4") for query, v in catalog.rows(sql, (descriptor_id,))}


def forget(catalog: Catalog) -> int:
    """Forget all marks; return how many there were.

    Raises
    ------
    GalleryError
        The gallery cannot be written to.
    """
    with catalog.transaction() as db:
        db.execute("DELETE FROM mark_vectors")
        return db.execute("DELETE FROM marks").rowcount
