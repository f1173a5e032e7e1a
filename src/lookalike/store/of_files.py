"""Files → their vectors, whatever else the catalog holds."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lookalike.metrics import Vectors
from lookalike.store.catalog import Catalog, Failure, StoredDescriptor
from lookalike.store.stages import decoder

# Older SQLites take at most 999 values.
_CHUNK = 500


@dataclass(frozen=True, eq=False)
class FileVectors:
    """The vectors of files.

    Attributes
    ----------
    vectors : (n, dim) float32
        In the order of the files; zeros where there is none.
    known : (n,) bool
        Which files have one.
    """

    vectors: Vectors
    known: npt.NDArray[np.bool_]


def vectors_of(catalog: Catalog, stored: StoredDescriptor, paths: Sequence[Path]) -> FileVectors:
    """Return the vectors of files, in their order.

    Parameters
    ----------
    catalog : Catalog
    stored : StoredDescriptor
    paths : sequence of Path
        Absolute, as they were taken in. The same one may occur more than once.
    """
    found = FileVectors(np.zeros((len(paths), stored.dim), np.float32), np.zeros(len(paths), bool))
    rows_of: dict[bytes, list[int]] = {}
    for row, path in enumerate(paths):
        rows_of.setdefault(os.fsencode(path), []).append(row)
    sql = (
        "SELECT path, vector FROM files JOIN vectors ON vectors.content_id = files.content_id "
        "WHERE descriptor_id = ? AND path IN "
    )
    decode = decoder(catalog, stored)
    for chunk in _chunks(list(rows_of)):
        for path, vector in catalog.rows(sql + _places(chunk), (stored.id, *chunk)):
            found.vectors[rows_of[path]] = decode([vector])[0]
            found.known[rows_of[path]] = True
    return found


def failures_of(catalog: Catalog, paths: Sequence[Path]) -> list[Failure]:
    """Return those of some files that could not be taken in, and why, in order of their paths."""
    sql = (
        "SELECT path, reason, message FROM failures JOIN files ON files.id = file_id WHERE path IN "
    )
    rows = []
    for chunk in _chunks(sorted({os.fsencode(path) for path in paths})):
        rows += catalog.rows(sql + _places(chunk) + " ORDER BY path", chunk)
    return [Failure(os.fsdecode(path), str(why), str(told)) for path, why, told in rows]


def _chunks(paths: list[bytes]) -> list[list[bytes]]:
    return [paths[start : start + _CHUNK] for start in range(0, len(paths), _CHUNK)]


def _places(chunk: list[bytes]) -> str:
    return f"({','.join('?' * len(chunk))})"
