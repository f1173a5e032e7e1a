"""The values of one's own of files that are gone: kept until there is a file with the same bytes.

They are written down before their file goes, one record a file, and passed on at the end of each
run: so a moved or returning picture has its values again, whichever of the two is noticed first.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace

from lookalike.gallery.milvus.intake.same import rewritten
from lookalike.gallery.milvus.kept.itself import Kept
from lookalike.gallery.milvus.kept.rows import OF_FILES, FileRow, file_row
from lookalike.gallery.milvus.link.engine import MOST
from lookalike.gallery.milvus.link.text import content_of, one_of

_RECORDS = "aside/"
_MOST = 1000
_ASKED = 500


def lay_aside(kept: Kept, rows: Iterable[FileRow]) -> None:
    """Write down the values of files that are about to be taken out."""
    kept.records.put(
        {
            f"{_RECORDS}{row.sha256.hex()}/{row.path}": dict(row.columns)
            for row in rows
            if row.columns and row.sha256
        }
    )


def hand_on(kept: Kept) -> None:
    """Give what was laid aside to files with the same bytes that have no values.

    Of several such files the one at the same path has them, or else one with the same name.
    """
    laid_aside = kept.records.all(_RECORDS, fresh=True)
    if not laid_aside:
        return
    # A column may have been removed meanwhile.
    known = {column.name.casefold() for column in kept.columns(fresh=True)}
    keys = list(laid_aside)
    for start in range(0, len(keys), _ASKED):
        part = keys[start : start + _ASKED]
        # Most have no heir, for good; so that is asked for many at once.
        wanting = _wanting(kept, {_content(key) for key in part})
        for key in part:
            heir = _heir(kept, key) if _content(key) in wanting else None
            if heir is not None:
                told = laid_aside[key].items()
                columns = {name: value for name, value in told if name.casefold() in known}
                rewritten(kept, [replace(heir, columns=columns)])
                kept.records.delete([f"{_RECORDS}{key}"])


def _content(key: str) -> bytes:
    return bytes.fromhex(key.partition("/")[0])


def _wanting(kept: Kept, contents: set[bytes]) -> set[bytes]:
    """Return those of some contents that may have files without values."""
    among = one_of("content", map(content_of, contents))
    rows = kept.engine.query(
        kept.files, among, ["path", "sha256", "columns"], limit=MOST, strong=True
    )
    if len(rows) == MOST:  # there may be more
        return contents
    return {bytes.fromhex(row["sha256"]) for row in rows if not row["columns"]}


def _without_values(kept: Kept, sha256: bytes) -> list[FileRow]:
    rows = kept.engine.query(
        kept.files, f"content == {content_of(sha256)}", OF_FILES, limit=_MOST, strong=True
    )
    files = map(file_row, rows)
    return [file for file in files if file.sha256 == sha256 and not file.columns]


def _heir(kept: Kept, key: str) -> FileRow | None:
    path = key.partition("/")[2]
    name = os.path.basename(path)  # noqa: PTH119

    def order(file: FileRow) -> tuple[bool, bool, str]:
        return file.path != path, os.path.basename(file.path) != name, file.path  # noqa: PTH119

    return min(_without_values(kept, _content(key)), key=order, default=None)
