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
