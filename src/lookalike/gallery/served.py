"""What a server needs of a gallery, besides what every gallery can do."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy.typing as npt

from lookalike.errors import UsageError
from lookalike.gallery.interface import Gallery, is_address, is_milvus
from lookalike.images import Decoder, Region, Source
from lookalike.search import Matches, Part

if TYPE_CHECKING:
    from pathlib import Path

# Whoever asks a server over HTTP waits no longer for an engine that does not answer.
_PATIENCE = 10.0


class ServedGallery(Gallery):
    """A gallery that can be offered to others: `LocalGallery` and `MilvusGallery`.

    One that a server offers already cannot be offered again.
    """

    @property
    @abstractmethod
    def kept_at(self) -> tuple[str, ...]:
        """Where the gallery keeps what is its own, of which strangers are told the last name only.

        Folders and addresses; first the one that its own copies of added pictures lie below.
        """

    @abstractmethod
    def original(self, id: int) -> bytes:
        """Return the bytes of a picture's file, if they still are what was indexed.

        Raises
        ------
        NotIndexed
            There is no picture of that id.
        PictureError
            The file is not there, cannot be read, is larger than `lookalike.images.MAX_BYTES`, or
            has changed since it was indexed.
        """

    @abstractmethod
    def search(
        self,
        picture: Source | int | None = None,
        *,
        box: Region | None = None,
        words: str = "",
        vector: npt.ArrayLike | None = None,
        parts: Sequence[Part] = (),
        top: int | None = None,
        within: float | None = None,
        descriptor: str | None = None,
        metric: str | None = None,
        index: str | None = None,
        where: str | Sequence[str] = (),
        min_probability: float | None = None,
        like: Sequence[Source | int] = (),
        unlike: Sequence[Source | int] = (),
        place: str | None = None,
    ) -> Matches:
        """See `lookalike.Gallery.search`; one thing more can be told here.

        Parameters
        ----------
        place : str, optional
            Where the picture lies whose bytes were given, as an absolute path: if that very file is
            in the gallery, it is left out of the answer, as with a search by its path.
        """

    @abstractmethod
    def search_many(
        self,
        pictures: Sequence[Source | int | Part | Sequence[Part]] = (),
        *,
        vectors: npt.ArrayLike | None = None,
        top: int | None = None,
        within: float | None = None,
        descriptor: str | None = None,
        metric: str | None = None,
        index: str | None = None,
        where: str | Sequence[str] = (),
        min_probability: float | None = None,
        places: Sequence[str | None] = (),
    ) -> list[Matches]:
        """See `lookalike.Gallery.search_many`; one thing more can be told here.

        Parameters
        ----------
        places : sequence of str or None, optional
            The `place` of each query, as for `search`.
        """

    def check(self, seconds: float = 2.0) -> None:
        """See that the gallery can be asked, as it is now.

        Parameters
        ----------
        seconds : float
            What keeps the gallery elsewhere is given so long to answer.

        Raises
        ------
        GalleryUnreachable
            It does not answer.
        GalleryError
            What else is the matter with it.
        """
        del seconds
        self.pictures(top=1)


def open_served(
    where: str | Path, *, decoder: Decoder | None = None, hides_paths: bool = False
) -> ServedGallery:
    """Open a gallery to offer it to others.

    Parameters
    ----------
    where : path or address
        A folder, or an address of Milvus such as ``milvus+http://127.0.0.1:19530/shop``.
    decoder : callable, optional
        What reads the pictures that are searched with and shown; by default they are read here.
    hides_paths : bool
        Let conditions be only about what of a path strangers may see.

    Raises
    ------
    UsageError
        It is the address of a server, which offers it already.
    GalleryMissing
        It is not there.
    GalleryUnreachable
        What keeps it does not answer, for now.
    GalleryTooNew, GalleryDamaged
        It cannot be read by this version, or at all.
    """
    from lookalike.gallery.local import LocalGallery

    if is_milvus(where):
        from lookalike.gallery.milvus import MilvusGallery

        return MilvusGallery.open(
            str(where), create=False, decoder=decoder, hides_paths=hides_paths, patience=_PATIENCE
        )
    if is_address(os.fspath(where)):
        raise UsageError(f"{where} is a server already; serve the gallery's own folder or address")
    return LocalGallery.open(where, create=False, decoder=decoder, hides_paths=hides_paths)
