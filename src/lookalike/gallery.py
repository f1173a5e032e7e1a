"""The gallery: an indexed collection of pictures that is searched. What most callers import."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt

from lookalike import metrics
from lookalike.descriptors import KEPT_BY_DEFAULT, Descriptor, create, label
from lookalike.errors import MissingExtra, NetworkError, NotIndexed, UsageError
from lookalike.images import Source
from lookalike.metrics import Vectors
from lookalike.search import Matches, Query, Searchers, Wanted, choice, rank, upkeep
from lookalike.search.neighbourhood import NeighbourBlock, neighbours
from lookalike.search.query import by_id
from lookalike.search.trials import Tuning
from lookalike.search.tuning import Aim, tune
from lookalike.search.upkeep import BuiltIndex
from lookalike.store import Catalog, GalleryInfo, Progress, SyncReport, info, removal, sync
from lookalike.store.catalog import Failure, StoredDescriptor
from lookalike.store.columns import ColumnInfo, list_columns, remove_columns
from lookalike.store.filling import ColumnsReport, fill
from lookalike.store.rows import drop_strangers
from lookalike.store.table_files import entered, table_of
from lookalike.store.table_files import opened as open_table


def default_path() -> Path:
    """Return where the gallery is unless told: LOOKALIKE_GALLERY, or the user's data folder."""
    if named := os.environ.get("LOOKALIKE_GALLERY"):
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_data_dir("lookalike", appauthor=False)) / "gallery"


