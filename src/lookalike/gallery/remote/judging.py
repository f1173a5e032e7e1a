"""What a person knows of the pictures of a gallery behind a server: judgements, and columns."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import numpy as np

from lookalike.errors import UnknownName, UsageError
from lookalike.gallery.remote import reading, sending
from lookalike.gallery.remote.connected import check_bulk, checked_id
from lookalike.gallery.remote.filling import Filling
from lookalike.gallery.remote.shapes import part
from lookalike.gallery.remote.table import rows_of
from lookalike.images import Source
from lookalike.search.marked import several
from lookalike.store.columns import ColumnInfo
from lookalike.store.filling import ColumnsReport


class Judging(Filling):
    """What keeps judgements and columns of one's own, and forgets them."""

    def mark(
        self,
        picture: Source | int,
        *,
        like: Sequence[Source | int] = (),
        unlike: Sequence[Source | int] = (),
        descriptor: str | None = None,
    ) -> int:
        """See `lookalike.Gallery.mark`."""
        liked, unliked = several(like, "like"), several(unlike, "unlike")
        for one in (*liked, *unliked):
            _check_bytes(one)
        if not liked and not unliked:
            return 0
        asked = {
            "query": self._searched(picture),
            "like": self._judged(liked),
            "unlike": self._judged(unliked),
        }
        named = {} if descriptor is None else {"descriptor": descriptor}
        return part(self._ask("POST", "/marks", body={**asked, **named}), "kept", int)

    def forget_marks(self) -> int:
        """See `lookalike.Gallery.forget_marks`."""
        return part(self._ask("DELETE", "/marks", repeat=False), "forgotten", int)

    def columns(self) -> list[ColumnInfo]:
        """See `lookalike.Gallery.columns`."""
        return [reading.column(one) for one in part(self._ask("GET", "/columns"), "columns", list)]

    def set_columns(
        self, rows: Mapping[str | os.PathLike[str] | int, Mapping[str, object]]
    ) -> ColumnsReport:
        """See `lookalike.Gallery.set_columns`.

        Raises
        ------
        UsageError
            There are more than 10,000 rows: a server takes no more at a time.
        """
        if not rows:
            return ColumnsReport()
        check_bulk(len(rows), "rows")
        return reading.columns_report(self._ask("PUT", "/columns", body={"rows": rows_of(rows)}))

    def remove_columns(self, *names: str) -> None:
        """See `lookalike.Gallery.remove_columns`."""
        present = [column.name for column in self.columns()]
        by_name = {name.casefold(): name for name in present}
        for name in names:
            if name.casefold() not in by_name:
                raise UnknownName("column", name, present)
        for name in dict.fromkeys(by_name[name.casefold()] for name in names):
            self._ask("DELETE", f"/columns/{_quoted(name)}", repeat=False)

    # -- within ------------------------------------------------------------------------------

    def _searched(self, picture: Source | int) -> dict[str, Any]:
        _check_bytes(picture)
        if isinstance(picture, int | np.integer):
            return {"id": checked_id(picture)}
        return {"upload": sending.uploaded(self._connection, picture)}


def _quoted(name: str) -> str:
    # Dots as well: whatever is on the way might take "." and ".." for folders.
    return quote(name, safe="").replace(".", "%2E")


def _check_bytes(picture: Source | int) -> None:
    if isinstance(picture, np.ndarray):
        raise UsageError("an array has no bytes to be known by; mark files, bytes or ids")
