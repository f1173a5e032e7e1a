"""Single queries → one vector each, and what is left out of the answer."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from lookalike import images, places
from lookalike.descriptors import Descriptor
from lookalike.errors import UsageError
from lookalike.images import Decoder, Image, View
from lookalike.images.loading import file_of
from lookalike.metrics import Vectors
from lookalike.search.known import Known
from lookalike.search.query import Query
from lookalike.store.catalog import StoredDescriptor

# Decoded pictures that are in memory at a time.
_BATCH = 16


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
    known: Known,
    stored: StoredDescriptor,
    load: Decoder = images.load_views,
) -> list[Described]:
    """Describe queries, each of one thing.

    Parameters
    ----------
    queries : sequence of Query
        Without parts; what is liked is none of this function's business.
    descriptor : callable
        Makes the descriptor; called only if there is something to be described.
    known : Known
        What the gallery knows of its pictures.
    stored : StoredDescriptor
        The same descriptor, as the gallery knows it.
    load : Decoder
        Reads the pictures.

    Raises
    ------
    PictureError
        A picture cannot be read.
    BadParameter
        A box is no region of a picture; or what should be a picture is nothing of the kind.
    UsageError
        Words were given, and the descriptor does not understand any; or a vector does not fit.
    """
    found = {n: given for n, q in enumerate(queries) if (given := _given(q, known, stored))}
    rest = [n for n in range(len(queries)) if n not in found]
    said = [n for n in rest if queries[n].picture is None and queries[n].id is None]
    if said:
        vectors = descriptor().describe_words([queries[n].words for n in said])
        found |= {n: Described(v[np.newaxis], None) for n, v in zip(said, vectors, strict=True)}
    shown = [n for n in rest if n not in found]
    for start in range(0, len(shown), _BATCH):
        batch = shown[start : start + _BATCH]
        made = _described([_at_hand(queries[n], known) for n in batch], descriptor(), load)
        found |= dict(zip(batch, made, strict=True))
    return [found[n] for n in range(len(queries))]


def _given(query: Query, known: Known, stored: StoredDescriptor) -> Described | None:
    """Return what need not be worked out."""
    if query.vector is not None:
        vector = np.asarray(query.vector, np.float32).reshape(1, -1)
        if vector.shape[1] != stored.dim or not np.isfinite(vector).all():
            raise UsageError(
                f"a vector of {stored.key} has {stored.dim} finite components; this has "
                f"{vector.shape[1]}, of which {int(np.isfinite(vector).sum())} finite"
            )
        return Described(vector, None)
    # What is kept is of the whole picture.
    if query.id is None or query.box is not None:
        return None
    kept = known.kept(query.id, stored)
    return None if kept is None else Described(*kept)


def _at_hand(query: Query, known: Known) -> Query:
    """Fetch the picture of a query by the id of one that is indexed at an address."""
    if query.picture is not None:
        return query
    assert query.id is not None  # noqa: S101  (there is something to be described)
    return replace(query, picture=places.read_bytes(known.path_of(query.id)))


def _described(queries: Sequence[Query], descriptor: Descriptor, load: Decoder) -> list[Described]:
    if len(queries) == 1:
        seen = [_seen(queries[0], descriptor, load)]
    else:
        with ThreadPoolExecutor(min(len(queries), os.cpu_count() or 1)) as pool:
            seen = list(pool.map(lambda query: _seen(query, descriptor, load), queries))
    vectors = descriptor.describe_views([views for views, _ in seen])
    hashes = [sha256 for _, sha256 in seen]
    return [Described(v[np.newaxis], s) for v, s in zip(vectors, hashes, strict=True)]


def _seen(
    query: Query, descriptor: Descriptor, load: Decoder
) -> tuple[Mapping[View, Image], bytes | None]:
    """Decode a picture as the descriptor wants to see it; also return the hash of its bytes."""
    source = query.picture
    assert source is not None  # noqa: S101  (the caller has sorted out the words)
    views = set(descriptor.views)
    if isinstance(source, np.ndarray):
        return load(source, views, box=query.box), None
    _, data = file_of(source)
    seen = load(data, views, name=query.path or "these bytes", box=query.box)
    return seen, hashlib.sha256(data).digest()