class Gallery:
    """An open gallery. Make one with `Gallery.open`; it is also a context manager.

    Examples
    --------
    >>> gallery = Gallery.open("cats.gallery")          # doctest: +SKIP
    >>> gallery.sync("~/Pictures/cats").added           # doctest: +SKIP
    421
    >>> gallery.search("cat.jpg", top=5)[0].path        # doctest: +SKIP
    '/home/ada/Pictures/cats/tom.jpg'
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._searchers = Searchers(catalog)

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
        return cls(Catalog(_absolute(folder), create=create))

    def close(self) -> None:
        """Close the gallery's files."""
        self._searchers.forget()
        self._catalog.close()

    def __enter__(self) -> Gallery:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def path(self) -> Path:
        """The gallery's folder."""
        return self._catalog.folder

    # -- writing -----------------------------------------------------------------------------

    def sync(
        self,
        *folders: str | os.PathLike[str],
        descriptors: Sequence[str] = (),
        retry: bool = False,
        workers: int | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> SyncReport:
        """Bring the gallery up to date with folders of pictures.

        Only what is new, changed or lacks a vector is read. Interrupted, it goes on next time. At
        the end the indexes that were built are brought forward.

        Parameters
        ----------
        *folders : path
            Folders to look through, with all below them, or single files; none for the folders
            that are in the gallery.
        descriptors : sequence of str
            Descriptors that every picture is to have a vector of, besides those it has already;
            ``glance`` and ``glance_copy`` if there are none at all.
        retry : bool
            Try files again that failed before and have not changed.
        workers : int, optional
            Threads; by default one a processor.
        progress : callable, optional
            Called with a `Progress` after every commit.

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
        if isinstance(descriptors, str):
            raise UsageError(f"descriptors is a list of them: [{descriptors!r}]")
        if workers is not None and workers < 1:
            raise UsageError(f"workers must be at least 1, not {workers}")
        wanted = [create(spec) for spec in descriptors]
        tell = progress or (lambda _: None)
        for descriptor in [*wanted, *map(self._current, self._catalog.descriptors())]:
            descriptor.prepare(lambda done, total: tell(Progress("fetching", done, total)))
        with self._catalog.writing():
            chosen, missing = self._folders(folders)
            outdated = [s for s in self._catalog.descriptors() if self._current(s).key != s.key]
            if outdated:
                # All that has the old version is described anew before that goes.
                known = map(Path, self._catalog.folders())
                chosen += [path for path in known if path not in chosen and path.exists()]
            by_identity = self._registered(wanted)
            report = sync(
                self._catalog,
                chosen,
                by_identity,
                retry=retry,
                workers=workers,
                progress=progress,
            )
            report.unmounted = [*missing, *report.unmounted]
            # A new version of a descriptor stands complete beside the old one before that goes.
            for stored in outdated:
                removal.remove_descriptor(self._catalog, stored.id)
        upkeep.keep_up(self._catalog, tell)
        return report

    def build_index(
        self,
        index: str,
        *,
        descriptor: str | None = None,
        metric: str | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> BuiltIndex:
        """Build an index and keep it, so that searches can go by it.

        From then on `sync` brings it forward.

        Parameters
        ----------
        index : str
            For example ``"hnsw"`` or ``"hnsw:m=32"``.
        descriptor : str, optional
            One of those that were indexed; by default the first of them.
        metric : str, optional
            Another than the descriptor's natural one.
        progress : callable, optional
            Called with a `Progress` of the stage ``building``.

        Returns
        -------
        BuiltIndex
            With the share of the nearest that it finds.

        Raises
        ------
        UnknownName, BadParameter, UsageError
            There is no such index, it needs no building, or it cannot search by the metric.
        NotIndexed
            The gallery has no vector of the descriptor.
        GalleryError
            The disk is full or read-only.
        """
        stored = self._stored(descriptor)
        metric = metrics.canonical(metric or stored.metric)
        return upkeep.build(self._catalog, stored, metric, index, progress or (lambda _: None))

    def tune(
        self,
        *,
        descriptor: str | None = None,
        metric: str | None = None,
        recall: float = 0.99,
        k: int = 10,
        queries: int = 200,
        indexes: Sequence[str] = (),
        progress: Callable[[Progress], None] | None = None,
    ) -> Tuning:
        """Measure indexes on the gallery's own vectors, and let searches go by the best of them.

        Some vectors are held out and asked; what `exact` finds is the truth. The quickest index
        that finds enough is built and kept, unless `exact` is about as quick. Interrupted, all is
        as before.

        Parameters
        ----------
        descriptor : str, optional
            One of those that were indexed; by default the first of them.
        metric : str, optional
            Another than the descriptor's natural one.
        recall : float
            The share of the nearest that is to be found.
        k : int
            How many nearest.
        queries : int
            How many are asked; at most half of the vectors.
        indexes : sequence of str
            Those to measure, such as ``["hnsw:m=32", "sketch"]``; one without values for searching
            is tried with several. By default all that are at hand and not hopeless.
        progress : callable, optional
            Called with a `Progress` of the stages ``tuning`` and ``building``.

        Returns
        -------
        Tuning

        Raises
        ------
        NotIndexed
            The gallery has no such descriptor, or too few vectors.
        UnknownName, BadParameter, UsageError
            There is no such index, or it cannot search by the metric.
        MissingExtra
            An index that was asked for is not installed.
        GalleryError
            The disk is full or read-only.
        """
        if isinstance(indexes, str):
            raise UsageError(f"indexes is a list of them: [{indexes!r}]")
        aim = Aim(recall, k, queries, tuple(indexes))
        stored = self._stored(descriptor)
        metric = metrics.canonical(metric or stored.metric)
        return tune(self._catalog, stored, metric, aim, progress or (lambda _: None))

    def choose_automatically(
        self,
        *,
        descriptor: str | None = None,
        metric: str | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> str:
        """Forget what `tune` has chosen; return the index that searches go by now.

        Indexes that were built stay.

        Parameters
        ----------
        descriptor, metric
            As for `tune`.
        progress : callable, optional
            Called with a `Progress` of the stage ``building``.
        """
        stored = self._stored(descriptor)
        metric = metrics.canonical(metric or stored.metric)
        choice.forget(self._catalog, stored, metric)
        with suppress(MissingExtra, OSError):  # then searches are exact until it can be built
            return upkeep.settle(self._catalog, stored, metric, progress or (lambda _: None)).spec
        return "exact"

    def remove(self, *paths: str | os.PathLike[str]) -> int:
        """Take pictures or whole folders out of the gallery; nothing is deleted from disk.

        What lies in an indexed folder is passed over from now on, until it is asked for by name.

        Returns
        -------
        int
            How many files were taken out.

        Raises
        ------
        NotIndexed
            A path is not in the gallery; then nothing is removed.
        """
        with self._catalog.writing():
            count = removal.remove_paths(self._catalog, [_absolute(path) for path in paths])
            self._catalog.compact()
            return count

    def remove_descriptor(self, spec: str) -> None:
        """Drop all vectors of a descriptor.

        Raises
        ------
        NotIndexed
            The gallery has none of it.
        """
        with self._catalog.writing():
            removal.remove_descriptor(self._catalog, self._stored(spec).id)
            self._catalog.compact()
        self._searchers.forget()
        drop_strangers(self._catalog)

    def remove_kept(self) -> int:
        """Forget contents that no file has any more; return how many."""
        with self._catalog.writing():
            count = removal.remove_kept(self._catalog)
            self._catalog.compact()
            return count

    # -- columns of your own -----------------------------------------------------------------

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
        table = table_of(rows)
        with self._catalog.writing():
            return fill(self._catalog, table, "", {name: name for name in table.names[1:]})

    def import_columns(
        self,
        file: str | os.PathLike[str],
        *,
        key: str = "path",
        rename: Mapping[str, str] | None = None,
        skip: Collection[str] = (),
        encoding: str = "utf-8",
    ) -> ColumnsReport:
        """Enter values of your own from a CSV or Parquet file: all of them, or none.

        Parameters
        ----------
        file : path
        key : str
            Its column that says which picture a row is about, as `set_columns` takes it.
        rename : mapping of str to str, optional
            Columns that are to be called otherwise.
        skip : collection of str
            Columns that are left out.
        encoding : str
            Of a CSV.

        Returns
        -------
        ColumnsReport

        Raises
        ------
        BadParameter
            The file cannot be read, or as for `set_columns`.
        UnknownName
            It has no such column.
        NotIndexed
            None of its rows stands for a picture of this gallery.
        MissingExtra
            It is Parquet, and pyarrow is not installed.
        """
        table = open_table(_absolute(file), encoding)
        names = entered(table, key, rename or {}, skip)
        with self._catalog.writing():
            return fill(self._catalog, table, key, names)

    def columns(self) -> list[ColumnInfo]:
        """Return the columns that were added, with what is in them."""
        return list_columns(self._catalog)

    def remove_columns(self, *names: str) -> None:
        """Take columns with all their values out of the gallery.

        Raises
        ------
        UnknownName
            There is no such column; then none is removed.
        """
        with self._catalog.writing():
            remove_columns(self._catalog, *names)
            self._catalog.compact()

    # -- asking ------------------------------------------------------------------------------

    def search(
        self,
        picture: Source | int | None = None,
        *,
        words: str = "",
        vector: npt.ArrayLike | None = None,
        top: int | None = None,
        within: float | None = None,
        descriptor: str | None = None,
        metric: str | None = None,
        index: str | None = None,
        where: str | Sequence[str] = (),
    ) -> Matches:
        """Find the pictures that are most like one.

        Parameters
        ----------
        picture : path, bytes, array, or the id of a picture in the gallery
        words : str
            Search by words instead, with a descriptor that understands them.
        vector : (dim,) float32, optional
            Search by a vector instead, as the descriptor would give it.
        top : int, optional
            How many matches: ten unless told, or all within the distance.
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

        Returns
        -------
        Matches
            Nearest first. The query's own file is left out.

        Raises
        ------
        PictureError
            The picture cannot be read.
        NotIndexed
            The gallery is empty, or has no such descriptor, id or index.
        BadParameter, UnknownName
            A condition that is none, or a field that there is not.
        """
        if (picture is not None) + bool(words) + (vector is not None) != 1:
            raise UsageError("search needs one thing: a picture, words, or a vector")
        stored = self._stored(descriptor) if descriptor or not words else self._with_words()
        query = (
            by_id(self._catalog, int(picture))
            if isinstance(picture, int | np.integer)
            else Query(picture=picture, words=words, vector=_vector(vector))
        )
        wanted = Wanted(top, within, metric, index, _conditions(where))
        return self._ranked([query], stored, wanted)[0]

    def search_many(
        self,
        pictures: Sequence[Source | int] = (),
        *,
        vectors: npt.ArrayLike | None = None,
        top: int | None = None,
        within: float | None = None,
        descriptor: str | None = None,
        metric: str | None = None,
        index: str | None = None,
        where: str | Sequence[str] = (),
    ) -> list[Matches]:
        """Find the pictures that are most like each of several, in one go.

        Parameters
        ----------
        pictures : sequence of paths, bytes, arrays or ids
        vectors : (n, dim) float32, optional
            Search by vectors instead.
        top, within, descriptor, metric, index, where
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
        if isinstance(pictures, str | bytes | os.PathLike):
            raise UsageError("pictures is a list of them; for one there is search")
        if len(pictures) and vectors is not None:
            raise UsageError("search_many needs one thing: pictures, or vectors")
        stored = self._stored(descriptor)
        queries = [
            by_id(self._catalog, int(one))
            if isinstance(one, int | np.integer)
            else Query(picture=one)
            for one in pictures
        ]
        given = () if vectors is None else np.atleast_2d(np.asarray(vectors, np.float32))
        queries += [Query(vector=vector) for vector in given]
        wanted = Wanted(top, within, metric, index, _conditions(where))
        return self._ranked(queries, stored, wanted)

    def neighbours(
        self,
        k: int = 10,
        *,
        descriptor: str | None = None,
        metric: str | None = None,
        index: str | None = None,
    ) -> Iterator[NeighbourBlock]:
        """Find the nearest pictures of every picture in the gallery, a few hundred at a time.

        Parameters
        ----------
        k : int
            How many of each; a picture is none of its own.
        descriptor, metric, index
            As for `search`.

        Yields
        ------
        NeighbourBlock
            Together they have every picture once, as of the moment when this began.
        """
        if k < 1:
            raise UsageError(f"k must be at least 1, not {k}")
        stored = self._stored(descriptor)
        metric = metrics.canonical(metric or stored.metric)
        return neighbours(self._catalog, self._searchers.searched(stored, metric, index), k)

    def info(self) -> GalleryInfo:
        """Return what is in the gallery."""
        return info(self._catalog)

    def failures(self) -> list[Failure]:
        """Return the files that could not be indexed, and why."""
        return self._catalog.failures()

    # -- within ------------------------------------------------------------------------------

    def _ranked(
        self, queries: Sequence[Query], stored: StoredDescriptor, wanted: Wanted
    ) -> list[Matches]:
        made = partial(self._made, stored)
        return rank(self._catalog, self._searchers, queries, made, stored, wanted)

    def _folders(self, given: Sequence[str | os.PathLike[str]]) -> tuple[list[Path], list[str]]:
        """Return the folders to look through, and the known ones that are not there."""
        if given:
            return [self._folder(_absolute(path)) for path in given], []
        if not (known := self._catalog.folders()):
            raise NotIndexed("no folder was indexed yet; name one: lookalike index FOLDER")
        missing = [path for path in known if not os.path.lexists(path)]
        if len(missing) == len(known):
            self._folder(Path(known[0]))
        return [Path(path) for path in known if path not in missing], missing

    def _folder(self, path: Path) -> Path:
        if os.path.exists(path):  # noqa: PTH110 (Path.exists raises where a name is too long)
            return path
        if str(path) in self._catalog.folders():
            raise NotIndexed(
                f"{path} is not there; unplugged, or not mounted? Its pictures are kept. "
                f'If it is gone for good: lookalike remove "{path}"'
            )
        raise NotIndexed(f"there is no folder or file {path}")

    def _registered(self, wanted: Sequence[Descriptor]) -> dict[int, Descriptor]:
        present = [self._current(stored) for stored in self._catalog.descriptors()]
        all_of_them = [*present, *wanted] or [create(spec) for spec in KEPT_BY_DEFAULT]
        return {self._catalog.register(d, d.spec): d for d in all_of_them}

    def _stored(self, spec: str | None) -> StoredDescriptor:
        present = self._catalog.descriptors()
        if not present:
            raise NotIndexed(f"the gallery {self.path} is empty; fill it: lookalike index FOLDER")
        if spec is None:
            return present[0]
        # By what it is called, if there is but one of that: `lbp` for any lbp, `network` for a
        # network; and without making it, as it may be one that cannot be made any more.
        called = [
            s for s in present if spec in (s.key, s.spec, label(s.key), s.key.partition("@")[0])
        ]
        if len(called) == 1:
            return called[0]
        wanted = create(spec).key
        for stored in present:
            if stored.key == wanted:
                return stored
        raise NotIndexed(
            f"{wanted} is not in this gallery, which has {', '.join(s.key for s in present)}; "
            f"add it: lookalike index --descriptor {spec}"
        )

    def _with_words(self) -> StoredDescriptor:
        """Return the first descriptor here that understands words, or the first of all."""
        present = self._catalog.descriptors()
        able = [stored for stored in present if self._current(stored).has_words]
        return able[0] if able else self._stored(None)

    def _current(self, stored: StoredDescriptor) -> Descriptor:
        try:
            return create(stored.spec)
        except (UsageError, NetworkError) as error:
            raise NotIndexed(
                f"the gallery has vectors of {stored.key}, which cannot be made now ({error}); "
                f'bring it back, or drop them: lookalike remove --descriptor "{stored.key}"'
            ) from error

    def _made(self, stored: StoredDescriptor) -> Descriptor:
        descriptor = self._current(stored)
        if descriptor.key != stored.key:
            raise NotIndexed(
                f"the vectors in this gallery are of {stored.key}, and this Lookalike makes "
                f"{descriptor.key}; bring them up to date: lookalike index"
            )
        return descriptor


def _conditions(where: str | Sequence[str]) -> tuple[str, ...]:
    return (where,) if isinstance(where, str) else tuple(where)


def _vector(given: npt.ArrayLike | None) -> Vectors | None:
    return None if given is None else np.asarray(given, np.float32)


def _absolute(path: str | os.PathLike[str]) -> Path:
    # Normalised as text, not resolved: a person finds pictures under the path they gave.
    # os.path leaves "~nobody" as it is, where Path.expanduser raises.
    return Path(os.path.abspath(os.path.expanduser(path)))  # noqa: PTH100, PTH111
