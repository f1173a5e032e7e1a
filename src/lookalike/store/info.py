"""What is in a gallery, in numbers."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lookalike.store.catalog import Catalog, StoredDescriptor


@dataclass(frozen=True)
class GalleryInfo:
    """What is in a gallery.

    Attributes
    ----------
    path : str
    folders : tuple of str
        What was indexed.
    pictures : int
        Files that can be found.
    contents : int
        Different ones among them, by their bytes.
    failures : int
        Files that could not be indexed.
    kept : int
        Contents that no file has at present; their vectors wait for the file's return.
    excluded : int
        Files and folders that were removed by hand and are passed over.
    descriptors : tuple of (StoredDescriptor, int)
        Each with the number of contents that have its vector.
    bytes : int
        Size of the gallery's folder on disk.
    """

    path: str
    folders: tuple[str, ...]
    pictures: int
    contents: int
    failures: int
    kept: int
    excluded: int
    descriptors: tuple[tuple[StoredDescriptor, int], ...]
    bytes: int


def info(catalog: Catalog) -> GalleryInfo:
    """Return what is in a gallery."""
    count = catalog.number
    contents = count("SELECT count(DISTINCT content_id) FROM files")
    return GalleryInfo(
        path=str(catalog.folder),
        folders=tuple(catalog.folders()),
        pictures=count("SELECT count(content_id) FROM files"),
        contents=contents,
        failures=count("SELECT count(*) FROM failures"),
        kept=count("SELECT count(*) FROM contents") - contents,
        excluded=count("SELECT count(*) FROM excluded"),
        descriptors=tuple(
            (s, count("SELECT count(*) FROM vectors WHERE +descriptor_id = ?", (s.id,)))
            for s in catalog.descriptors()
        ),
        bytes=_size(catalog.folder),
    )


def _size(folder: Path) -> int:
    """Return the bytes of all files in a folder, some of which may vanish meanwhile."""
    total = 0
    for file in folder.rglob("*"):
        with suppress(FileNotFoundError):
            total += file.stat().st_size if file.is_file() else 0
    return total
