"""A figure or a page → a file, whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from lookalike.errors import UsageError


def save(path: Path, data: bytes) -> None:
    """Write a file; whoever reads it meets the old one or the new one, never a part.

    Raises
    ------
    UsageError
        It cannot be written there.
    """
    unfinished = path.with_name(f".unfinished-{os.urandom(6).hex()}")
    try:
        unfinished.write_bytes(data)
        unfinished.replace(path)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink()
        raise UsageError(
            f"cannot write {path}: {error.strerror or error}; choose another place"
        ) from error


def check(path: Path) -> None:
    """See whether a file can be written later, before the work for it is done.

    Raises
    ------
    UsageError
        Its folder is not there or not to be written to, or it is itself a folder.
    """
    reason = ""
    if not path.absolute().parent.is_dir():
        reason = "its folder is not there"
    elif path.is_dir():
        reason = "it is a folder"
    elif not os.access(path.absolute().parent, os.W_OK):
        reason = "its folder cannot be written to"
    if reason:
        raise UsageError(f"cannot write {path}: {reason}; choose another place")
