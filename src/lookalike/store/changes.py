"""The log of what may have changed: how a copy of the vectors is brought up to date.

Triggers in the catalog write it (see `migrations`), so nothing that changes what can be found goes
by it. It also makes it safe that SQLite gives the id of a deleted content to a new one: both the
deletion and the new content are in the log.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

# Rows that are kept, 3 MB at most. A copy that is further behind is made anew, which by then is
# hardly slower.
KEPT = 250_000

LAST = "SELECT seq, mark FROM changes ORDER BY seq DESC LIMIT 1"


@dataclass(frozen=True)
class Moment:
    """A state of what can be found.

    Attributes
    ----------
    seq : int
        Number of the last change before it.
    mark : int
        A random number that belongs to that change and to no other.
    """

    seq: int
    mark: int


def now(db: sqlite3.Connection) -> Moment:
    """Return the moment after the last change."""
    return last(db.execute(LAST).fetchall())


def last(rows: list[tuple[int, int]]) -> Moment:
    """Return the moment that `LAST` answers."""
    return Moment(*rows[0]) if rows else Moment(0, 0)


def is_known(db: sqlite3.Connection, moment: Moment, descriptor_id: int) -> bool:
    """Tell whether all that has changed since a moment, for a descriptor, can be told one by one.

    Not if that was too long ago, if a catalog from before that moment was put in the place of this
    one, or if everything has changed.
    """
    values = (moment.seq, moment.mark, moment.seq, descriptor_id)
    (known,) = db.execute(
        "SELECT EXISTS (SELECT 1 FROM changes WHERE seq = ? AND mark = ?) AND NOT EXISTS ("
        "SELECT 1 FROM changes WHERE seq > ? AND content_id IS NULL "
        "AND (descriptor_id = ? OR descriptor_id IS NULL))",
        values,
    ).fetchone()
    return bool(known)


def since(
    db: sqlite3.Connection, moment: Moment, descriptor_id: int
) -> Iterator[tuple[int, bytes | None]]:
    """Yield each content that may have changed, with its vector if it can be found now."""
    yield from db.execute(
        "SELECT changed.content_id, vector FROM ("
        "SELECT DISTINCT content_id FROM changes "
        "WHERE seq > ? AND (descriptor_id = ? OR descriptor_id IS NULL)) AS changed "
        "LEFT JOIN vectors ON descriptor_id = ? AND vectors.content_id = changed.content_id "
        "AND EXISTS (SELECT 1 FROM files WHERE files.content_id = changed.content_id)",
        (moment.seq, descriptor_id, descriptor_id),
    )


def touched(db: sqlite3.Connection, moment: Moment) -> set[int] | None:
    """Return the contents that may have changed since a moment; None if that is not known."""
    values = (moment.seq, moment.mark)
    if not db.execute("SELECT 1 FROM changes WHERE seq = ? AND mark = ?", values).fetchone():
        return None
    rows = db.execute("SELECT DISTINCT content_id FROM changes WHERE seq > ?", (moment.seq,))
    found = {content for (content,) in rows}
    return None if None in found else found


def prune(db: sqlite3.Connection) -> None:
    """Drop the oldest rows, if there are many."""
    db.execute("DELETE FROM changes WHERE seq <= (SELECT max(seq) FROM changes) - ?", (KEPT,))
