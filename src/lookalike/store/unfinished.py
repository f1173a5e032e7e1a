"""The note beside a catalog that says that not all is there yet of what is copied into it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lookalike.errors import GalleryDamaged
from lookalike.store import durable

NOTE = "copying.json"


def unfinished(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the galleries that are being copied into a folder's, with what is known of that.

    Raises
    ------
    GalleryDamaged
        The note cannot be read.
    """
    file = folder / NOTE
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise GalleryDamaged(
            f"{file} cannot be read ({error}); it only tells from where a copy is not complete: "
            "delete it, and copy again"
        ) from error


def note(folder: Path, noted: Mapping[str, Mapping[str, Any]]) -> None:
    """Write what `unfinished` returns; of nothing there is no note."""
    if noted:
        durable.write(folder / NOTE, json.dumps(noted))
    else:
        (folder / NOTE).unlink(missing_ok=True)
