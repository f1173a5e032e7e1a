"""A gallery in Milvus, as it is read."""

from __future__ import annotations

import heapq
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from lookalike import places
from lookalike.errors import GalleryDamaged, GalleryError, PictureError
from lookalike.gallery.copying.ends import (
    LOT_BYTES,
    MOST_ROWS,
    About,
    Carried,
    CarriedMark,
    Lot,
    Placed,
    Source,
    carried,
    unmoved,
)
from lookalike.gallery.milvus.index.choosing import METRICS
from lookalike.gallery.milvus.intake.own import added_folder
from lookalike.gallery.milvus.kept.itself import Kept
from lookalike.gallery.milvus.kept.looking import look
from lookalike.gallery.milvus.kept.rows import OF_FILES, FileRow, file_row
from lookalike.gallery.milvus.link.address import TOKEN, Address, parsed
from lookalike.gallery.milvus.link.engine import MOST, Engine
from lookalike.gallery.milvus.link.text import path_of, quoted, text_of, under
from lookalike.gallery.milvus.values.marking import Marking
from lookalike.metrics import Vectors
from lookalike.places import separator

_SHORT = 2**24  # bytes of vectors that one answer of a search has


class MilvusSource(Source):
    """A gallery in Milvus as it is at this moment: what is written meanwhile may be seen or not.

    Parameters
    ----------
    kept : Kept
        With a connection of its own; it is closed with this.
    """

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._engine: Engine = kept.engine
        self.where = self._engine.address.text
        folder = added_folder(self._engine.address)
        self.own = f"{folder}{separator(folder)}" if folder else ""
        self._marking = Marking(kept)

    @classmethod
    def open(cls, where: str) -> MilvusSource:
        """Open a gallery in Milvus.

        Raises
        ------
        UsageError
            It is no such address.
        GalleryMissing, GalleryUnreachable
            It is not there, or nothing answers.
        """
        return cls(kept_at(parsed(where), create=False))

    def close(self) -> None:
        """Let go of the connection."""
        self._engine.close()

    def descriptors(self) -> list[Carried]:
        """See `Source.descriptors`."""
        return [
            carried(
                *(one.key, one.spec, one.metric, one.dim),
                list(zip(self._kept.stages_of(one), self._kept.stages_about(one), strict=True)),
            )
            for one in self._kept.descriptors(fresh=True)
        ]

    def about(self) -> About:
        """See `Source.about`."""
        return About(
            folders=self._others(self._kept.folders(fresh=True)),
            excluded=self._others(self._kept.excluded()),
            columns={column.name: column.kind for column in self._kept.columns(fresh=True)},
            calibrations=self._kept.calibrations(),
            marks=self._marks(),
            asked=self._asked(),
        )

    def count(self) -> int:
        """See `Source.count`."""
        return self._engine.count(self._kept.files, strong=True)

    def has_own(self) -> bool:
        """See `Source.has_own`."""
        return bool(self.own) and bool(
            self._engine.query(self._kept.files, self._of_own, ["path"], limit=1, strong=True)
        )

    def files(self, placed: Placed = unmoved) -> Iterator[tuple[FileRow, str]]:
        """See `Source.files`; the gallery's own copies come from a stream of their own."""
        if not self.own or placed is unmoved:
            return ((file, file.path) for file in self._read(""))
        start, end = (quoted(text) for text in under(self.own))
        others = ((file, file.path) for file in self._read(f"path < {start} or path >= {end}"))
        moved = (
            (replace(file, path=placed(file.path)), file.path) for file in self._read(self._of_own)
        )
        return heapq.merge(others, moved, key=lambda one: text_of(one[0].path))

    def paths(self) -> Iterator[str]:
        """See `Source.paths`."""
        lots = self._engine.each(self._kept.files, "path", "", [], batch=MOST)
        return (path_of(row["path"]) for rows in lots for row in rows)

    def vectors_of(self, carried: Carried, files: Sequence[FileRow]) -> Vectors:
        """See `Source.vectors_of`; the files have the ids that they have here."""
        found = np.empty((len(files), carried.stored.dim), np.float32)
        most = max(1, LOT_BYTES // (4 * carried.stored.dim))
        for start in range(0, len(files), most):
            some = files[start : start + most]
            rows = self._engine.get(
                self._of(carried), [file.id for file in some], ["id", "sha256", "vector"]
            )
            by_id = {int(row["id"]): row for row in rows}
            for place, file in enumerate(some, start):
                row = by_id.get(file.id)
                if row is None or row["sha256"] != file.sha256.hex():
                    what = "has no vector" if row is None else "has the vector of other bytes"
                    raise GalleryDamaged(
                        f"{self.where} {what} for {file.path} by {carried.stored.key}; take it "
                        f'out and in again: lookalike remove "{file.path}"'
                    )
                found[place] = row["vector"]
        return found

    def all_vectors(self, carried: Carried) -> Iterator[Lot]:
        """See `Source.all_vectors`."""
        most = max(1, min(MOST_ROWS, LOT_BYTES // (4 * carried.stored.dim)))
        lots = self._engine.each(self._of(carried), "id", "", ["sha256", "vector"], batch=most)
        for rows in lots:
            yield _lot(rows)

    def own_data(self, path: str) -> bytes:
        """See `Source.own_data`."""
        try:
            return places.read_bytes(path)
        except PictureError as error:
            raise GalleryError(
                f"{error}; it is one of the gallery's own pictures and should go along: take it "
                f'out, lookalike remove "{path}", and copy again'
            ) from error

    def count_vectors(self, carried: Carried) -> int | None:
        """See `Source.count_vectors`."""
        return self._engine.count(self._of(carried), strong=True)

    def nearest(self, carried: Carried, queries: Vectors, limit: int) -> list[Lot] | None:
        """See `Source.nearest`."""
        if carried.stored.metric not in METRICS:
            return None
        params = self._kept.plan(carried.stored).search_params(limit)
        at_once = max(1, _SHORT // (4 * carried.stored.dim * limit))
        return [
            _lot(hits)
            for start in range(0, len(queries), at_once)
            for hits in self._engine.search(
                self._of(carried),
                queries[start : start + at_once],
                limit,
                fields=("sha256", "vector"),
                params=params,
            )
        ]

    # -- within ------------------------------------------------------------------------------

    @property
    def _of_own(self) -> str:
        start, end = (quoted(text) for text in under(self.own))
        return f"path >= {start} and path < {end}"

    def _of(self, carried: Carried) -> str:
        return self._kept.collection(carried.stored)

    def _read(self, condition: str) -> Iterator[FileRow]:
        lots = self._engine.each(self._kept.files, "path", condition, OF_FILES, batch=MOST_ROWS)
        return (file_row(row) for rows in lots for row in rows)

    def _others(self, paths: Sequence[str]) -> list[str]:
        """Return paths that do not belong to the place of the gallery's own copies."""
        if not self.own:
            return list(paths)
        return [path for path in paths if not f"{path}{separator(path)}".startswith(self.own)]

    def _marks(self) -> list[CarriedMark]:
        return [
            CarriedMark(query, content, bool(told["liked"]), str(told["made"]))
            for (query, content), told in self._marking.judged().items()
        ]

    def _asked(self) -> dict[tuple[bytes, int], Vectors]:
        return {
            (query, one.id): vector
            for one in self._kept.descriptors()
            for query, vector in self._marking.query_vectors(one).items()
        }


def kept_at(address: Address, *, create: bool) -> Kept:
    """Connect to a gallery in Milvus."""
    look(address, create=create)
    engine = Engine(address, os.environ.get(TOKEN, ""))
    try:
        return Kept(engine, create=create)
    except BaseException:
        engine.close()
        raise


def _lot(rows: Sequence[dict[str, object]]) -> Lot:
    vectors = np.array([row["vector"] for row in rows], np.float32)
    return [bytes.fromhex(str(row["sha256"])) for row in rows], vectors
