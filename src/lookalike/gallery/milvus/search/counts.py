"""Among how many different pictures is searched."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from lookalike.gallery.milvus.kept.rows import file_row
from lookalike.gallery.milvus.link.engine import MOST, Engine, Row
from lookalike.gallery.milvus.search.where import FIELDS, Selection

# So long a number is taken for what it is, unless this process has written meanwhile.
_FRESH = 5.0
_MOST_KEPT = 64

_CONTENTS = 2**63
_SAMPLE, _SIEVED = 8000, 2000


class Counts:
    """Counts the contents of collections of vectors. Any number of threads may ask at once.

    Up to 16,384 files all are looked at. Of more, their contents are estimated from a sample: all
    files whose contents lie in a stretch of all contents there can be. How many meet what Milvus
    cannot tell of a condition is estimated from the 2,000 of the smallest ids, which are spread
    evenly.

    Parameters
    ----------
    engine : Engine
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._seen: dict[tuple[str, Selection | None], tuple[float, int]] = {}
        self._lock = threading.Lock()

    def contents(self, collection: str, chosen: Selection | None = None) -> int:
        """Return how many different contents may be found.

        Parameters
        ----------
        collection : str
        chosen : Selection, optional
            What they meet.
        """
        key, now = (collection, chosen), time.monotonic()
        with self._lock:
            told, found = self._seen.get(key, (0.0, 0))
            is_known = told > self._engine.wrote(collection) and told > 0
            if is_known and now - told < _FRESH:
                return found
            if is_known:
                self._seen[key] = (now, found)  # for others, while this one counts
        found = self._counted(collection, chosen)
        with self._lock:
            self._seen[key] = (now, found)
            while len(self._seen) > _MOST_KEPT:
                del self._seen[next(iter(self._seen))]
        return found

    def _counted(self, collection: str, chosen: Selection | None) -> int:
        condition = chosen.expression if chosen else ""
        if chosen is not None and not chosen.is_exact:
            return self._estimated(collection, chosen)
        total = self._engine.count(collection, condition)
        if total < MOST:
            return _different(self._rows(collection, condition, ["content"], MOST))
        if condition:
            return self._scaled(collection, total)
        stretch = f"content < {int(_CONTENTS * (_SAMPLE / total))}"
        rows = self._rows(collection, stretch, ["content"], MOST)
        return round(total * _different(rows) / max(1, len(rows)))

    def _estimated(self, collection: str, chosen: Selection) -> int:
        fields = ["content", *FIELDS]
        rows = self._rows(collection, chosen.expression, fields, _SIEVED)
        passing = {row.id for row in chosen.passing([file_row(row) for row in rows])}
        if len(rows) < _SIEVED:
            return _different([row for row in rows if int(row["id"]) in passing])
        total = self._engine.count(collection, chosen.expression)
        return self._scaled(collection, total * len(passing) / len(rows))

    def _rows(self, collection: str, condition: str, fields: list[str], most: int) -> list[Row]:
        return self._engine.query(collection, condition or "id > 0", fields, limit=most)

    def _scaled(self, collection: str, files: float) -> int:
        """Return how many contents so many files have, if as many as all of them."""
        everything = self._engine.count(collection)
        return round(files * self.contents(collection) / max(1, everything))


def _different(rows: Sequence[Row]) -> int:
    return len({row["content"] for row in rows})
