"""A linear scan that is one SQL statement.

    SELECT row FROM vectors ORDER BY distance(vector, ?) LIMIT ?

`distance` is a function that Python gives the connection, so this works with every SQLite; many
builds of Python cannot load extensions such as sqlite-vec. Each row costs a call into Python: take
it to see how a search works, or to ask your own SQL (`register`), not for speed.
"""

from __future__ import annotations

import math
import sqlite3
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from lookalike.errors import GalleryDamaged
from lookalike.indexes.base import Index
from lookalike.indexes.neighbours import Mask, Rows
from lookalike.metrics import METRICS, Vectors, canonical

# Distances computed one by one and in a block may differ in the last digit: what stands just behind
# the last wanted row may belong before it.
_MARGIN = 16

_FILE = "vectors.sqlite"


def register(db: sqlite3.Connection, metric: str) -> None:
    """Give a connection ``distance(a, b)`` of two vectors, each a BLOB of float32.

    With it the catalog of a gallery can be asked, or any table that has such vectors.

    Parameters
    ----------
    db : Connection
    metric : str
        As in `lookalike.metrics.distances`.

    Raises
    ------
    UnknownName
        There is no such metric.
    """
    between = _BETWEEN[canonical(metric)]

    def distance(a: bytes, b: bytes) -> float:
        return between(np.frombuffer(a, "<f4"), np.frombuffer(b, "<f4"))

    db.create_function("distance", 2, distance, deterministic=True)


@dataclass(eq=False)
class Sql(Index):
    """Linear scan by SQLite, which asks for the distance of each row. Any metric; slow."""

    name: ClassVar[str] = "sql"
    metrics: ClassVar[tuple[str, ...]] = METRICS
    is_exact: ClassVar[bool] = True
    filters: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self._table: _Table | None = None

    def _build(self, vectors: Vectors) -> None:
        db = sqlite3.connect("", isolation_level=None, check_same_thread=False)  # a temporary file
        self._table = _Table(db, self.metric)
        db.execute("CREATE TABLE vectors (row INTEGER PRIMARY KEY, vector BLOB NOT NULL)")
        db.execute("BEGIN")
        rows = ((n, np.asarray(v, "<f4").tobytes()) for n, v in enumerate(vectors))
        db.executemany("INSERT INTO vectors VALUES (?, ?)", rows)
        db.execute("COMMIT")

    def _candidates(self, queries: Vectors, count: int, allowed: Mask | None) -> list[Rows]:
        assert self._table is not None  # noqa: S101  (nothing is asked of an index without rows)
        # A byte for each row, counted from 1.
        only = "" if allowed is None else "WHERE substr(?, row + 1, 1) = x'01' "
        sql = f"SELECT row FROM vectors {only}ORDER BY distance(vector, ?), row LIMIT ?"  # noqa: S608
        mask = () if allowed is None else (allowed.tobytes(),)
        return [
            self._table.rows(sql, (*mask, query.astype("<f4").tobytes(), count + _MARGIN))
            for query in queries
        ]

    def _store(self, folder: Path) -> None:
        assert self._table is not None  # noqa: S101
        self._table.rows("VACUUM INTO ?", (str(folder / _FILE),))

    def _restore(self, folder: Path) -> None:
        address = f"{(folder / _FILE).absolute().as_uri()}?mode=ro&immutable=1"
        try:
            db = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
            self._table = _Table(db, self.metric)
            (last,) = self._table.rows("SELECT max(row) FROM vectors", ())
        except (sqlite3.DatabaseError, ValueError, TypeError) as error:
            raise GalleryDamaged(f"{folder} holds no index ({error}); build it again") from error
        if last != self.covered - 1:
            raise GalleryDamaged(f"{folder} holds an index of something else; build it again")


class _Table:
    """A connection that several threads share, closed when no index has it any more."""

    def __init__(self, db: sqlite3.Connection, metric: str) -> None:
        self._db = db
        self._lock = threading.Lock()
        weakref.finalize(self, db.close)
        register(db, metric)

    def rows(self, sql: str, values: tuple[object, ...]) -> Rows:
        """Return the numbers that a statement answers (m,)."""
        with self._lock:
            return np.array([row for (row,) in self._db.execute(sql, values)], np.int64)


def _cosine(a: Vectors, b: Vectors) -> float:
    lengths = math.sqrt(float(a @ a) * float(b @ b))
    return 1.0 - float(a @ b) / lengths if lengths else 1.0


def _euclidean(a: Vectors, b: Vectors) -> float:
    apart = a - b
    return math.sqrt(float(apart @ apart))


def _manhattan(a: Vectors, b: Vectors) -> float:
    return float(np.abs(a - b).sum())


def _chi2(a: Vectors, b: Vectors) -> float:
    total = np.maximum(np.abs(a) + np.abs(b), np.finfo(np.float32).tiny)
    return float((np.square(a - b) / total).sum()) / 2


def _hamming(a: Vectors, b: Vectors) -> float:
    return float(np.count_nonzero(a != b))


_BETWEEN: dict[str, Callable[[Vectors, Vectors], float]] = {
    "cosine": _cosine,
    "euclidean": _euclidean,
    "manhattan": _manhattan,
    "chi2": _chi2,
    "hamming": _hamming,
}
