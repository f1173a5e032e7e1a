"""The vectors of one descriptor as a matrix that is searched where it lies.

Small matrices are read from the catalog; large ones are kept beside it (`rows`), brought forward
by what has changed, and memory-mapped. What is kept only saves time and memory: it may be deleted
at any time, and where it cannot be written or read, the matrix is read into memory.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lookalike.metrics import Vectors
from lookalike.store import changes
from lookalike.store.catalog import Catalog, StoredDescriptor
from lookalike.store.changes import Moment
from lookalike.store.rows import PRESENT, Ids, Rows
from lookalike.store.stages import decoder

# Below this, reading the catalog is as quick as bringing files forward.
_WORTH_FILES = 8 * 2**20
_AT_ONCE = 1000

# Rows that are gone cost disk and a little time. Writing all anew makes every index that stands on
# the rows worthless: so early only where these can be built at once, and late within a search.
_MOST_GONE_TIDY, _MOST_GONE = 0.2, 0.5


@dataclass(frozen=True, eq=False)
class Matrix:
    """Vectors and whose they are, as of one moment.

    Attributes
    ----------
    ids : (n,) int64
        The content that each row is of.
    vectors : (n, dim) float32
        Possibly memory-mapped; read-only.
    gone : (g,) int64
        Rows that are not to be found any more. Their content may have another row.
    moment : Moment
    token : str
        Matrices of one token have the same rows, of which the later one has more; empty for one
        that is only in memory.
    folder : Path
        Where what stands on these rows is kept.
    """

    ids: Ids
    vectors: Vectors
    gone: Ids
    moment: Moment
    token: str
    folder: Path

    def __len__(self) -> int:
        """How many contents can be found."""
        return len(self.ids) - len(self.gone)


def matrix(
    catalog: Catalog, descriptor: StoredDescriptor, *, on_disk: bool = False, tidy: bool = False
) -> Matrix:
    """Return all vectors of a descriptor as of the last commit.

    Parameters
    ----------
    catalog : Catalog
    descriptor : StoredDescriptor
    on_disk : bool
        Keep even a small one beside the catalog, so that an index of it can be kept, too.
    tidy : bool
        Take out rows that are gone sooner, as indexes are about to be brought forward anyway.
    """
    rows = Rows(catalog, descriptor)
    # A full or read-only disk, a damaged file, a process that holds the lock and is stopped.
    with suppress(OSError, ValueError):
        if (found := _as_it_lies(catalog, rows, tidy)) is not None:
            return found
        if on_disk or rows.state() is not None or not _is_small(catalog, descriptor):
            with rows.lock():
                state = rows.brought_forward(_MOST_GONE_TIDY if tidy else _MOST_GONE)
                return Matrix(*rows.opened(state), state.moment, state.token, rows.folder)
    return _in_memory(catalog, descriptor, rows.folder)


def _as_it_lies(catalog: Catalog, rows: Rows, tidy: bool) -> Matrix | None:
    """Return what is kept, if nothing has changed since."""
    state = rows.state()
    if state is None or state.moment != catalog.moment():
        return None
    if tidy and state.gone > _MOST_GONE_TIDY * state.rows:
        return None
    try:
        return Matrix(*rows.opened(state), state.moment, state.token, rows.folder)
    except (FileNotFoundError, ValueError):
        return None  # written anew by another process since, or damaged


def _is_small(catalog: Catalog, descriptor: StoredDescriptor) -> bool:
    worth = _WORTH_FILES // (4 * descriptor.dim)
    sql = f"SELECT count(*) FROM (SELECT 1 {PRESENT} LIMIT ?)"  # noqa: S608
    return catalog.number(sql, (descriptor.id, worth + 1)) <= worth


def _in_memory(catalog: Catalog, descriptor: StoredDescriptor, folder: Path) -> Matrix:
    decode = decoder(catalog, descriptor)
    with catalog.snapshot() as db:
        (count,) = db.execute(f"SELECT count(*) {PRESENT}", (descriptor.id,)).fetchone()
        ids = np.empty(count, np.int64)
        vectors = np.empty((count, descriptor.dim), np.float32)
        sql = f"SELECT content_id, vector {PRESENT} ORDER BY content_id"
        found, row = db.execute(sql, (descriptor.id,)), 0
        while chunk := found.fetchmany(_AT_ONCE):
            of_chunk = slice(row, row + len(chunk))
            ids[of_chunk] = [content for content, _ in chunk]
            vectors[of_chunk] = decode([kept for _, kept in chunk])
            row = of_chunk.stop
        return Matrix(ids, vectors, np.empty(0, np.int64), changes.now(db), "", folder)
