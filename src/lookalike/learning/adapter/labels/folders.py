"""The folder that a picture is in is its group."""

from __future__ import annotations

from pathlib import PurePath

from lookalike.learning.adapter.labels.base import Labelled, grouped
from lookalike.store.vectors import KeptVectors


def folders(kept: KeptVectors) -> Labelled:
    """Return the pictures by their folders."""
    labels = {row: PurePath(path).parent for row, path in enumerate(kept.paths)}
    return Labelled("the folders that pictures are in", grouped(labels), kept.vectors)
