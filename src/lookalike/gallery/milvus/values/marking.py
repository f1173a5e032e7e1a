"""Judgements of answers, kept to be learned from.

mark/QUERY/SHA256           whether that content is a good answer to that query
mark_vector/QUERY/NUMBER    the vector of a query that was not in the gallery
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

import numpy as np

from lookalike import images
from lookalike.descriptors import STAGED
from lookalike.errors import GalleryError, NotIndexed, UsageError
from lookalike.gallery.milvus.browse.telling import FOUND
from lookalike.gallery.milvus.kept.rows import FileRow, file_row
from lookalike.gallery.milvus.link.text import content_of, one_of, text_of
from lookalike.gallery.milvus.opened import Opened
from lookalike.images import Source
from lookalike.metrics import Vectors
from lookalike.search.marked import several
from lookalike.search.query import Query
from lookalike.store.catalog import StoredDescriptor
from lookalike.store.marks import Mark

_MARK, _VECTOR = "mark/", "mark_vector/"
_FIELDS = ["path", "id", "sha256"]


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
        good, bad = several(like, "like"), several(unlike, "unlike")
        hashes = self._hashes([*good, *bad])
        present = self._present(hashes)
        liked = {sha256 for sha256 in hashes[: len(good)] if sha256 in present}
        unliked = {sha256 for sha256 in hashes[len(good) :] if sha256 in present}
        if liked & unliked:
            raise UsageError("a picture is both liked and unliked; leave one of the two out")
        if not liked and not unliked:
            return 0
        (query,) = self._hashes([picture])
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        records: dict[str, object] = {
            f"{_MARK}{query.hex()}/{sha256.hex()}": {"liked": sha256 in liked, "made": now}
            for sha256 in (*liked, *unliked)
        }
        if not self._present([query]):
            records |= self._vector_records(picture, query, self._stored(descriptor))
        try:
            self._kept.records.put(records)
        except GalleryError as error:
            raise type(error)(f"the marks cannot be kept: {error}") from error
        return len(liked) + len(unliked)

    def marks(self) -> list[Mark]:
        """Return all marks, those of one query together.

        A content is known here by what `content_of` makes of its SHA-256, which is in `judged`.
        """
        return [
            Mark(query, content_of(sha256), bool(told["liked"]), str(told["made"]))
            for (query, sha256), told in self.judged().items()
        ]

    def forget_marks(self) -> int:
        """See `lookalike.Gallery.forget_marks`."""
        self._kept.records.delete_all(_VECTOR)
        return self._kept.records.delete_all(_MARK)

    # -- for copies of the gallery -----------------------------------------------------------

    def judged(self) -> dict[tuple[bytes, bytes], dict[str, Any]]:
        """Return all marks by the SHA-256s of query and content: whether it is liked, and when."""
        found = self._kept.records.all(_MARK, fresh=True)
        pairs = {tuple(map(bytes.fromhex, key.split("/"))): told for key, told in found.items()}
        return {(query, sha256): told for (query, sha256), told in pairs.items()}

    def judge(self, judged: Mapping[tuple[bytes, bytes], Mapping[str, Any]]) -> None:
        """Keep marks as `judged` returns them."""
        self._kept.records.put(
            {
                f"{_MARK}{query.hex()}/{sha256.hex()}": dict(told)
                for (query, sha256), told in judged.items()
            }
        )

    def query_vectors(self, stored: StoredDescriptor) -> dict[bytes, Vectors]:
        """Return the vectors (dim,) of queries that have marks and were not in the gallery."""
        found = {}
        for key, text in self._kept.records.all(_VECTOR, fresh=True).items():
            query, _, number = key.partition("/")
            if int(number) == stored.id:
                found[bytes.fromhex(query)] = np.frombuffer(base64.b64decode(text), "<f4")
        return found

    def keep_query_vectors(
        self, stored: StoredDescriptor, vectors: Mapping[bytes, Vectors]
    ) -> None:
        """Keep the vectors of queries as `query_vectors` returns them."""
        self._kept.records.put(
            {
                f"{_VECTOR}{query.hex()}/{stored.id}": _written(vector)
                for query, vector in vectors.items()
            }
        )

    # -- within ------------------------------------------------------------------------------

    def _hashes(self, pictures: Sequence[Source | int]) -> list[bytes]:
        """Return what pictures are known by; of those in the gallery without reading the files."""
        ids = [int(one) for one in pictures if isinstance(one, int | np.integer)]
        paths = [path for one in pictures if (path := _path(one)) is not None]
        by_id = {row.id: row.sha256 for row in self._with_ids(ids)}
        by_path = {row.path: row.sha256 for row in self._at(paths)}
        found = []
        for one in pictures:
            if isinstance(one, int | np.integer):
                if int(one) not in by_id:
                    raise NotIndexed(f"there is no picture with the id {int(one)} in the gallery")
                found.append(by_id[int(one)])
            else:
                found.append(by_path.get(_path(one) or "") or _sha256(one))
        return found

    def _with_ids(self, ids: Sequence[int]) -> list[FileRow]:
        possible = [id for id in ids if abs(id) < 2**63]
        if not possible:
            return []
        condition = f"{one_of('id', possible)} and {FOUND}"
        engine = self._engine
        return [
            file_row(r) for r in engine.query(self._kept.files, condition, _FIELDS, strong=True)
        ]

    def _at(self, paths: Sequence[str]) -> list[FileRow]:
        rows = self._engine.get(self._kept.files, [text_of(path) for path in paths], _FIELDS)
        return [file_row(row) for row in rows]

    def _present(self, hashes: Sequence[bytes]) -> set[bytes]:
        """Return those of some contents that a file of the gallery has."""
        if not hashes:
            return set()
        condition = one_of("content", {content_of(sha256) for sha256 in hashes})
        rows = self._engine.query(self._kept.files, condition, ["sha256"], strong=True)
        return {bytes.fromhex(row["sha256"]) for row in rows}

    def _vector_records(
        self, picture: Source | int, sha256: bytes, stored: StoredDescriptor
    ) -> dict[str, object]:
        """Describe a query; also without the stages, as these may be fitted anew."""
        plain = stored.key.partition(STAGED)[0]
        wanted = [one for one in self._descriptors() if one.key in (stored.key, plain)]
        records: dict[str, object] = {}
        for one in wanted:
            descriptor = self._made(one)
            seen = self._decoder(_bytes(picture), set(descriptor.views), name=_called(picture))
            (vector,) = descriptor.describe_views([seen])
            records[f"{_VECTOR}{sha256.hex()}/{one.id}"] = _written(vector)
        return records


def _path(picture: Source | int) -> str | None:
    return Query(picture=picture).path if isinstance(picture, str | os.PathLike) else None


def _bytes(picture: Source | int) -> bytes:
    if isinstance(picture, bytes):
        return picture
    if isinstance(picture, str | os.PathLike):
        return images.read_bytes(picture)
    raise UsageError("an array has no bytes to be known by; mark files, bytes or ids")


def _called(picture: Source | int) -> str:
    return "these bytes" if isinstance(picture, bytes) else _path(picture) or ""


def _sha256(picture: Source | int) -> bytes:
    return hashlib.sha256(_bytes(picture)).digest()


def _written(vector: Vectors) -> str:
    return base64.b64encode(np.asarray(vector, "<f4").tobytes()).decode()
