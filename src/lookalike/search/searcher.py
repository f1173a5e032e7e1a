"""The indexes that an open gallery searches with, brought forward as the gallery changes.

An index that has been handed out is never changed: what has come and gone since makes a successor,
which shares the structure. So any number of threads search while one of them brings it forward.
"""

from __future__ import annotations

import dataclasses
import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from lookalike import indexes
from lookalike.descriptors import label
from lookalike.errors import GalleryDamaged, MissingExtra, NotIndexed
from lookalike.indexes import Index
from lookalike.search.choice import chosen
from lookalike.store import rows, structures
from lookalike.store.catalog import Catalog, StoredDescriptor
from lookalike.store.matrix import Matrix, matrix


@dataclass(frozen=True, eq=False)
class Searched:
    """What a search goes through.

    Attributes
    ----------
    matrix : Matrix
    index : Index
        Of the matrix; its rows are the matrix's.
    recall : float or None
        As it was measured; None if that is not known.
    """

    matrix: Matrix
    index: Index
    recall: float | None


class Searchers:
    """All that one open gallery searches with. Any number of threads may ask at once."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._shelves: dict[StoredDescriptor, _Shelf] = {}
        self._lock = threading.Lock()

    def searched(self, stored: StoredDescriptor, metric: str, spec: str | None = None) -> Searched:
        """Return what to search through, as of the last commit.

        Parameters
        ----------
        stored : StoredDescriptor
        metric : str
        spec : str, optional
            The index; by default the chosen one, or exact where that is not built.

        Raises
        ------
        NotIndexed
            The index that was asked for is not built.
        UnknownName, BadParameter, UsageError
            There is no such index, or it cannot search by the metric.
        """
        shelf = self._shelf(stored)
        present = shelf.matrix()
        if spec is not None:
            asked = described(spec, metric)
            if (found := shelf.searched(asked, present)) is None:
                raise NotIndexed(_not_built(asked, stored))
            return found
        choice = chosen(self._catalog, stored, metric)
        with suppress(MissingExtra):
            if (found := shelf.searched(described(choice.spec, metric), present)) is not None:
                known = choice.recall is None or choice.recall == found.recall
                return found if known else dataclasses.replace(found, recall=choice.recall)
        exact = shelf.searched(described("exact", metric), present)
        assert exact is not None  # noqa: S101  (it is built whenever it is asked for)
        return exact

    def matrix(self, stored: StoredDescriptor) -> Matrix:
        """Return all vectors of a descriptor, as of the last commit."""
        return self._shelf(stored).matrix()

    def forget(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._shelves.clear()

    def _shelf(self, stored: StoredDescriptor) -> _Shelf:
        if (shelf := self._shelves.get(stored)) is None:
            with self._lock:
                shelf = self._shelves.setdefault(stored, _Shelf(self._catalog, stored))
        return shelf


@lru_cache(maxsize=256)
def described(spec: str, metric: str) -> Index:
    """Return the index of a spec with nothing in it; not to be built."""
    index = indexes.create(spec)
    index.build(np.empty((0, 0), np.float32), metric)  # refuses a metric that it does not know
    return index


def _not_built(index: Index, stored: StoredDescriptor) -> str:
    called = label(stored.key)
    plain = described(index.name, index.metric)
    spec = index.name if plain.structure == index.structure else index.structure
    metric = "" if index.metric == stored.metric else f" --metric {index.metric}"
    return (
        f"no index {spec} of {called} by {index.metric} distance is built; build it: "
        f'lookalike index --index "{spec}" --descriptor "{called}"{metric}'
    )


class _Shelf:
    """The matrix of one descriptor, and the indexes of it that are in use."""

    def __init__(self, catalog: Catalog, stored: StoredDescriptor) -> None:
        self.lock = threading.RLock()
        self.home = rows.home(catalog, stored)
        self._catalog = catalog
        self._stored = stored
        self._matrix: Matrix | None = None
        self._indexes: dict[tuple[str, str], _Exact | _Built] = {}

    def matrix(self) -> Matrix:
        """Return the matrix as of the last commit."""
        found = self._matrix
        if found is not None and found.moment == self._catalog.moment():
            return found
        with self.lock:
            found = self._matrix
            if found is None or found.moment != self._catalog.moment():
                found = self._matrix = matrix(self._catalog, self._stored)
            return found

    def reread(self) -> Matrix:
        """Return the matrix as it is on disk now, for an index that is kept there."""
        with self.lock:
            self._matrix = matrix(self._catalog, self._stored, on_disk=True)
            return self._matrix

    def searched(self, asked: Index, present: Matrix) -> Searched | None:
        """Return an index of the present matrix; None if it must be built first and is not."""
        key = (asked.metric, asked.structure)
        if (found := self._indexes.get(key)) is None:
            kind = _Exact if asked.name == "exact" else _Built
            with self.lock:
                found = self._indexes.setdefault(key, kind(self, asked))
        return found.searched(asked, present)


def _brought_forward(index: Index, of: Matrix, to: Matrix) -> Index | None:
    """Return an index of a later matrix, if that has the same rows and more."""
    same = to.token != "" and to.token == of.token and len(to.ids) >= len(of.ids)
    return index.successor(to.vectors, to.gone) if same else None


class _Exact:
    """The exact index of a shelf: built when it is first asked for."""

    def __init__(self, shelf: _Shelf, asked: Index) -> None:
        self._shelf = shelf
        self._spec, self._metric = asked.spec, asked.metric
        self._seen: Searched | None = None

    def searched(self, asked: Index, present: Matrix) -> Searched:
        seen = self._seen
        if seen is None or seen.matrix is not present:
            with self._shelf.lock:
                seen = self._seen = self._renewed(self._seen, self._shelf.matrix())
        return seen

    def _renewed(self, seen: Searched | None, present: Matrix) -> Searched:
        if seen is not None and seen.matrix is present:
            return seen
        index = None if seen is None else _brought_forward(seen.index, seen.matrix, present)
        if index is None:
            index = indexes.create(self._spec)
            index.build(present.vectors, self._metric)
            index.remove(present.gone)
        return Searched(present, index, 1.0)


@dataclass(frozen=True, eq=False)
class _Read:
    """An index as it was read from disk, then brought forward; none if it could not be."""

    stamp: tuple[int, ...]
    matrix: Matrix
    kept: structures.Kept | None = None
    index: Index | None = None


class _Built:
    """An index of a shelf that was built before and is kept on disk."""

    def __init__(self, shelf: _Shelf, asked: Index) -> None:
        self._shelf = shelf
        self._file = structures.file_of(shelf.home, asked)
        self._seen: _Read | None = None
        self._told: tuple[_Read, Index, Searched] | None = None

    def searched(self, asked: Index, present: Matrix) -> Searched | None:
        if not (stamp := _stamp(self._file)):
            return None
        seen = self._seen
        if seen is None or seen.stamp != stamp or seen.matrix is not present:
            with self._shelf.lock:
                seen = self._seen = self._renewed(self._seen, asked, stamp)
        if seen.index is None or seen.kept is None:
            return None
        told = self._told
        if told is None or told[0] is not seen or told[1] is not asked:
            recall = seen.kept.recall if seen.kept.spec == asked.spec else None
            found = Searched(seen.matrix, seen.index.searching_as(asked), recall)
            self._told = told = (seen, asked, found)
        return told[2]

    def _renewed(self, seen: _Read | None, asked: Index, stamp: tuple[int, ...]) -> _Read:
        present = self._shelf.matrix()
        if seen is not None and seen.stamp == stamp:
            if seen.matrix is present:
                return seen
            if seen.index is not None:
                index = _brought_forward(seen.index, seen.matrix, present)
                if index is not None:
                    return _Read(stamp, present, seen.kept, index)
        return self._read(asked, stamp, present)

    def _read(self, asked: Index, stamp: tuple[int, ...], present: Matrix) -> _Read:
        kept = structures.kept(self._file)
        if kept is not None and (kept.token != present.token or kept.rows > len(present.ids)):
            present = self._shelf.reread()  # it may have been written anew, without a change
        if kept is None or kept.token != present.token:
            return _Read(stamp, present)
        try:
            index = structures.read(kept, present).successor(present.vectors, present.gone)
            return _Read(stamp, present, kept, index)
        except GalleryDamaged:
            if structures.kept(self._file) != kept:  # replaced by another process meanwhile
                return self._read(asked, _stamp(self._file), present)
            with suppress(OSError):
                structures.drop(self._shelf.home, asked)
            return _Read((), present)


def _stamp(file: Path) -> tuple[int, ...]:
    """Return what is another whenever a file was replaced; nothing if it is not there."""
    try:
        found = os.stat(file)  # noqa: PTH116 (half as long as Path.stat, at every search)
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_ino, found.st_size
