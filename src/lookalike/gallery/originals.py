"""The files of indexed pictures, as long as they are what was indexed."""

from __future__ import annotations

import hashlib

from lookalike import places
from lookalike.errors import MissingPicture
from lookalike.images.files import named


def unchanged(path: str, sha256: bytes) -> bytes:
    """Return the bytes of an indexed picture's file.

    Parameters
    ----------
    path : str
    sha256 : bytes
        Of the bytes that were indexed.

    Raises
    ------
    PictureError
        The file is not there, cannot be read, is larger than `lookalike.images.MAX_BYTES`, or has
        changed since it was indexed.
    """
    data = places.read_bytes(path)
    if hashlib.sha256(data).digest() != sha256:
        raise MissingPicture(
            named(path),
            "the file has changed since it was indexed; bring the gallery up to date: "
            "lookalike index",
        )
    return data
