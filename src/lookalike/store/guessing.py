"""What the columns of a table hold, by all their values."""

from __future__ import annotations

from collections.abc import Mapping

from lookalike.errors import BadParameter
from lookalike.store.kinds import CALLED, MISSING, ColumnKind, fitting, kind_of
from lookalike.store.table_files import UNTOUCHED, Table

_PREFERRED: tuple[ColumnKind, ...] = ("number", "date", "flag", "text")


def guessed(table: Table, places: Mapping[str, int]) -> dict[str, ColumnKind]:
    """Return the kind of each column that has a value.

    Where all values are text, a column holds numbers, dates or flags if all its values can be read
    as such, but for those that stand for a missing one; otherwise text.

    Parameters
    ----------
    table : Table
    places : mapping of str to int
        Names of columns, and where they stand in the table.

    Raises
    ------
    BadParameter
        A column holds values of several kinds.
    """
    guesses = {name: _Guess(name, table) for name in places}
    for number, row in table.rows() if places else ():
        for name, place in places.items():
            guesses[name].add(row[place], number)
    return {name: kind for name, guess in guesses.items() if (kind := guess.kind) is not None}


class _Guess:
    def __init__(self, name: str, table: Table) -> None:
        self._name = name
        self._table = table
        self._fit = frozenset(_PREFERRED)
        self._is_empty = True
        self._is_told = False

    def add(self, value: object, row: int) -> None:
        if value is UNTOUCHED or value == "":
            return
        if self._table.is_text:
            self._is_empty = False
            text = str(value).strip()
            if text.lower() not in MISSING and len(self._fit) > 1:
                self._is_told = True
                self._fit = fitting(text, self._fit)
            return
        try:
            kind = kind_of(value)
        except ValueError as error:
            raise BadParameter(f"{self._where(row)}: {error}") from error
        if kind is not None:
            self._is_told = True
            if not (fit := self._fit & {kind}):
                raise BadParameter(
                    f"{self._where(row)}: {value!r} does not fit, as before there were "
                    f"{' '.join(CALLED[one] for one in self._fit)}; a column has one kind of values"
                )
            self._fit = fit

    @property
    def kind(self) -> ColumnKind | None:
        if self._is_told:
            return next(kind for kind in _PREFERRED if kind in self._fit)
        return None if self._is_empty else "text"

    def _where(self, row: int) -> str:
        return f"{self._table.called}, row {row}, {self._name}"
