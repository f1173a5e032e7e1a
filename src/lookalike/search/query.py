"""What is searched with → one vector each, and what is left out of the answer."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from lookalike import images
from lookalike.descriptors import Descriptor
from lookalike.errors import NotIndexed, UsageError
from lookalike.images import Image, Source, View
from lookalike.metrics import Vectors
from lookalike.store.catalog import Catalog, StoredDescriptor
from lookalike.store.stages import decoder

# Decoded pictures that are in memory at a time.
_BATCH = 16


@dataclass(frozen=True, eq=False)
class Query:
    """A picture, words, or a vector.

    Parameters
    ----------
    picture : path, bytes, array or None
        What `lookalike.images.load` takes.
    words : str
        A description, for a descriptor that understands one; used if there is no picture.
    id : int or None
        The id of a picture in the gallery; its kept vector is used.
    vector : (dim,) float32 or None
        As the descriptor would give it.
    liked, unliked : tuple of Query
        Pictures that are known to be good answers, and bad ones; see `lookalike.search.feedback`.
        With ones that are liked there need be nothing else.
    """

    picture: Source | None = None
    words: str = ""
    id: int | None = None
    vector: Vectors | None = None
    liked: tuple[Query, ...] = ()
    unliked: tuple[Query, ...] = ()

    @property
    def path(self) -> str | None:
        """The absolute path of the picture, if it is a file."""
        if isinstance(self.picture, str | os.PathLike):
            return os.path.abspath(os.fsdecode(self.picture))  # noqa: PTH100 (takes "a/../b" out)
        return None

    @property
    def is_words(self) -> bool:
        """Whether it is words that are searched with."""
        return bool(self.words) and self.picture is None and self.id is None and self.vector is None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing but what is liked."""
        return self.picture is None and not self.words and self.id is None and self.vector is None

    @property
    def has_marks(self) -> bool:
        """Whether some answers are known to be good or bad."""
        return bool(self.liked or self.unliked)

    @property
    def title(self) -> str:
        """What names the query to a person."""
        if self.path is not None:
            return os.path.basename(self.path)  # noqa: PTH119
        if self.is_empty and self.liked:
            return "more like these"
        return f"“{self.words}”" if self.words else "the query"


def by_id(catalog: Catalog, identity: int) -> Query:
    """Return the query for a picture of the gallery.

    Raises
    ------
    NotIndexed
        There is no picture of that id.
    """
    within = abs(identity) < 2**63  # what SQLite can hold
    rows = catalog.rows("SELECT path FROM files WHERE id = ?", (identity,)) if within else []
    if not rows:
        raise NotIndexed(f"there is no picture with the id {identity} in the gallery")
    return Query(picture=os.fsdecode(rows[0][0]), id=identity)


@dataclass(frozen=True)
class Described:
    """A query, ready to be searched with.

    Attributes
    ----------
    vector : (1, dim) float32
    sha256 : bytes or None
        Of the query's bytes, where it has any: an equal picture in the gallery is the same file.
    without : frozenset of bytes
        SHA-256 of what is known to be no answer.
    """

    vector: Vectors
    sha256: bytes | None
    without: frozenset[bytes] = frozenset()


def describe(
    queries: Sequence[Query],
    descriptor: Callable[[], Descriptor],
    catalog: Catalog,
    stored: StoredDescriptor,
) -> list[Described]:
    """Describe queries.

    Parameters
    ----------
    queries : sequence of Query
    descriptor : callable
        Makes the descriptor; called only if there is something to be described.
    catalog : Catalog
    stored : StoredDescriptor
        The same descriptor, as the catalog knows it.

    Raises
    ------
    PictureError
        A picture cannot be read.
    UsageError
        Words were given, and the descriptor does not understand any; or a vector does not fit.
    """
    found = {n: given for n, q in enumerate(queries) if (given := _given(q, catalog, stored))}
    rest = [n for n in range(len(queries)) if n not in found]
    said = [n for n in rest if queries[n].picture is None]
    if said:
        vectors = descriptor().describe_words([queries[n].words for n in said])
        found |= {n: Described(v[np.newaxis], None) for n, v in zip(said, vectors, strict=True)}
    shown = [n for n in rest if queries[n].picture is not None]
    for start in range(0, len(shown), _BATCH):
        batch = shown[start : start + _BATCH]
        made = _described([queries[n] for n in batch], descriptor())
        found |= dict(zip(batch, made, strict=True))
    return [found[n] for n in range(len(queries))]


def _given(query: Query, catalog: Catalog, stored: StoredDescriptor) -> Described | None:
    """Return what need not be worked out."""
    if query.vector is not None:
        vector = np.asarray(query.vector, np.float32).reshape(1, -1)
        if vector.shape[1] != stored.dim or not np.isfinite(vector).all():
            raise UsageError(
                f"a vector of {stored.key} has {stored.dim} finite components; this has "
                f"{vector.shape[1]}, of which {int(np.isfinite(vector).sum())} finite"
            )
        return Described(vector, None)
    return None if query.id is None else _kept(query.id, catalog, stored)


def _described(queries: Sequence[Query], descriptor: Descriptor) -> list[Described]:
    if len(queries) == 1:
        seen = [_seen(queries[0], descriptor)]
    else:
        with ThreadPoolExecutor(min(len(queries), os.cpu_count() or 1)) as pool:
            seen = list(pool.map(lambda query: _seen(query, descriptor), queries))
    vectors = descriptor.describe_views([views for views, _ in seen])
    hashes = [sha256 for _, sha256 in seen]
    return [Described(v[np.newaxis], s) for v, s in zip(vectors, hashes, strict=True)]


def _seen(query: Query, descriptor: Descriptor) -> tuple[Mapping[View, Image], bytes | None]:
    """Decode a picture as the descriptor wants to see it; also return the hash of its bytes."""
    source = query.picture
    if isinstance(source, np.ndarray):
        picture = images.load(source)
        return {view: images.fit(picture, view) for view in descriptor.views}, None
    assert source is not None  # noqa: S101  (the caller has sorted out the words)
    data = source if isinstance(source, bytes) else images.read_bytes(source)
    views = images.load_views(data, set(descriptor.views), name=query.path or "these bytes")
    return views, hashlib.sha256(data).digest()


def _kept(identity: int, catalog: Catalog, stored: StoredDescriptor) -> Described | None:
    rows = catalog.rows(
        "SELECT vector, sha256 FROM files JOIN contents ON contents.id = files.content_id "
        "JOIN vectors ON vectors.content_id = contents.id WHERE files.id = ? AND descriptor_id = ?",
        (identity, stored.id),
    )
    if not rows:
        return None
    vector, sha256 = rows[0]
    return Described(decoder(catalog, stored)([vector]), sha256)
