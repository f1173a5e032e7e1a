"""Columns of one's own: prices, brands, dates."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping

from lookalike.gallery.local.opened import Opened, absolute
from lookalike.store.columns import ColumnInfo, list_columns, remove_columns
from lookalike.store.filling import ColumnsReport, fill
from lookalike.store.table_files import entered, table_of
from lookalike.store.table_files import opened as open_table


class Columns(Opened):
    """What enters values of one's own, and takes them out."""

    def set_columns(
        self, rows: Mapping[str | os.PathLike[str] | int, Mapping[str, object]]
    ) -> ColumnsReport:
        """See `lookalike.Gallery.set_columns`."""
        table = table_of(rows)
        with self._catalog.writing():
            return fill(self._catalog, table, "", {name: name for name in table.names[1:]})

    def import_columns(
        self,
        file: str | os.PathLike[str],
        *,
        key: str = "path",
        rename: Mapping[str, str] | None = None,
        skip: Collection[str] = (),
        encoding: str = "utf-8",
    ) -> ColumnsReport:
        """Enter values of your own from a CSV or Parquet file: all of them, or none.

        Parameters
        ----------
        file : path
        key : str
            Its column that says which picture a row is about, as `set_columns` takes it.
        rename : mapping of str to str, optional
            Columns that are to be called otherwise.
        skip : collection of str
            Columns that are left out.
        encoding : str
            Of a CSV.

        Returns
        -------
        ColumnsReport

        Raises
        ------
        BadParameter
            The file cannot be read, or as for `set_columns`.
        UnknownName
            It has no such column.
        NotIndexed
            None of its rows stands for a picture of this gallery.
        MissingExtra
            It is Parquet, and pyarrow is not installed.
        """
        table = open_table(absolute(file), encoding)
        names = entered(table, key, rename or {}, skip)
        with self._catalog.writing():
            return fill(self._catalog, table, key, names)

    def columns(self) -> list[ColumnInfo]:
        """See `lookalike.Gallery.columns`."""
        return list_columns(self._catalog)

    def remove_columns(self, *names: str) -> None:
        """See `lookalike.Gallery.remove_columns`."""
        with self._catalog.writing():
            remove_columns(self._catalog, *names)
            self._catalog.compact()
