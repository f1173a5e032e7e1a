"""What every gallery can do, wherever it is kept."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import numpy.typing as npt

from lookalike.errors import UsageError
from lookalike.images import Region, Source
from lookalike.search import Matches, Part
from lookalike.store import GalleryInfo, Progress, SyncReport
from lookalike.store.catalog import Failure
from lookalike.store.columns import ColumnInfo
from lookalike.store.fields import FieldInfo
from lookalike.store.filling import ColumnsReport
from lookalike.store.pictures import Picture, PicturePage

Self = TypeVar("Self", bound="Gallery")


def default_path() -> Path:
    """Return where the gallery is unless told: LOOKALIKE_GALLERY, or the user's data folder."""
    if named := os.environ.get("LOOKALIKE_GALLERY"):
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_data_dir("lookalike", appauthor=False)) / "gallery"


def is_address(where: object) -> bool:
    """Tell whether a gallery is named by the address of a server, and not by a folder."""
    return isinstance(where, str) and where.lower().startswith(("http://", "https://"))


def is_milvus(where: object) -> bool:
    """Tell whether a gallery is named by an address of Milvus, and not by a folder or a server."""
    if not isinstance(where, str | os.PathLike):
        return False
    scheme, colon, _ = str(where).partition(":")
    # Also one that is mistyped, which would be a strange name for a folder.
    return bool(colon) and scheme.lower().partition("+")[0] == "milvus"


