"""The vectors that indexes are measured with, and what is truly nearest among them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from lookalike.descriptors import Descriptor, create
from lookalike.errors import PictureError
from lookalike.images import View, load, suffixes
from lookalike.metrics import Vectors
from lookalike.samples.edits import EDITS

QUERIES = 1000
NEAREST = 10
SETS = ("caltech101", "holidays", "products")
SIZE = 256  # pixels of the longer side at which pictures are edited
TIE = 2e-6  # of two similarities in 32 bits
_BLOCK = 20_000


@dataclass(frozen=True)
class Data:
    """Unit vectors as files, so that every process maps the same.

    Attributes
    ----------
    told : str
    count, dim : int
    vectors : Path
        (count, dim) float32.
    queries : Path
        (q, dim) float32; none of them is among the vectors.
    least : Path
        (q,) float32: the similarity of the tenth nearest.
    """

    told: str
    count: int
    dim: int
    vectors: Path
    queries: Path
    least: Path


def synthetic(count: int, dim: int, seed: int, folder: Path) -> Data:
    """Draw vectors in clusters of about a hundred.

    Centres and, half as far again, the vectors around them are Gaussian, their variance along the
    i-th axis being 1 / i: a few directions matter more than others, as in real descriptors.
    """
    rng = np.random.default_rng(seed)
    axes = (1 / np.sqrt(np.arange(1, dim + 1))).astype(np.float32)
    centres = rng.standard_normal((max(10, count // 100), dim), np.float32)

    def drawn(number: int) -> Vectors:
        around = rng.standard_normal((number, dim), np.float32) * np.float32(1.5)
        return unit((centres[rng.integers(len(centres), size=number)] + around) * axes)

    queries = drawn(QUERIES)
    starts = range(0, count, _BLOCK)
    parts = (drawn(min(_BLOCK, count - start)) for start in starts)
    return kept(f"synthetic, {dim}-d", parts, count, queries, folder)


def real(every: Vectors, pictures: int, count: int, folder: Path) -> Data:
    """Take the first vectors of all; queries are unedited pictures, which are then left out.

    Parameters
    ----------
    every : (edits × pictures, dim) float32
        As `described` returns them.
    pictures, count : int
    folder : Path
    """
    asked = np.random.default_rng(0).permutation(pictures)[: min(QUERIES, pictures // 10)]
    rest = np.delete(np.arange(len(every)), asked)[:count]
    parts = (every[rest[i : i + _BLOCK]] for i in range(0, count, _BLOCK))
    return kept(f"glance, {every.shape[1]}-d", parts, count, np.asarray(every[asked]), folder)


def kept(told: str, parts: Iterable[Vectors], count: int, queries: Vectors, folder: Path) -> Data:
    """Write vectors and queries; find the truth while they pass by."""
    dim = queries.shape[1]
    data = Data(told, count, dim, *(folder / f"{n}.npy" for n in ("vectors", "queries", "least")))
    out = np.lib.format.open_memmap(data.vectors, "w+", np.float32, (count, dim))
    best = np.full((len(queries), NEAREST), -np.inf, np.float32)
    row = 0
    for part in parts:
        out[row : row + len(part)] = part
        row += len(part)
        alike = np.concatenate([best, queries @ part.T], axis=1)
        best = np.partition(alike, -NEAREST, axis=1)[:, -NEAREST:]
    out.flush()
    np.save(data.queries, queries)
    np.save(data.least, best.min(axis=1))
    return data


def recall(data: Data, asked: np.ndarray, found: Iterable[np.ndarray]) -> float:
    """Return the share of the ten nearest among what was found; equally near ones count.

    Parameters
    ----------
    data : Data
    asked : (m,) int64
        Which of the queries.
    found : iterable of (k,) int64
        Rows; for each of them.
    """
    vectors = np.load(data.vectors, mmap_mode="r")
    queries, least = np.load(data.queries), np.load(data.least)
    hits = 0
    for n, rows in zip(asked, found, strict=True):
        different = np.unique(rows[rows >= 0][:NEAREST])
        hits += int(np.count_nonzero(vectors[different] @ queries[n] >= least[n] - TIE))
    return hits / (NEAREST * len(asked))


def unit(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def described(data: Path, most: int, cache: Path | None) -> tuple[Vectors, int]:
    """Describe the pictures in a folder by glance, and edited copies of them.

    Parameters
    ----------
    data : Path
        With one or more of `SETS`.
    most : int
        Edits are added, one of all pictures after the other, until there are so many vectors.
    cache : Path, optional
        A file that keeps them; used if it has enough.

    Returns
    -------
    vectors : (edits × pictures, dim) float32
        All pictures as they are first, then all of them by the first edit, and so on.
    pictures : int
    """
    files = sorted(
        file
        for name in SETS
        for file in (data / name).rglob("*")
        if file.suffix.lower() in suffixes()
    )
    if not files:
        raise SystemExit(f"none of {', '.join(SETS)} is in {data}")
    copies = min(len(EDITS), -(-(most + QUERIES) // len(files)) - 1)
    if cache is not None and cache.exists():
        every = np.load(cache, mmap_mode="r")  # (1 + edits, pictures, dim)
        if len(every) > copies:
            return every.reshape(-1, every.shape[2]), every.shape[1]
    every = np.stack(list(_all_described(files, copies)), axis=1)
    if cache is not None:
        np.save(cache, every)
    return every.reshape(-1, every.shape[2]), every.shape[1]


def _all_described(files: list[Path], copies: int) -> Iterator[Vectors]:
    os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")  # of each process
    try:
        with ProcessPoolExecutor(None, get_context("spawn")) as pool:
            found = pool.map(partial(_described, copies=copies), files, chunksize=16)
            yield from (vectors for vectors in found if vectors is not None)
    finally:
        for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
            del os.environ[name]


def _described(file: Path, copies: int) -> Vectors | None:
    try:
        image = load(file, View.within(SIZE))
    except PictureError:
        return None
    edits = list(EDITS.values())[:copies]
    return unit(_glance().describe_arrays([image, *(e.apply(image, 0) for e in edits)]))


@cache
def _glance() -> Descriptor:
    return create("glance")
