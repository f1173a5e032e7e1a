"""Indexes that were built of a descriptor's rows, kept beside them.

    cache/<descriptor>/indexes/
        <name>.json             which folder counts, and what is in it
        <name>-<random>/        what `Index.save` wrote

A name stands for a structure and a metric. The little file is replaced as a whole, after the folder
is there: so a reader finds an index or none, never a part of one.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import filelock

from lookalike import indexes
from lookalike.errors import GalleryDamaged
from lookalike.indexes import Index
from lookalike.store import durable
from lookalike.store.matrix import Matrix

_HOME = "indexes"
_MAKING = "making-"
_ABANDONED_SECONDS = 3600
_PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Kept:
    """An index on disk.

    Attributes
    ----------
    spec : str
        As it was built: all parameters, also those of searching.
    metric : str
    token : str
        Of the rows that it was built of; see `Matrix`.
    rows : int
        How many there were of them.
    covered : int
        How many of those the structure has.
    recall : float or None
        Share of the ten nearest that it finds, as it was measured with that spec.
    folder : str
        Its name.
    """

    spec: str
    metric: str
    token: str
    rows: int
    covered: int
    recall: float | None
    folder: str


def file_of(home: Path, index: Index) -> Path:
    """Return the little file of an index.

    Parameters
    ----------
    home : Path
        `Matrix.folder`.
    index : Index
        One with a metric, and nothing else in it needed; what it searches by does not matter.
    """
    name = hashlib.sha256(f"{index.structure} by {index.metric}".encode()).hexdigest()[:16]
    return home / _HOME / f"{name}.json"


def kept(file: Path) -> Kept | None:
    """Return what a little file says; None if it is not there or cannot be read."""
    try:
        return Kept(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def all_kept(home: Path) -> Iterator[Kept]:
    """Yield every index that was built of a descriptor's rows, of the present ones or former."""
    for file in sorted((home / _HOME).glob("*.json")):
        if (found := kept(file)) is not None:
            yield found


def read(found: Kept, matrix: Matrix) -> Index:
    """Read an index.

    Raises
    ------
    GalleryDamaged
        It is not there any more, or damaged, or of other rows than those of the matrix.
    MissingExtra
        Its library is not installed.
    """
    if found.token != matrix.token or found.rows > len(matrix.ids):
        raise GalleryDamaged(f"the index {found.spec} is of other vectors; build it again")
    index = indexes.create(found.spec)
    index.load(matrix.folder / _HOME / found.folder, matrix.vectors[: found.rows])
    return index


def keep(index: Index, matrix: Matrix, recall: float | None) -> Kept:
    """Write an index of a matrix that is on disk, in the place of the one that was there.

    Raises
    ------
    OSError
        The disk is full or read-only.
    """
    file = file_of(matrix.folder, index)
    file.parent.mkdir(exist_ok=True)
    folder = file.with_name(f"{file.stem}-{secrets.token_hex(8)}")
    making = folder.with_name(_MAKING + folder.name)
    making.mkdir()
    try:
        index.save(making)
        durable.settle_all(making)
        rows, covered = len(index.vectors), index.covered
        found = Kept(index.spec, index.metric, matrix.token, rows, covered, recall, folder.name)
        with filelock.FileLock(matrix.folder / "lock", timeout=_PATIENCE_SECONDS):
            making.replace(folder)
            durable.write(file, json.dumps(dataclasses.asdict(found)))
            _drop_others(file.parent)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    return found


def drop(home: Path, index: Index) -> None:
    """Drop an index; no matter if it is not there."""
    file = file_of(home, index)
    with filelock.FileLock(home / "lock", timeout=_PATIENCE_SECONDS):
        file.unlink(missing_ok=True)
        _drop_others(file.parent)


def _drop_others(folder: Path) -> None:
    """Drop what no little file speaks of."""
    counting = {found.folder for found in all_kept(folder.parent)}
    for other in folder.iterdir():
        if not other.is_dir() or other.name in counting:
            continue
        with suppress(FileNotFoundError):
            young = time.time() - other.stat().st_mtime < _ABANDONED_SECONDS
            if not (other.name.startswith(_MAKING) and young):
                shutil.rmtree(other, ignore_errors=True)  # Windows: it may be mapped
