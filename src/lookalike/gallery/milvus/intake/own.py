"""Where a gallery in Milvus keeps files of its own, such as the copies of added pictures."""

from __future__ import annotations

import os

from lookalike.errors import UsageError
from lookalike.gallery.milvus.link.address import Address
from lookalike.places import is_url, placed

ADDED = "added"


def own_place(address: Address) -> str:
    """Return the folder or address of a gallery's own files; empty if it has none.

    Of Milvus Lite it is a folder beside the file, unless another is named.

    Raises
    ------
    UsageError
        Nothing can be read from there.
    """
    files = address.files or (f"{address.uri}.files" if address.is_lite else "")
    if not files:
        return ""
    if is_url(files):
        return placed(files)
    if "://" in files:
        raise UsageError(
            f"{files} is no place that pictures are read from; name a folder or a bucket: "
            "files=s3://bucket/lookalike"
        )
    # Resolved, unlike what a person names: by whatever path the gallery is opened, a copy has one.
    return os.path.realpath(os.path.expanduser(files))  # noqa: PTH111


def added_folder(address: Address) -> str:
    """Return the place of the copies of added pictures; empty if there is none."""
    place = own_place(address)
    return f"{place}/{ADDED}" if is_url(place) else os.path.join(place, ADDED) if place else ""  # noqa: PTH118
