"""What a gallery in Milvus holds, row by row; for tests of what is lost or doubled."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lookalike.gallery.milvus import MilvusGallery
from lookalike.gallery.milvus.kept.rows import OF_FILES, FileRow, file_row


def files(gallery: MilvusGallery) -> list[FileRow]:
    """Return all rows of files, also those that are there twice."""
    kept = gallery._kept
    lots = kept.engine.each(kept.files, "path", "", OF_FILES)
    return [file_row(row) for lot in lots for row in lot]


def assert_kept_once(gallery: MilvusGallery, expected: Iterable[str]) -> None:
    """Check that every picture is there once, with each of its vectors, and nothing else."""
    kept, paths = gallery._kept, sorted(expected)
    rows = files(gallery)
    assert sorted(row.path for row in rows) == paths
    stored = kept.descriptors()
    numbers = sorted(one.id for one in stored)
    assert all(sorted(row.described) == numbers and not row.reason for row in rows)
    assert kept.engine.count(kept.files, strong=True) == len(paths)
    for one in stored:
        collection = kept.collection(one)
        lots = kept.engine.each(collection, "id", "", ["path"])
        vectors: list[Any] = [(row["id"], row["path"]) for lot in lots for row in lot]
        assert sorted(vectors) == sorted((row.id, row.path) for row in rows)
        assert kept.engine.count(collection, strong=True) == len(paths)


def drop(gallery: MilvusGallery) -> None:
    """Drop all that there is of a gallery."""
    engine = gallery._engine
    for collection in engine.collections():
        if collection.startswith(f"{engine.address.name}__"):
            engine.drop(collection)
