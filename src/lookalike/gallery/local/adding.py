"""One picture into the gallery, which keeps a copy of its own."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path, PurePath

from lookalike import images
from lookalike.descriptors import KEPT_BY_DEFAULT, Descriptor, create
from lookalike.errors import BadParameter, PictureError
from lookalike.gallery.local.opened import Opened, absolute
from lookalike.images.files import named
from lookalike.images.formats import sniffed
from lookalike.store import added, pictures, removal, sync
from lookalike.store.crews.threads import Threads
from lookalike.store.names import safe_name
from lookalike.store.of_files import failures_of
from lookalike.store.pictures import Picture


class Adding(Opened):
    """What takes in single pictures."""

    def add(self, picture: str | os.PathLike[str] | bytes, *, name: str = "") -> Picture:
        """See `lookalike.Gallery.add`.

        Indexes that were built are brought forward by the next `sync`, not here; what they lack is
        searched one by one until then.
        """
        data, name, called = _read(picture, name)
        sha256 = hashlib.sha256(data)
        if (there := added.copy_of(self._catalog, sha256.digest())) is not None:
            return pictures.by_id(self._catalog, there)
        descriptors = self._all_made()
        # Just as it will be read when it is indexed, but by what reads pictures safely here; what
        # it refuses has left no trace.
        self._decoder(data, {view for one in descriptors for view in one.views}, name=called)
        format = sniffed(data)
        assert format is not None  # noqa: S101  (it was decoded)
        with self._catalog.writing():
            added.clear_up(self._catalog)
            safe = safe_name(name, format, sha256.hexdigest()[:16])
            path = added.write(self._catalog, data, safe)
            return self._indexed(path, descriptors, called)

    # -- within ------------------------------------------------------------------------------

    def _all_made(self) -> list[Descriptor]:
        """Return the descriptors that a picture is to have vectors of, ready."""
        present = [self._made(stored) for stored in self._catalog.descriptors()]
        descriptors = present or [create(spec) for spec in KEPT_BY_DEFAULT]
        for one in descriptors:
            one.prepare(lambda _done, _total: None)
        return descriptors

    def _indexed(self, path: Path, descriptors: Sequence[Descriptor], called: str) -> Picture:
        """Index a copy; if that fails, leave nothing of it."""
        try:
            by_identity = {self._catalog.register(one, one.spec): one for one in descriptors}
            sync(self._catalog, [], by_identity, files=[str(path)], retry=True, crew=Threads(1))
        except BaseException:
            if self._file(path) is None:
                path.unlink(missing_ok=True)
            raise
        if failed := failures_of(self._catalog, [path]):
            removal.remove_paths(self._catalog, [str(path)], own=added.folder_of(self._catalog))
            added.clear_up(self._catalog)
            raise PictureError(called, failed[0].message)
        file = self._file(path)
        assert file is not None  # noqa: S101  (it was indexed, and did not fail)
        return pictures.by_id(self._catalog, file)

    def _file(self, path: Path) -> int | None:
        found = self._catalog.rows("SELECT id FROM files WHERE path = ?", (os.fsencode(path),))
        return int(found[0][0]) if found else None


def _read(picture: object, name: str) -> tuple[bytes, str, str]:
    """Return a picture's bytes, its name for its file, and what to call it in errors."""
    if isinstance(picture, bytes):
        return picture, name, named(name) or "these bytes"
    if not isinstance(picture, str | os.PathLike):
        raise BadParameter(
            f"add takes the path of a picture or the bytes of its file, not a "
            f"{type(picture).__name__}"
        )
    path = absolute(picture)
    return images.read_bytes(path), name or PurePath(path).name, named(path)
