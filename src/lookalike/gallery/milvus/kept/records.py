"""What a gallery knows of itself: things by their keys, in one collection.

One record a thing, such as ``folder//home/ada/cats``: so any number of processes write without a
lock, and who writes the same twice has written it once. A record is JSON; a long one lies in
several rows, which all carry the mark of the one who wrote them.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from lookalike.errors import GalleryDamaged
from lookalike.gallery.milvus.kept import schema
from lookalike.gallery.milvus.link.connection import SOON
from lookalike.gallery.milvus.link.engine import Engine
from lookalike.gallery.milvus.link.text import path_of, quoted, text_of

# A row's part of a record; a character has four bytes at most, and a row's text 65,535.
_PART = 15_000
_DIGITS = 6

# What others have written is seen so many seconds later, or more where the engine itself is behind:
# a read as of now waits for some tenths of a second, which no search is to pay for.
_FRESH = 2.0

# What was read as of now is now for so long: what one verb asks one after the other is read once.
_NOW = 0.5

# Of these there are few, and many are wanted together; so one question reads them all.
_FEW = (
    *("calibration/", "column/", "copying/", "descriptor/"),
    *("folder/", "gallery", "preferred", "renaming/"),
)

_TRIES, _PAUSE = 5, 0.1

# Keys that are asked for in one condition.
_AT_ONCE = 200


class _Seen(NamedTuple):
    """Records as they were read at a moment of `time.monotonic`, by their whole keys."""

    moment: float
    is_fresh: bool
    records: dict[str, Any]


class Records:
    """The records of a gallery. Any number of threads may use them at once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._collection = schema.about(engine.address.name)
        self._seen: dict[tuple[str, ...], _Seen] = {}
        self._lock = threading.Lock()

    def all(self, prefix: str, *, fresh: bool = False) -> dict[str, Any]:
        """Return all records whose keys begin so, by the rest of their keys, in order of these.

        Parameters
        ----------
        prefix : str
            Such as ``folder/``.
        fresh : bool
            As of now; otherwise as of some seconds ago at most. What this process has written is
            always there.
        """
        family = _FEW if prefix.startswith(_FEW) else (prefix,)
        seen = self._remembered(family, fresh) or self._looked_up(family, fresh)
        return {
            key[len(prefix) :]: value
            for key, value in seen.records.items()
            if key.startswith(prefix)
        }

    def get(self, key: str) -> Any:
        """Return a record as of now; None if there is none."""
        return self._read([key], alone=True).get(key)

    def put(self, records: Mapping[str, object]) -> None:
        """Write records, each in the place of the one of that key."""
        rows = []
        for key, value in records.items():
            text = json.dumps(value, ensure_ascii=False)
            parts = [text[start : start + _PART] for start in range(0, len(text), _PART)] or [""]
            mark = f"{len(parts)}:{secrets.token_hex(8)}"
            rows += [
                {
                    "key": _row_key(key, number),
                    "value": part,
                    "written": mark,
                    "nothing": schema.NOTHING,
                }
                for number, part in enumerate(parts)
            ]
        self._engine.upsert(self._collection, rows)
        self._forget()

    def delete(self, keys: Iterable[str]) -> None:
        """Delete records; those that there are not are passed over."""
        keys = list(keys)
        for start in range(0, len(keys), _AT_ONCE):
            rows = self._rows(keys[start : start + _AT_ONCE], alone=True)
            self._engine.delete(self._collection, [row["key"] for row in rows])
        self._forget()

    def delete_all(self, *prefixes: str) -> int:
        """Delete all records whose keys begin so; return how many rows they had."""
        doomed = [row["key"] for row in self._rows(prefixes)]
        self._engine.delete(self._collection, doomed)
        self._forget()
        return len(doomed)

    # -- within ------------------------------------------------------------------------------

    def _forget(self) -> None:
        with self._lock:
            self._seen.clear()

    def _remembered(self, family: tuple[str, ...], fresh: bool) -> _Seen | None:
        with self._lock:
            seen = self._seen.get(family)
        if seen is None or (fresh and not seen.is_fresh):
            return None
        return seen if time.monotonic() - seen.moment < (_NOW if fresh else _FRESH) else None

    def _looked_up(self, family: tuple[str, ...], fresh: bool) -> _Seen:
        seen = _Seen(time.monotonic(), fresh, self._read(family, strong=fresh))
        with self._lock:
            self._seen[family] = seen
        return seen

    def _rows(
        self, prefixes: Iterable[str], *, alone: bool = False, strong: bool = True
    ) -> list[dict[str, Any]]:
        known = {text_of(prefix) for prefix in prefixes}
        starts = [f"{one}#" if alone else one for one in sorted(known)]
        condition = " or ".join(
            f"(key >= {quoted(start)} and key < {quoted(start[:-1] + chr(ord(start[-1]) + 1))})"
            for start in starts
        )
        rows: list[dict[str, Any]] = []
        fields = ["value", "written"]
        for lot in self._engine.each(
            self._collection,
            "key",
            condition,
            fields,
            batch=500,
            strong=strong,
            attempt=SOON,
        ):
            rows += lot
        # Another key may have the sign that stands before a part's number.
        return [row for row in rows if not alone or row["key"][: -_DIGITS - 1] in known]

    def _read(
        self, prefixes: Sequence[str], *, alone: bool = False, strong: bool = True
    ) -> dict[str, Any]:
        """Return records by their whole keys, in order of these."""
        for attempt in range(_TRIES):
            parts: dict[str, list[dict[str, Any]]] = {}
            for row in self._rows(prefixes, alone=alone, strong=strong or attempt > 0):
                parts.setdefault(path_of(row["key"][: -_DIGITS - 1]), []).append(row)
            found = {key: _whole(rows) for key, rows in parts.items()}
            if None not in found.values():
                return {key: json.loads(text) for key, text in found.items() if text is not None}
            time.sleep(_PAUSE * 2**attempt)  # it is being written at this moment
        torn = [key for key, text in found.items() if text is None]
        raise GalleryDamaged(
            f"the record {torn[0]} of {self._engine.address.text} is written by halves; "
            "write it again, by doing again what was interrupted"
        )


def _row_key(key: str, number: int) -> str:
    return f"{text_of(key)}#{number:0{_DIGITS}d}"


def _whole(rows: list[dict[str, Any]]) -> str | None:
    """Return the text of a record, of whose rows the last may be left over from a longer one."""
    count = int(rows[0]["written"].partition(":")[0])
    own = rows[:count]
    if len(own) < count or len({row["written"] for row in own}) > 1:
        return None
    return "".join(row["value"] for row in own)
