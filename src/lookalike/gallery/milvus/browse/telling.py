"""What is in a gallery in Milvus, in numbers.

Milvus counts, but it knows neither ends nor how many different values there are. So what is told of
those is counted here, of all pictures where they are not too many.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from lookalike.descriptors import label
from lookalike.gallery.milvus.index.choosing import METRICS, in_words, planned
from lookalike.gallery.milvus.kept.itself import Kept
from lookalike.gallery.milvus.link.engine import MOST
from lookalike.gallery.milvus.link.text import path_of
from lookalike.store import fields as store_fields
from lookalike.store.catalog import Failure, StoredDescriptor
from lookalike.store.columns import Column, ColumnInfo, examples, most_common
from lookalike.store.fields import ENDS, MOST_VALUES, ORDERED, FieldInfo
from lookalike.store.info import GalleryInfo, IndexInfo

Different: TypeAlias = tuple[int, Mapping[int, int]]

FOUND = "content != 0"
"""What holds of the files that are pictures, and no failures."""

LOOKED_AT = 50_000
"""Pictures that are gone through to know what there is."""

_IDS = 2**53
_FIELDS = ("id", "path", "mtime_ns", "format", "width", "height", "bytes", "taken", "columns")


def fields(kept: Kept) -> list[FieldInfo]:
    """Return what conditions can be about; see `lookalike.store.fields.fields`.

    Of more than 50,000 pictures so many are looked at, drawn at random but always the same: then
    the ends are theirs, and the numbers of pictures are estimated from theirs.
    """
    tally = _Tally(kept.columns())
    rows, share = _looked_at(kept, _FIELDS)
    for row in rows:
        tally.add(row)
    return tally.told(kept.folders(), share)


def _looked_at(kept: Kept, wanted: Sequence[str]) -> tuple[Iterator[dict[str, Any]], float]:
    """Return some fields of pictures, and what share of all pictures those are."""
    total = kept.engine.count(kept.files, FOUND)
    condition, share = FOUND, 1.0
    if total > LOOKED_AT:
        # Ids are spread evenly, so that those below a bound are a fair share of all.
        share = LOOKED_AT / total
        condition = f"{FOUND} and id < {int(_IDS * share)}"
    lots = kept.engine.each(kept.files, "path", condition, wanted, batch=MOST, strong=False)
    return (row for rows in lots for row in rows), share


class _Tally:
    """Counts what there is of each field."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._ends: dict[str, tuple[Any, Any]] = {}
        self._formats: Counter[object] = Counter()
        self._folders: Counter[bytes] = Counter()
        self._values: dict[str, Counter[object]] = {
            column.name: Counter() for column in columns if column.kind not in ORDERED
        }

    def add(self, row: Mapping[str, Any]) -> None:
        self._formats[row["format"]] += 1
        self._folders[store_fields.folder_of(os.fsencode(path_of(row["path"])))] += 1
        for name in ENDS:
            self._stretch(name, row["mtime_ns" if name == "modified" else name])
        values = row["columns"] or {}
        for column in self._columns:
            value = values.get(column.name.casefold())
            if value is None:
                continue
            if column.kind in ORDERED:
                self._stretch(f"column {column.name}", value)
            else:
                self._values[column.name][value] += 1

    def told(self, folders: Sequence[str], share: float) -> list[FieldInfo]:
        ends = {name: self._ends.get(name, (None, None)) for name in ENDS}
        first, last = ends["modified"]
        ends["modified"] = store_fields.local_time(first), store_fields.local_time(last)
        direct = {folder: round(count / share) for folder, count in self._folders.items()}
        indexed = [os.fsencode(folder) for folder in folders]
        facts = store_fields.of_facts(
            ends, _most(self._formats, share), store_fields.folders(indexed, direct)
        )
        return [*facts, *(self._of_column(column, share) for column in self._columns)]

    def _stretch(self, name: str, value: Any) -> None:
        if value == "":
            return
        low, high = self._ends.get(name, (value, value))
        self._ends[name] = min(low, value), max(high, value)

    def _of_column(self, column: Column, share: float) -> FieldInfo:
        if column.kind in ORDERED:
            ends = self._ends.get(f"column {column.name}", (None, None))
            return store_fields.of_column(column, *ends, ())
        return store_fields.of_column(column, None, None, _most(self._values[column.name], share))


def _most(counted: Counter[Any], share: float) -> tuple[tuple[object, int], ...]:
    common = most_common(counted, MOST_VALUES)
    return tuple((value, round(count / share)) for value, count in common)


def columns(kept: Kept) -> list[ColumnInfo]:
    """Return the columns of one's own with what is in them.

    Of more than 50,000 pictures it is estimated from so many, as for `fields`.
    """
    known = kept.columns(fresh=True)
    if not known:
        return []
    found: dict[str, Counter[Any]] = {column.name: Counter() for column in known}
    rows, share = _looked_at(kept, ["columns"])
    for row in rows:
        values = row["columns"] or {}
        for column in known:
            if (value := values.get(column.name.casefold())) is not None:
                found[column.name][value] += 1
    return [
        ColumnInfo(
            column.name,
            column.kind,
            round(found[column.name].total() / share),
            examples(column.kind, found[column.name]),
        )
        for column in known
    ]