class Gallery(ABC):
    """An open gallery. Make one with `Gallery.open`; it is also a context manager.

    Examples
    --------
    >>> gallery = Gallery.open("cats.gallery")          # doctest: +SKIP
    >>> gallery.sync("~/Pictures/cats").added           # doctest: +SKIP
    421
    >>> gallery.search("cat.jpg", top=5)[0].path        # doctest: +SKIP
    '/home/ada/Pictures/cats/tom.jpg'
    """

    @staticmethod
    def open(
        where: str | os.PathLike[str] | None = None,
        *,
        create: bool = True,
        api_key: str | None = None,
    ) -> Gallery:
        """Open a gallery: a folder of this machine, one in Milvus, or one that a server offers.

        Parameters
        ----------
        where : path or address, optional
            The gallery's folder, or what ``lookalike serve`` answers at, such as
            ``http://shop.local:8765`` or, where it has several galleries,
            ``http://shop.local:8765/v1/galleries/shoes``; `default_path` if left out, and
            LOOKALIKE_GALLERY may be an address as well. Or ``milvus+http://HOST:19530/NAME`` for
            one in Milvus, and ``milvus:FILE.db`` for one in a file of Milvus Lite.
        create : bool
            Make it if it is not there.
        api_key : str, optional
            What the server wants to see; by default LOOKALIKE_API_KEY, for Milvus
            LOOKALIKE_MILVUS_TOKEN.

        Returns
        -------
        LocalGallery, MilvusGallery or RemoteGallery

        Raises
        ------
        GalleryMissing
            It is not there, and `create` is false; or no server answers.
        GalleryUnreachable
            Milvus does not answer, for now.
        GalleryTooNew, GalleryDamaged
            It cannot be read by this version, or at all.
        """
        from lookalike.gallery.local import LocalGallery
        from lookalike.gallery.remote import RemoteGallery

        wanted = where if where is not None else os.environ.get("LOOKALIKE_GALLERY")
        if is_address(wanted):
            return RemoteGallery.open(str(wanted), api_key=api_key)
        if is_milvus(wanted):
            from lookalike.gallery.milvus import MilvusGallery

            return MilvusGallery.open(str(wanted), create=create, api_key=api_key)
        if api_key is not None:
            raise UsageError("an API key is for a server; a gallery's folder takes none")
        return LocalGallery.open(where, create=create)

    @abstractmethod
    def close(self) -> None:
        """Let go of what the gallery holds open."""

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # -- asking ------------------------------------------------------------------------------

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
    ) -> Matches:
        """Find the pictures that are most like one.

        Parameters
        ----------
        picture : path, bytes, array, or the id of a picture in the gallery
        box : (left, top, right, bottom), optional
            Look only at this region of the picture: shares of its upright width and height, from 0
            to 1.
        words : str
            Search by words instead, with a descriptor that understands them.
        vector : (dim,) float32, optional
            Search by a vector instead, as the descriptor would give it.
        parts : sequence of Part, optional
            Search by several pictures at once instead, each with a weight: towards those above 0,
            away from those below. What the parts show is left out of the answer.
        top : int, optional
            How many matches: ten unless told, or all within the distance or of the probability.
        within : float, optional
            Only pictures up to this distance.
        descriptor : str, optional
            One of those that were indexed; by default the first of them, which is ``glance`` unless
            others were named when the gallery was made; for words the first that understands them.
        metric : str, optional
            Another than the descriptor's natural one.
        index : str, optional
            What to search through: ``"exact"``, or one that was built, such as ``"hnsw:ef=64"``;
            by default the one that was chosen for this gallery.
        where : str or sequence of str
            What every match meets, such as ``"folder = cats and width >= 800 and price < 20"``; of
            several conditions, all. It is applied first: among those pictures the nearest are
            found.
        min_probability : float, optional
            Only pictures that are the same one, perhaps edited, with at least this probability,
            such as 0.8; perhaps none. `lookalike.selftest` finds out what is how probable.
        like, unlike : sequence of ids, paths, bytes or arrays, optional
            Pictures that are good answers, and bad ones, in the gallery or not. The search goes
            where the good ones are and the bad ones are not, and distances are to there. The bad
            ones are left out. With good ones there need be nothing else to search by.

        Returns
        -------
        Matches
            Nearest first. The query's own file is left out.

        Raises
        ------
        PictureError
            The picture cannot be read.
        NotIndexed
            The gallery is empty, or has no such descriptor, id or index; or a probability is asked
            for, and it was not tested yet.
        BadParameter, UnknownName
            A condition that is none, or a field that there is not.
        UsageError
            There is nothing to search by, or more than one thing; a picture is both liked and
            unliked; a probability is asked for with them, with a box or with several parts, as no
            single whole picture is searched with.
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
    ) -> list[Matches]:
        """Find the pictures that are most like each of several, in one go.

        Parameters
        ----------
        pictures : sequence of paths, bytes, arrays, ids, parts, or sequences of parts
            Each is a query of its own, also where it is of several parts itself.
        vectors : (n, dim) float32, optional
            Search by vectors instead.
        top, within, descriptor, metric, index, where, min_probability
            As for `search`.

        Returns
        -------
        list of Matches
            One for each picture or vector, in their order.

        Raises
        ------
        PictureError
            One of the pictures cannot be read.
        NotIndexed
            As for `search`.
        """

    @abstractmethod
    def info(self) -> GalleryInfo:
        """Return what is in the gallery."""

    @abstractmethod
    def failures(self) -> list[Failure]:
        """Return the files that could not be indexed, and why."""

    @abstractmethod
    def pictures(
        self, where: str | Sequence[str] = (), *, skip: int = 0, top: int = 100
    ) -> PicturePage:
        """Return some of the pictures that can be found, in order of their paths.

        Parameters
        ----------
        where : str or sequence of str
            What they all meet, as for `search`.
        skip : int
            How many of the first ones are passed over.
        top : int
            How many are returned at most.

        Returns
        -------
        PicturePage
        """

    @abstractmethod
    def picture(self, id: int) -> Picture:
        """Return what is known of one picture.

        Raises
        ------
        NotIndexed
            There is no picture of that id.
        """

    @abstractmethod
    def thumbnail(self, id: int, size: int = 320) -> bytes:
        """Return a small picture of one in the gallery, upright, as a WebP file.

        It is made once and kept beside the catalog; that of 1600 pixels is made each time.

        Parameters
        ----------
        id : int
        size : int
            Pixels of the longer side at most: 160, 320, 640 or 1600.

        Raises
        ------
        NotIndexed
            There is no picture of that id.
        PictureError
            There is no thumbnail of it yet, and its file cannot be read or is another by now.
        """

    @abstractmethod
    def fields(self) -> list[FieldInfo]:
        """Return what conditions can be about, with what there is of each in this gallery."""

    # -- filling -----------------------------------------------------------------------------

    @abstractmethod
    def sync(
        self,
        *folders: str | os.PathLike[str],
        descriptors: Sequence[str] = (),
        retry: bool = False,
        workers: int | str | None = None,
        shard: str | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> SyncReport:
        """Bring the gallery up to date with folders of pictures.

        Only what is new, changed or lacks a vector is read. Interrupted, it goes on next time. At
        the end the indexes that were built are brought forward.

        Parameters
        ----------
        *folders : path
            Folders to look through, with all below them, or single files; none for the folders
            that are in the gallery. Of a gallery behind a server they are the server's.
        descriptors : sequence of str
            Descriptors that every picture is to have a vector of, besides those it has already;
            ``glance`` and ``glance_copy`` if there are none at all.
        retry : bool
            Try files again that failed before and have not changed.
        workers : int or str, optional
            Threads; by default one a processor. ``"ray"`` or ``"ray://head:10001"`` for workers of
            Ray on this machine or on many.
        shard : str, optional
            Take in only the second of eight parts of the files, of ``"2/8"``, and forget only what
            is gone of it. So several runs share the work without knowing of each other.
        progress : callable, optional
            Called with a `Progress` after every commit. What it raises stops the work; what was
            committed is kept.

        Returns
        -------
        SyncReport

        Raises
        ------
        NotIndexed
            A folder is not there.
        GalleryBusy
            Another process is writing to this gallery.
        UnknownName, BadParameter
            A descriptor that there is not.
        """

    @abstractmethod
    def add(self, picture: str | os.PathLike[str] | bytes, *, name: str = "") -> Picture:
        """Copy one picture into the gallery, and index it.

        Unlike with `sync`, the gallery keeps a copy of its own, in its folder ``added``; `remove`
        deletes that again.

        Parameters
        ----------
        picture : path or bytes
        name : str
            What to call the file; by default as it is called, or by its content. Of a name that is
            taken by another picture a number is put behind.

        Returns
        -------
        Picture
            The one that is there already, if the gallery has a copy of the same bytes.

        Raises
        ------
        PictureError
            It cannot be read; then nothing is kept.
        GalleryBusy
            Another process is writing to this gallery.
        """

    @abstractmethod
    def remove(self, *pictures: str | os.PathLike[str] | int) -> int:
        """Take pictures, by their ids, or files or whole folders out of the gallery.

        Nothing is deleted from disk but the gallery's own copies of what `add` took in. What lies
        in an indexed folder is passed over from now on, until it is asked for by name.

        Returns
        -------
        int
            How many files were taken out.

        Raises
        ------
        NotIndexed
            One of them is not in the gallery; then nothing is removed.
        """

    # -- judging -----------------------------------------------------------------------------

    @abstractmethod
    def mark(
        self,
        picture: Source | int,
        *,
        like: Sequence[Source | int] = (),
        unlike: Sequence[Source | int] = (),
        descriptor: str | None = None,
    ) -> int:
        """Keep which pictures are good answers to one, and which are not.

        An adapter learns from such marks (``lookalike train adapter --labels marks``); a search
        takes its own and keeps none. Of two judgements of the same pictures the last counts. This
        may be called while another process writes to the gallery.

        Parameters
        ----------
        picture : path, bytes, or the id of a picture in the gallery
            What was searched with. Of one that is not in the gallery the vector is kept.
        like, unlike : sequence of ids, paths or bytes
            Good answers and bad ones. What is not in the gallery is passed over.
        descriptor : str, optional
            Whose vector is kept of a picture from elsewhere; by default what searches go by.

        Returns
        -------
        int
            How many marks were kept.

        Raises
        ------
        UsageError
            The picture is an array: it has no bytes that it could be known by. Or something is both
            liked and unliked.
        NotIndexed
            There is no picture of an id.
        PictureError
            A picture cannot be read.
        GalleryError
            The gallery cannot be written to.
        """

    @abstractmethod
    def forget_marks(self) -> int:
        """Forget all marks; return how many there were.

        Raises
        ------
        GalleryError
            The gallery cannot be written to.
        """

    # -- columns of one's own ----------------------------------------------------------------

    @abstractmethod
    def columns(self) -> list[ColumnInfo]:
        """Return the columns that were added, with what is in them."""

    @abstractmethod
    def set_columns(
        self, rows: Mapping[str | os.PathLike[str] | int, Mapping[str, object]]
    ) -> ColumnsReport:
        """Give pictures values of your own, such as a price, to be asked for by ``where``.

        They stay with a picture when it changes, moves, or its folder is renamed.

        Parameters
        ----------
        rows : mapping
            From a picture to its values by the names of their columns. A picture is an id, or a
            path: absolute, relative to an indexed folder, or the end of one that only one picture
            has. Values are numbers, text, dates, true or false, one kind to a column; None takes a
            value away.

        Returns
        -------
        ColumnsReport

        Raises
        ------
        BadParameter
            A value does not fit its column, or a column cannot be called that; nothing is entered.
        NotIndexed
            None of the rows stands for a picture of this gallery.
        GalleryBusy
            Another process is writing to this gallery.
        """

    @abstractmethod
    def remove_columns(self, *names: str) -> None:
        """Take columns with all their values out of the gallery.

        Raises
        ------
        UnknownName
            There is no such column; then none is removed.
        """
