"""A folder for temporary files that outlives no server for long, however that ends."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from pathlib import Path

from filelock import FileLock, Timeout

_LOCK = "lock"


class Scratch:
    """A folder that only this user can look into; those of dead servers are deleted first.

    Its lock is held for as long as the process lives. A server that was killed could delete
    nothing, but has let go of its lock: so another knows, wherever it runs, also in a container
    where numbers of processes say nothing.

    Parameters
    ----------
    prefix : str
        What the names of all these folders begin with.

    Attributes
    ----------
    folder : Path
    """

    folder: Path

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        _delete_abandoned(prefix)
        self._make()

    def renew(self) -> None:
        """Take another folder, for this one is gone."""
        self.close()
        self._make()

    def close(self) -> None:
        """Delete the folder, with all that is in it."""
        self._lock.release(force=True)  # Windows deletes no open files
        shutil.rmtree(self.folder, ignore_errors=True)

    def _make(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=self._prefix))  # 0700
        self._lock = FileLock(self.folder / _LOCK, thread_local=False)
        self._lock.acquire(timeout=0)


def _delete_abandoned(prefix: str) -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        # Without a lock it is one that is just being made, or none of ours.
        if _is_ours(folder) and (folder / _LOCK).is_file():
            lock = FileLock(folder / _LOCK)
            try:
                lock.acquire(timeout=0)
            except (Timeout, OSError):
                continue  # its server lives
            lock.release()
            shutil.rmtree(folder, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    # Anybody may put anything into a folder for temporary files: links, and what is theirs.
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and (sys.platform == "win32" or found.st_uid == os.getuid())
