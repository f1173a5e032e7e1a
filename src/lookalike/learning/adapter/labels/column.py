"""Pictures with the same value in a column of the gallery are a group."""

from __future__ import annotations

from lookalike.errors import UnknownName
from lookalike.learning.adapter.labels.base import Labelled, grouped
from lookalike.store import Catalog
from lookalike.store.columns import list_columns
from lookalike.store.vectors import KeptVectors


def column(catalog: Catalog, kept: KeptVectors, name: str) -> Labelled:
    """Return the pictures by their values; those without one are not told of.

    Nor are those of which two copies have different values. Letters are the same large and small.

    Raises
    ------
    UnknownName
        There is no such column.
    """
    known = [info.name for info in list_columns(catalog)]
    if name.casefold() not in map(str.casefold, known):
        raise UnknownName("column", name, known)
    row_of = {int(content): row for row, content in enumerate(kept.contents)}
    found: dict[int, set[object]] = {}
    sql = (
        "SELECT content_id, value FROM cells JOIN columns ON columns.id = column_id "
        "JOIN files ON files.id = file_id WHERE columns.name = ?"
    )
    name = next(one for one in known if one.casefold() == name.casefold())
    for content, value in catalog.rows(sql, (name,)):
        if content in row_of:
            same = value.casefold() if isinstance(value, str) else value
            found.setdefault(row_of[content], set()).add(same)
    labels = {row: values.pop() for row, values in found.items() if len(values) == 1}
    return Labelled(f"the column {name}", grouped(labels), kept.vectors)
