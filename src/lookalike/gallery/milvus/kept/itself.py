"""What a gallery knows of itself, by its kinds: descriptors, folders, columns, calibrations.

gallery                     {"schema": 1}
descriptor/NUMBER           key, spec, metric, dim, collection, when it came, its index
stage/NUMBER/POSITION       what is done to the vectors after the descriptor
preferred                   the number of the descriptor that searches go by
folder/PATH                 what was indexed
excluded/PATH               what was removed by hand and is passed over
column/NAME                 its kind, and the name as it was typed
calibration/NUMBER/METRIC   how probable a match is at which distance
mark/QUERY/SHA256           which answers a person found good or bad
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import time
from collections.abc import Mapping, Sequence
from typing import Any

from lookalike.descriptors import Descriptor, Staged
from lookalike.errors import GalleryDamaged, GalleryTooNew
from lookalike.gallery.milvus.index.choosing import IndexPlan, planned
from lookalike.gallery.milvus.kept import schema
from lookalike.gallery.milvus.kept.looking import missing
from lookalike.gallery.milvus.kept.records import Records
from lookalike.gallery.milvus.link.engine import Engine
from lookalike.stages import Stage, packed, unpacked
from lookalike.store.calibrations import KeptCalibration
from lookalike.store.catalog import StoredDescriptor
from lookalike.store.columns import Column

_SCHEMA = 1

_GALLERY = "gallery"
_PREFERRED = "preferred"


class Kept:
    """What one gallery knows of itself.

    Parameters
    ----------
    engine : Engine
    create : bool
        Make the gallery if it is not there.

    Raises
    ------
    GalleryMissing
        It is not there, and `create` is false.
    GalleryTooNew
        It was made by a later Lookalike.
    """

    def __init__(self, engine: Engine, *, create: bool) -> None:
        self.engine = engine
        self.records = Records(engine)
        self._stages: dict[str, tuple[Stage, ...]] = {}
        there = engine.has(schema.about(engine.address.name))
        # It hardly ever changes, so the quick way mostly tells.
        made = (self.records.all(_GALLERY).get("") or self.records.get(_GALLERY)) if there else None
        if made is None:
            if not create:
                raise missing(engine.address)
            schema.create_about(engine)
            schema.create_files(engine)
            self.records.put({_GALLERY: {"schema": _SCHEMA}})  # last: now it is one
        elif made["schema"] > _SCHEMA:
            raise GalleryTooNew(
                f"the gallery {engine.address.text} has schema {made['schema']}, and this "
                f"Lookalike knows {_SCHEMA}; upgrade: pip install --upgrade lookalike"
            )

    @property
    def files(self) -> str:
        """The collection of files."""
        return schema.files(self.engine.address.name)

    # -- descriptors -------------------------------------------------------------------------

    def descriptors(self, *, fresh: bool = False) -> list[StoredDescriptor]:
        """Return the descriptors of this gallery: first what searches go by, then as they came."""
        found = self.records.all("descriptor/", fresh=fresh)
        preferred = self.records.all(_PREFERRED, fresh=fresh).get("")
        ordered = sorted(
            found.items(), key=lambda one: (int(one[0]) != preferred, one[1]["came"], one[0])
        )
        return [
            StoredDescriptor(int(number), told["key"], told["spec"], told["metric"], told["dim"])
            for number, told in ordered
        ]

    def register(
        self,
        descriptor: Descriptor,
        *,
        index: str = "",
        about: Sequence[Mapping[str, object]] = (),
    ) -> StoredDescriptor:
        """Enter a descriptor and make its collection, unless it is there; return it.

        Parameters
        ----------
        descriptor : Descriptor
        index : str
            What its vectors are to be indexed by; by default what the address says.
        about : sequence of mapping
            What is to be known of each of its stages.
        """
        stored = StoredDescriptor(
            number_of(descriptor.key),
            *(descriptor.key, descriptor.spec, descriptor.metric, descriptor.dim),
        )
        stages = descriptor.stages if isinstance(descriptor, Staged) else ()
        return self.enter(stored, stages, index=index, about=about)

    def enter(
        self,
        stored: StoredDescriptor,
        stages: Sequence[Stage] = (),
        *,
        index: str = "",
        about: Sequence[Mapping[str, object]] = (),
    ) -> StoredDescriptor:
        """Enter a descriptor as `register` does, though perhaps it cannot be made here.

        Parameters
        ----------
        stored : StoredDescriptor
            With `number_of` its key as its id.
        stages : sequence of Stage
            What is done to its vectors, in order; nothing to most.
        index, about
            As for `register`.
        """
        known = {one.id: one for one in self.descriptors(fresh=True)}
        if stored.id in known:
            return known[stored.id]
        plan = self.planned(index or self.engine.address.index, stored.metric)
        collection = schema.create_vectors(self.engine, stored.key, stored.dim, stored.metric, plan)
        told = {
            "key": stored.key,
            "spec": stored.spec,
            "metric": stored.metric,
            "dim": stored.dim,
            "collection": collection,
            "came": time.time_ns(),
            "index": plan.spec,
        }
        records = _stage_records(stored.id, stages, about)
        self.records.put({**records, f"descriptor/{stored.id}": told})
        return stored

    def told(self, stored: StoredDescriptor) -> dict[str, Any]:
        """Return the record of a descriptor."""
        found = self.records.all("descriptor/").get(str(stored.id))
        if found is None:
            found = self.records.all("descriptor/", fresh=True).get(str(stored.id))
        if found is None:
            raise GalleryDamaged(
                f"{stored.key} was taken out of {self.engine.address.text} meanwhile; ask again"
            )
        return dict(found)

    def change(self, stored: StoredDescriptor, **values: object) -> None:
        """Write some values of a descriptor's record: its spec, its index."""
        self.records.put({f"descriptor/{stored.id}": {**self.told(stored), **values}})

    def collection(self, stored: StoredDescriptor) -> str:
        """Return the collection of a descriptor's vectors."""
        return schema.vectors(self.engine.address.name, stored.key)

    def plan(self, stored: StoredDescriptor) -> IndexPlan:
        """Return what a descriptor's vectors are indexed by."""
        return self.planned(str(self.told(stored)["index"]), stored.metric)

    def planned(self, spec: str, metric: str) -> IndexPlan:
        """Return an index of this Milvus; see `choosing.planned`."""
        engine = self.engine
        return planned(spec, metric, engine.version, is_lite=engine.address.is_lite)

    def prefer(self, number: int) -> None:
        """Let searches go by a descriptor unless another is named."""
        self.records.put({_PREFERRED: number})

    def drop(self, stored: StoredDescriptor) -> None:
        """Take a descriptor out, with all its vectors."""
        number = stored.id
        of_it = [f"descriptor/{number}"]
        of_it += [f"stage/{number}/{rest}" for rest in self.records.all(f"stage/{number}/")]
        of_it += [
            f"calibration/{number}/{rest}" for rest in self.records.all(f"calibration/{number}/")
        ]
        self.records.delete(of_it)
        self.engine.drop(self.collection(stored))

    def stages_of(self, stored: StoredDescriptor) -> tuple[Stage, ...]:
        """Return what is done to the vectors of a descriptor, in order; nothing to most.

        Raises
        ------
        GalleryDamaged
            It should be here, and is not.
        """
        if not stored.is_staged:
            return ()
        if stored.key not in self._stages:
            found = self.records.all(f"stage/{stored.id}/", fresh=True)
            if not found:
                raise GalleryDamaged(
                    f"what {stored.key} was fitted to is not in {self.engine.address.text}; copy "
                    "it there again"
                )
            self._stages[stored.key] = tuple(
                unpacked(one["kind"], one["name"], one["metric"], base64.b64decode(one["arrays"]))
                for one in found.values()
            )
        return self._stages[stored.key]

    def stages_about(self, stored: StoredDescriptor) -> list[dict[str, object]]:
        """Return what is known of each stage of a descriptor."""
        return [one["about"] for one in self.records.all(f"stage/{stored.id}/").values()]

    # -- calibrations ------------------------------------------------------------------------

    def calibration(self, stored: StoredDescriptor, metric: str) -> KeptCalibration | None:
        """Return the calibration of a descriptor and a metric."""
        found = self.records.all("calibration/").get(f"{stored.id}/{metric}")
        return None if found is None else KeptCalibration(**found)

    def calibrations(self) -> list[KeptCalibration]:
        """Return all calibrations, in the order of the descriptors."""
        keys = [stored.key for stored in self.descriptors()]
        found = [KeptCalibration(**one) for one in self.records.all("calibration/").values()]
        known = [one for one in found if one.descriptor in keys]
        return sorted(known, key=lambda one: (keys.index(one.descriptor), one.metric))

    def calibrate(self, found: Sequence[KeptCalibration]) -> None:
        """Keep calibrations, in the place of those that there were."""
        self.records.put(
            {f"calibration/{number_of(one.descriptor)}/{one.metric}": _plain(one) for one in found}
        )

    # -- columns of one's own ----------------------------------------------------------------

    def columns(self, *, fresh: bool = False) -> list[Column]:
        """Return the columns of one's own, the first added first."""
        found = self.records.all("column/", fresh=fresh)
        ordered = sorted(found.items(), key=lambda one: (one[1].get("came", 0), one[0]))
        return [
            Column(number, told["name"], told["kind"])
            for number, (_, told) in enumerate(ordered, 1)
        ]

    def enter_columns(self, columns: Sequence[Column]) -> None:
        """Note columns as added, behind those that there are."""
        now = time.time_ns()
        self.records.put(
            {
                f"column/{column.name.casefold()}": {
                    "name": column.name,
                    "kind": column.kind,
                    "came": now + place,
                }
                for place, column in enumerate(columns)
            }
        )

    def forget_columns(self, columns: Sequence[Column]) -> None:
        """Note columns as not there any more."""
        self.records.delete(f"column/{column.name.casefold()}" for column in columns)

    # -- folders -----------------------------------------------------------------------------

    def folders(self, *, fresh: bool = False) -> list[str]:
        """Return what was indexed: folders and addresses, in order of their names."""
        return sorted(self.records.all("folder/", fresh=fresh))

    def enter_folder(self, folder: str) -> None:
        """Note a folder as indexed."""
        self.records.put({f"folder/{folder}": {}})

    def forget_folders(self, folders: Sequence[str]) -> None:
        """Note folders as not indexed any more."""
        self.records.delete(f"folder/{folder}" for folder in folders)

    def excluded(self) -> list[str]:
        """Return what was removed by hand and is passed over."""
        return list(self.records.all("excluded/", fresh=True))

    def exclude(self, paths: Sequence[str]) -> None:
        """Note paths as removed by hand."""
        self.records.put({f"excluded/{path}": {} for path in paths})

    def include(self, paths: Sequence[str]) -> None:
        """Note paths as not removed any more."""
        self.records.delete(f"excluded/{path}" for path in paths)


def number_of(key: str) -> int:
    """Return the number of a descriptor: the same everywhere, from its key."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=4).digest(), "big") >> 1


def _stage_records(
    number: int, stages: Sequence[Stage], about: Sequence[Mapping[str, object]]
) -> dict[str, object]:
    told = [dict(one) for one in about] or [{} for _ in stages]
    return {
        f"stage/{number}/{position:03d}": {
            "kind": stage.kind,
            "name": stage.name,
            "metric": stage.metric,
            "arrays": base64.b64encode(packed(stage)).decode(),
            "about": known,
        }
        for position, (stage, known) in enumerate(zip(stages, told, strict=True))
    }


def _plain(calibration: KeptCalibration) -> dict[str, object]:
    return {
        **dataclasses.asdict(calibration),
        "parameters": dict(calibration.parameters),
        "reliability": dict(calibration.reliability),
    }
