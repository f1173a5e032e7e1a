"""The vectors of one descriptor as files beside the catalog, to which rows are only ever appended.

    cache/<descriptor>/
        rows.json           which of the files count, how much of each, and as of which moment
        <token>.vectors     (n, dim) float32
        <token>.ids         (n,) int64: the content that a row is of
        <token>.gone        int64: rows whose content has left, or has another vector now
        lock                held while one process brings them forward

Readers believe `rows.json`, which is replaced as a whole, and look at nothing beyond its counts. So
a row never changes under them, and what a killed writer left behind is written over. When too many
rows are gone, all is written anew under another token.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import secrets
import shutil
import sqlite3
from array import array
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import filelock
import numpy as np
import numpy.typing as npt

from lookalike.metrics import Vectors
from lookalike.store import changes, durable
from lookalike.store.catalog import Catalog, StoredDescriptor
from lookalike.store.stages import decoder

Ids = npt.NDArray[np.int64]

_HOME = re.compile(r"\d+-[0-9a-f]{12}")
_STATE = "rows.json"
_KINDS = ("vectors", "ids", "gone")
_CHUNK_BYTES = 4 * 2**20

# Bringing a million vectors forward for the first time takes most of a minute on a slow disk.
_PATIENCE_SECONDS = 120

# Contents that no file has any more are kept for their return, but not found.
PRESENT = (
    "FROM vectors WHERE descriptor_id = ? "
    "AND EXISTS (SELECT 1 FROM files WHERE files.content_id = vectors.content_id)"
)


@dataclass(frozen=True)
class State:
    """What `rows.json` says.

    Attributes
    ----------
    token : str
        Names the files; another one whenever they are written anew.
    descriptor : str
        Its key.
    rows, gone : int
        How many there are of each.
    seq, mark : int
        The moment that they are as of; see `changes.Moment`.
    """

    token: str
    descriptor: str
    rows: int
    gone: int
    seq: int
    mark: int

    @property
    def moment(self) -> changes.Moment:
        """The moment that the files are as of."""
        return changes.Moment(self.seq, self.mark)


def home(catalog: Catalog, descriptor: StoredDescriptor) -> Path:
    """Return the folder of all that is kept of one descriptor's vectors."""
    key = hashlib.sha256(descriptor.key.encode()).hexdigest()[:12]
    return catalog.folder / "cache" / f"{descriptor.id}-{key}"


def drop_strangers(catalog: Catalog) -> None:
    """Drop what is kept of descriptors that are no longer in the gallery."""
    known = {home(catalog, descriptor).name for descriptor in catalog.descriptors()}
    cache = catalog.folder / "cache"
    for folder in cache.iterdir() if cache.is_dir() else ():
        if _HOME.fullmatch(folder.name) and folder.name not in known:
            shutil.rmtree(folder, ignore_errors=True)  # Windows: another process has it mapped


