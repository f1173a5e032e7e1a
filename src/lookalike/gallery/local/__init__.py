"""A gallery in a folder of this machine."""

from __future__ import annotations

import os
from pathlib import Path

from lookalike.errors import UsageError
from lookalike.gallery.interface import default_path, is_address, is_milvus
from lookalike.gallery.local.adding import Adding
from lookalike.gallery.local.asking import Asking
from lookalike.gallery.local.browsing import Browsing
from lookalike.gallery.local.columns import Columns
from lookalike.gallery.local.describing import Describing
from lookalike.gallery.local.filling import Filling
from lookalike.gallery.local.indexing import Indexing
from lookalike.gallery.local.learned import Learned
from lookalike.gallery.local.marking import Marking
from lookalike.gallery.local.opened import absolute
from lookalike.gallery.served import ServedGallery
from lookalike.images import Decoder, load_views
from lookalike.store import Catalog

__all__ = ["LocalGallery"]


class LocalGallery(
    Asking,
    Browsing,
    Adding,
    Filling,
    Describing,
    Indexing,
    Learned,
    Marking,
    Columns,
    ServedGallery,
):
    """A gallery whose catalog lies in a folder of this machine.

    Besides what every gallery can do it hands out vectors, and lets what searches go by be built,
    measured, chosen and learned.
    """

    @classmethod
    def open(  # type: ignore[override]  # an API key is nothing to a folder
        cls,
        where: str | os.PathLike[str] | None = None,
        *,
        create: bool = True,
        decoder: Decoder | None = None,
        hides_paths: bool = False,
    ) -> LocalGallery:
        """Open a gallery's folder.

        Parameters
        ----------
        where : path, optional
            `default_path` if left out.
        create : bool
            Make it if it is not there.
        decoder : callable, optional
            What reads the pictures that are searched with and shown, such as the `load_views` of
            `lookalike.images.DecodingProcesses`; by default they are read right here.
        hides_paths : bool
            Let conditions be only about what of a path strangers may see: from the name of the
            indexed folder on. So they do not find out the rest by guessing.

        Raises
        ------
        UsageError
            It is the address of a server or of Milvus, where there are no files to work on.
        GalleryMissing
            It is not there, and `create` is false.
        GalleryTooNew, GalleryDamaged
            It cannot be read by this version, or at all.
        """
        named = where if where is not None else default_path()
        given = str(where if where is not None else os.environ.get("LOOKALIKE_GALLERY"))
        if is_milvus(given):
            raise UsageError(
                "this works on a gallery's own files, and that gallery is in Milvus; bring it "
                f"here, work on it and take it back: lookalike copy {_shown(given)} FOLDER"
            )
        if is_address(given):
            raise UsageError(
                "this works on a gallery's own files, and that is the address of a server; do it "
                "on the machine where the gallery's folder is"
            )
        catalog = Catalog(absolute(Path(named)), create=create, hides_paths=hides_paths)
        return cls(catalog, decoder or load_views)


def _shown(address: str) -> str:
    """Return an address of Milvus as it was meant, without what should not stand in it."""
    from lookalike.gallery.milvus.link.address import parsed

    return parsed(address).text
