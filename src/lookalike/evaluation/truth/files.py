"""The pictures of a folder, and finding those that a list names."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path, PurePath

import numpy as np

from lookalike.errors import BadParameter
from lookalike.evaluation.truth.base import Rows
from lookalike.gallery.local.opened import absolute
from lookalike.places import listing


def pictures(folder: Path) -> list[Path]:
    """Return the pictures below a folder, sorted by path, as `index` finds them.

    Raises
    ------
    BadParameter
        The folder is not there, or one in it cannot be listed, or there are no pictures.
    """
    scan = listing(str(folder_at(folder)))
    found = sorted(Path(one.path) for one in scan)
    if scan.unlisted:
        where, why = scan.unlisted[0]
        raise BadParameter(f"cannot list {where}: {why}; without it the ground truth has gaps")
    if not found:
        raise BadParameter(f"there are no pictures in {folder}; links to folders are not followed")
    return found


def folder_at(folder: Path) -> Path:
    """Return a folder as an absolute path.

    Raises
    ------
    BadParameter
        It is not there.
    """
    path = absolute(folder)
    if not path.is_dir():
        raise BadParameter(f"there is no folder {path}; name the one that holds the pictures")
    return path


def all_named(folder: Path, pattern: str) -> bool:
    """Whether there are pictures below a folder, and all their names, without suffix, fit."""
    stems = (PurePath(found.path).stem for found in listing(str(folder)))
    first = next(stems, None)
    fits = re.compile(pattern).fullmatch
    return first is not None and fits(first) is not None and all(map(fits, stems))


def numbers(files: Sequence[Path], pattern: str, wrong: Callable[[str], BadParameter]) -> list[int]:
    """Return the number in the name of each picture.

    Parameters
    ----------
    files : sequence of Path
    pattern : str
        What a name without its suffix is; its first group is the number.
    wrong : callable
        Makes the error of a sentence that says what is the matter.

    Raises
    ------
    BadParameter
        A name does not fit.
    """
    fits = re.compile(pattern, re.IGNORECASE | re.ASCII)
    matches = [fits.fullmatch(file.stem) for file in files]
    for file, match in zip(files, matches, strict=True):
        if match is None:
            raise wrong(f"the name of {file} is not one of its numbers")
    return [int(match[1]) for match in matches if match is not None]


def once(
    files: Iterable[Path], ids: Iterable[int], wrong: Callable[[str], BadParameter]
) -> dict[int, Path]:
    """Return the picture of each number.

    Raises
    ------
    BadParameter
        Two have the same.
    """
    known: dict[int, Path] = {}
    for file, number in zip(files, ids, strict=True):
        if known.setdefault(number, file) is not file:
            raise wrong(f"{known[number]} and {file} have the same number")
    return known


def rows(found: Iterable[int]) -> Rows:
    """Return rows, sorted, each once."""
    return np.unique(np.fromiter(found, np.int64))


class ByStem:
    """Finds pictures by their names without suffix, wherever they lie.

    A list can name only what was found below the folder, so no list leads out of it.
    """

    def __init__(self, folder: Path, files: Sequence[Path]) -> None:
        self._folder = folder
        self._files = files
        self._rows: dict[str, int] = {}
        self._others: dict[str, int] = {}
        for row, file in enumerate(files):
            if self._rows.setdefault(file.stem, row) != row:
                self._others[file.stem] = row

    def row(self, stem: str, where: str) -> int:
        """Return the row of a picture that is named at `where`."""
        if stem not in self._rows:
            raise _not_there(stem, where, self._folder)
        if stem in self._others:
            one, other = self._files[self._rows[stem]], self._files[self._others[stem]]
            raise BadParameter(f"{where}: {stem} can be {one} or {other}; take one of them out")
        return self._rows[stem]


class ByPath:
    """Finds pictures by the paths in a list, which are relative to some folder.

    Which folder that is follows from the first path; all others are relative to it as well.
    """

    def __init__(self, folder: Path, files: Sequence[Path]) -> None:
        self._folder = folder
        start = len(str(folder).rstrip(os.sep)) + 1
        self._rows = {str(file)[start:].replace(os.sep, "/"): row for row, file in enumerate(files)}
        self._base: str | None = None

    def row(self, path: str, where: str) -> int:
        """Return the row of a picture that is named at `where`."""
        if self._base is None:
            self._base = self._base_of(path, where)
        row = self._rows.get(self._base + path)
        if row is None:
            raise _not_there(path, where, self._folder / self._base)
        return row

    def _base_of(self, path: str, where: str) -> str:
        found = list(self._ending_in(path))
        if not found:
            raise _not_there(path, where, self._folder)
        if len(found) > 1:
            raise BadParameter(
                f"{where}: {path} can be {found[0]} or {found[1]} in {self._folder}; take one of "
                "them out"
            )
        return found[0].removesuffix(path)

    def _ending_in(self, path: str) -> Iterator[str]:
        return (known for known in self._rows if known == path or known.endswith("/" + path))


def _not_there(name: str, where: str, folder: Path) -> BadParameter:
    shown = repr(name) if len(name) < 200 else f"{name[:200]!r}…"
    return BadParameter(
        f"{where}: there is no picture {shown} in {folder}; are all parts of the data there?"
    )
