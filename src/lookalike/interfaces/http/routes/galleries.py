"""The galleries, and what is in each."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

from fastapi import APIRouter, Query

from lookalike.descriptors import create, label
from lookalike.errors import LookalikeError
from lookalike.interfaces.http.models import about as models
from lookalike.interfaces.http.models.pictures import (
    ConditionField,
    Failure,
    Failures,
    FailuresWanted,
    Fields,
)
from lookalike.interfaces.http.problems import RESPONSES
from lookalike.interfaces.http.routes.telling import Here, InGallery
from lookalike.interfaces.http.state import Serving
from lookalike.store import GalleryInfo
from lookalike.store.catalog import StoredDescriptor
from lookalike.store.fields import FieldInfo

router = APIRouter(prefix="/v1/galleries", tags=["galleries"], responses=RESPONSES)


@router.get("", operation_id="list_galleries", summary="All galleries of this server")
async def list_galleries(server: Serving) -> models.Galleries:
    """Return the galleries with what is in them, in numbers.

    Those whose engine does not answer for now are left out; `GET /v1` has the names of all.
    """
    reached = server.galleries
    if not reached and server.offers:
        server.gallery(next(iter(server.offers)))  # raises why not
    heres = [Here(server, name, gallery) for name, gallery in reached.items()]
    return models.Galleries(galleries=[await server.work.run(_info, here) for here in heres])


@router.get("/{gallery}", operation_id="gallery_info", summary="What is in a gallery")
async def gallery_info(here: InGallery) -> models.GalleryInfo:
    """Return a gallery's folders, descriptors and indexes, and how much there is of each."""
    return await here.server.work.run(_info, here)


@router.get("/{gallery}/fields", operation_id="list_fields", summary="What conditions can be about")
async def list_fields(here: InGallery) -> Fields:
    """Return the fields that `where` knows here, own columns among them, with their values."""
    found = await here.server.work.run(here.gallery.fields)
    return Fields(fields=[_field(here, one) for one in found])


@router.get(
    "/{gallery}/failures",
    operation_id="list_failures",
    summary="Files that could not be indexed",
)
async def list_failures(here: InGallery, wanted: Annotated[FailuresWanted, Query()]) -> Failures:
    """Return the files that could not be indexed, and why, some at a time."""
    return await here.server.work.run(_failures, here, wanted)


def _info(here: Here) -> models.GalleryInfo:
    found = here.gallery.info()
    facts = vars(found) | {
        "name": here.name,
        "path": found.path if here.server.settings.shows_paths else None,
        "folders": [here.path(folder) for folder in found.folders],
        "descriptors": [_descriptor(found, *one) for one in found.descriptors],
        "learned": [{"descriptor": key, "told": told} for key, told in found.learned],
        "calibrations": [dataclasses.asdict(one) for one in found.calibrations],
    }
    return models.GalleryInfo.model_validate(facts)


def _descriptor(info: GalleryInfo, stored: StoredDescriptor, pictures: int) -> dict[str, Any]:
    return {
        "key": stored.key,
        "label": label(stored.key),
        "metric": stored.metric,
        "dim": stored.dim,
        "pictures": pictures,
        "has_words": _has_words(stored),
        "calibrated": [one.metric for one in info.calibrations if one.descriptor == stored.key],
    }


def _has_words(stored: StoredDescriptor) -> bool:
    try:
        return create(stored.spec).has_words
    except LookalikeError:  # its network or its package is gone: then it understands nothing
        return False


def _failures(here: Here, wanted: FailuresWanted) -> Failures:
    found = here.gallery.failures()
    some = found[wanted.skip : wanted.skip + wanted.top]
    told = [
        Failure(path=here.path(f.path), reason=f.reason, message=here.message(f.path, f.message))
        for f in some
    ]
    return Failures(failures=told, total=len(found))


def _field(here: Here, found: FieldInfo) -> ConditionField:
    values = found.values
    if found.kind in ("path", "folder"):
        values = tuple((here.path(str(value)), count) for value, count in values)
    return ConditionField.model_validate(vars(found) | {"values": values})
