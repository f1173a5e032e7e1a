"""Files that a verb writes for a person, and opens."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from lookalike.errors import UsageError


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all.

    Raises
    ------
    UsageError
        It cannot be written there.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        # surrogateescape: a page may hold file names that are not UTF-8
        unfinished.write_text(text, encoding="utf-8", errors="surrogateescape")
        unfinished.replace(path)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink()
        raise UsageError(f"cannot write {path}: {error.strerror}") from error


def temporary_page() -> Path:
    """Return the path of a page that is only to be looked at."""
    return Path(tempfile.mkdtemp(prefix="lookalike-")) / "matches.html"


def open_file(path: Path) -> None:
    """Say where a file is, and open it with the program that the system has for it, if any."""
    import typer

    from lookalike.interfaces.cli.terminal import messages, name

    messages().print(name(f"opening {path.absolute()}"))
    typer.launch(str(path.absolute()))
