"""Files that a verb writes for a person, and opens."""

from __future__ import annotations

import tempfile
from pathlib import Path

from lookalike.show.saving import check, save


def check_writable(*paths: Path | None) -> None:
    """Refuse at once what could not be written after long work."""
    for path in paths:
        if path is not None:
            check(path)


def write_page(path: Path, page: str) -> None:
    """Write a page; a file name on it that is not UTF-8 keeps its bytes."""
    save(path, page.encode("utf-8", "surrogateescape"))


def temporary_page() -> Path:
    """Return the path of a page that is only to be looked at."""
    return Path(tempfile.mkdtemp(prefix="lookalike-")) / "matches.html"


def open_file(path: Path) -> None:
    """Say where a file is, and open it with the program that the system has for it, if any."""
    import typer

    from lookalike.interfaces.cli.terminal import messages, name

    messages().print(name(f"opening {path.absolute()}"))
    typer.launch(str(path.absolute()))
