"""Single files and their vectors: for whoever measures, and does not only search."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from lookalike.descriptors import create
from lookalike.errors import NotIndexed, UsageError
from lookalike.gallery.local.opened import Opened, absolute
from lookalike.store import Progress, SyncReport, sync
from lookalike.store.catalog import Failure
from lookalike.store.crews import crew
from lookalike.store.of_files import FileVectors, failures_of, vectors_of


class Describing(Opened):
    """What describes given files, and hands out their vectors."""

    def describe(
        self,
        files: Sequence[str | os.PathLike[str]],
        *,
        descriptors: Sequence[str],
        retry: bool = False,
        workers: int | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> SyncReport:
        """Describe these files by these descriptors, and nothing else.

        What has its vectors already and has not changed is not read. Interrupted, it goes on next
        time. Unlike with `sync`, no later run looks for the files again.

        Parameters
        ----------
        files : sequence of path
            Those that are not there are entered among the failures.
        descriptors : sequence of str
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
        GalleryBusy
            Another process is writing to this gallery.
        UnknownName, BadParameter
            A descriptor that there is not.
        """
        if isinstance(files, str | os.PathLike) or isinstance(descriptors, str):
            raise UsageError("files and descriptors are lists of them")
        made = {descriptor.key: descriptor for descriptor in map(create, descriptors)}
        tell = progress or (lambda _: None)
        for descriptor in made.values():
            descriptor.prepare(lambda done, total: tell(Progress("fetching", done, total)))
        with self._catalog.writing():
            by_identity = {self._catalog.register(d, d.spec): d for d in made.values()}
            return sync(
                self._catalog,
                (),
                by_identity,
                files=[str(absolute(file)) for file in files],
                retry=retry,
                crew=crew(workers),
                progress=progress,
            )

    def vectors_of(
        self, files: Sequence[str | os.PathLike[str]], *, descriptor: str
    ) -> FileVectors:
        """Return the vectors of files.

        Parameters
        ----------
        files : sequence of path
        descriptor : str
            With exactly these parameters.

        Returns
        -------
        FileVectors
            In the order of the files, with a note of those that have none.

        Raises
        ------
        NotIndexed
            The gallery has nothing of the descriptor.
        """
        key = create(descriptor).key
        for stored in self._catalog.descriptors():
            if stored.key == key:
                return vectors_of(self._catalog, stored, [absolute(file) for file in files])
        raise NotIndexed(f"the gallery {self.path} has no vectors of {key}")

    def failures_of(self, files: Sequence[str | os.PathLike[str]]) -> list[Failure]:
        """Return those of some files that could not be described, and why."""
        return failures_of(self._catalog, [absolute(file) for file in files])
