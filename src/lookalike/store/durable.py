"""Files that are either there as a whole or not, whenever the power goes."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

BESIDE = ".new"
"""What is put behind a file's name while it is written."""

# Windows refuses to replace a file at the moment when another process reads it.
_TRIES, _PAUSE_SECONDS = 20, 0.01


def write(file: Path, content: str | bytes) -> None:
    """Put a file in the place of the one that is there. One process at a time."""
    beside = file.with_name(f"{file.name}{BESIDE}")
    beside.write_bytes(content if isinstance(content, bytes) else content.encode())
    settle(beside)
    for _ in range(_TRIES):
        with suppress(PermissionError):
            beside.replace(file)
            break
        time.sleep(_PAUSE_SECONDS)
    else:
        beside.replace(file)
    settle(file.parent)


def settle(path: Path) -> None:
    """Wait until a file, or a folder's list of names, is on the disk itself."""
    try:
        handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    except PermissionError:
        if path.is_dir():
            return  # Windows opens no folder; it keeps names safe by itself
        raise
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def settle_all(folder: Path) -> None:
    """Wait until everything in a folder is on the disk itself."""
    for path in folder.rglob("*"):
        settle(path)
    settle(folder)
