"""Pictures into a gallery behind a server, and out of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from urllib.parse import quote

import numpy as np

from lookalike.errors import BadParameter, PictureError, UsageError
from lookalike.gallery.local.opened import absolute
from lookalike.gallery.remote import reading
from lookalike.gallery.remote.address import path_of
from lookalike.gallery.remote.asking import Asking
from lookalike.gallery.remote.connected import check_bulk, checked_id
from lookalike.gallery.remote.connection import File
from lookalike.gallery.remote.following import follow, outcome
from lookalike.gallery.remote.problems import renamed
from lookalike.gallery.remote.sending import file_of, has_surrogates
from lookalike.gallery.remote.shapes import part
from lookalike.images.files import named
from lookalike.store import Progress, SyncReport
from lookalike.store.pictures import Picture


class Filling(Asking):
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
        """See `lookalike.Gallery.sync`.

        The server does it; if the connection breaks meanwhile, that is gone on with. A relative
        folder is one of this machine's if the server is this machine, and refused otherwise.
        """
        if isinstance(descriptors, str):
            raise UsageError(f"descriptors is a list of them: [{descriptors!r}]")
        if isinstance(workers, str):
            raise UsageError(
                f"workers of a server are a number of its threads, not {workers!r}; let workers "
                "elsewhere fill the gallery itself, not through its server"
            )
        if workers is not None and workers < 1:
            raise UsageError(f"workers must be at least 1, not {workers}")
        if shard is not None:
            raise UsageError("a server takes in whole folders; shards are for the gallery itself")
        wanted = {
            "folders": [self._served(os.fsdecode(folder)) for folder in folders],
            "descriptors": list(descriptors),
            "retry": retry,
            "workers": workers,
        }
        # Sent once: two jobs would be in each other's way.
        job = self._ask("POST", "/jobs", body=wanted, repeat=False)
        path = f"{path_of(self._name)}/jobs/{quote(part(job, 'id', str), safe='')}"
        ended = follow(self._connection, path, progress or (lambda _: None))
        return reading.sync_report(outcome(ended))

    def add(self, picture: str | os.PathLike[str] | bytes, *, name: str = "") -> Picture:
        """See `lookalike.Gallery.add`."""
        if not isinstance(picture, str | os.PathLike | bytes):
            raise BadParameter(
                "add takes the path of a picture or the bytes of its file, not a "
                f"{type(picture).__name__}"
            )
        where = picture if isinstance(picture, bytes) else absolute(os.fsdecode(picture))
        file, called = file_of(where)
        own = "" if isinstance(where, bytes) else where.name
        if isinstance(where, bytes) and name:
            called = named(name)
        # A form's file needs a name; of this one the server makes none.
        sent = File(name or own or ".", file.data)
        try:
            answer = self._ask("POST", "/pictures", file=sent)
        except PictureError as error:
            raise renamed(error, called) from error
        return reading.picture(answer)

    def remove(self, *pictures: str | os.PathLike[str] | int) -> int:
        """See `lookalike.Gallery.remove`; at most 10,000 of them at a time."""
        meant = list(dict.fromkeys(map(self._meant, pictures)))
        if not meant:
            return 0
        check_bulk(len(meant), "pictures")
        answer = self._ask("POST", "/remove", body={"pictures": meant}, repeat=False)
        return part(answer, "removed", int)

    # -- within ------------------------------------------------------------------------------

    def _meant(self, one: str | os.PathLike[str] | int) -> str | int:
        if isinstance(one, int | np.integer):
            return checked_id(one)
        path = self._served(os.fsdecode(one))
        if has_surrogates(path):
            raise UsageError(
                f"{named(path)} has bytes that are no Unicode, and JSON has no way to say so; name "
                "the picture by its id"
            )
        return path
