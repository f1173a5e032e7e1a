"""What is searched with → one vector, and what is left out of the answer."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass

import numpy as np

from lookalike import images
from lookalike.descriptors import Descriptor
from lookalike.errors import NotIndexed
from lookalike.images import Source
from lookalike.metrics import Vectors
from lookalike.store.catalog import Catalog, StoredDescriptor


@dataclass(frozen=True)
class Query:
    """A picture, or words.

    Parameters
    ----------
    picture : path, bytes, array or None
        What `lookalike.images.load` takes.
    words : str
        A description, for a descriptor that understands one; used if there is no picture.
    id : int or None
        The id of a picture in the gallery; its kept vector is used.
    """

    picture: Source | None = None
    words: str = ""
    id: int | None = None

    @property
    def path(self) -> str | None:
        """The absolute path of the picture, if it is a file."""
        if isinstance(self.picture, str | os.PathLike):
            return os.path.abspath(os.fsdecode(self.picture))  # noqa: PTH100 (takes "a/../b" out)
        return None

    @property
    def title(self) -> str:
        """What names the query to a person."""
        if self.path is not None:
            return os.path.basename(self.path)  # noqa: PTH119
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
    """

    vector: Vectors
    sha256: bytes | None


def describe(
    query: Query, descriptor: Descriptor, catalog: Catalog, stored: StoredDescriptor
) -> Described:
    """Describe a query.

    Raises
    ------
    PictureError
        The picture cannot be read.
    UsageError
        Words were given, and the descriptor does not understand any.
    """
    if query.id is not None and (kept := _kept(query.id, catalog, stored)) is not None:
        return kept
    if query.picture is None:
        return Described(descriptor.describe_words([query.words]), None)
    if isinstance(query.picture, np.ndarray):
        return Described(descriptor.describe_arrays([images.load(query.picture)]), None)
    data = query.picture if isinstance(query.picture, bytes) else images.read_bytes(query.picture)
    name = query.path or "these bytes"
    views = images.load_views(data, set(descriptor.views), name=name)
    return Described(descriptor.describe_views([views]), hashlib.sha256(data).digest())


def _kept(identity: int, catalog: Catalog, stored: StoredDescriptor) -> Described | None:
    rows = catalog.rows(
        "SELECT vector, sha256 FROM files JOIN contents ON contents.id = files.content_id "
        "JOIN vectors ON vectors.content_id = contents.id WHERE files.id = ? AND descriptor_id = ?",
        (identity, stored.id),
    )
    if not rows:
        return None
    vector, sha256 = rows[0]
    return Described(np.frombuffer(vector, "<f4")[None], sha256)
