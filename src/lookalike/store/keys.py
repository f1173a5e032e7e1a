"""What names a picture in a person's table → its file in the catalog."""

from __future__ import annotations

import numbers
import os
import re
import sqlite3
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from lookalike.places import is_url

_CHUNK = 10_000


@dataclass(frozen=True)
class NoFile:
    """Why a key stands for no file, or for none in particular."""

    why: str


class Files(Protocol):
    """The files of a gallery, as they are looked for. Paths are as `os.fsencode` gives them."""

    def known(self, ids: Collection[int]) -> Collection[int]:
        """Return those of some ids that there are; each is below 2**63."""

    def at(self, paths: Collection[bytes]) -> Mapping[bytes, int]:
        """Return the ids of the files at some paths."""

    def called(self, names: Collection[str]) -> Iterable[tuple[int, str]]:
        """Return ids and paths of all files that have one of some names; others may be among them.

        A name is as `plain` gives it.
        """

    def called_without_suffix(self, names: Collection[str]) -> Iterable[tuple[int, str]]:
        """Return the same of those that have such a name before their suffix."""


class Finder:
    """Finds the files of one gallery by paths, whole or in part, or by ids.

    Parameters
    ----------
    files : Files
    folders : sequence of str
        The indexed folders: what paths may be relative to.
    """

    def __init__(self, files: Files, folders: Sequence[str]) -> None:
        self._files = files
        self._folders = folders

    def find(self, key: object) -> int | NoFile:
        """Return the id of a file.

        Parameters
        ----------
        key : path or int
            A path: absolute, relative to an indexed folder, or the end of one, down to the name
            with or without its suffix, if only one file ends so. Or an id.
        """
        return self.find_all([key])[0]

    def find_all(self, keys: Sequence[object]) -> list[int | NoFile]:
        """Return the ids of several files, in their order; a gallery elsewhere is asked once."""
        found: dict[int, int | NoFile] = {}
        ids: dict[int, int] = {}
        texts: dict[int, str] = {}
        for place, key in enumerate(keys):
            if isinstance(key, numbers.Integral):
                ids[place] = int(key)
            elif not isinstance(key, str | os.PathLike) or not (text := os.fspath(key).strip()):
                found[place] = NoFile("it is empty" if key in ("", None) else "it is no path")
            elif not _is_possible(text):
                found[place] = NoFile("it has characters that no path can have")
            else:
                texts[place] = text
        found |= self._by_ids(ids)
        found |= self._by_texts(texts)
        return [found[place] for place in range(len(keys))]

    # -- within ------------------------------------------------------------------------------

    def _by_ids(self, ids: Mapping[int, int]) -> dict[int, int | NoFile]:
        known = self._files.known({id for id in ids.values() if abs(id) < 2**63}) if ids else ()
        return {
            place: id if id in known else NoFile("there is no picture of that id")
            for place, id in ids.items()
        }

    def _by_texts(self, texts: Mapping[int, str]) -> dict[int, int | NoFile]:
        paths = {place: self._paths(text) for place, text in texts.items()}
        wanted = {path for some in paths.values() for path in some}
        there = self._files.at(wanted) if wanted else {}
        found = {
            place: [there[path] for path in some if path in there] for place, some in paths.items()
        }
        ends = {place: plain(text) for place, text in texts.items() if not found[place]}
        found |= _ending(ends, self._files.called, lambda path: path)
        ends = {place: end for place, end in ends.items() if not found[place]}
        found |= _ending(ends, self._files.called_without_suffix, stem)
        return {place: _one(ids) for place, ids in found.items()}

    def _paths(self, text: str) -> set[bytes]:
        if is_url(text):
            return {os.fsencode(text.rstrip("/"))}
        whole = os.path.expanduser(text)  # noqa: PTH111
        return {os.fsencode(_below(folder, whole)) for folder in self._folders}


class CatalogFiles:
    """The files of a catalog.

    Parameters
    ----------
    db : Connection
        Within one transaction, as a table of all names is made when it is needed.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._has_names = False

    def known(self, ids: Collection[int]) -> Collection[int]:
        """See `Files.known`."""
        sql = "SELECT 1 FROM files WHERE id = ?"
        return {id for id in ids if self._db.execute(sql, (id,)).fetchone()}

    def at(self, paths: Collection[bytes]) -> Mapping[bytes, int]:
        """See `Files.at`."""
        sql = "SELECT id FROM files WHERE path = ?"
        return {path: int(id) for path in paths for (id,) in self._db.execute(sql, (path,))}

    def called(self, names: Collection[str]) -> Iterable[tuple[int, str]]:
        """See `Files.called`."""
        return self._of_stems({os.fsencode(stem(name)) for name in names})

    def called_without_suffix(self, names: Collection[str]) -> Iterable[tuple[int, str]]:
        """See `Files.called_without_suffix`."""
        return self._of_stems({os.fsencode(name) for name in names})

    def _of_stems(self, stems: Collection[bytes]) -> Iterable[tuple[int, str]]:
        self._note_names()
        sql = "SELECT id, path FROM files JOIN temp.names ON file_id = id WHERE stem = ?"
        for one in stems:
            for id, path in self._db.execute(sql, (one,)):
                yield int(id), os.fsdecode(path)

    def _note_names(self) -> None:
        """Make a table of the names of all files, without suffixes."""
        if self._has_names:
            return
        self._db.execute("DROP TABLE IF EXISTS temp.names")
        self._db.execute("CREATE TEMP TABLE names (stem BLOB NOT NULL, file_id INTEGER NOT NULL)")
        files = self._db.execute("SELECT path, id FROM files")
        while chunk := files.fetchmany(_CHUNK):
            self._db.executemany(
                "INSERT INTO temp.names VALUES (?, ?)",
                [(os.fsencode(stem(_name(plain(os.fsdecode(path))))), i) for path, i in chunk],
            )
        self._db.execute("CREATE INDEX temp.by_stem ON names (stem)")
        self._has_names = True


def _one(found: list[int]) -> int | NoFile:
    if len(found) == 1:
        return found[0]
    if found:
        return NoFile(f"{len(found)} pictures are called that; give more of their paths")
    return NoFile("no picture is called that")


def _ending(
    ends: Mapping[int, str],
    called: Callable[[Collection[str]], Iterable[tuple[int, str]]],
    shown: Callable[[str], str],
) -> dict[int, list[int]]:
    """Return the files whose paths, as they are shown, end so."""
    by_name: dict[str, dict[int, str]] = {}
    names = {_name(end) for end in ends.values()}
    for id, path in called(names) if names else ():
        whole = f"/{shown(plain(path))}"
        by_name.setdefault(_name(whole), {})[id] = whole
    return {
        place: [i for i, path in by_name.get(_name(end), {}).items() if path.endswith(f"/{end}")]
        for place, end in ends.items()
    }


def _is_possible(text: str) -> bool:
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        return False
    return True


def _below(folder: str, path: str) -> str:
    if is_url(folder):
        return f"{folder}/{path}"
    return os.path.normpath(os.path.join(folder, path))  # noqa: PTH118


def plain(path: str) -> str:
    """Return a path that compares: with one kind of separator and one spelling of each letter."""
    return re.sub(r"[/\\]+", "/", unicodedata.normalize("NFC", path)).removeprefix("./")


def stem(path: str) -> str:
    """Return a path without its suffix."""
    return os.path.splitext(path)[0]  # noqa: PTH122


def _name(path: str) -> str:
    return path.rpartition("/")[2]