def failures(kept: Kept) -> list[Failure]:
    """Return the files that could not be indexed, and why, in order of their paths."""
    wanted = ["reason", "message"]
    return [
        Failure(path_of(row["path"]), row["reason"], path_of(row["message"]))
        for rows in kept.engine.each(kept.files, "path", 'reason != ""', wanted)
        for row in rows
    ]


def info(kept: Kept, different: Different) -> GalleryInfo:
    """Return what is in a gallery.

    Milvus cannot count what is different. So of more than 50,000 pictures all are taken for
    different ones, and the vectors of a descriptor are counted by files. The size is that of Lite's
    file; of what a server keeps it is estimated from what was written there.

    Parameters
    ----------
    kept : Kept
    different : (int, mapping)
        See `different_contents`; perhaps as of a while ago.
    """
    engine = kept.engine
    descriptors = kept.descriptors()
    pictures = engine.count(kept.files, FOUND)
    contents, described = different
    counted = tuple((stored, described.get(stored.id, 0)) for stored in descriptors)
    return GalleryInfo(
        path=engine.address.text,
        folders=tuple(kept.folders()),
        pictures=pictures,
        contents=contents,
        failures=engine.count(kept.files, 'reason != ""'),
        kept=0,
        excluded=len(kept.excluded()),
        descriptors=counted,
        indexes=tuple(indexes(kept)),
        learned=tuple(
            (stored.key, str(kept.stages_about(stored)[-1].get("told", "")))
            for stored in descriptors
            if stored.is_staged
        ),
        calibrations=tuple(kept.calibrations()),
        marks=len(kept.records.all("mark/")),
        bytes=_size(kept, pictures, counted),
        unfinished=tuple(kept.records.all("copying/")),
    )


def different_contents(kept: Kept) -> Different:
    """Return how many contents there are, and how many of them each descriptor has a vector of."""
    descriptors = kept.descriptors()
    pictures = kept.engine.count(kept.files, FOUND)
    if pictures > LOOKED_AT:
        counts = {one.id: kept.engine.count(kept.collection(one)) for one in descriptors}
        return pictures, counts
    contents: set[int] = set()
    described: dict[int, set[int]] = {stored.id: set() for stored in descriptors}
    for rows in kept.engine.each(
        kept.files, "path", FOUND, ["content", "described"], batch=MOST, strong=False
    ):
        for row in rows:
            contents.add(row["content"])
            for number in row["described"]:
                if number in described:
                    described[number].add(row["content"])
    return len(contents), {number: len(found) for number, found in described.items()}


def indexes(kept: Kept) -> list[IndexInfo]:
    """Return what searches of each descriptor go by."""
    return [_index(kept, stored) for stored in kept.descriptors()]


def _index(kept: Kept, stored: StoredDescriptor) -> IndexInfo:
    plan, about = kept.plan(stored), kept.told(stored)
    spec, share = ("exact", 1.0) if plan.is_exact else (plan.spec, about.get("recall"))
    how = about.get("chosen", "auto"), about.get("why", "")
    return IndexInfo(stored.key, stored.metric, spec, share, *how)


MUCH_MEMORY = 64 * 2**30


def hints(info: GalleryInfo, memory: int | None = None) -> list[str]:
    """Return what might be done about indexes that need more memory than there is.

    Parameters
    ----------
    info : GalleryInfo
    memory : int, optional
        Bytes that the query nodes have for them; by default as much as one machine may have.
    """
    counts = {stored.key: (count, stored.dim) for stored, count in info.descriptors}
    plans = {
        index.descriptor: planned(
            "flat" if index.spec == "exact" else index.spec, index.metric, _NEWEST
        )
        for index in info.indexes
    }
    needed = {key: plan.resident_bytes(*counts[key]) for key, plan in plans.items()}
    if sum(needed.values()) <= (MUCH_MEMORY if memory is None else memory):
        return []
    # Others are looked at one by one, and nothing needs less than diskann.
    may_change = {
        index.descriptor
        for index in info.indexes
        if index.metric in METRICS and plans[index.descriptor].kind != "diskann"
    }
    there = "" if memory is None else f", of which this gallery may take {in_words(memory)}"
    return [
        f"the index {plan.kind} of {label(key)} takes about {in_words(needed[key])} of the query "
        f"nodes' memory{there}; to take what needs less: lookalike index --descriptor "
        f"{label(key)} --index auto"
        for key, plan in plans.items()
        if key in may_change
    ]


_NEWEST = (99,)

_OF_A_FILE = 600
"""Bytes of a row without its vector, about: mostly the path, its names and the hash."""


def _size(kept: Kept, pictures: int, descriptors: Sequence[tuple[StoredDescriptor, int]]) -> int:
    address = kept.engine.address
    if address.is_lite:
        file = Path(address.uri)
        inside = file.rglob("*") if file.is_dir() else [file]
        return sum(one.stat().st_size for one in inside if one.is_file())
    rows = pictures + sum(count for _, count in descriptors)
    return rows * _OF_A_FILE + sum(count * 4 * stored.dim for stored, count in descriptors)
