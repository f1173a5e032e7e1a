"""A gallery in Milvus, as it is written: first the vectors, then the row of the file."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from lookalike.errors import UsageError
from lookalike.gallery.copying.ends import About, Batch, Begun, Carried, Placed, Source, Target
from lookalike.gallery.copying.milvus import MilvusSource, kept_at
from lookalike.gallery.milvus.intake.own import own_place
from lookalike.gallery.milvus.intake.same import vectors_of
from lookalike.gallery.milvus.kept.itself import Kept
from lookalike.gallery.milvus.kept.rows import FileRow
from lookalike.gallery.milvus.kept.schema import wait_for_index
from lookalike.gallery.milvus.link.address import parsed
from lookalike.gallery.milvus.link.engine import MOST
from lookalike.gallery.milvus.link.text import id_of, path_of, text_of
from lookalike.places import separator
from lookalike.places.room import room
from lookalike.store.catalog import StoredDescriptor
from lookalike.store.columns import Column

_COPYING = "copying/"


class MilvusTarget(MilvusSource, Target):
    """A gallery in Milvus that is written to.

    Parameters
    ----------
    kept : Kept
        With a connection of its own; it is closed with this.
    """

    def __init__(self, kept: Kept) -> None:
        super().__init__(kept)
        self._taken = np.empty(0, np.int64)
        self._doubled: set[int] = set()
        self._given: set[int] = set()
        self._stored: dict[int, StoredDescriptor] = {}

    @classmethod
    def open_for(cls, where: str, source: Source) -> MilvusTarget:
        """Open a gallery in Milvus to copy another to it; make it if it is not there.

        Raises
        ------
        UsageError
            It has no place for the pictures that the other itself keeps.
        """
        address = parsed(where)
        if source.has_own() and not own_place(address):
            raise UsageError(
                f"{source.where} has pictures of its own, and {address.text} has no place for "
                "them; name a folder or a bucket that all who use it reach: "
                f"{address.text}?files=s3://bucket/lookalike"
            )
        if not address.pictures:
            address = replace(address, pictures=source.count())
        return cls(kept_at(address, create=True))

    def state(self, source: str) -> Begun:
        """See `Target.state`."""
        noted = unfinished(self._kept)
        if source in noted:
            return Begun(alone=bool(noted[source]["alone"]), resumed=True)
        return Begun(
            alone=not noted and not self.count() and not self._kept.descriptors(fresh=True),
            resumed=False,
        )

    def begin(self, source: str, begun: Begun) -> None:
        """See `Target.begin`."""
        if not begun.resumed:
            began = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
            told = {"alone": begun.alone, "began": began}
            self._kept.records.put({f"{_COPYING}{source}": told})

    def done(self, source: str) -> None:
        """See `Target.done`."""
        self._kept.records.delete([f"{_COPYING}{source}"])

    def enter(self, descriptors: Sequence[Carried], about: About, *, wins: bool) -> None:
        """See `Target.enter`."""
        self._kept.enter({one.stored: one.stages for one in descriptors})
        self._stored = {one.id: one for one in self._kept.descriptors(fresh=True)}
        there = {column.name.casefold() for column in self._kept.columns(fresh=True)}
        self._kept.enter_columns(
            [
                Column(0, name, kind)
                for name, kind in about.columns.items()
                if name.casefold() not in there
            ]
        )
        records = self._kept.records
        new = sorted(set(about.folders) - set(self._kept.folders(fresh=True)))
        records.put({f"folder/{folder}": {} for folder in new})
        self._exclude(sorted(set(about.excluded) - set(self._kept.excluded())))
        known = {(one.descriptor, one.metric) for one in self._kept.calibrations()}
        self._kept.calibrate(
            [c for c in about.calibrations if wins or (c.descriptor, c.metric) not in known]
        )

    def enter_marks(self, about: About, *, wins: bool) -> None:
        """See `Target.enter_marks`."""
        there = {} if wins else self._marking.judged()
        told = {
            (one.query, one.content): {"liked": one.liked, "made": one.made}
            for one in about.marks
            if (one.query, one.content) not in there
        }
        self._marking.judge(told)
        for stored in self._kept.descriptors():
            known = {} if wins else self._marking.query_vectors(stored)
            vectors = {
                query: vector
                for (query, number), vector in about.asked.items()
                if number == stored.id and query not in known
            }
            self._marking.keep_query_vectors(stored, vectors)

    def room_for(self, name: str) -> str:
        """See `Target.room_for`."""
        return self.own + name.replace("\\", separator(self.own))

    def keep(self, file: FileRow, data: bytes) -> None:
        """See `Target.keep`."""
        path = file.path
        place = own_place(self._engine.address)
        name = path[len(place) + 1 :].replace("\\", "/")
        there = room(place)
        found = there.get(name)
        if found is not None and hashlib.sha256(found).digest() != hashlib.sha256(data).digest():
            raise UsageError(
                f"{path} is there, and is another picture than the one that would be copied to it; "
                f'take it out first: lookalike remove "{path}"'
            )
        if found is None:
            there.put(name, data)

    def prepare(self, source: Source, placed: Placed, *, empty: bool) -> None:
        """See `Target.prepare`: find the ids that would be of two files."""
        ids = np.fromiter((id_of(placed(path)) for path in source.paths()), np.int64)
        unique, counts = np.unique(ids, return_counts=True)
        self._doubled = set(unique[counts > 1].tolist())
        if not empty:
            lots = self._engine.each(self._kept.files, "path", "", ["id"], batch=MOST)
            self._taken = np.sort(np.fromiter((row["id"] for lot in lots for row in lot), np.int64))

    def write(self, batch: Batch) -> None:
        """See `Target.write`."""
        files = self._with_ids(batch)
        self._withdraw(files, batch.before)
        for number, (at, vectors) in batch.vectors.items():
            rows = [
                files[place].as_vector_row(vector)
                for place, vector in zip(at, vectors, strict=True)
            ]
            self._engine.upsert(self._kept.collection(self._stored[number]), rows)
        self._engine.upsert(self._kept.files, [file.as_row() for file in files])
        self._tell_others(files, batch)

    def settle(self, tell: Callable[[int, int], None]) -> None:
        """See `Target.settle`.

        Raises
        ------
        GalleryError
            The index cannot be built, or does not come forward.
        """
        stored = self._kept.descriptors(fresh=True)
        for collection in (self._kept.files, *map(self._kept.collection, stored)):
            self._engine.flush(collection)
        if self._engine.address.is_lite:
            return
        for one in stored:
            wait_for_index(self._engine, self._kept.collection(one), tell)

    def measured(self, carried: Carried, recall: float) -> None:
        """See `Target.measured`."""
        self._kept.change(carried.stored, recall=recall)

    def look_harder(self, carried: Carried) -> bool:
        """See `Target.look_harder`: until it is hard enough, or as hard as a person has told."""
        stored, plan = carried.stored, self._kept.plan(carried.stored)
        if plan.is_hard or self._kept.told(stored).get("effort") == "told":
            return False
        self._kept.change(stored, index=plan.harder().spec)
        return True

    # -- within ------------------------------------------------------------------------------

    def _exclude(self, paths: Sequence[str]) -> None:
        """Note paths as removed by hand, but not those that are pictures here."""
        rows = self._engine.get(self._kept.files, [text_of(path) for path in paths], ["path"])
        present = {path_of(row["path"]) for row in rows}
        self._kept.exclude([path for path in paths if path not in present])

    def _with_ids(self, batch: Batch) -> list[FileRow]:
        """Return the files with the ids that they have here, or are to have."""
        ids = [
            before.id if before else id_of(file.path)
            for file, before in zip(batch.files, batch.before, strict=True)
        ]
        clash = self._are_taken(np.array(ids, np.int64))
        for place, (file, before) in enumerate(zip(batch.files, batch.before, strict=True)):
            if before is None and (clash[place] or ids[place] in self._doubled):
                ids[place] = self._free_id(file.path)
        return [replace(file, id=id) for file, id in zip(batch.files, ids, strict=True)]

    def _free_id(self, path: str) -> int:
        attempt = 0
        while True:
            id = id_of(path, attempt)
            if id not in self._given and not self._are_taken(np.array([id], np.int64))[0]:
                self._given.add(id)
                return id
            attempt += 1

    def _are_taken(self, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Tell which ids files had here before the copying began."""
        if not len(self._taken):
            return np.zeros(len(ids), bool)
        place = np.minimum(np.searchsorted(self._taken, ids), len(self._taken) - 1)
        return np.asarray(self._taken[place] == ids)

    def _withdraw(
        self,
        files: Sequence[FileRow],
        before: Sequence[FileRow | None],
    ) -> None:
        """Take the vectors of other bytes out, before there are new ones under the same ids."""
        former = [
            old
            for file, old in zip(files, before, strict=True)
            if old is not None and old.described and old.sha256 != file.sha256
        ]
        self._engine.upsert(self._kept.files, [old.without_vectors().as_row() for old in former])
        for number, one in self._stored.items():
            doomed = [old.id for old in former if number in old.described]
            self._engine.delete(self._kept.collection(one), doomed)

    def _tell_others(self, files: Sequence[FileRow], batch: Batch) -> None:
        """Write what is told of files also beside the vectors that only this gallery has."""
        for number, one in self._stored.items():
            sent = {files[place].id for place in batch.vectors.get(number, ([],))[0]}
            left = {f.id: f for f in files if number in f.described and f.id not in sent}
            vectors = vectors_of(self._kept, one, {id: f.sha256 for id, f in left.items()})
            rows = [left[id].as_vector_row(vector) for id, vector in vectors.items()]
            self._engine.upsert(self._kept.collection(one), rows)


def unfinished(kept: Kept) -> dict[str, dict[str, object]]:
    """Return from where a gallery is being copied, and is not complete."""
    return {str(key): dict(told) for key, told in kept.records.all(_COPYING, fresh=True).items()}
