"""Pictures beside each other."""

from __future__ import annotations

from fastapi import APIRouter

from lookalike.descriptors import Descriptor, create, label
from lookalike.images import Source
from lookalike.interfaces.http.models import comparing as models
from lookalike.interfaces.http.models.searching import PartById, PartByUpload, PicturePart
from lookalike.interfaces.http.problems import RESPONSES
from lookalike.interfaces.http.routes import uploading
from lookalike.interfaces.http.routes.asking import region
from lookalike.interfaces.http.routes.specs import check_ready, check_spec
from lookalike.interfaces.http.routes.telling import Here, InGallery
from lookalike.search import ComparisonRow, compare

router = APIRouter(prefix="/v1/galleries/{gallery}", tags=["search"], responses=RESPONSES)


@router.post("/compare", operation_id="compare", summary="Pictures beside each other")
async def compare_pictures(here: InGallery, wanted: models.CompareWanted) -> models.Compared:
    """Tell how far the first picture is from each of the others, under each descriptor."""
    return await here.server.strangers.run(_compared, here, wanted)


def _compared(here: Here, wanted: models.CompareWanted) -> models.Compared:
    descriptors = _descriptors(here, wanted.descriptors)
    seen = [_seen(here, part) for part in wanted.parts]
    (first, *others) = [source for source, _ in seen]
    found = compare(
        first,
        others,
        descriptors,
        load=here.server.decoders.load_views,
        boxes=[region(part.box) for part in wanted.parts],
    )
    return models.Compared(
        pictures=[picture for _, picture in seen],
        rows=[_row(row) for row in found.rows],
        histograms=found.histograms.tolist(),
    )


def _descriptors(here: Here, specs: list[str]) -> list[Descriptor]:
    for spec in specs:
        check_spec(here.gallery, spec)
        check_ready(spec)
    if not specs:
        # What was fitted here stands on others, which are told.
        stored = [one for one, _ in here.gallery.info().descriptors if not one.is_staged]
        specs = [one.spec for one in stored]
    return [create(spec) for spec in specs]


def _seen(here: Here, part: PicturePart) -> tuple[Source, models.ComparedPicture]:
    """Return a picture, and what is told of it."""
    if isinstance(part, PartById):
        known = here.picture(here.gallery.picture(part.id))
        told = models.ComparedPicture(
            name=known.name, width=known.width, height=known.height, thumbnail=known.thumbnail
        )
        return here.gallery.original(part.id), told
    uploads = here.server.uploads
    if isinstance(part, PartByUpload):
        upload = uploads.facts(part.upload)
    else:
        upload = uploading.fetched(here.server, part.url)
    told = models.ComparedPicture(
        name="your picture",
        width=upload.facts.width,
        height=upload.facts.height,
        thumbnail=uploading.address(upload.id),
    )
    return uploads.get(upload.id), told


def _row(row: ComparisonRow) -> models.ComparedRow:
    return models.ComparedRow(
        descriptor=row.descriptor,
        label=label(row.descriptor),
        metric=row.metric,
        distances=row.distances.tolist(),
        similarities=row.similarities.tolist(),
        nearer=row.nearer,
    )
