"""Rows out of Milvus: all of them, in order, whatever the server does about limits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from lookalike.gallery.milvus.link.address import Address
from lookalike.gallery.milvus.link.connection import LONG, SOON, Connection
from lookalike.gallery.milvus.link.text import quoted

if TYPE_CHECKING:
    from pymilvus import MilvusClient

T = TypeVar("T")
Row = dict[str, Any]
Key = str | int

MOST = 16_384
"""The most rows that one search or one query returns."""

KEYS = 2000
"""How many keys are put into one condition."""

# For so long after a write of ours a search waits until it is seen. pymilvus knows the moment of
# what it has written, but not of what it has deleted: for that, the server waits for all.
_RECENT, _DELETED = 15.0, 2.0


class Queries:
    """What asks a connection for rows.

    Parameters
    ----------
    address : Address
    connection : Connection
    """

    def __init__(self, address: Address, connection: Connection) -> None:
        self.address = address
        self._connection = connection
        self._wrote: dict[str, float] = {}
        self._deleted: dict[str, float] = {}
        self._keys: dict[str, str] = {}

    def get(self, collection: str, keys: Sequence[Key], fields: Sequence[str]) -> list[Row]:
        """Return the rows of some keys, in any order, as of the last write."""
        found: list[Row] = []
        if not keys:
            return found
        for start in range(0, len(keys), KEYS):
            condition = self._among(collection, keys[start : start + KEYS])
            found += self.query(collection, condition, fields, strong=True)
        return found

    def query(
        self,
        collection: str,
        condition: str,
        fields: Sequence[str],
        *,
        limit: int | None = None,
        offset: int = 0,
        strong: bool = False,
        hurried: bool = False,
    ) -> list[Row]:
        """Return rows that meet a condition: the first by their keys, if there is a limit.

        Parameters
        ----------
        collection, condition : str
            An expression of Milvus's; an empty one needs a limit.
        fields : sequence of str
        limit, offset : int
            Together at most `MOST`.
        strong : bool
            As of the last write of anybody; otherwise as `Address.consistency` says.
        hurried : bool
            Wait for no write, not even for one of this process.
        """
        level = "Eventually" if hurried else self._level(collection, strong)
        ask = partial(self._queried, collection, fields=fields, level=level, attempt=SOON)
        if limit is None:
            return ask(condition)
        return ask(condition, limit=limit, offset=offset)

    def each(
        self,
        collection: str,
        key: str,
        condition: str,
        fields: Sequence[str],
        *,
        batch: int = 8000,
        after: Key | None = None,
        strong: bool = True,
        attempt: float = LONG,
    ) -> Iterator[list[Row]]:
        """Yield all rows that meet a condition, in order of their keys, so many at a time.

        Each lot is as of a moment of its own; a row that stays is in one of them, once.

        Parameters
        ----------
        collection : str
        key : str
            The name of its primary key.
        condition : str
            Empty for all.
        fields : sequence of str
            The key is always among them.
        batch : int
        after : str or int, optional
            Begin behind this key.
        strong : bool
            As for `query`.
        attempt : float
            As for `call`; of each lot.
        """
        wanted = list(dict.fromkeys([key, *fields]))
        level = self._level(collection, strong)
        batch = min(batch, MOST)
        while True:
            beyond = "" if after is None else f"{key} > {_literal(after)}"
            parts = [f"({part})" for part in (condition, beyond) if part]
            rows = self._queried(
                collection,
                " and ".join(parts),
                fields=wanted,
                level=level,
                attempt=attempt,
                limit=batch,
            )
            if rows:
                yield rows
            if len(rows) < batch:
                return
            after = rows[-1][key]

    def count(self, collection: str, condition: str = "", *, strong: bool = False) -> int:
        """Return how many rows meet a condition; all if it is empty."""
        rows = self.query(collection, condition, ["count(*)"], strong=strong)
        return int(rows[0]["count(*)"])

    def call(
        self,
        ask: Callable[[MilvusClient], T],
        *,
        patience: float | None = None,
        attempt: float = LONG,
    ) -> T:
        """Ask the engine something, again and again for a while where it does not answer.

        Parameters
        ----------
        ask : callable
            Is given pymilvus's client; may be called several times.
        patience : float, optional
            Seconds; by default the engine's own.
        attempt : float
            Seconds that the first attempt may take.

        Raises
        ------
        GalleryUnreachable
            It did not answer all that while.
        GalleryMissing
            There is no such collection.
        GalleryError
            It refuses.
        """
        return self._connection.call(ask, patience, attempt)

    def wrote(self, collection: str) -> float:
        """Return the moment of this process's last write to a collection; 0 if there was none.

        By the clock `time.monotonic`.
        """
        return self._wrote.get(collection, 0.0)

    # -- within ------------------------------------------------------------------------------

    def _among(self, collection: str, keys: Sequence[Key]) -> str:
        """Return the condition of some keys; pymilvus's own does not escape them."""
        return f"{self._key(collection)} in [{', '.join(map(_literal, keys))}]"

    def _key(self, collection: str) -> str:
        """Return the name of a collection's primary key, which every row has."""
        if collection not in self._keys:
            told = self.call(lambda client: client.describe_collection(collection))
            self._keys[collection] = next(
                field["name"] for field in told["fields"] if field.get("is_primary")
            )
        return self._keys[collection]

    def _queried(
        self,
        collection: str,
        condition: str,
        *,
        fields: Sequence[str],
        level: str,
        attempt: float = LONG,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[Row]:
        page: dict[str, object] = {}
        if limit is not None:
            page = {"limit": limit}
            # A server gives the rows of the smallest keys as it is. Told of an iterator it would
            # not wait for the last write; told to stop for the best, it ends where the first of
            # its segments does.
            if self.address.is_lite:
                page |= {"iterator": "True", "reduce_stop_for_best": "True"}
            if offset:
                page["offset"] = offset
        return list(
            self.call(
                lambda client: client.query(
                    collection,
                    filter=condition,
                    output_fields=list(fields),
                    consistency_level=level,
                    **page,
                ),
                attempt=attempt,
            )
        )

    def _level(self, collection: str, strong: bool) -> str:
        """Return what is to be seen: what this process has written always is."""
        now, never = time.monotonic(), float("-inf")
        if strong or now - self._deleted.get(collection, never) < _DELETED:
            return "Strong"
        if now - self._wrote.get(collection, never) < _RECENT:
            return "Session"
        return self.address.consistency.capitalize()


def _literal(key: Key) -> str:
    return quoted(key) if isinstance(key, str) else str(key)
