"""Answers that were marked as good or bad when searching."""

from __future__ import annotations

import numpy as np

from lookalike.errors import BadParameter
from lookalike.learning.adapter.judged import Judged
from lookalike.learning.adapter.labels.base import Labelled
from lookalike.metrics import Vectors
from lookalike.store import Catalog
from lookalike.store.marks import all_marks, query_vectors
from lookalike.store.vectors import KeptVectors


def clicks(catalog: Catalog, kept: KeptVectors) -> Labelled:
    """Return the marks of each query.

    Raises
    ------
    BadParameter
        There are none.
    """
    marks = all_marks(catalog)
    if not marks:
        raise BadParameter(
            "no answers were marked in this gallery yet; mark good and bad ones of at least a "
            "dozen searches: lookalike search PICTURE --like … --unlike …"
        )
    row_of = {int(content): row for row, content in enumerate(kept.contents)}
    asked_by, outside = _queries(catalog, kept, row_of)
    known = [
        (asked_by[mark.query], row_of[mark.content], mark.liked)
        for mark in marks
        if mark.query in asked_by and mark.content in row_of
    ]
    known = [one for one in known if one[0] != one[1]]
    asked, found, liked = np.array(known, np.int64).reshape(-1, 3).T
    told = Judged(asked, found, liked.astype(bool), np.stack([asked, asked], axis=1))
    vectors = np.concatenate([kept.vectors, outside]) if len(outside) else kept.vectors
    return Labelled("marked answers", told, vectors, len(marks) - len(known))


def _queries(
    catalog: Catalog, kept: KeptVectors, row_of: dict[int, int]
) -> tuple[dict[bytes, int], Vectors]:
    """Return which row each query is, and the vectors of those that are not in the gallery."""
    sql = (
        "SELECT DISTINCT contents.sha256, contents.id FROM contents "
        "JOIN marks ON marks.query = contents.sha256"
    )
    rows = {sha256: row_of[content] for sha256, content in catalog.rows(sql) if content in row_of}
    stored = next(one for one in catalog.descriptors() if one.key == kept.descriptor)
    outside: list[Vectors] = []
    for query, vector in sorted(query_vectors(catalog, stored.id).items()):
        if query not in rows:
            rows[query] = len(kept) + len(outside)
            outside.append(vector)
    return rows, np.array(outside, np.float32).reshape(-1, kept.vectors.shape[1])
