"""A described query → matches."""

from __future__ import annotations

import os
import time

import numpy as np

from lookalike import metrics
from lookalike.descriptors import Descriptor
from lookalike.errors import NotIndexed, UsageError
from lookalike.indexes import Exact
from lookalike.search import query as queries
from lookalike.search.matches import Match, Matches
from lookalike.search.query import Query
from lookalike.store.catalog import Catalog, StoredDescriptor
from lookalike.store.matrix import Matrix, matrix


def rank(
    catalog: Catalog,
    query: Query,
    descriptor: Descriptor,
    stored: StoredDescriptor,
    *,
    top: int,
    metric: str | None = None,
) -> Matches:
    """Find the pictures nearest to a query.

    The query's own file is left out, as it says nothing; other files with the same bytes are in.

    Parameters
    ----------
    catalog : Catalog
    query : Query
    descriptor : Descriptor
    stored : StoredDescriptor
        The same descriptor, as the catalog knows it.
    top : int
        How many matches, at least 1.
    metric : str, optional
        Another than the descriptor's natural one.

    Returns
    -------
    Matches
    """
    if top < 1:
        raise UsageError(f"top must be at least 1, not {top}")
    began = time.monotonic()
    metric = metrics.canonical(metric or stored.metric)
    described = queries.describe(query, descriptor, catalog, stored)
    searched = matrix(catalog, stored)
    if not len(searched.ids):
        raise NotIndexed(
            f"no picture has a vector of {stored.key} yet; bring the gallery up to date: "
            "lookalike index"
        )
    # One more than asked for: the query's own file may be among them.
    found = Exact(searched.vectors, metric).search(
        described.vector, min(top + 1, len(searched.ids))
    )
    kept = found.rows[0] >= 0
    rows, distances = found.rows[0][kept], found.distances[0][kept]
    alike = metrics.similarity(distances[None], described.vector, metric)[0]
    items = _files(catalog, query, searched, rows, distances, alike, described.sha256)
    return Matches(
        query=query,
        items=tuple(items[:top]),
        descriptor=stored.key,
        metric=metric,
        searched=len(searched.ids),
        seconds=time.monotonic() - began,
    )


def _files(
    catalog: Catalog,
    query: Query,
    searched: Matrix,
    rows: np.ndarray,
    distances: np.ndarray,
    alike: np.ndarray,
    sha256: bytes | None,
) -> list[Match]:
    """Turn contents into files: identical bytes under two paths are two answers."""
    out: list[Match] = []
    for row, distance, similarity in zip(rows, distances, alike, strict=True):
        found = catalog.rows(
            "SELECT files.id, path, sha256, width, height, format, bytes FROM files "
            "JOIN contents ON contents.id = content_id WHERE content_id = ? ORDER BY path",
            (int(searched.ids[row]),),
        )
        for identity, path, digest, width, height, kind, size in found:
            name = os.fsdecode(path)
            if identity == query.id or (digest == sha256 and _is_same_file(name, query.path)):
                continue
            out.append(
                Match(
                    rank=len(out) + 1,
                    id=identity,
                    path=name,
                    distance=float(distance),
                    similarity=float(similarity),
                    identical=digest == sha256,
                    width=width,
                    height=height,
                    format=kind,
                    bytes=size,
                )
            )
    return out


def _is_same_file(name: str, query: str | None) -> bool:
    """Whether the query is this very file, perhaps under another path that leads to it."""
    if query is None or name == query:
        return name == query
    return os.path.exists(name) and os.path.exists(query) and os.path.samefile(name, query)  # noqa: PTH110, PTH121
