"""The gallery: an indexed collection of pictures that is searched. What most callers import."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np

from lookalike.descriptors import KEPT_BY_DEFAULT, Descriptor, create, label
from lookalike.errors import NetworkError, NotIndexed, UsageError
from lookalike.images import Source
from lookalike.search import Matches, Query, rank
from lookalike.search.query import by_id
from lookalike.store import Catalog, GalleryInfo, Progress, SyncReport, info, removal, sync
from lookalike.store.catalog import Failure, StoredDescriptor


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

        Only what is new, changed or lacks a vector is read. Interrupted, it goes on next time.

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
            return report

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

    def remove_kept(self) -> int:
        """Forget contents that no file has any more; return how many."""
        with self._catalog.writing():
            count = removal.remove_kept(self._catalog)
            self._catalog.compact()
            return count

    # -- asking ------------------------------------------------------------------------------

    def search(
        self,
        picture: Source | int | None = None,
        *,
        words: str = "",
        top: int = 10,
        descriptor: str | None = None,
        metric: str | None = None,
    ) -> Matches:
        """Find the pictures that are most like one.

        Parameters
        ----------
        picture : path, bytes, array, or the id of a picture in the gallery
        words : str
            Search by words instead, with a descriptor that understands them.
        top : int
            How many matches.
        descriptor : str, optional
            One of those that were indexed; by default the first of them, which is ``glance`` unless
            others were named when the gallery was made; for words the first that understands them.
        metric : str, optional
            Another than the descriptor's natural one.

        Returns
        -------
        Matches
            Nearest first. The query's own file is left out.

        Raises
        ------
        PictureError
            The picture cannot be read.
        NotIndexed
            The gallery is empty, or has no such descriptor or id.
        """
        if (picture is None) == (not words):
            raise UsageError("search needs one thing: a picture, or words")
        stored = self._stored(descriptor) if descriptor or not words else self._with_words()
        query = (
            by_id(self._catalog, int(picture))
            if isinstance(picture, int | np.integer)
            else Query(picture=picture, words=words)
        )
        return rank(self._catalog, query, self._made(stored), stored, top=top, metric=metric)

    def info(self) -> GalleryInfo:
        """Return what is in the gallery."""
        return info(self._catalog)

    def failures(self) -> list[Failure]:
        """Return the files that could not be indexed, and why."""
        return self._catalog.failures()

    # -- within ------------------------------------------------------------------------------

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


def _absolute(path: str | os.PathLike[str]) -> Path:
    # Normalised as text, not resolved: a person finds pictures under the path they gave.
    # os.path leaves "~nobody" as it is, where Path.expanduser raises.
    return Path(os.path.abspath(os.path.expanduser(path)))  # noqa: PTH100, PTH111
