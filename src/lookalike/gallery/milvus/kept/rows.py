"""A file of the gallery ↔ the rows that Milvus keeps of it."""

from __future__ import annotations

import os
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from lookalike.gallery.milvus.kept import schema
from lookalike.gallery.milvus.link.text import content_of, path_of, text_of
from lookalike.metrics import Vectors

FACTS = (
    "path", "content", "sha256", "name", "folders", "mtime_ns", "format", "width", "height",
    "bytes", "taken", "columns",
)  # fmt: skip
"""The fields that a row of either kind has."""

OF_FILES = ("id", *FACTS, "size", "etag", "reason", "message", "described")

OF_ANSWERS = ("path", "sha256", "width", "height", "format", "bytes")
"""What an answer tells of a file."""

FOLDED = "is"
"""Where a row's columns have their texts without capitals; no column can be called that."""

_LONGEST_MESSAGE = 4000
_SMALL = {ord(capital): ord(capital.lower()) for capital in string.ascii_uppercase}


@dataclass(frozen=True)
class FileRow:
    """A file of the gallery, as `NAME__files` keeps it.

    Attributes
    ----------
    path : str
    id : int
        Among the files of the gallery no other has it.
    size, mtime_ns : int
        As its place lists it.
    etag : str
        Likewise; empty where there is none.
    sha256 : bytes
        Of its bytes; empty of one that failed.
    format : str
    width, height, bytes : int
    taken : str
        When the photo was taken; empty if that is not known.
    reason, message : str
        Why it could not be indexed; empty if it was.
    described : tuple of int
        The numbers of the descriptors that have its vector.
    columns : mapping of str to object
        Values of one's own.
    """

    path: str
    id: int
    size: int = 0
    mtime_ns: int = 0
    etag: str = ""
    sha256: bytes = b""
    format: str = ""
    width: int = 0
    height: int = 0
    bytes: int = 0
    taken: str = ""
    reason: str = ""
    message: str = ""
    described: tuple[int, ...] = ()
    columns: Mapping[str, Any] = field(default_factory=dict)

    @property
    def can_be_found(self) -> bool:
        """Whether it is a picture, and no failure."""
        return not self.reason and bool(self.sha256)

    def without_vectors(self) -> FileRow:
        """Return the row that says that no descriptor has its vector."""
        return replace(self, described=())

    def as_row(self) -> dict[str, Any]:
        """Return the row of `NAME__files`."""
        return {
            **self._facts(),
            "id": self.id,
            "size": self.size,
            "etag": self.etag[: schema.MOST_NAME // 4],
            "reason": self.reason,
            "message": text_of(self.message[:_LONGEST_MESSAGE]),
            "described": list(self.described),
            "nothing": schema.NOTHING,
        }

    def as_vector_row(self, vector: Vectors) -> dict[str, Any]:
        """Return the row of a descriptor's collection; the vector is (dim,) float32."""
        return {**self._facts(), "id": self.id, "vector": np.ascontiguousarray(vector, np.float32)}

    def _facts(self) -> dict[str, Any]:
        folder, name = os.path.split(self.path)
        return {
            "path": text_of(self.path),
            "content": content_of(self.sha256) if self.sha256 else 0,
            "sha256": self.sha256.hex(),
            "name": text_of(name),
            "folders": folders_of(folder),
            "mtime_ns": self.mtime_ns,
            "format": self.format,
            "width": self.width,
            "height": self.height,
            "bytes": self.bytes,
            "taken": self.taken,
            "columns": _with_folded(self.columns),
        }


def folded(text: str) -> str:
    """Return a text as it is compared by conditions: without capitals from A to Z."""
    return text.translate(_SMALL)


def _with_folded(columns: Mapping[str, Any]) -> dict[str, Any]:
    texts = {name: folded(value) for name, value in columns.items() if isinstance(value, str)}
    return {**columns, FOLDED: texts} if texts else dict(columns)


def _without_folded(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in columns.items() if name != FOLDED}


def file_row(row: Mapping[str, Any]) -> FileRow:
    """Return the file of a row of either kind; what the row does not have is left as it is."""
    return FileRow(
        path=path_of(row["path"]),
        id=int(row["id"]),
        size=int(row.get("size", 0)),
        mtime_ns=int(row.get("mtime_ns", 0)),
        etag=row.get("etag", ""),
        sha256=bytes.fromhex(row.get("sha256", "")),
        format=row.get("format", ""),
        width=int(row.get("width", 0)),
        height=int(row.get("height", 0)),
        bytes=int(row.get("bytes", 0)),
        taken=row.get("taken", ""),
        reason=row.get("reason", ""),
        message=path_of(row.get("message", "")),
        described=tuple(int(number) for number in row.get("described", ())),
        columns=_without_folded(row.get("columns") or {}),
    )


def folders_of(folder: str) -> list[str]:
    """Return the names of the folders that a file lies in, without those that nobody asks by."""
    names: Sequence[str] = [
        name for name in text_of(folder).replace(os.sep, "/").split("/") if name
    ]
    fitting = [name for name in names if len(name.encode()) <= schema.MOST_NAME]
    return list(dict.fromkeys(fitting))[: schema.MOST_FOLDERS]
