"""A folder → the pictures in it, without opening any."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from lookalike.images import suffixes

# What systems and photo programs leave between a person's pictures.
_NOT_THEIRS = frozenset(
    {
        "@eaDir",
        "$RECYCLE.BIN",
        "System Volume Information",
        "lost+found",
        "node_modules",
        "__MACOSX",
    }
)


@dataclass(frozen=True)
class Found:
    """A picture file as the folder lists it."""

    path: str
    size: int
    mtime_ns: int


@dataclass
class Scan:
    """One walk through a folder, or to a single file; iterate over it to walk.

    Hidden files and folders, the folders of `_NOT_THEIRS` and excluded paths are passed over.
    Links to files are followed, links to folders are not: so no walk is endless, and none leaves
    the folder.

    Parameters
    ----------
    folder : Path
        An absolute path.
    excluded : frozenset of str
        Absolute paths of files and folders to leave out.

    Attributes
    ----------
    unlisted : list of (str, str)
        Folders that the system refused to list, with its reason. What is known to be in them is
        kept: that they cannot be seen does not mean that they are gone.
    others : int
        How many files were passed over because they are no pictures by their name.
    """

    folder: Path
    excluded: frozenset[str] = frozenset()
    unlisted: list[tuple[str, str]] = field(default_factory=list)
    others: int = 0

    def __iter__(self) -> Iterator[Found]:
        if not self.folder.is_dir():
            info = self.folder.stat()
            yield Found(str(self.folder), info.st_size, info.st_mtime_ns)
            return
        known = suffixes()
        waiting = [str(self.folder)]
        while waiting:
            folder = waiting.pop()
            subfolders = []
            for entry in self._listed(folder):
                if entry.is_dir(follow_symlinks=False):
                    subfolders.append(entry.path)
                elif PurePath(entry.name).suffix.lower() not in known:
                    self.others += 1
                elif (found := _found(entry)) is not None:
                    yield found
            waiting.extend(reversed(subfolders))

    def _listed(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            self.unlisted.append((folder, error.strerror or str(error)))
            return []
        return [
            entry
            for entry in entries
            if not entry.name.startswith(".")
            and entry.name not in _NOT_THEIRS
            and entry.path not in self.excluded
        ]


def _found(entry: os.DirEntry[str]) -> Found | None:
    try:
        info = entry.stat()
    except OSError:
        # A dangling or looping link is listed all the same, so that reading it names the reason.
        try:
            info = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            return None  # gone since the folder was listed
    return Found(entry.path, info.st_size, info.st_mtime_ns)
