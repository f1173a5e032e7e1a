"""Judgements of answers, kept to be learned from."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from functools import partial

import numpy as np

from lookalike import images
from lookalike.descriptors import STAGED
from lookalike.errors import GalleryError, UsageError
from lookalike.gallery.local.opened import Opened
from lookalike.images import Source
from lookalike.metrics import Vectors
from lookalike.search.describing import describe
from lookalike.search.marked import asked, several
from lookalike.search.query import Query
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
        """See `lookalike.Gallery.mark`."""
        liked = set(self._contents(several(like, "like")))
        unliked = set(self._contents(several(unlike, "unlike")))
        if liked & unliked:
            raise UsageError("a picture is both liked and unliked; leave one of the two out")
        if not liked and not unliked:
            return 0
        query = asked(self._known, picture)
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
        """See `lookalike.Gallery.forget_marks`."""
        return marks.forget(self._catalog)

    # -- within ------------------------------------------------------------------------------

    def _contents(self, pictures: Iterable[Source | int]) -> Iterable[int]:
        for picture in pictures:
            content = self._content(self._sha256(asked(self._known, picture)))
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
        made = partial(self._made, stored)
        (found,) = describe([query], made, self._known, stored, self._decoder)
        return np.asarray(found.vector[0], np.float32)
