"""Caltech101 and Caltech256: a folder for each kind of object."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from lookalike.evaluation.truth.base import GroundTruth, by_groups
from lookalike.evaluation.truth.files import folder_at, pictures
from lookalike.evaluation.truth.layout import Layout


class Objects(Layout):
    """The folder is the category; every picture is a query, and those of its category are right.

    Attributes
    ----------
    categories : str
        The folder that the archive unpacks to.
    clutter : str
        The folder of pictures that are of no category, which are left out.
    paper : str
    """

    categories: ClassVar[str]
    clutter: ClassVar[str]
    paper: ClassVar[str]

    @classmethod
    def lies_in(cls, folder: Path) -> bool:
        """Whether the folder of categories, or that of none, is in it."""
        here = folder.resolve().name == cls.categories
        return here or any((folder / name).is_dir() for name in (cls.categories, cls.clutter))

    def load(self, folder: Path) -> list[GroundTruth]:
        """Return the one ground truth."""
        root = folder_at(folder)
        inner = root / self.categories
        top = inner if inner.is_dir() else root
        files = [file for file in pictures(top) if file.parent not in (top, top / self.clutter)]
        groups = [file.parent for file in files]
        if len(set(groups)) < 2:
            raise self.absent(root, f"{len(set(groups))} folders have pictures")
        return [
            by_groups(
                self.name,
                files,
                groups,
                measures=("mAP", "P@10"),
                source=f"{self.paper}: every picture is a query, those of its category are right, "
                f"{self.clutter} is left out. It was made for classification and has no protocol "
                "of its own for search.",
            )
        ]
