"""A place → the pictures in it, without opening any."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePath

from lookalike.images import suffixes
from lookalike.places.addresses import is_url
from lookalike.places.found import Found, is_passed_over


@dataclass
class Listing:
    """One walk through a folder, or to a single file; iterate over it to walk.

    Hidden files and folders, what systems leave between pictures, and excluded places are passed
    over. Links to files are followed, links to folders are not: so no walk is endless, and none
    leaves the folder.

    Parameters
    ----------
    folder : str
        A place, as of `placed`.
    excluded : frozenset of str
        Files and folders to leave out.

    Attributes
    ----------
    unlisted : list of (str, str)
        Folders that could not be listed, or not to their end, with the reason. What is known to be
        in them is kept: that they cannot be seen does not mean that they are gone.
    others : int
        How many files were passed over because they are no pictures by their names.
    """

    folder: str
    excluded: frozenset[str] = frozenset()
    unlisted: list[tuple[str, str]] = field(default_factory=list)
    others: int = 0

    def __iter__(self) -> Iterator[Found]:
        if not os.path.isdir(self.folder):  # noqa: PTH112
            info = os.stat(self.folder)  # noqa: PTH116
            yield Found(self.folder, info.st_size, info.st_mtime_ns)
            return
        known = suffixes()
        waiting = [self.folder]
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
            if not is_passed_over(entry.name) and entry.path not in self.excluded
        ]


def listing(place: str, excluded: frozenset[str] = frozenset()) -> Listing:
    """Return the walk through a place."""
    if is_url(place):
        from lookalike.places.remote import RemoteListing

        return RemoteListing(place, excluded)
    return Listing(place, excluded)


def exists(place: str) -> bool:
    """Tell whether there is anything at a place; of an address this asks the network.

    Raises
    ------
    UsageError
        It cannot be found out: no credentials, no right, no answer.
    MissingExtra
    """
    if is_url(place):
        from lookalike.places import remote

        return remote.exists(place)
    return os.path.exists(place)  # noqa: PTH110 (Path.exists raises where a name is too long)


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
