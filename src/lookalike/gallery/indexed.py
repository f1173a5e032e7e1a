"""Galleries of which one chooses what searches go by: in a folder of this machine, or in Milvus."""

from __future__ import annotations

import os

from lookalike.gallery.interface import is_milvus
from lookalike.gallery.local import LocalGallery
from lookalike.gallery.milvus import MilvusGallery


def open_indexed(
    where: str | os.PathLike[str] | None = None, *, create: bool = True
) -> LocalGallery | MilvusGallery:
    """Open a gallery to build its index, or to choose its descriptor.

    Parameters
    ----------
    where, create
        As for `Gallery.open`.

    Raises
    ------
    UsageError
        It is the address of a server.
    LookalikeError
        As for `Gallery.open`.
    """
    wanted = where if where is not None else os.environ.get("LOOKALIKE_GALLERY")
    if is_milvus(wanted):
        return MilvusGallery.open(str(wanted), create=create)
    return LocalGallery.open(where, create=create)
