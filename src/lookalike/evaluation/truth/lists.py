"""Text files that list pictures, line by line; a broken line is told with its number."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lookalike.errors import BadParameter

# No line of such a list is this long; a file of anything else may be a single one.
_LONGEST_LINE = 100_000


@dataclass(frozen=True)
class Line:
    """A line of a list.

    Attributes
    ----------
    file : Path
    number : int
        From 1.
    text : str
        Without blanks around it; not empty.
    """

    file: Path
    number: int
    text: str

    @property
    def where(self) -> str:
        """What names the line to a person."""
        return f"{self.file}, line {self.number}"

    def wrong(self, why: str) -> BadParameter:
        """Return the error that this line is broken."""
        return BadParameter(f"{self.where}: {why}")

    def fields(self, *names: str) -> list[str]:
        """Return as many fields as there are names, blanks between them.

        Raises
        ------
        BadParameter
            There are more or fewer.
        """
        fields = self.text.split()
        if len(fields) != len(names):
            raise self.wrong(f"{len(fields)} fields, and these are meant: {' '.join(names)}")
        return fields

    def whole(self, field: str) -> int:
        """Return a field that is a whole number.

        Raises
        ------
        BadParameter
            It is not, or of more than 18 digits.
        """
        if not re.fullmatch("[0-9]{1,18}", field):
            raise self.wrong(f"a whole number is meant, not {field[:100]!r}")
        return int(field)

    def real(self, field: str) -> float:
        """Return a field that is a number.

        Raises
        ------
        BadParameter
            It is not, or not finite.
        """
        try:
            number = float(field)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise self.wrong(f"a number is meant, not {field[:100]!r}")
        return number


def lines(file: Path) -> Iterator[Line]:
    """Yield the lines of a list that are not empty.

    Raises
    ------
    BadParameter
        It cannot be read, or is not such a text.
    """
    try:
        with file.open("rb") as stream:
            number = 0
            while read := stream.readline(_LONGEST_LINE):
                number += 1
                line = Line(file, number, _text(read, file, number))
                if line.text:
                    yield line
    except OSError as error:
        raise BadParameter(f"cannot read {file}: {error.strerror or error}") from error


def _text(read: bytes, file: Path, number: int) -> str:
    if len(read) == _LONGEST_LINE:
        raise BadParameter(f"{file}, line {number}, has no end: this is no list")
    try:
        return read.decode("utf-8-sig" if number == 1 else "utf-8").strip()
    except UnicodeDecodeError as error:
        raise BadParameter(f"{file}, line {number}: this is not UTF-8 ({error})") from error


def find(folder: Path, pattern: str) -> list[Path]:
    """Return the files of that name in a folder, or else in its direct subfolders, sorted."""
    for depth in (pattern, f"*/{pattern}"):
        if found := sorted(path for path in folder.glob(depth) if path.is_file()):
            return found
    return []
