"""What all indexes on FAISS share: files that cannot harm, threads, and what vectors become.

FAISS: Douze et al. 2024, "The Faiss library".
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from lookalike.errors import GalleryDamaged, MissingExtra
from lookalike.indexes.neighbours import Rows
from lookalike.metrics import Vectors, unit

# Vectors in memory at a time while building, and what is learnt from: in numbers of 4 bytes.
_BLOCK_FLOATS = 4_000_000
_SAMPLE_FLOATS = 16_000_000
_SAMPLE_ROWS = 65_536

# Tables and answers of the queries that are searched for at a time.
_QUERY_BYTES = 64_000_000

# FAISS has one limit for the whole process.
_LIMIT = threading.Lock()

_FILE, _ABOUT = "structure.faiss", "structure.json"


def library() -> Any:
    """Return the module `faiss`.

    Raises
    ------
    MissingExtra
        It is not installed.
    """
    try:
        import faiss
    except ImportError as error:
        install = "conda install faiss-cpu, as there is no wheel for this machine; or take exact"
        raise MissingExtra("this index", "faiss-cpu", install) from error
    return faiss


def points(vectors: Vectors, metric: str) -> Vectors:
    """Return vectors whose Euclidean order is that of the metric, cosine or euclidean.

    Parameters
    ----------
    vectors : (n, dim) float32
    metric : str

    Returns
    -------
    (n, dim) float32
        For cosine unit vectors. A zero vector is at 1 from everything, so it becomes a direction
        at about a right angle to whatever descriptors give.
    """
    if metric != "cosine":
        return np.asarray(vectors)
    aims = unit(np.asarray(vectors))
    if len(zeros := np.flatnonzero(~aims.any(1))):
        aims[zeros] = np.where(np.arange(aims.shape[1]) % 2, -1.0, 1.0) / np.sqrt(aims.shape[1])
    return aims


def blocks(vectors: Vectors, dim: int) -> Iterator[Vectors]:
    """Yield a memory-mapped matrix in pieces that take 16 MB with `dim` components each."""
    step = max(1, _BLOCK_FLOATS // dim)
    for start in range(0, len(vectors), step):
        yield np.asarray(vectors[start : start + step])


def sample(vectors: Vectors, dim: int, prepared: Callable[[Vectors], Vectors]) -> Vectors:
    """Return evenly spaced rows: enough to learn from, and no more than 64 MB.

    Parameters
    ----------
    vectors : (n, d) float32
    dim : int
    prepared : function
        What makes (m, dim) of some rows (m, d).
    """
    count = sample_size(len(vectors), dim)
    rows = np.linspace(0, len(vectors) - 1, count).astype(np.int64)
    out = np.empty((count, dim), np.float32)
    step = max(1, _BLOCK_FLOATS // dim)
    for start in range(0, count, step):
        out[start : start + step] = prepared(vectors[rows[start : start + step]])
    return out


def sample_size(count: int, dim: int) -> int:
    """Return how many rows `sample` takes of so many."""
    return min(count, _SAMPLE_ROWS, max(1, _SAMPLE_FLOATS // dim))


def outgrown(learnt: int, count: int) -> bool:
    """Whether there are so many more vectors than were learnt from that it should be done again."""
    return learnt < _SAMPLE_ROWS and count > 2 * learnt


@contextmanager
def processors(count: int) -> Iterator[None]:
    """Let FAISS use at most so many threads; to start them takes longer than one query."""
    faiss = library()
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(max(1, min(count, before)))
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def nearest(index: Any, queries: Vectors, wanted: int, options: Any, table: int = 0) -> Rows:
    """Ask a FAISS index, for as many queries at a time as memory should be taken for.

    Parameters
    ----------
    index : faiss.Index
    queries : (n_queries, dim) float32
    wanted : int
    options : faiss.SearchParameters
    table : int
        Bytes that the index takes for each query.

    Returns
    -------
    (n_queries, wanted) int64
        −1 where there are fewer.
    """
    out = np.empty((len(queries), wanted), np.int64)
    step = max(1, _QUERY_BYTES // (table + 12 * wanted))
    with processors(len(queries)):
        for start in range(0, len(queries), step):
            part = queries[start : start + step]
            out[start : start + step] = index.search(part, wanted, params=options)[1]
    return out


def products(queries: Vectors, vectors: Vectors) -> Vectors:
    """Return the inner product of every query with every vector.

    Of one query by FAISS, on one thread. A matrix library starts a thread for each processor, which
    on a machine that does other work wait for each other: up to a hundred times as long.

    Parameters
    ----------
    queries : (q, dim) float32
    vectors : (n, dim) float32

    Returns
    -------
    (q, n) float32
    """
    faiss = _if_installed()
    if faiss is None or len(queries) > 1 or not _is_plain(vectors):
        return np.asarray(queries @ vectors.T)
    query = np.ascontiguousarray(queries[0], np.float32)
    out = np.empty((1, len(vectors)), np.float32)
    places = map(faiss.swig_ptr, (out, query, vectors))
    faiss.fvec_inner_products_ny(*places, vectors.shape[1], len(vectors))
    return out


@cache
def _if_installed() -> Any | None:
    try:
        return library()
    except MissingExtra:
        return None


def _is_plain(vectors: Vectors) -> bool:
    return vectors.dtype == np.float32 and vectors.flags.c_contiguous and vectors.flags.aligned


def store(index: Any, folder: Path, about: dict[str, float]) -> None:
    """Write a FAISS index and a few numbers into a folder."""
    faiss = library()
    # Through Python's files, as FAISS cannot open every path on Windows.
    with (folder / _FILE).open("wb") as file:
        faiss.write_index(index, faiss.PyCallbackIOWriter(file.write))
    written = {"sha256": checksum(folder / _FILE), "numbers": about}
    (folder / _ABOUT).write_text(json.dumps(written), encoding="utf-8")


def restore(folder: Path, names: set[str]) -> tuple[Any, dict[str, float]]:
    """Read what `store` wrote.

    Parameters
    ----------
    folder : Path
    names : set of str
        The numbers that must be there.

    Raises
    ------
    GalleryDamaged
        The files are not those that were written.
    """
    faiss = library()
    path = folder / _FILE
    try:
        about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
        numbers = {name: float(about["numbers"][name]) for name in names}
        if not np.isfinite(list(numbers.values())).all():
            raise ValueError("a number is missing")
        if about["sha256"] != checksum(path):
            raise ValueError("it is not what was written")
        with path.open("rb") as file, _no_more_than(path.stat().st_size):
            return faiss.read_index(faiss.PyCallbackIOReader(file.read)), numbers
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, MemoryError) as error:
        raise GalleryDamaged(f"{path} cannot be read ({error}); build the index again") from error


@contextmanager
def _no_more_than(size: int) -> Iterator[None]:
    """Refuse a file that announces more than it holds, before memory is taken for it."""
    faiss = library()
    with _LIMIT:
        before = faiss.get_deserialization_vector_byte_limit()
        faiss.set_deserialization_vector_byte_limit(size + 1)
        try:
            yield
        finally:
            faiss.set_deserialization_vector_byte_limit(before)


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
