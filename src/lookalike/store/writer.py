"""The lock of a folder that one process at a time may write to."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock

from lookalike.errors import GalleryError

LOCK, NOTE = "writer.lock", "writer.json"


@contextmanager
def only_writer(folder: Path, busy: Callable[[str], Exception]) -> Iterator[None]:
    """Hold the one writer's lock of a folder.

    Parameters
    ----------
    folder : Path
    busy : callable
        Makes the error that is raised where another process holds it, of what that is called:
        ``process 4711``.

    Raises
    ------
    GalleryError
        The folder cannot be written to.
    """
    lock, note = filelock.FileLock(folder / LOCK), folder / NOTE
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise busy(_told(note)) from None
    except OSError as error:
        raise GalleryError(
            f"{folder} cannot be written to: {error.strerror}; is the disk read-only or full?"
        ) from error
    try:
        with suppress(OSError):  # it only makes a message more helpful; the disk may be full
            note.write_text(json.dumps({"pid": os.getpid()}), encoding="utf-8")
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def _told(note: Path) -> str:
    # The note may be half-written or already gone: it only makes the message more helpful.
    try:
        return f"process {json.loads(note.read_text(encoding='utf-8'))['pid']}"
    except (OSError, ValueError, KeyError):
        return "another process"
