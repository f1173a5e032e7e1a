"""What was being read when an earlier run died, read again where it can do no harm.

Libraries that decode pictures are written in C, and a damaged file may bring the whole process
down; without this, every further run would die at the same file. So the files that are being read
are noted, and where a run has left such a note, they are first decoded in a process of their own.
Mostly the run was simply killed, and all of them pass.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress

from lookalike.places import Found
from lookalike.store.catalog import Catalog
from lookalike.store.intake import CRASHES

_WHY = (
    "decoding it ends the whole program ({how}); a damaged file, or a fault of the library that "
    "decodes this format. Save it in another format, or try again after an upgrade: "
    "lookalike index --retry"
)


def note(catalog: Catalog, files: Sequence[Found]) -> None:
    """Note that files are about to be read; the commit that keeps them takes the note away."""
    with catalog.transaction() as db:
        db.executemany(
            "INSERT OR IGNORE INTO reading VALUES (?)", [(os.fsencode(f.path),) for f in files]
        )


def clear(catalog: Catalog) -> None:
    """Take all notes away: the run ended by itself."""
    with catalog.transaction() as db:
        db.execute("DELETE FROM reading")


def check(catalog: Catalog, *, retry: bool) -> Iterator[tuple[str, str]]:
    """Decode what an earlier run was reading when it died; yield what brings a process down.

    Parameters
    ----------
    catalog : Catalog
    retry : bool
        Decode those again, too, that were found to do so before.

    Yields
    ------
    path : str
    why : str
    """
    rows = catalog.rows(
        "SELECT path FROM reading UNION SELECT path FROM failures "
        "JOIN files ON files.id = file_id WHERE reason = ? AND ? ORDER BY path",
        (CRASHES, retry),
    )
    yield from crashing([os.fsdecode(path) for (path,) in rows])


def crashing(paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Decode files in processes of their own; yield those that bring a process down, and why."""
    left = list(paths)
    while left:
        passed, how = _decoded(left)
        if not how:
            return
        yield left[passed], _WHY.format(how=how)
        left = left[passed + 1 :]


def _decoded(paths: Sequence[str]) -> tuple[int, str]:
    """Decode files in another process; return how many it survived, and how it died, if it did."""
    given = b"\0".join(os.fsencode(path) for path in paths)
    done = subprocess.run(
        [sys.executable, "-m", "lookalike.store.quarantine"],
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    survived = len(done.stdout)
    if survived >= len(paths):
        return len(paths), ""
    return survived, f"signal {-done.returncode}" if done.returncode < 0 else "without a reason"


def _decode_all() -> None:
    """Decode the files named on standard input; write a dot after each."""
    from lookalike.errors import PictureError
    from lookalike.images import load
    from lookalike.places import read_bytes

    for path in sys.stdin.buffer.read().split(b"\0"):
        with suppress(PictureError):  # it is named when the file is read in earnest
            load(read_bytes(os.fsdecode(path)))
        sys.stdout.write(".")
        sys.stdout.flush()


if __name__ == "__main__":
    _decode_all()
