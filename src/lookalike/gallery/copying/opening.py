"""What a person types → the two ends."""

from __future__ import annotations

import os
from pathlib import Path

from lookalike.errors import UsageError
from lookalike.gallery.copying.ends import Source, Target
from lookalike.gallery.interface import is_address, is_milvus

Where = str | os.PathLike[str]


def opened_source(where: Where, target: Where) -> Source:
    """Open the gallery that is copied.

    Raises
    ------
    UsageError
        One of the two is a server's address, or both are the same gallery.
    GalleryMissing
        It is not there.
    """
    for one in (where, target):
        if is_address(os.fspath(one)):
            raise UsageError(
                f"{one} is the address of a server, which offers searches and no vectors; copy "
                "the gallery itself: its folder on that machine, or its address in Milvus"
            )
    if _identity(where) == _identity(target):
        raise UsageError(f"{where} and {target} are the same gallery; name another to copy it to")
    if is_milvus(where):
        from lookalike.gallery.copying.milvus import MilvusSource

        return MilvusSource.open(str(where))
    from lookalike.gallery.copying.local import LocalSource

    return LocalSource.open(_folder(where))


def opened_target(where: Where, source: Source) -> Target:
    """Open the gallery that is copied to; make it if it is not there.

    Raises
    ------
    UsageError
        It has no place for the pictures that the source itself keeps.
    GalleryBusy
        Another process is writing to it.
    """
    if is_milvus(where):
        from lookalike.gallery.copying.milvus_target import MilvusTarget

        return MilvusTarget.open_for(str(where), source)
    from lookalike.gallery.copying.local_target import LocalTarget

    return LocalTarget.open(_folder(where))


def _folder(where: Where) -> Path:
    from lookalike.gallery.local.opened import absolute

    return absolute(where)


def _identity(where: Where) -> tuple[str, ...]:
    if not is_milvus(where):
        return (os.path.realpath(_folder(where)),)
    from lookalike.gallery.milvus.link.address import parsed

    address = parsed(where)
    uri = os.path.realpath(address.uri) if address.is_lite else address.uri.lower()
    return uri, address.database, address.name
