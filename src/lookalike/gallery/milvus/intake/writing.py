"""What was taken in → Milvus: first the vectors, then the row of the file, which is the commit.

Killed anywhere between, the file's row does not say that it has these vectors, and the next run
writes them again, under the same keys. So any number of writers may write at once, and one that
writes what another has written changes nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from lookalike.gallery.milvus.intake.same import vectors_of, with_contents
from lookalike.gallery.milvus.kept.itself import Kept
from lookalike.gallery.milvus.kept.rows import OF_FILES, FileRow, file_row
from lookalike.gallery.milvus.link import text
from lookalike.gallery.milvus.link.address import Address
from lookalike.gallery.milvus.link.engine import Engine
from lookalike.gallery.milvus.link.text import one_of, text_of
from lookalike.metrics import Vectors
from lookalike.store.catalog import StoredDescriptor
from lookalike.store.commit import Written
from lookalike.store.intake import Taken

# Descriptors that others have added or dropped are seen so many seconds later.
_FRESH = 60.0


@dataclass
class _File:
    """A file that is to be written.

    `has` are the vectors that came with it, `keeps` the descriptors whose vectors stay as they are,
    and `takes` those whose vectors come from a file with the same bytes.
    """

    row: FileRow
    before: FileRow | None
    has: dict[int, Vectors] = field(default_factory=dict)
    keeps: set[int] = field(default_factory=set)
    takes: dict[int, FileRow] = field(default_factory=dict)


class MilvusWriter:
    """Writes files of one gallery; see `lookalike.store.crews.Writer`. For any number of threads.

    Parameters
    ----------
    kept : Kept
    """

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._engine = kept.engine
        self._known: dict[int, StoredDescriptor] = {}
        self._asked = 0.0
        self._claimed: dict[int, str] = {}
        self._lock = threading.Lock()

    def known(self, hashes: Sequence[bytes]) -> Mapping[bytes, frozenset[int]]:
        """See `Writer.known`. What came a moment ago may be missing, and is computed once more."""
        found = with_contents(self._kept, hashes, hurried=True)
        return {
            sha256: frozenset(number for row in rows for number in row.described)
            for sha256, rows in found.items()
        }

    def commit(self, batch: Sequence[Taken]) -> Written:
        """See `Writer.commit`."""
        taken = list({one.found.path: one for one in batch}.values())
        if not taken:
            return Written()
        stored = self._descriptors({n for one in taken for n in one.vectors})
        files: list[_File] = []
        try:
            files += self._files(taken, stored)
            self._take_vectors(files, stored)
            self._write(files, stored)
        finally:
            self._give_back({one.found.path for one in taken})
        return _counted(files)

    def ids_of(self, paths: Sequence[str]) -> dict[str, int]:
        """Return the ids that files at some paths have, or are to have."""
        try:
            return self._ids(paths, self._there(paths))
        finally:
            self._give_back(set(paths))

    def close(self) -> None:
        """Let go of the connection."""
        self._engine.close()

    # -- what is there -----------------------------------------------------------------------

    def _descriptors(self, needed: set[int]) -> dict[int, StoredDescriptor]:
        if needed - self._known.keys() or time.monotonic() - self._asked > _FRESH:
            self._known = {one.id: one for one in self._kept.descriptors(fresh=True)}
            self._asked = time.monotonic()
        return self._known

    def _files(
        self, taken: Sequence[Taken], stored: Mapping[int, StoredDescriptor]
    ) -> Iterator[_File]:
        paths = [one.found.path for one in taken]
        there = self._there(paths)
        before = {row.path: row for row in there}
        ids = self._ids(paths, there)
        alike = with_contents(
            self._kept,
            {
                one.sha256
                for one in taken
                if one.sha256 and _lacks(one, before.get(one.found.path), stored)
            },
        )
        for one in taken:
            row = FileRow(
                one.found.path,
                ids[one.found.path],
                size=one.found.size,
                mtime_ns=one.found.mtime_ns,
                etag=one.found.etag,
            )
            former = before.get(one.found.path)
            if former is not None:
                row = replace(row, columns=former.columns)
            if one.reason:
                yield _File(replace(row, reason=one.reason, message=one.message), former)
            elif (file := self._good(one, row, former, alike, stored)) is not None:
                yield file

    def _good(
        self,
        taken: Taken,
        row: FileRow,
        former: FileRow | None,
        alike: Mapping[bytes, list[FileRow]],
        stored: Mapping[int, StoredDescriptor],
    ) -> _File | None:
        """Return what is to be written of a picture; None if that is not known any more.

        What was known of its bytes when they were read may have been taken out meanwhile: then it
        is left for the next run.
        """
        assert taken.sha256 is not None  # noqa: S101  (it did not fail)
        own = former if former is not None and former.sha256 == taken.sha256 else None
        same = [*([own] if own else []), *alike.get(taken.sha256, [])]
        facts = taken.facts or next(iter(same), None)
        if facts is None:
            return None
        row = replace(
            row,
            sha256=taken.sha256,
            format=facts.format,
            width=facts.width,
            height=facts.height,
            bytes=facts.bytes,
            taken=facts.taken or "",
        )
        file = _File(row, former)
        for number, one in stored.items():
            if number in taken.vectors:
                file.has[number] = self._decoded(one, taken.vectors[number])
            elif own and number in own.described and own.mtime_ns == row.mtime_ns:
                file.keeps.add(number)
            else:
                source = next((other for other in same if number in other.described), None)
                if source is not None:
                    file.takes[number] = source
        return file

    def _there(self, paths: Sequence[str]) -> list[FileRow]:
        """Return the files at some paths, and others that have the ids that these are to have."""
        at = one_of("path", map(text_of, paths))
        called = one_of("id", map(text.id_of, paths))
        rows = self._engine.query(self._kept.files, f"{at} or {called}", OF_FILES, strong=True)
        return list(map(file_row, rows))

    def _ids(self, paths: Sequence[str], there: Sequence[FileRow]) -> dict[str, int]:
        owners = {row.id: row.path for row in there}
        ids = {row.path: row.id for row in there}
        for path in paths:
            attempt = 0
            while path not in ids:
                id = text.id_of(path, attempt)
                if self._owner(id, owners, attempt) is None and self._claim(id, path):
                    ids[path] = id
                    owners[id] = path
                attempt += 1
        return ids

    def _claim(self, id: int, path: str) -> bool:
        """Take an id, unless a file has it that another thread is writing just now."""
        with self._lock:
            return self._claimed.setdefault(id, path) == path

    def _give_back(self, paths: Container[str]) -> None:
        with self._lock:
            self._claimed = {id: p for id, p in self._claimed.items() if p not in paths}

    def _owner(self, id: int, owners: dict[int, str], attempt: int) -> str | None:
        if id not in owners and attempt:  # those of the first attempt were asked for at once
            for row in self._engine.query(self._kept.files, f"id == {id}", ["path"], strong=True):
                owners[id] = text.path_of(row["path"])
        return owners.get(id)

    def _decoded(self, stored: StoredDescriptor, coded: bytes) -> Vectors:
        if stored.is_staged:
            decoded: Vectors = self._kept.stages_of(stored)[-1].decoded([coded])
            return np.asarray(decoded[0], np.float32)
        return np.frombuffer(coded, "<f4")

    # -- writing -----------------------------------------------------------------------------

    def _take_vectors(self, files: Iterable[_File], stored: Mapping[int, StoredDescriptor]) -> None:
        files = list(files)
        for number, one in stored.items():
            wanted = {
                file.takes[number].id: file.row.sha256 for file in files if number in file.takes
            }
            vectors = vectors_of(self._kept, one, wanted) if wanted else {}
            for file in files:
                if number in file.takes and file.takes[number].id in vectors:
                    file.has[number] = vectors[file.takes[number].id]

    def _write(self, files: Sequence[_File], stored: Mapping[int, StoredDescriptor]) -> None:
        done = [
            replace(file.row, described=tuple(sorted({*file.has, *file.keeps}))) for file in files
        ]
        for number, one in stored.items():
            rows = [
                row.as_vector_row(file.has[number])
                for row, file in zip(done, files, strict=True)
                if number in file.has
            ]
            self._engine.upsert(self._kept.collection(one), rows)
        self._engine.upsert(self._kept.files, [row.as_row() for row in done])
        for number, one in stored.items():
            # Also of one that is new, as an earlier run may have been killed at it.
            doomed = [
                row.id
                for row, file in zip(done, files, strict=True)
                if number not in row.described
                and (row.reason or (file.before and number in file.before.described))
            ]
            self._engine.delete(self._kept.collection(one), doomed)


@dataclass(frozen=True)
class MilvusWriterSpec:
    """How a worker elsewhere comes to a writer of its own; see `lookalike.store.crews.WriterSpec`.

    Parameters
    ----------
    address : Address
    token : str
        A secret, that is not shown.
    """

    address: Address
    token: str = field(default="", repr=False)

    def open(self) -> MilvusWriter:
        """Return a writer with a connection of its own."""
        engine = Engine(self.address, self.token, is_known=True)
        return MilvusWriter(Kept(engine, create=False))


def _lacks(taken: Taken, former: FileRow | None, stored: Iterable[int]) -> bool:
    """Tell whether something is to come from another file with the same bytes."""
    if taken.reason or taken.facts is not None:
        return False
    if former is None or former.sha256 != taken.sha256:
        return True
    return bool(set(stored) - taken.vectors.keys() - set(former.described))


def _counted(files: Iterable[_File]) -> Written:
    counts = Written()
    for file in files:
        if file.row.reason:
            continue
        if file.before is None:
            counts.added += 1
        elif file.before.sha256 != file.row.sha256:
            counts.changed += 1
        else:
            counts.described += bool(set(file.has) - set(file.before.described))
    return counts
