"""A folder → its pictures, decoded once, in one file that is read a few at a time.

``pictures.u8`` holds one picture after the other, (n, size, size, 3) uint8; ``pictures.jsonl`` says
line by line which file each came from, and which files could not be read. A line is written after
its picture, so that whatever ends the process, the next one goes on after the last line.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from lookalike import images
from lookalike.errors import PictureError
from lookalike.images import Image, View
from lookalike.places import Found, listing
from lookalike.store import Progress, durable

PIXELS, JOURNAL = "pictures.u8", "pictures.jsonl"

FILTER = "bilinear"
"""How pictures are scaled; the card of the encoder says the same."""

# Files to a task, and to a line-up on the disk.
_CHUNK = 64


Failures: TypeAlias = "tuple[tuple[str, str], ...]"


@dataclass(frozen=True, eq=False)
class Pictures:
    """The different pictures of a folder.

    Attributes
    ----------
    pixels : (m, size, size, 3) uint8
        Mapped from the disk, not in memory. May hold more: pictures that are gone meanwhile.
    rows : (n,) int64
        Where in `pixels` each picture is.
    digests : tuple of n bytes
        SHA-256 of the file of each.
    duplicates : int
        Files with the very same bytes as another one.
    failures : tuple of (str, str)
        Files that could not be read, and why.
    """

    pixels: npt.NDArray[np.uint8]
    rows: npt.NDArray[np.int64]
    digests: tuple[bytes, ...]
    duplicates: int
    failures: Failures


@dataclass(frozen=True)
class _Entry:
    """A line of the journal: a file, and the digest of its bytes or why it failed."""

    path: str
    size: int
    mtime_ns: int
    digest: str = ""
    row: int = -1
    why: str = ""

    @property
    def found(self) -> Found:
        return Found(self.path, self.size, self.mtime_ns)


_Read: TypeAlias = "tuple[Found, str, Image | None, str]"


def found_in(folder: Path, excluded: Path) -> tuple[list[Found], Failures]:
    """Look through a folder and those in it.

    Returns
    -------
    found : list of Found
        The files that are pictures by their names.
    unlisted : tuple of (str, str)
        The folders that could not be listed, and why.
    """
    scan = listing(str(folder), frozenset({str(excluded)}))
    return list(scan), tuple(scan.unlisted)


def forget(run: Path) -> None:
    """Remove the decoded pictures."""
    for name in (JOURNAL, PIXELS):
        (run / name).unlink(missing_ok=True)


def bytes_left(found: Sequence[Found], run: Path, size: int) -> int:
    """Return how many bytes the pictures that are not decoded yet will need at most."""
    known = {entry.found for entry in _journal(run, size)}
    return sum(size * size * 3 for file in found if file not in known)


def decode(
    found: Sequence[Found],
    run: Path,
    size: int,
    progress: Callable[[Progress], None],
) -> Pictures:
    """Decode what is not decoded yet, on all processors.

    Parameters
    ----------
    found : sequence of Found
        Each picture is stretched to `size` × `size`.
    run : Path
        The folder that the decoded pictures are kept in.
    size : int
        Pixels.
    progress : callable

    Returns
    -------
    Pictures
        Of every content one.
    """
    entries = {entry.found: entry for entry in _journal(run, size)}
    rows = {entry.digest: entry.row for entry in entries.values() if entry.digest}
    here = run / PIXELS
    _rewrite(run, entries.values(), len(rows) * size * size * 3)
    todo = [file for file in found if file not in entries]
    done = len(found) - len(todo)
    failed = sum(file in entries and bool(entries[file].why) for file in found)
    with here.open("ab") as pixels, (run / JOURNAL).open("a", encoding="utf-8") as journal:
        for chunk in _read_all(todo, size):
            lines = []
            for file, digest, image, why in chunk:
                if image is not None and digest not in rows:
                    rows[digest] = len(rows)
                    pixels.write(image.tobytes())
                row = rows.get(digest, -1)
                entry = _Entry(file.path, file.size, file.mtime_ns, digest, row, why)
                entries[file] = entry
                lines.append(_line(entry))
            pixels.flush()
            os.fsync(pixels.fileno())
            journal.writelines(lines)
            journal.flush()
            done, failed = done + len(chunk), failed + sum(bool(why) for *_, why in chunk)
            progress(Progress("reading", done, len(found), failed))
    return _pictures([entries[file] for file in found], here, size)


def _pictures(entries: Sequence[_Entry], file: Path, size: int) -> Pictures:
    rows = {entry.row: bytes.fromhex(entry.digest) for entry in entries if entry.digest}
    failures = tuple((entry.path, entry.why) for entry in entries if entry.why)
    shape = (file.stat().st_size // (size * size * 3), size, size, 3)
    # An empty file cannot be mapped.
    whole = np.memmap(file, np.uint8, "r", shape=shape) if shape[0] else np.empty(shape, np.uint8)
    return Pictures(
        whole,
        np.array(list(rows), np.int64),
        tuple(rows.values()),
        len(entries) - len(failures) - len(rows),
        failures,
    )


def _read_all(files: Sequence[Found], size: int) -> Iterator[list[_Read]]:
    """Yield files read in chunks, in their order, a bounded number of chunks ahead."""
    workers = os.cpu_count() or 1
    stop = threading.Event()
    running: deque[Future[list[_Read]]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="lookalike") as pool:
        try:
            for start in range(0, len(files), _CHUNK):
                chunk = files[start : start + _CHUNK]
                running.append(pool.submit(_read_chunk, chunk, size, stop))
                if len(running) > 2 * workers:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        finally:
            stop.set()  # Ctrl-C: the workers end at the next picture


def _read_chunk(files: Iterable[Found], size: int, stop: threading.Event) -> list[_Read]:
    return [_read(file, size) for file in files if not stop.is_set()]


def _read(file: Found, size: int) -> _Read:
    try:
        data = images.read_bytes(file.path)
        image = images.load(data, View.stretch(size, size, FILTER), name=file.path)
    except PictureError as error:
        return file, "", None, error.why
    return file, hashlib.sha256(data).hexdigest(), image, ""


def _line(entry: _Entry) -> str:
    # Names that are no valid text survive as escaped surrogates.
    return json.dumps(dataclasses.astuple(entry)) + "\n"


def _journal(run: Path, size: int) -> list[_Entry]:
    """Return what an earlier process has decoded, as far as its pixels are there."""
    try:
        lines = (run / JOURNAL).read_text("utf-8").splitlines(keepends=True)
        rows = (run / PIXELS).stat().st_size // (size * size * 3)
    except FileNotFoundError:
        return []
    entries = []
    for line in lines:
        if not line.endswith("\n"):
            break  # cut off when the process was killed
        entry = _Entry(*json.loads(line))
        if entry.row >= rows:
            break
        entries.append(entry)
    return entries


def _rewrite(run: Path, entries: Iterable[_Entry], length: int) -> None:
    """Leave in both files exactly what is known to be whole."""
    durable.write(run / JOURNAL, "".join(_line(entry) for entry in entries))
    with (run / PIXELS).open("ab") as pixels:
        pixels.truncate(length)
