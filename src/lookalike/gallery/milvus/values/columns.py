"""Columns of one's own: prices, brands, dates."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from lookalike.gallery.milvus.browse import telling
from lookalike.gallery.milvus.opened import Opened
from lookalike.gallery.milvus.values.tables import Files, Values, write
from lookalike.places import placed
from lookalike.store.columns import Column, ColumnInfo, those_called
from lookalike.store.filling import ColumnsReport, fill_in
from lookalike.store.keys import Finder
from lookalike.store.table_files import Table, entered, table_of
from lookalike.store.table_files import opened as open_table


class Columns(Opened):
    """What enters values of one's own, and takes them out.

    All of a table is checked before any of it is written. What is written then is written row by
    row: interrupted, a part of it is there, and the same table completes it.
    """

    def set_columns(
        self, rows: Mapping[str | os.PathLike[str] | int, Mapping[str, object]]
    ) -> ColumnsReport:
        """See `lookalike.Gallery.set_columns`."""
        table = table_of(rows)
        return self._filled(table, "", {name: name for name in table.names[1:]})

    def import_columns(
        self,
        file: str | os.PathLike[str],
        *,
        key: str = "path",
        rename: Mapping[str, str] | None = None,
        skip: Collection[str] = (),
        encoding: str = "utf-8",
    ) -> ColumnsReport:
        """Enter values of your own from a CSV or Parquet file.

        See `lookalike.LocalGallery.import_columns`.
        """
        table = open_table(Path(placed(file)), encoding)
        return self._filled(table, key, entered(table, key, rename or {}, skip))

    def columns(self) -> list[ColumnInfo]:
        """See `lookalike.Gallery.columns`, and for large galleries `telling.columns`."""
        return telling.columns(self._kept)

    def remove_columns(self, *names: str) -> None:
        """See `lookalike.Gallery.remove_columns`."""
        columns = those_called(names, self._kept.columns(fresh=True))
        if columns:
            # First the values: interrupted, the column is still there to be removed again.
            write(self._kept, self._without(columns))
            self._kept.forget_columns(columns)

    # -- within ------------------------------------------------------------------------------

    def _filled(self, table: Table, key: str, names: Mapping[str, str]) -> ColumnsReport:
        finder = Finder(Files(self._kept), self._kept.folders(fresh=True))
        with closing(Values(self._kept)) as values:
            report = fill_in(values, finder, table, key, names)
            values.settle()
        return report

    def _without(self, columns: Sequence[Column]) -> Iterator[tuple[int, Mapping[str, object]]]:
        """Yield every file that has a value of some columns, with what takes these away."""
        gone = dict.fromkeys(column.name.casefold() for column in columns)
        for rows in self._engine.each(self._kept.files, "path", "", ["id", "columns"]):
            for row in rows:
                if gone.keys() & (row["columns"] or {}).keys():
                    yield row["id"], gone
