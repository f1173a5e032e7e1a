"""Vectors of one descriptor → those of another that only adds stages; no picture is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lookalike.descriptors import STAGED
from lookalike.stages import chain
from lookalike.store.catalog import Catalog, StoredDescriptor, changed
from lookalike.store.stages import decoder, stages_of

# Vectors to a transaction: what a kill -9 can cost at most.
_BATCH = 2000

_LACKING = (
    "FROM vectors AS known WHERE descriptor_id = ? AND content_id > ? AND NOT EXISTS ("
    "SELECT 1 FROM vectors WHERE descriptor_id = ? AND content_id = known.content_id)"
)


def source_of(
    stored: StoredDescriptor, present: Sequence[StoredDescriptor]
) -> StoredDescriptor | None:
    """Return that of a gallery's descriptors from which the fewest stages lead to one; or None."""
    before = [one for one in present if stored.key.startswith(one.key + STAGED)]
    return max(before, key=lambda one: one.key.count(STAGED), default=None)


def derive(catalog: Catalog, stored: StoredDescriptor, tell: Callable[[int, int], None]) -> int:
    """Compute the vectors that are lacking from those of another descriptor, where it has them.

    The caller holds `Catalog.writing`. Interrupted, the next call goes on.

    Parameters
    ----------
    catalog : Catalog
    stored : StoredDescriptor
        One with stages.
    tell : callable
        Called with how many are done, and of how many.

    Returns
    -------
    int
        How many were computed.
    """
    source = source_of(stored, catalog.descriptors())
    if source is None:
        return 0
    stages = stages_of(catalog, stored)
    rest = stages[source.key.count(STAGED) :]
    decode = decoder(catalog, source)
    total = catalog.number(f"SELECT count(*) {_LACKING}", (source.id, -1, stored.id))
    done, last = 0, -1
    sql = f"SELECT content_id, vector {_LACKING} ORDER BY content_id LIMIT {_BATCH}"
    while rows := catalog.rows(sql, (source.id, last, stored.id)):
        contents, kept = zip(*rows, strict=True)
        _write(catalog, stored, contents, stages[-1].coded(chain(rest, decode(kept))))
        done, last = done + len(rows), contents[-1]
        tell(done, total)
    return done


def _write(
    catalog: Catalog, stored: StoredDescriptor, contents: Sequence[int], coded: Sequence[bytes]
) -> None:
    with catalog.transaction() as db:
        db.executemany(
            # One whose content was taken out meanwhile is left out.
            "INSERT OR IGNORE INTO vectors SELECT ?, id, ? FROM contents WHERE id = ?",
            [(stored.id, one, content) for content, one in zip(contents, coded, strict=True)],
        )
        changed(db)
