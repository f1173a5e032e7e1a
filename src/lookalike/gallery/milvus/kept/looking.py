"""Whether there is a gallery at an address, before anything is opened."""

from __future__ import annotations

from pathlib import Path

from lookalike.errors import GalleryError, GalleryMissing
from lookalike.gallery.milvus.link.address import Address


def look(address: Address, *, create: bool) -> None:
    """Refuse a file of Lite that is not there, or cannot be: Lite would make it by looking.

    Raises
    ------
    GalleryMissing
        There is none, and `create` is false.
    GalleryError
        The folder that it is to be made in is not there.
    """
    if not address.is_lite or Path(address.uri).exists():
        return
    if not create:
        raise missing(address)
    folder = Path(address.uri).parent
    if not folder.is_dir():
        raise GalleryError(f"{address.text} cannot be made: there is no folder {folder}; make it")


def missing(address: Address) -> GalleryMissing:
    """Return what to raise where there is no gallery."""
    database = f" in the database {address.database}" if address.database else ""
    options = f"?database={address.database}" if address.database else ""
    return GalleryMissing(
        f"there is no gallery at {address.text}{database} yet; make one: lookalike index FOLDER "
        f"--gallery {address.text}{options}"
    )
