"""Judgements of answers, kept to be learned from."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence

import numpy as np

from lookalike import images
from lookalike.descriptors import STAGED
from lookalike.errors import GalleryError, UsageError
from lookalike.gallery.opened import Opened
from lookalike.images import Source
from lookalike.metrics import Vectors
from lookalike.search.marked import asked, several
from lookalike.search.query import Query, describe
from lookalike.store import marks
from lookalike.store.catalog import StoredDescriptor
from lookalike.store.marks import Mark


class Marking(Opened):
    """What keeps judgements, and forgets them."""

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
        liked = set(self._contents(several(like, "like")))
        unliked = set(self._contents(several(unlike, "unlike")))
        if liked & unliked:
            raise UsageError("a picture is both liked and unliked; leave one of the two out")
        if not liked and not unliked:
            return 0
        query = asked(self._catalog, picture)
        sha256 = self._sha256(query)
        is_known = self._content(sha256) is not None
        vectors = {} if is_known else self._vectors(query, self._stored(descriptor))
        try:
            marks.keep(self._catalog, sha256, liked, unliked, vectors)
        except GalleryError as error:
            raise type(error)(f"the marks cannot be kept: {error}") from error
        return len(liked) + len(unliked)

    def marks(self) -> list[Mark]:
        """Return all marks, those of one query together."""
        return marks.all_marks(self._catalog)

    def forget_marks(self) -> int:
        """Forget all marks; return how many there were.

        Raises
        ------
        GalleryError
            The gallery cannot be written to.
        """
        return marks.forget(self._catalog)

    # -- within ------------------------------------------------------------------------------

    def _contents(self, pictures: Iterable[Source | int]) -> Iterable[int]:
        for picture in pictures:
            content = self._content(self._sha256(asked(self._catalog, picture)))
            if content is not None:
                yield content

    def _content(self, sha256: bytes) -> int | None:
        rows = self._catalog.rows("SELECT id FROM contents WHERE sha256 = ?", (sha256,))
        return int(rows[0][0]) if rows else None

    def _sha256(self, query: Query) -> bytes:
        """Return what a picture is known by; of one in the gallery without reading the file."""
        sql = (
            "SELECT sha256 FROM files JOIN contents ON contents.id = content_id WHERE files.id = ?"
        )
        if query.id is not None and (rows := self._catalog.rows(sql, (query.id,))):
            return bytes(rows[0][0])
        if isinstance(query.picture, bytes):
            return hashlib.sha256(query.picture).digest()
        if isinstance(query.picture, str | os.PathLike):
            return hashlib.sha256(images.read_bytes(query.picture)).digest()
        raise UsageError("an array has no bytes to be known by; mark files, bytes or ids")

    def _vectors(self, query: Query, stored: StoredDescriptor) -> dict[int, Vectors]:
        """Describe a query; also without the stages, as these may be fitted anew."""
        plain = stored.key.partition(STAGED)[0]
        wanted = [one for one in self._catalog.descriptors() if one.key in (stored.key, plain)]
        return {one.id: np.asarray(self._vector(query, one), np.float32) for one in wanted}

    def _vector(self, query: Query, stored: StoredDescriptor) -> Vectors:
        (found,) = describe([query], lambda: self._made(stored), self._catalog, stored)
        return np.asarray(found.vector[0], np.float32)
