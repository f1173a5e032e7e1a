"""Milvus, as the rest of the gallery sees it: bounded in time, with errors of ours.

The same calls go to a server and to a file of Milvus Lite.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from lookalike.errors import GalleryUnreachable
from lookalike.gallery.milvus.link.address import Address
from lookalike.gallery.milvus.link.connection import LONG, PATIENCE, SOON, Connection
from lookalike.gallery.milvus.link.queries import KEYS, MOST, Key, Queries, Row
from lookalike.metrics import Vectors

__all__ = ["MOST", "Engine", "Key", "Row"]

if TYPE_CHECKING:
    from pymilvus import MilvusClient

_FLUSH = 200.0  # seconds; a server may be busy with what came before
_FEW = 16  # vectors, of which a search takes no longer than of one
_MOST_BYTES = 32 * 2**20  # a request's; gRPC takes 64 MB


class Engine(Queries):
    """A connection to Milvus. Any number of threads may use it at once.

    Parameters
    ----------
    address : Address
    token : str
        What the server wants to see; empty for nothing.
    patience : float
        Seconds that an engine which does not answer is waited for.
    is_known : bool
        The address has been answered at before, so it is not mistyped: see `Connection`.

    Raises
    ------
    MissingExtra
        pymilvus, or for a file Milvus Lite, is not installed.
    GalleryUnreachable
        Nothing answers there.
    GalleryBusy
        Another process has the file open.

    Attributes
    ----------
    token : str
        A secret.
    """

    def __init__(
        self,
        address: Address,
        token: str = "",
        *,
        patience: float = PATIENCE,
        is_known: bool = False,
    ) -> None:
        connection = Connection(address, token, patience, is_known=is_known)
        super().__init__(address, connection)
        self.patience = patience
        self.token = token
        self.version = _version(self.call(lambda client: client.get_server_version()))
        """Of the server: such as (2, 6, 1); Lite can do what the newest can."""

    # -- collections -------------------------------------------------------------------------

    def has(self, collection: str) -> bool:
        """Tell whether there is a collection."""
        return bool(self.call(lambda client: client.has_collection(collection)))

    def collections(self) -> list[str]:
        """Return the names of all collections."""
        return list(self.call(lambda client: client.list_collections()))

    def drop(self, collection: str) -> None:
        """Drop a collection with all that is in it; nothing if there is none."""
        self.call(lambda client: client.drop_collection(collection))

    # -- writing -----------------------------------------------------------------------------

    def upsert(self, collection: str, rows: Sequence[Row]) -> None:
        """Write rows, each in the place of the one that has the same key."""
        for part in _parted(rows):
            self._write(collection, partial(_upserted, collection=collection, rows=part))

    def delete(self, collection: str, keys: Sequence[Key]) -> None:
        """Delete rows by their keys; those that there are not are passed over."""
        for start in range(0, len(keys), KEYS):
            condition = self._among(collection, keys[start : start + KEYS])
            self._write(collection, partial(_deleted, collection=collection, condition=condition))
            self._deleted[collection] = time.monotonic()

    def flush(self, collection: str, *, wait: bool = True) -> None:
        """Let what was written be sealed, so that it is indexed.

        Parameters
        ----------
        collection : str
        wait : bool
            Until it is, which takes some seconds; otherwise Milvus does it meanwhile.
        """
        self.call(lambda client: client.flush(collection, timeout=_FLUSH, _async=not wait))

    # -- asking ------------------------------------------------------------------------------

    def search(
        self,
        collection: str,
        vectors: Vectors,
        limit: int,
        *,
        condition: str = "",
        fields: Sequence[str] = (),
        params: Mapping[str, object] | None = None,
    ) -> list[list[Row]]:
        """Return the rows nearest to each vector, as Milvus gives them: nearest first.

        Parameters
        ----------
        collection : str
        vectors : (q, dim) float32
        limit : int
            At most `MOST`.
        condition : str
            What they all meet; empty for none.
        fields : sequence of str
            What is to be known of each.
        params : mapping, optional
            What the index is searched with, such as ``{"ef": 128}``; ``radius`` for a bound.

        Returns
        -------
        list of list of dict
            Of each vector, each with ``id``, ``distance`` (what Milvus calls so: for cosine the
            similarity, for L2 its square) and the fields.
        """
        found = self.call(
            lambda client: client.search(
                collection,
                data=list(np.asarray(vectors, np.float32)),
                limit=limit,
                filter=condition,
                output_fields=list(fields) or ["id"],
                search_params={"params": dict(params or {})},
                consistency_level=self._level(collection, False),
            ),
            attempt=SOON if len(vectors) <= _FEW else LONG,
        )
        return [
            [{**hit["entity"], "id": hit["id"], "distance": hit["distance"]} for hit in hits]
            for hits in found
        ]

    def check(self, seconds: float, *collections: str) -> None:
        """See that the engine can be asked about collections, soon.

        Right after its start it answers, but not yet about what it has to load first.

        Raises
        ------
        GalleryUnreachable
            It does not answer within so many seconds.
        """
        for collection in collections:
            self.call(partial(_asked, collection=collection), patience=seconds)

    # -- calling -----------------------------------------------------------------------------

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    # -- within ------------------------------------------------------------------------------

    def _write(self, collection: str, write: Callable[[MilvusClient], object]) -> None:
        self._wrote[collection] = time.monotonic()
        self.call(write)
        self._wrote[collection] = time.monotonic()


def _asked(client: MilvusClient, collection: str) -> None:
    client.query(
        collection, filter="", output_fields=["id"], limit=1, consistency_level="Eventually"
    )


def _upserted(client: MilvusClient, collection: str, rows: list[Row]) -> object:
    return client.upsert(collection, rows)


def _deleted(client: MilvusClient, collection: str, condition: str) -> object:
    return client.delete(collection, filter=condition)


def _parted(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Part rows into requests that are not too large."""
    part: list[Row] = []
    size = 0
    for row in rows:
        part.append(row)
        size += sum(_size(value) for value in row.values())
        if size >= _MOST_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


def _size(value: object) -> int:
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, Mapping):
        return 16 + sum(_size(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return 16 + sum(map(_size, value))
    return 4 * len(value) if isinstance(value, str) else 16


def _version(said: str) -> tuple[int, ...]:
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", said)
    if "lite" in said.lower() and said.startswith("milvus_lite"):
        return (2, 6, 0)
    if found is None:
        raise GalleryUnreachable(f"what answers there is no Milvus that is known here: {said}")
    return tuple(int(number) for number in found.groups(default="0"))
