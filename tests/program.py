"""The program, run as a person runs it, with warnings as errors."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = [sys.executable, "-W", "error", "-m", "lookalike"]


def lookalike(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run it to the end, whatever that is."""
    return subprocess.run(
        [*PROGRAM, *map(str, arguments)], capture_output=True, text=True, encoding="utf-8"
    )


def done(*arguments: str | Path) -> str:
    """Return what it writes to standard output, where it must go well."""
    result = lookalike(*arguments)
    assert result.returncode == 0, result.stderr
    return result.stdout


def failed(code: int, *arguments: str | Path) -> str:
    """Return the one line that it says to a person, where it must fail so."""
    result = lookalike(*arguments)
    assert result.returncode == code, (result.stdout, result.stderr)
    assert result.stderr.count("\n") == 1
    return result.stderr
