"""Vectors of one descriptor → those of another that only adds stages; no picture is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from lookalike.descriptors import STAGED
from lookalike.gallery.milvus.intake.comparing import Comparison
from lookalike.gallery.milvus.intake.same import vectors_of
from lookalike.gallery.milvus.kept.itself import Kept
from lookalike.gallery.milvus.kept.rows import OF_FILES, FileRow, file_row
from lookalike.stages import chain
from lookalike.store.catalog import StoredDescriptor
from lookalike.store.deriving import source_of

_BATCH = 1000


def derive(
    kept: Kept,
    descriptors: Iterable[StoredDescriptor],
    comparison: Comparison,
    tell: Callable[[int, int], None],
) -> int:
    """Compute vectors that are lacking from those of other descriptors, where files have these.

    Parameters
    ----------
    kept : Kept
    descriptors : iterable of StoredDescriptor
        All of the gallery.
    comparison : Comparison
        Knows which files this run is about.
    tell : callable
        Called with how many are done, and of how many at most.

    Returns
    -------
    int
        How many were computed.
    """
    present = sorted(descriptors, key=lambda one: one.key.count(STAGED))
    count = 0
    for stored in present:
        source = source_of(stored, present)
        if source is not None:
            count += _derived(kept, source, stored, comparison, tell)
    return count


def _derived(
    kept: Kept,
    source: StoredDescriptor,
    stored: StoredDescriptor,
    comparison: Comparison,
    tell: Callable[[int, int], None],
) -> int:
    lacking = (
        f"array_contains(described, {source.id}) and not array_contains(described, {stored.id})"
    )
    done, total = 0, kept.engine.count(kept.files, lacking, strong=True)
    if not total:
        return 0
    for lot in kept.engine.each(kept.files, "path", lacking, OF_FILES, batch=_BATCH):
        rows = [row for row in map(file_row, lot) if comparison.is_mine(row.path)]
        done += _write(kept, source, stored, rows)
        tell(done, total)
    return done


def _write(
    kept: Kept, source: StoredDescriptor, stored: StoredDescriptor, rows: Sequence[FileRow]
) -> int:
    """Write vectors, then that files have them."""
    found = vectors_of(kept, source, {row.id: row.sha256 for row in rows})
    if not found:
        return 0
    stages = kept.stages_of(stored)
    rest, last = stages[source.key.count(STAGED) :], stages[-1]
    made = last.decoded(last.coded(chain(rest, np.stack(list(found.values())))))
    by_id = {row.id: row for row in rows}
    done = [
        replace(by_id[id], described=tuple(sorted({*by_id[id].described, stored.id})))
        for id in found
    ]
    told = [row.as_vector_row(vector) for row, vector in zip(done, made, strict=True)]
    kept.engine.upsert(kept.collection(stored), told)
    kept.engine.upsert(kept.files, [row.as_row() for row in done])
    return len(done)
