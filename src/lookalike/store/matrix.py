"""The vectors of one descriptor as a matrix that is searched where it lies.

Small matrices are read from the catalog; large ones are written once beside it and memory-mapped.
The file's name holds the generation that it was made from, so a stale one is never read; all of
them may be deleted at any time.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lookalike.metrics import Vectors
from lookalike.store.catalog import Catalog, StoredDescriptor

# Below this, reading the catalog is as quick as mapping a file.
_WORTH_A_FILE = 8 * 2**20
_ROWS = 4096
_MAKING = "making-"
_ABANDONED_SECONDS = 3600

# Contents that no file has any more are kept for their return, but not found.
_PRESENT = (
    "FROM vectors WHERE descriptor_id = ? "
    "AND EXISTS (SELECT 1 FROM files WHERE files.content_id = vectors.content_id)"
)


@dataclass(frozen=True)
class Matrix:
    """Vectors and whose they are.

    Attributes
    ----------
    ids : (n,) int64
        Content ids, ascending.
    vectors : (n, dim) float32
        Possibly memory-mapped; read-only.
    """

    ids: npt.NDArray[np.int64]
    vectors: Vectors


def matrix(catalog: Catalog, descriptor: StoredDescriptor) -> Matrix:
    """Return all vectors of a descriptor as of the last commit."""
    with catalog.snapshot() as db:
        (count,) = db.execute(f"SELECT count(*) {_PRESENT}", (descriptor.id,)).fetchone()
        if count * descriptor.dim * 4 < _WORTH_A_FILE:
            return _filled(db, descriptor, np.empty((count, descriptor.dim), np.float32))
        try:
            return _cached(db, descriptor, count, catalog.generation(), catalog.folder / "cache")
        except (OSError, ValueError, EOFError):
            # A full or read-only disk, a damaged file, or one that another search has dropped
            # meanwhile: the cache only saves time and memory.
            return _filled(db, descriptor, np.empty((count, descriptor.dim), np.float32))


def _cached(
    db: sqlite3.Connection, descriptor: StoredDescriptor, count: int, generation: int, cache: Path
) -> Matrix:
    stem = f"vectors-{descriptor.id}-"
    vectors_file = cache / f"{stem}{generation}.npy"
    ids_file = cache / f"{stem}{generation}.ids.npy"
    if not vectors_file.exists():
        cache.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix=_MAKING) as making:
            ids = _written(db, descriptor, count, Path(making) / "vectors.npy")
            np.save(Path(making) / "ids.npy", ids)
            _drop_others(cache, stem, generation)
            (Path(making) / "ids.npy").replace(ids_file)
            (Path(making) / "vectors.npy").replace(vectors_file)
    return Matrix(np.load(ids_file), np.load(vectors_file, mmap_mode="r"))


def _written(
    db: sqlite3.Connection, descriptor: StoredDescriptor, count: int, file: Path
) -> npt.NDArray[np.int64]:
    # Written, not mapped: on a full disk a mapped file ends the process with a bus error.
    head = {"descr": "<f4", "fortran_order": False, "shape": (count, descriptor.dim)}
    ids: list[int] = []
    with file.open("wb") as out:
        np.lib.format.write_array_header_1_0(out, head)
        for chunk in _chunks(db, descriptor.id):
            out.writelines(vector for _, vector in chunk)
            ids += [i for i, _ in chunk]
        out.flush()
        os.fsync(out.fileno())  # so that a power cut cannot leave its name without its contents
    return np.array(ids, np.int64)


def _filled(db: sqlite3.Connection, descriptor: StoredDescriptor, space: Vectors) -> Matrix:
    ids = np.empty(len(space), np.int64)
    row = 0
    for chunk in _chunks(db, descriptor.id):
        block = b"".join(vector for _, vector in chunk)
        space[row : row + len(chunk)] = np.frombuffer(block, "<f4").reshape(len(chunk), -1)
        ids[row : row + len(chunk)] = [i for i, _ in chunk]
        row += len(chunk)
    return Matrix(ids, space)


def _chunks(db: sqlite3.Connection, descriptor_id: int) -> Iterator[list[tuple[int, bytes]]]:
    sql = f"SELECT content_id, vector {_PRESENT} ORDER BY content_id"
    cursor = db.execute(sql, (descriptor_id,))
    while chunk := cursor.fetchmany(_ROWS):
        yield chunk


def _drop_others(cache: Path, stem: str, generation: int) -> None:
    for other in cache.glob(f"{stem}*.npy"):
        if not other.name.startswith(f"{stem}{generation}."):
            with suppress(PermissionError):  # Windows: another process has it mapped
                other.unlink(missing_ok=True)
    for left in cache.glob(f"{_MAKING}*"):  # by a process that was killed
        with suppress(FileNotFoundError):
            if time.time() - left.stat().st_mtime > _ABANDONED_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
