"""Folders and addresses → the galleries to serve, each by a name of its own."""

from __future__ import annotations

import hashlib
import itertools
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.errors import UsageError
from lookalike.gallery import LocalGallery
from lookalike.gallery.interface import is_address, is_milvus
from lookalike.images import suffixes
from lookalike.store.catalog import FILE

if TYPE_CHECKING:
    from lookalike.gallery.milvus.link.address import Address

_LOOKED_AT = 10_000  # files, until a folder is taken for one without pictures

Where = Path | str
"""A gallery's folder, or its address in Milvus."""


def named(given: Sequence[str | Path]) -> dict[str, Where]:
    """Return galleries by names that can stand in an address, each name once.

    Raises
    ------
    UsageError
        An address is none, has a secret in it, or is that of a server.
    """
    galleries: dict[str, Where] = {}
    for where in dict.fromkeys(map(_meant, given)):
        plain = re.sub(r"[^\w.-]+", "-", _name(where)).strip("-.") or "gallery"
        counted = (f"{plain}-{count}" for count in itertools.count(2))
        name = next(n for n in itertools.chain([plain], counted) if n not in galleries)
        galleries[name] = where
    return galleries


def prepare(folder: Path, *, create: bool) -> int:
    """See that a folder is a gallery that can be served, or make it one; return its pictures.

    Raises
    ------
    UsageError
        It is a folder of pictures, and they would not be found there.
    GalleryError
        It is not there, and is not to be made; or it cannot be read.
    """
    if not (folder / FILE).exists() and _has_pictures(folder):
        raise UsageError(
            f"{folder} is a folder of pictures, not a gallery; put them into one first: lookalike "
            f'index "{folder}", and then: lookalike serve'
        )
    with LocalGallery.open(folder, create=create) as gallery:
        return gallery.info().pictures


def shown(where: Where) -> str:
    """Return where a gallery is, as it may be printed."""
    return _address(where).text if isinstance(where, str) else str(where)


def key(where: Where) -> str:
    """Return what all servers of a gallery know it by, whatever each of them calls it.

    It is made of the folder, or of the address without what says how things are kept there; that
    of two addresses of one gallery, such as by its host's name and number, is not the same.
    """
    if isinstance(where, Path):
        text = os.path.realpath(where)
    else:
        address = _address(where)
        text = f"{address.text} {address.database}"
    return hashlib.sha256(os.fsencode(text)).hexdigest()[:32]


def _meant(given: str | Path) -> Where:
    if is_milvus(given):
        _address(given)
        return str(given)
    if is_address(str(given)):
        raise UsageError(
            f"{given} is a server already, and others can ask it as they can ask this one; serve "
            "the gallery's own folder, or its address in Milvus"
        )
    return Path(os.path.abspath(Path(given).expanduser()))  # noqa: PTH100


def _name(where: Where) -> str:
    if isinstance(where, Path):
        return where.name
    address = _address(where)
    return Path(address.uri).stem if address.is_lite else address.name


def _address(where: str | Path) -> Address:
    from lookalike.gallery.milvus.link.address import parsed

    return parsed(where)


def _has_pictures(folder: Path) -> bool:
    known = suffixes()
    files = (name for *_, names in os.walk(folder) for name in names)
    return any(Path(name).suffix.lower() in known for name in itertools.islice(files, _LOOKED_AT))
