"""The nearest pictures of every picture, a block at a time: never all by all in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lookalike.indexes import neighbour_graph
from lookalike.metrics import Vectors
from lookalike.search.lookup import in_flux
from lookalike.search.searcher import Searched
from lookalike.store.catalog import Catalog

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class NeighbourBlock:
    """The nearest pictures of some pictures.

    Pictures with the same bytes are one here: the one with the smallest id stands for all.

    Attributes
    ----------
    ids : (b,) int64
        Of pictures, as in `Match.id`.
    neighbours : (b, k) int64
        Ids, nearest first; −1 where there are fewer than k others.
    distances : (b, k) float32
        Ascending; infinite where there is no neighbour.
    """

    ids: Ids
    neighbours: Ids
    distances: Vectors


def neighbours(catalog: Catalog, searched: Searched, k: int) -> Iterator[NeighbourBlock]:
    """Yield the k nearest pictures of each picture."""
    owners = _owners(catalog, searched.matrix.ids)
    if catalog.moment() != searched.matrix.moment:
        moving = in_flux(catalog, searched.matrix.moment, set(searched.matrix.ids.tolist()))
        owners[np.isin(searched.matrix.ids, list(moving))] = _NOBODY
    for rows, found in neighbour_graph(searched.index, k):
        near = np.where(found.rows >= 0, owners[found.rows], _NOBODY)
        far = np.where(near == _NOBODY, np.float32(np.inf), found.distances)
        # Who left the gallery since the search began leaves a gap, which is closed.
        order = np.argsort(near == _NOBODY, axis=1, kind="stable")
        here = owners[rows] != _NOBODY
        yield NeighbourBlock(
            owners[rows][here],
            np.take_along_axis(near, order, 1)[here],
            np.take_along_axis(far, order, 1)[here],
        )


_NOBODY = -1


def _owners(catalog: Catalog, contents: Ids) -> Ids:
    """Return the first file of each content (n,); −1 for one that is not there any more."""
    sql = "SELECT content_id, min(id) FROM files WHERE content_id IS NOT NULL GROUP BY content_id"
    with catalog.snapshot() as db:
        pairs = np.fromiter(db.execute(sql), np.dtype((np.int64, 2)))
    if not len(pairs):
        return np.full(len(contents), _NOBODY, np.int64)
    place = np.minimum(np.searchsorted(pairs[:, 0], contents), len(pairs) - 1)
    return np.where(pairs[place, 0] == contents, pairs[place, 1], _NOBODY)
