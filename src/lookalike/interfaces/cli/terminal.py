"""What is written to a terminal, and how."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

# Into a pipe nothing is wrapped.
_WIDE = 10_000


def output() -> Console:
    """Return the console of standard output."""
    from rich.console import Console

    at_terminal = sys.stdout is not None and sys.stdout.isatty()
    return Console(width=None if at_terminal else _WIDE, highlight=False, soft_wrap=False)


def messages() -> Console:
    """Return the console of standard error, for all that is not the answer."""
    from rich.console import Console

    return Console(stderr=True, width=None if sys.stderr.isatty() else _WIDE, highlight=False)


def printable(text: str) -> str:
    """Return text without the characters that would command a terminal, line breaks included.

    A file's name may hold any of them.
    """
    return "".join(c if c.isprintable() or "\udc80" <= c <= "\udcff" else "\ufffd" for c in text)


def name(text: str, style: str = "") -> Text:
    """Return a file's name for a table: no markup in it, and nothing that commands a terminal."""
    from rich.text import Text

    return Text(printable(text), style=style, overflow="fold")


def write_json(value: Mapping[str, object]) -> None:
    """Write one JSON object as one line to standard output."""
    import json

    sys.stdout.write(json.dumps(value) + "\n")


def size(count: float) -> str:
    """Write a number of bytes for people: ``3.4 MB``."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def plural(count: int, one: str, many: str = "") -> str:
    """Write a count with its word: ``1 picture``, ``2,000 pictures``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