class Rows:
    """The files of one descriptor.

    Whatever cannot be read or written raises OSError or ValueError; the catalog has it all.
    """

    def __init__(self, catalog: Catalog, descriptor: StoredDescriptor) -> None:
        self._catalog = catalog
        self._descriptor = descriptor
        self._decode = decoder(catalog, descriptor)
        self.folder = home(catalog, descriptor)

    def state(self) -> State | None:
        """Return what there is; None if nothing, or nothing that can be read."""
        try:
            state = State(**json.loads((self.folder / _STATE).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None  # OSError: on Windows also where it is being replaced at this moment
        return state if state.descriptor == self._descriptor.key else None

    def opened(self, state: State) -> tuple[Ids, Vectors, Ids]:
        """Map the files: ids (n,), vectors (n, dim), gone rows (g,)."""
        vectors = self._mapped(state, "vectors", "<f4", (state.rows, self._descriptor.dim))
        ids = self._mapped(state, "ids", "i8", (state.rows,))
        return ids, vectors, self._mapped(state, "gone", "i8", (state.gone,))

    def lock(self) -> filelock.BaseFileLock:
        """Return what to hold while writing here."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return filelock.FileLock(self.folder / "lock", timeout=_PATIENCE_SECONDS)

    def brought_forward(self, most_gone: float) -> State:
        """Bring the files to the catalog's present moment. The caller holds the lock.

        Parameters
        ----------
        most_gone : float
            If a larger share of the rows is gone, all is written anew.
        """
        state = self.state()
        with self._catalog.snapshot() as db:
            if state is not None and not self._is_usable(db, state):
                state = None
            if state is not None and state.moment != changes.now(db):
                state = self._extended(db, state)
            if state is None or state.gone > most_gone * state.rows:
                state = self._anew(db)
        self._drop_others(state.token)
        return state

    # -- within ------------------------------------------------------------------------------

    def _file(self, token: str, kind: str) -> Path:
        return self.folder / f"{token}.{kind}"

    def _mapped(
        self, state: State, kind: str, dtype: str, shape: tuple[int, ...]
    ) -> npt.NDArray[Any]:
        if not shape[0]:
            return np.empty(shape, dtype)
        # As a plain array: slicing a `memmap` object costs as much as a small search.
        return np.asarray(np.memmap(self._file(state.token, kind), dtype, "r", shape=shape))

    def _is_usable(self, db: sqlite3.Connection, state: State) -> bool:
        sizes = (state.rows * self._stride, 8 * state.rows, 8 * state.gone)
        files = [self._file(state.token, kind) for kind in _KINDS]
        whole = all(
            file.exists() and file.stat().st_size >= size
            for file, size in zip(files, sizes, strict=True)
        )
        return whole and changes.is_known(db, state.moment, self._descriptor.id)

    @property
    def _stride(self) -> int:
        return 4 * self._descriptor.dim

    def _anew(self, db: sqlite3.Connection) -> State:
        token = secrets.token_hex(8)
        try:
            state = State(token, self._descriptor.key, self._written(db, token), 0, 0, 0)
            return self._published(db, state)
        except BaseException:  # a full disk, above all, is not to be left fuller still
            for kind in _KINDS:
                self._file(token, kind).unlink(missing_ok=True)
            raise

    def _written(self, db: sqlite3.Connection, token: str) -> int:
        sql = f"SELECT content_id, vector {PRESENT} ORDER BY content_id"
        ids = array("q")
        with self._file(token, "vectors").open("xb") as out:
            for chunk in self._chunks(db.execute(sql, (self._descriptor.id,))):
                out.write(self._decoded(chunk).data)
                ids.extend(i for i, _ in chunk)
        self._file(token, "ids").write_bytes(ids.tobytes())
        self._file(token, "gone").touch()
        return len(ids)

    def _extended(self, db: sqlite3.Connection, state: State) -> State:
        """Append what has come, and note what has gone."""
        ids, vectors, gone = self.opened(state)
        row_of = _finder(ids, gone)
        come, left, rows = array("q"), array("q"), state.rows
        with self._at(state, "vectors", state.rows * self._stride) as out:
            for chunk in self._chunks(changes.since(db, state.moment, self._descriptor.id)):
                found = row_of(np.array([i for i, _ in chunk], np.int64))
                decoded = iter(self._decoded(chunk))
                for (content, kept), row in zip(chunk, found.tolist(), strict=True):
                    vector = None if kept is None else next(decoded)
                    if row >= 0:
                        if vector is not None and vectors[row].tobytes() == vector.tobytes():
                            continue
                        left.append(row)
                    if vector is not None:
                        out.write(vector.data)
                        come.append(content)
        for kind, new, place in (("ids", come, 8 * state.rows), ("gone", left, 8 * state.gone)):
            with self._at(state, kind, place) as out:
                out.write(new.tobytes())
        state = dataclasses.replace(state, rows=rows + len(come), gone=state.gone + len(left))
        return self._published(db, state, settle=bool(come or left))

    def _decoded(self, chunk: list[tuple[int, bytes | None]]) -> Vectors:
        """Return the vectors of those that have one: (m, dim) little-endian float32."""
        decoded = self._decode([kept for _, kept in chunk if kept is not None])
        return np.ascontiguousarray(decoded, "<f4")

    def _at(self, state: State, kind: str, place: int) -> BinaryIO:
        # Never shortened: on Windows a file that a reader has mapped cannot be.
        file = self._file(state.token, kind).open("r+b")
        file.seek(place)
        return file

    def _chunks(
        self, rows: Iterable[tuple[int, bytes | None]]
    ) -> Iterator[list[tuple[int, bytes | None]]]:
        rows, size = iter(rows), max(1, _CHUNK_BYTES // self._stride)
        while chunk := list(islice(rows, size)):
            yield chunk

    def _published(self, db: sqlite3.Connection, state: State, *, settle: bool = True) -> State:
        moment = changes.now(db)
        state = dataclasses.replace(state, seq=moment.seq, mark=moment.mark)
        if settle:
            for kind in _KINDS:
                durable.settle(self._file(state.token, kind))
        durable.write(self.folder / _STATE, json.dumps(dataclasses.asdict(state)))
        return state

    def _drop_others(self, token: str) -> None:
        for kind in _KINDS:
            for file in self.folder.glob(f"*.{kind}"):
                if file != self._file(token, kind):
                    with suppress(PermissionError):  # Windows: another process has it mapped
                        file.unlink(missing_ok=True)


def _finder(ids: Ids, gone: Ids) -> Callable[[Ids], Ids]:
    """Return what tells the present row of each content; −1 for one that has none."""
    present = np.ones(len(ids), bool)
    present[gone] = False
    rows = np.flatnonzero(present)
    rows = rows[np.argsort(ids[rows], kind="stable")]
    ordered = ids[rows]

    def row_of(wanted: Ids) -> Ids:
        if not len(rows):
            return np.full(len(wanted), -1, np.int64)
        place = np.minimum(np.searchsorted(ordered, wanted), len(rows) - 1)
        return np.where(ordered[place] == wanted, rows[place], -1)

    return row_of
