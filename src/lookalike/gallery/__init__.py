"""The gallery: an indexed collection of pictures that is searched. What most callers import."""

from __future__ import annotations

import os
from pathlib import Path

from lookalike.gallery.asking import Asking
from lookalike.gallery.columns import Columns
from lookalike.gallery.describing import Describing
from lookalike.gallery.filling import Filling
from lookalike.gallery.indexing import Indexing
from lookalike.gallery.learned import Learned
from lookalike.gallery.marking import Marking
from lookalike.gallery.opened import absolute
from lookalike.store import Catalog

__all__ = ["Gallery", "default_path"]


def default_path() -> Path:
    """Return where the gallery is unless told: LOOKALIKE_GALLERY, or the user's data folder."""
    if named := os.environ.get("LOOKALIKE_GALLERY"):
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_data_dir("lookalike", appauthor=False)) / "gallery"


class Gallery(Asking, Filling, Describing, Indexing, Learned, Marking, Columns):
    """An open gallery. Make one with `Gallery.open`; it is also a context manager.

    Examples
    --------
    >>> gallery = Gallery.open("cats.gallery")          # doctest: +SKIP
    >>> gallery.sync("~/Pictures/cats").added           # doctest: +SKIP
    421
    >>> gallery.search("cat.jpg", top=5)[0].path        # doctest: +SKIP
    '/home/ada/Pictures/cats/tom.jpg'
    """

    @classmethod
    def open(cls, path: str | os.PathLike[str] | None = None, *, create: bool = True) -> Gallery:
        """Open a gallery.

        Parameters
        ----------
        path : path, optional
            The gallery's folder; `default_path` if left out.
        create : bool
            Make it if it is not there.

        Raises
        ------
        GalleryMissing
            It is not there, and `create` is false.
        GalleryTooNew, GalleryDamaged
            It cannot be read by this version, or at all.
        """
        folder = default_path() if path is None else Path(path)
        return cls(Catalog(absolute(folder), create=create))
