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

import dataclasses
import time
from collections.abc import Sequence

from lookalike.errors import GalleryTooNew
from lookalike.gallery.milvus.kept import schema
from lookalike.gallery.milvus.kept.descriptors import Descriptors, number_of
from lookalike.gallery.milvus.kept.looking import missing
from lookalike.gallery.milvus.link.engine import Engine
from lookalike.store.calibrations import KeptCalibration
from lookalike.store.catalog import StoredDescriptor
from lookalike.store.columns import Column

_SCHEMA = 1

_GALLERY = "gallery"


class Kept(Descriptors):
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
        super().__init__(engine)
        if engine.address.index:  # what is mistyped is told before anything is made
            self.planned(engine.address.index, "cosine")
        there = engine.has(schema.about(engine.address.name))
        # It hardly ever changes, so the quick way mostly tells.
        made = (self.records.all(_GALLERY).get("") or self.records.get(_GALLERY)) if there else None
        if made is None:
            if not create:
                raise missing(engine.address)
            made_now = schema.create_about(engine), schema.create_files(engine)
            schema.wait_until_loaded(engine, *made_now)
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


def _plain(calibration: KeptCalibration) -> dict[str, object]:
    return {
        **dataclasses.asdict(calibration),
        "parameters": dict(calibration.parameters),
        "reliability": dict(calibration.reliability),
    }
