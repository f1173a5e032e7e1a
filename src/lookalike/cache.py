"""Where what can be made or fetched again is kept."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """Return what LOOKALIKE_CACHE names, or the user's cache folder; it need not exist."""
    if named := os.environ.get("LOOKALIKE_CACHE"):
        return Path(named).expanduser()
    import platformdirs

    return Path(platformdirs.user_cache_dir("lookalike", appauthor=False))
