"""Folders → the galleries to serve, each by a name of its own."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Sequence
from pathlib import Path

from lookalike.errors import UsageError
from lookalike.gallery import LocalGallery
from lookalike.images import suffixes
from lookalike.store.catalog import FILE

_LOOKED_AT = 10_000  # files, until a folder is taken for one without pictures


def named(folders: Sequence[Path]) -> dict[str, Path]:
    """Return galleries' folders by names that can stand in an address, each name once."""
    galleries: dict[str, Path] = {}
    for folder in dict.fromkeys(Path(os.path.abspath(f.expanduser())) for f in folders):  # noqa: PTH100
        plain = re.sub(r"[^\w.-]+", "-", folder.name).strip("-.") or "gallery"
        counted = (f"{plain}-{count}" for count in itertools.count(2))
        name = next(n for n in itertools.chain([plain], counted) if n not in galleries)
        galleries[name] = folder
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


def _has_pictures(folder: Path) -> bool:
    known = suffixes()
    files = (name for *_, names in os.walk(folder) for name in names)
    return any(Path(name).suffix.lower() in known for name in itertools.islice(files, _LOOKED_AT))
