"""Where vectors of pictures that are only measured with are kept."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from lookalike.cache import cache_folder
from lookalike.gallery.local.opened import absolute


def gallery_of(folder: Path) -> Path:
    """Return the gallery that measuring on a folder keeps its vectors in; it need not exist.

    It lies in the user's cache folder, or in LOOKALIKE_CACHE, so that the user's own gallery is not
    filled with test pictures. Deleted, it is made again.
    """
    path = absolute(folder)
    mark = hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
    readable = "".join(c if c.isascii() and c.isalnum() else "-" for c in path.name)[:40]
    return cache_folder() / "evaluate" / f"{readable}-{mark}"
