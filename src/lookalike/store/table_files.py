"""Tables out of files: CSV and Parquet → names of columns and rows."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO, TypeVar

from lookalike.errors import BadParameter, MissingExtra, UnknownName

Row = tuple[int, Sequence[object]]
_Key = TypeVar("_Key")

UNTOUCHED = object()
"""Stands where a row says nothing, not even that a value is missing."""

# No line of a table is this long; a file of anything else may be a single one.
_LONGEST_LINE = 10_000_000
_DELIMITERS = ",;\t|"
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


@dataclass(frozen=True)
class Table:
    """A table that can be read more than once.

    Attributes
    ----------
    called : str
        What names it to a person.
    names : tuple of str
        Of the columns; empty for one that has none, such as the numbers that pandas writes.
    rows : callable
        Yields the rows, each with its number for messages and as many values as there are names.
    is_text : bool
        Whether all values are text, whatever they are meant to be.
    has_ids : bool
        Whether a picture may be named by its id, as a whole number.
    """

    called: str
    names: tuple[str, ...]
    rows: Callable[[], Iterator[Row]]
    is_text: bool = False
    has_ids: bool = False


def opened(file: Path, encoding: str = "utf-8") -> Table:
    """Open a table: Parquet if its name says so, otherwise CSV.

    Parameters
    ----------
    file : Path
    encoding : str
        Of a CSV that does not begin with a byte order mark. Its delimiter is found out.

    Raises
    ------
    BadParameter
        It cannot be read, or is no such table.
    MissingExtra
        It is Parquet, and pyarrow is not installed.
    """
    if file.suffix.lower() in (".parquet", ".pq"):
        return _parquet(file)
    return _csv(file, encoding)


def table_of(rows: Mapping[_Key, Mapping[str, object]]) -> Table:
    """Return a table whose first column, without a name, has the keys of a mapping."""
    names = dict.fromkeys(name for cells in rows.values() for name in cells)

    def numbered() -> Iterator[Row]:
        for number, (key, cells) in enumerate(rows.items(), 1):
            yield number, (key, *(cells.get(name, UNTOUCHED) for name in names))

    return Table("these rows", ("", *names), numbered, has_ids=True)


def entered(
    table: Table, key: str, rename: Mapping[str, str], skip: Collection[str]
) -> dict[str, str]:
    """Return which columns of a table are entered, each with what it is to be called.

    Raises
    ------
    BadParameter
        The table has no column `key`.
    UnknownName
        It has none that is to be renamed or skipped.
    """
    if key not in table.names:
        raise BadParameter(
            f"{table.called} has no column {key!r}; name the one with the pictures' paths: --key; "
            f"it has {', '.join(filter(None, table.names))}"
        )
    for name in (*rename, *skip):
        if name not in table.names:
            raise UnknownName(f"column of {table.called}", name, filter(None, table.names))
    left_out = {"", key, *skip}
    names = [name for name in table.names if name not in left_out]
    if not names:
        raise BadParameter(f"{table.called} has no column but {key!r}; there is nothing to enter")
    return {name: rename.get(name, name) for name in names}


def _csv(file: Path, encoding: str) -> Table:
    try:
        with file.open("rb") as beginning:
            first = beginning.read(3)
    except OSError as error:
        raise BadParameter(f"cannot read {file}: {error.strerror}") from error
    marked = next((known for mark, known in _MARKS.items() if first.startswith(mark)), encoding)
    source = _Csv(file, marked)
    names = source.header()
    _check_names(file, names)
    return Table(str(file), names, source.rows, is_text=True)


class _Csv:
    def __init__(self, file: Path, encoding: str) -> None:
        self._file = file
        self._encoding = encoding
        self._delimiter = ","
        try:
            with self._opened() as stream:
                line = next(self._lines(stream), "")
        except LookupError:
            raise BadParameter(f"there is no encoding {encoding!r}; utf-8 and cp1252 are") from None
        self._delimiter = max(_DELIMITERS, key=line.count)

    def header(self) -> tuple[str, ...]:
        _, names = next(self._records(), (0, []))
        if not names:
            raise BadParameter(f"{self._file} is empty; its first line names the columns")
        return tuple(name.strip() for name in names)

    def rows(self) -> Iterator[Row]:
        records = self._records()
        _, names = next(records)
        for number, row in records:
            if len(row) != len(names):
                raise BadParameter(
                    f"{self._file}, line {number}: {len(row)} fields, and the first line names "
                    f"{len(names)}; is a text with {self._delimiter!r} in it not in quotes?"
                )
            yield number, row

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        with self._opened() as stream:
            reader = csv.reader(self._lines(stream), delimiter=self._delimiter, strict=True)
            try:
                for row in reader:
                    if row:
                        yield reader.line_num, row
            except csv.Error as error:
                raise BadParameter(
                    f"{self._file}, line {reader.line_num}: {error}; is a quote not closed?"
                ) from error

    def _opened(self) -> TextIO:
        return self._file.open(encoding=self._encoding, newline="")

    def _lines(self, stream: TextIO) -> Iterator[str]:
        number = 0
        try:
            while line := stream.readline(_LONGEST_LINE):
                number += 1
                if "\0" in line or len(line) == _LONGEST_LINE:
                    what = "a zero byte" if "\0" in line else "no end"
                    raise BadParameter(f"{self._file}, line {number}, has {what}: this is no CSV")
                yield line
        except UnicodeError as error:
            raise BadParameter(
                f"{self._file}, after line {number}: this is not {self._encoding} ({error}); "
                "name what it is, for example --encoding cp1252 for one from Excel"
            ) from error


def _parquet(file: Path) -> Table:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingExtra("reading Parquet", "parquet") from error

    def rows() -> Iterator[Row]:
        number = 0
        with parquet.ParquetFile(file) as source:
            for batch in source.iter_batches():
                for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    number += 1
                    yield number, row

    try:
        with parquet.ParquetFile(file) as source:
            names = tuple(str(name) for name in source.schema_arrow.names)
    except (OSError, pyarrow.ArrowException) as error:
        raise BadParameter(f"cannot read {file}: {error}") from error
    _check_names(file, names)
    return Table(str(file), names, rows)


def _check_names(file: Path, names: Sequence[str]) -> None:
    counts = Counter(name.casefold() for name in names if name)
    twice = [name for name in names if counts[name.casefold()] > 1]
    if twice:
        raise BadParameter(f"{file} has two columns named {twice[0]!r}; rename one")
