"""A folder that was renamed, or is mounted elsewhere now: what is known of it goes along.

In Milvus a file's row is found by its path, so that all of them are written anew, but no picture is
read. That is written down first: whoever is killed at it, the next run goes on with it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from lookalike.gallery.milvus.intake.same import vectors_of
from lookalike.gallery.milvus.intake.taking_out import LOT, take_out
from lookalike.gallery.milvus.intake.writing import MilvusWriter
from lookalike.gallery.milvus.kept.itself import Kept
from lookalike.gallery.milvus.kept.rows import OF_FILES, FileRow, file_row
from lookalike.gallery.milvus.link.text import path_of, quoted, under
from lookalike.places import is_url

_RECORDS = "renaming/"
_SAMPLE = 200
_SAME_FOLDER = 0.9  # of the sampled files must reappear, with size and time
_IDS = 2**53


def adopt_renamed(kept: Kept, folder: str, known: Sequence[str]) -> str | None:
    """Recognise a folder that was indexed under another path, and take over what is known of it.

    Parameters
    ----------
    kept : Kept
    folder : str
        A place that exists.
    known : sequence of str
        The folders of the gallery.

    Returns
    -------
    str or None
        Its former path.
    """
    # An address that does not answer is not one that has moved.
    if folder in known or is_url(folder):
        return None
    for former in known:
        if not is_url(former) and not os.path.lexists(former) and _is_same(kept, former, folder):
            kept.records.put({f"{_RECORDS}{former}": {"to": folder}})
            finish_renames(kept)
            return former
    return None


def finish_renames(kept: Kept) -> None:
    """Go on with what was written down to be renamed."""
    for former, told in kept.records.all(_RECORDS, fresh=True).items():
        _rename(kept, former, str(told["to"]))
        kept.records.delete([f"{_RECORDS}{former}"])


def _is_same(kept: Kept, former: str, folder: str) -> bool:
    if kept.engine.query(kept.files, _below(folder), ["path"], limit=1, strong=True):
        return False
    count = kept.engine.count(kept.files, _below(former), strong=True)
    # Ids are as if drawn by lot: the same sample each time, from all over the folder.
    most = _IDS if count <= _SAMPLE else int(_IDS / count * _SAMPLE)
    condition = f"{_below(former)} and id < {most}"
    fields = ["path", "size", "mtime_ns"]
    sample = kept.engine.query(kept.files, condition, fields, limit=2 * _SAMPLE, strong=True)
    same = sum(
        _stands_at(_moved(path_of(row["path"]), former, folder), row["size"], row["mtime_ns"])
        for row in sample
    )
    return bool(sample) and same >= _SAME_FOLDER * len(sample)


def _stands_at(place: str, size: int, mtime_ns: int) -> bool:
    path = Path(place)
    try:
        info = path.stat() if path.exists() else path.lstat()  # as it is listed where it dangles
    except OSError:
        return False
    return (info.st_size, info.st_mtime_ns) == (size, mtime_ns)


def _rename(kept: Kept, former: str, folder: str) -> None:
    kept.enter_folder(folder)
    kept.forget_folders([former])
    excluded = [path for path in kept.excluded() if path.startswith(f"{former}{os.sep}")]
    kept.exclude([_moved(path, former, folder) for path in excluded])
    kept.include(excluded)
    writer = MilvusWriter(kept)
    for lot in kept.engine.each(kept.files, "path", _below(former), OF_FILES, batch=LOT):
        rows = [file_row(row) for row in lot]
        ids = writer.ids_of([_moved(row.path, former, folder) for row in rows])
        _write(kept, rows, {row.path: _moved(row.path, former, folder) for row in rows}, ids)
        take_out(kept, rows)


def _write(
    kept: Kept, rows: Sequence[FileRow], paths: Mapping[str, str], ids: Mapping[str, int]
) -> None:
    """Write files under new paths: first their vectors."""
    descriptors = kept.descriptors(fresh=True)
    numbers = {one.id for one in descriptors}
    moved = {
        row.id: replace(
            row,
            path=paths[row.path],
            id=ids[paths[row.path]],
            described=tuple(n for n in row.described if n in numbers),
        )
        for row in rows
    }
    for stored in descriptors:
        wanted = {row.id: row.sha256 for row in rows if stored.id in row.described}
        vectors = vectors_of(kept, stored, wanted)
        told = [moved[id].as_vector_row(vector) for id, vector in vectors.items()]
        kept.engine.upsert(kept.collection(stored), told)
    kept.engine.upsert(kept.files, [row.as_row() for row in moved.values()])


def _moved(path: str, former: str, folder: str) -> str:
    return os.path.join(folder, os.path.relpath(path, former))  # noqa: PTH118


def _below(folder: str) -> str:
    start, end = under(folder)
    return f"path >= {quoted(start)} and path < {quoted(end)}"
