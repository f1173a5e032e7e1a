"""The pictures that a gallery has copies of its own of, in a folder beside the catalog.

The folder is indexed like any other. What was written there and not yet entered when the power
went, the next run finds. What is to be deleted is first noted as excluded, in the transaction that
takes it out of the catalog: so it never comes back, and the next run deletes what is left of it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from lookalike import images
from lookalike.errors import GalleryError, PictureError
from lookalike.store import durable
from lookalike.store.catalog import Catalog, lies_in_a_folder, under
from lookalike.store.names import numbered

FOLDER = "added"

# A shop may send ten thousand that are all called image.jpg.
_MOST_NUMBERED = 99


def folder_of(catalog: Catalog) -> Path:
    """Return the folder of a gallery's own copies; it need not be there."""
    # Resolved, unlike what a person names: by whatever path the gallery is opened, a copy has one.
    return Path(os.path.realpath(catalog.folder)) / FOLDER


def has_copies(catalog: Catalog) -> bool:
    """Tell whether there is anything in the folder that may be a picture."""
    try:
        with os.scandir(folder_of(catalog)) as listing:
            return any(not entry.name.startswith(".") for entry in listing)
    except FileNotFoundError:
        return False


def copy_of(catalog: Catalog, sha256: bytes) -> int | None:
    """Return the id of a file in the folder with a content, if it still has it on disk."""
    rows = catalog.rows(
        "SELECT files.id, path FROM files JOIN contents ON contents.id = content_id "
        "WHERE sha256 = ? AND path >= ? AND path < ? ORDER BY files.id",
        (sha256, *under(folder_of(catalog))),
    )
    return next((int(i) for i, path in rows if _has(Path(os.fsdecode(path)), sha256)), None)


def write(catalog: Catalog, data: bytes, name: str) -> Path:
    """Write a file into the folder; return its path. The caller holds `Catalog.writing`.

    Parameters
    ----------
    catalog : Catalog
    data : bytes
    name : str
        A safe one; if a file with other bytes has it, a number is put behind it.

    Raises
    ------
    GalleryError
        It cannot be written; then nothing of it is left.
    """
    folder = folder_of(catalog)
    sha256 = hashlib.sha256(data).digest()
    try:
        folder.mkdir(exist_ok=True)
        _enter(catalog, folder)
        for called in _names(name, sha256):
            path = folder / called
            if not os.path.lexists(path):
                _write(path, data)
                return path
            if _size(path) == len(data) and _has(path, sha256):
                return path  # written by a run that ended there
    except OSError as error:
        clear_up(catalog)
        raise GalleryError(
            f"the picture cannot be kept in {folder}: {error.strerror}; is the disk full or "
            "read-only? Nothing was added"
        ) from error
    raise GalleryError(f"{folder} has a file of every name that was tried for {name}; clear it up")


def clear_up(catalog: Catalog) -> list[tuple[str, str]]:
    """Delete the copies that were taken out of the gallery, and what was written by halves.

    The caller holds `Catalog.writing`.

    Returns
    -------
    list of (str, str)
        What cannot be deleted, and why; the next time it is tried again.
    """
    folder = folder_of(catalog)
    for half in folder.glob(f"*{durable.BESIDE}"):
        with suppress(OSError):  # it is no picture, and is tried again
            half.unlink()
    rows = catalog.rows("SELECT path FROM excluded WHERE path >= ? AND path < ?", under(folder))
    left = {path: _deleted(Path(os.fsdecode(path))) for (path,) in rows}
    if left:
        with catalog.transaction() as db:
            gone = [(path,) for path, why in left.items() if not why]
            db.executemany("DELETE FROM excluded WHERE path = ?", gone)
    return [(os.fsdecode(path), why) for path, why in left.items() if why]


def _names(name: str, sha256: bytes) -> Iterator[str]:
    """Yield names for a file: with a number behind, or if too many are called that, its content."""
    yield name
    for number in range(2, _MOST_NUMBERED + 1):
        yield numbered(name, number)
    yield numbered(name, sha256.hex())


def _write(path: Path, data: bytes) -> None:
    try:
        durable.write(path, data)
    except OSError:
        path.unlink(missing_ok=True)  # where the disk failed only when it was to keep the name
        raise


def _size(path: Path) -> int:
    """Return how many bytes a file has; -1 for a link that leads nowhere."""
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _deleted(path: Path) -> str:
    """Delete a file; return why that cannot be done, or nothing."""
    if path.is_dir() and not path.is_symlink():
        return ""  # somebody's own; of what was in it each file is noted
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _has(path: Path, sha256: bytes) -> bool:
    """Tell whether there is a file with certain bytes."""
    try:
        return hashlib.sha256(images.read_bytes(path)).digest() == sha256
    except PictureError:
        return False


def _enter(catalog: Catalog, folder: Path) -> None:
    """Let the folder be among those that were indexed, unless one above it is."""
    with catalog.transaction() as db:
        if not lies_in_a_folder(db, folder):
            db.execute("INSERT OR IGNORE INTO folders VALUES (?)", (os.fsencode(folder),))
