"""Pictures into the gallery, and out of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import closing

import numpy as np

from lookalike.descriptors import KEPT_BY_DEFAULT, STAGED, Descriptor, create, label
from lookalike.errors import GalleryError, NotIndexed, UsageError
from lookalike.gallery.local.opened import Opened
from lookalike.places import exists, is_url, parents, placed
from lookalike.search import upkeep
from lookalike.store import Progress, SyncReport, added, removal, sync, thumbnails
from lookalike.store.crews import Crew, Shard, crew
from lookalike.store.deriving import derive
from lookalike.store.rows import drop_strangers


class Filling(Opened):
    """What brings a gallery up to date, and takes out of it."""

    def sync(
        self,
        *folders: str | os.PathLike[str],
        descriptors: Sequence[str] = (),
        retry: bool = False,
        workers: int | str | None = None,
        shard: str | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> SyncReport:
        """See `lookalike.Gallery.sync`."""
        if isinstance(descriptors, str):
            raise UsageError(f"descriptors is a list of them: [{descriptors!r}]")
        with closing(crew(workers)) as hands:
            return self._synced(
                folders, descriptors, retry, hands, Shard.of(shard) if shard else None, progress
            )

    def _synced(
        self,
        folders: Sequence[str | os.PathLike[str]],
        descriptors: Sequence[str],
        retry: bool,
        hands: Crew,
        part: Shard | None,
        progress: Callable[[Progress], None] | None,
    ) -> SyncReport:
        fitted = {label(s.key) for s in self._catalog.descriptors() if s.is_staged}
        wanted = [create(spec) for spec in descriptors if spec not in fitted]
        for descriptor in wanted:
            self._catalog.place(descriptor)
        tell = progress or (lambda _: None)
        for descriptor in [*wanted, *map(self._current, self._catalog.descriptors())]:
            descriptor.prepare(lambda done, total: tell(Progress("fetching", done, total)))
        with self._catalog.writing():
            added.clear_up(self._catalog)
            chosen, missing = self._folders(folders)
            dropped = self._drop_unfounded()
            outdated = [s for s in self._catalog.descriptors() if self._current(s).key != s.key]
            if outdated:
                # All that has the old version is described anew before that goes.
                known = filter(_may_be_there, self._catalog.folders())
                chosen += [place for place in known if place not in chosen]
            by_identity = self._registered(wanted)
            for stored in filter(lambda one: one.is_staged, self._catalog.descriptors()):
                derive(self._catalog, stored, lambda *far: tell(Progress("deriving", *far)))
            report = sync(
                self._catalog,
                chosen,
                by_identity,
                retry=retry,
                crew=hands,
                shard=part,
                progress=progress,
            )
            report.dropped = dropped
            report.unmounted = [*missing, *report.unmounted]
            # A new version of a descriptor stands complete beside the old one before that goes.
            for stored in outdated if part is None else ():
                if stored == self._catalog.descriptors()[0]:  # searches go by the new one now
                    new = self._current(stored).key
                    (there,) = (s for s in self._catalog.descriptors() if s.key == new)
                    self._catalog.prefer(there.id)
                removal.remove_descriptor(self._catalog, stored.id)
        if report.gone or report.changed or report.failed:
            thumbnails.drop_strangers(self._catalog)
        upkeep.keep_up(self._catalog, tell)
        return report

    def remove(self, *pictures: str | os.PathLike[str] | int) -> int:
        """See `lookalike.Gallery.remove`.

        Raises
        ------
        GalleryError
            One of the gallery's own copies cannot be deleted. All are taken out of the gallery, and
            the next time that it is written to the rest is tried again.
        """
        with self._catalog.writing():
            paths = list(dict.fromkeys(map(self._path, pictures)))
            own = added.folder_of(self._catalog)
            count = removal.remove_paths(self._catalog, paths, own=own)
            left = added.clear_up(self._catalog)
            self._catalog.compact()
        thumbnails.drop_strangers(self._catalog)
        if left:
            path, why = left[0]
            raise GalleryError(
                f"{path} is out of the gallery, but its copy cannot be deleted: {why}; mend that, "
                "then delete it yourself or bring the gallery up to date: lookalike index"
            )
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

    # -- within ------------------------------------------------------------------------------

    def _path(self, picture: str | os.PathLike[str] | int) -> str:
        """Return the path of what is to be removed."""
        if not isinstance(picture, int | np.integer):
            return placed(picture)
        # An id that SQLite cannot hold is none of its.
        sql = "SELECT path FROM files WHERE id = CAST(? AS INTEGER)"
        if rows := self._catalog.rows(sql, (str(picture),)):
            return os.fsdecode(rows[0][0])
        raise NotIndexed(
            f"there is no picture with the id {picture} in the gallery; nothing was removed"
        )

    def _folders(self, given: Sequence[str | os.PathLike[str]]) -> tuple[list[str], list[str]]:
        """Return the folders to look through, and the known ones that are not there."""
        own = str(added.folder_of(self._catalog))
        copies = [own] if added.has_copies(self._catalog) else []
        if given:
            chosen = [self._folder(placed(path)) for path in given]
            # What lies in a folder that is passed over would otherwise look gone from one above.
            return chosen + [path for path in copies if set(chosen) & set(parents(path))], []
        if not (known := self._catalog.folders()) and not copies:
            raise NotIndexed("no folder was indexed yet; name one: lookalike index FOLDER")
        missing = [path for path in known if not is_url(path) and not os.path.lexists(path)]
        if len(missing) == len(known) and not copies:
            self._folder(known[0])
        there = [path for path in known if path not in missing and path != own]
        return [*there, *copies], missing

    def _folder(self, path: str) -> str:
        if exists(path):
            return path
        if path in self._catalog.folders():
            raise NotIndexed(
                f"{path} is not there; unplugged, or not mounted? Its pictures are kept. "
                f'If it is gone for good: lookalike remove "{path}"'
            )
        if is_url(path):
            raise NotIndexed(f"there is nothing at {path}; check the address")
        raise NotIndexed(f"there is no folder or file {path}")

    def _registered(self, wanted: Sequence[Descriptor]) -> dict[int, Descriptor]:
        present = [self._current(stored) for stored in self._catalog.descriptors()]
        all_of_them = [*present, *wanted] or [create(spec) for spec in KEPT_BY_DEFAULT]
        return {self._catalog.register(d, d.spec): d for d in all_of_them}

    def _drop_unfounded(self) -> list[tuple[str, str]]:
        """Drop what was fitted to vectors that cannot be made any more; return what, and why."""
        dropped = []
        for stored in self._catalog.descriptors():
            if stored.is_staged and (now := self._current(stored).key) != stored.key:
                before, after = (key.partition(STAGED)[0] for key in (stored.key, now))
                removal.remove_descriptor(self._catalog, stored.id)
                dropped.append((label(stored.key), f"fitted to {before}, which is {after} now"))
        return dropped


def _may_be_there(place: str) -> bool:
    """Tell whether it is worth looking; at an address the looking itself tells."""
    return is_url(place) or os.path.exists(place)  # noqa: PTH110
