"""All vectors of one descriptor, and whose they are."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lookalike.metrics import Vectors
from lookalike.store.catalog import Catalog, StoredDescriptor
from lookalike.store.matrix import matrix


@dataclass(frozen=True, eq=False)
class KeptVectors:
    """The vectors that a gallery keeps of a descriptor, one of each different picture.

    Attributes
    ----------
    descriptor : str
        Its key.
    metric : str
        Its natural metric.
    ids : (n,) int64
        Of the pictures, as `Match.id`; of several files with the same bytes the first by its path.
    contents : (n,) int64
        Of their contents, within the catalog.
    paths : tuple of str
    vectors : (n, dim) float32
    bytes : int
        That the catalog keeps of each.
    """

    descriptor: str
    metric: str
    ids: npt.NDArray[np.int64]
    contents: npt.NDArray[np.int64]
    paths: tuple[str, ...]
    vectors: Vectors
    bytes: int

    def __len__(self) -> int:
        """How many there are."""
        return len(self.ids)


def kept_vectors(
    catalog: Catalog, stored: StoredDescriptor, most: int | None = None
) -> KeptVectors:
    """Return the vectors of a descriptor as of the last commit, in order of the paths.

    Parameters
    ----------
    catalog : Catalog
    stored : StoredDescriptor
    most : int, optional
        If there are more, so many of them, drawn at random but always the same.
    """
    present = matrix(catalog, stored)
    alive = np.ones(len(present.ids), bool)
    alive[present.gone] = False
    row_of = {int(present.ids[row]): int(row) for row in np.flatnonzero(alive)}
    files: list[tuple[int, int, str]] = []
    seen: set[int] = set()
    sql = "SELECT id, content_id, path FROM files WHERE content_id IS NOT NULL ORDER BY path"
    for file, content, path in catalog.rows(sql):
        if content in row_of and content not in seen:
            seen.add(content)
            files.append((file, content, os.fsdecode(path)))
    if most is not None and len(files) > most:
        drawn = np.random.default_rng(0).permutation(len(files))[:most]
        files = [files[place] for place in np.sort(drawn).tolist()]
    rows = np.array([row_of[content] for _, content, _ in files], np.int64)
    return KeptVectors(
        descriptor=stored.key,
        metric=stored.metric,
        ids=np.array([file for file, _, _ in files], np.int64),
        contents=np.array([content for _, content, _ in files], np.int64),
        paths=tuple(path for _, _, path in files),
        vectors=present.vectors[rows],
        bytes=catalog.number(
            "SELECT length(vector) FROM vectors WHERE descriptor_id = ? LIMIT 1", (stored.id,)
        ),
    )
