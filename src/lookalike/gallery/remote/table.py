"""Values of one's own → JSON, which knows fewer kinds of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from lookalike.errors import BadParameter
from lookalike.store.kinds import kept, kind_of


def rows_of(
    table: Mapping[str | os.PathLike[str] | int, Mapping[str, object]],
) -> list[dict[str, Any]]:
    """Return the rows of a table as JSON.

    Raises
    ------
    BadParameter
        A value is of no kind that can be kept.
    """
    return [
        {
            "picture": _key(key),
            "values": {name: _cell(value, number, name) for name, value in cells.items()},
        }
        for number, (key, cells) in enumerate(table.items(), 1)
    ]


def _key(key: str | os.PathLike[str] | int) -> str | int:
    return int(key) if isinstance(key, int | np.integer) else os.fsdecode(key)


def _cell(value: object, row: int, column: str) -> object:
    try:
        kind = kind_of(value)
        found = None if kind is None else kept(kind, value)
    except ValueError as error:
        raise BadParameter(f"these rows, row {row}, {column}: {error}") from error
    if kind == "date":
        return {"date": found}
    return bool(found) if kind == "flag" else found
