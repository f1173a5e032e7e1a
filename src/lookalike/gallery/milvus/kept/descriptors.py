"""The descriptors of a gallery in Milvus: what their records say, and the collections they have."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Mapping, Sequence
from typing import Any

from lookalike.descriptors import Descriptor, Staged
from lookalike.errors import GalleryDamaged
from lookalike.gallery.milvus.index import sizing
from lookalike.gallery.milvus.index.choosing import IndexPlan, names_effort, planned
from lookalike.gallery.milvus.kept import schema
from lookalike.gallery.milvus.kept.records import Records
from lookalike.gallery.milvus.link.engine import Engine
from lookalike.stages import Stage, packed, unpacked
from lookalike.store.catalog import StoredDescriptor

Stages = Sequence[tuple[Stage, Mapping[str, object]]]

_PREFERRED = "preferred"


class Descriptors:
    """What a gallery knows of its descriptors.

    Parameters
    ----------
    engine : Engine
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.records = Records(engine)
        self._stages: dict[str, tuple[Stage, ...]] = {}

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

    def register(self, *descriptors: Descriptor, index: str = "") -> list[StoredDescriptor]:
        """Enter descriptors, as `enter` does; return them in the same order.

        Parameters
        ----------
        *descriptors : Descriptor
        index : str
            What their vectors are to be indexed by; by default what the address says, or what
            fits.
        """
        return self.enter({_stored(one): _stages(one) for one in descriptors}, index=index)

    def enter(
        self, wanted: Mapping[StoredDescriptor, Stages], *, index: str = ""
    ) -> list[StoredDescriptor]:
        """Enter descriptors and make their collections, unless they are there; return them.

        All are loaded together, as that takes Milvus no longer than one.

        Parameters
        ----------
        wanted : mapping of StoredDescriptor to sequence of (Stage, mapping)
            With `number_of` its key as its id, though perhaps it cannot be made here; and what is
            done to its vectors, in order, with what is to be known of that; nothing to most.
        index : str
            As for `register`.
        """
        known = {one.id: one for one in self.descriptors(fresh=True)}
        spec = index or self.engine.address.index
        new = self._chosen([one for one in wanted if one.id not in known], spec)
        collections = [
            schema.create_vectors(self.engine, one.key, one.dim, one.metric, plan)
            for one, (plan, _) in new.items()
        ]
        schema.wait_until_loaded(self.engine, *collections)
        records: dict[str, object] = {}
        now = time.time_ns()
        for place, (one, (plan, why)) in enumerate(new.items()):
            records |= _stage_records(one.id, wanted[one])
            records[f"descriptor/{one.id}"] = {
                "key": one.key,
                "spec": one.spec,
                "metric": one.metric,
                "dim": one.dim,
                "collection": collections[place],
                "came": now + place,
                "index": plan.spec,
                **({"effort": "told"} if names_effort(spec) else {}),
                **({"chosen": "size", "why": why} if why else {}),
            }
        self.records.put(records)
        return [known.get(one.id, one) for one in wanted]

    def _chosen(
        self, new: Sequence[StoredDescriptor], spec: str
    ) -> dict[StoredDescriptor, tuple[IndexPlan, str]]:
        """Return what each new descriptor is to be indexed by, and why if that goes by size."""
        fits = {} if spec else self.fitting(new)
        return {one: fits.get(one) or (self.planned(spec, one.metric), "") for one in new}

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
        self.write(stored, {**self.told(stored), **values})

    def write(self, stored: StoredDescriptor, record: Mapping[str, object]) -> None:
        """Write the record of a descriptor, as `told` gave it."""
        self.records.put({f"descriptor/{stored.id}": dict(record)})

    def collection(self, stored: StoredDescriptor) -> str:
        """Return the collection of a descriptor's vectors."""
        return schema.vectors(self.engine.address.name, stored.key)

    def plan(self, stored: StoredDescriptor) -> IndexPlan:
        """Return what a descriptor's vectors are indexed by."""
        return self.planned(str(self.told(stored)["index"]), stored.metric)

    def restore(self) -> None:
        """Have all vectors loaded, which those are not whose index was interrupted."""
        for stored in self.descriptors():
            collection = self.collection(stored)
            schema.restore(self.engine, collection, stored.metric, self.plan(stored))

    def planned(self, spec: str, metric: str) -> IndexPlan:
        """Return an index of this Milvus; see `choosing.planned`."""
        engine = self.engine
        return planned(spec, metric, engine.version, is_lite=engine.address.is_lite)

    def fitting(
        self, new: Sequence[StoredDescriptor], count: int = 0
    ) -> dict[StoredDescriptor, tuple[IndexPlan, str]]:
        """Return the indexes that fit beside those of the other descriptors; see `sizing`."""
        ids = {one.id for one in new}
        others = {one: self.plan(one) for one in self.descriptors() if one.id not in ids}
        return sizing.fitting(self.engine, new, others, count)

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


def number_of(key: str) -> int:
    """Return the number of a descriptor: the same everywhere, from its key."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=4).digest(), "big") >> 1


def _stored(descriptor: Descriptor) -> StoredDescriptor:
    return StoredDescriptor(
        number_of(descriptor.key),
        *(descriptor.key, descriptor.spec, descriptor.metric, descriptor.dim),
    )


def _stages(descriptor: Descriptor) -> Stages:
    return [(one, {}) for one in descriptor.stages] if isinstance(descriptor, Staged) else ()


def _stage_records(number: int, stages: Stages) -> dict[str, object]:
    return {
        f"stage/{number}/{position:03d}": {
            "kind": stage.kind,
            "name": stage.name,
            "metric": stage.metric,
            "arrays": base64.b64encode(packed(stage)).decode(),
            "about": dict(about),
        }
        for position, (stage, about) in enumerate(stages)
    }
