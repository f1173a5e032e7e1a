"""Where what a person knows of pictures comes from. One file = one place."""

from __future__ import annotations

from pathlib import Path

from lookalike.errors import BadParameter
from lookalike.learning.adapter.labels.base import Labelled
from lookalike.learning.adapter.labels.clicks import clicks
from lookalike.learning.adapter.labels.column import column
from lookalike.learning.adapter.labels.folders import folders
from lookalike.learning.adapter.labels.table import table
from lookalike.store import Catalog
from lookalike.store.vectors import KeptVectors

__all__ = ["Labelled", "labelled"]

_TABLES = (".csv", ".tsv", ".txt", ".parquet", ".pq")


def labelled(catalog: Catalog, kept: KeptVectors, source: str) -> Labelled:
    """Return what is told of the pictures of a gallery.

    Parameters
    ----------
    catalog : Catalog
    kept : KeptVectors
    source : str
        ``folders``, ``marks``, ``column:NAME``, or a CSV or Parquet file.

    Raises
    ------
    BadParameter
        It is none of these, or nothing can be learnt from it.
    UnknownName
        The gallery has no such column.
    """
    kind, _, name = source.partition(":")
    if source == "folders":
        return folders(kept)
    if source == "marks":
        return clicks(catalog, kept)
    if kind == "column" and name:
        return column(catalog, kept, name)
    file = Path(source).expanduser()
    if file.suffix.lower() in _TABLES or file.exists():
        return table(catalog, kept, file)
    raise BadParameter(
        f"labels come from folders, marks, column:NAME, or a CSV or Parquet file; not {source!r}"
    )
