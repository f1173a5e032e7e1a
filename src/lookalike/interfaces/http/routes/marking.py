"""Which answers were good, and which were not: kept, to be learned from."""

from __future__ import annotations

from fastapi import APIRouter

from lookalike.interfaces.http.models.marking import Forgotten, Kept, MarkedId, MarksWanted
from lookalike.interfaces.http.problems import RESPONSES
from lookalike.interfaces.http.routes.asking import judged
from lookalike.interfaces.http.routes.specs import check_spec
from lookalike.interfaces.http.routes.telling import WRITES, Here, InGallery

router = APIRouter(prefix="/v1/galleries/{gallery}/marks", tags=["search"], responses=RESPONSES)


@router.post(
    "",
    operation_id="keep_marks",
    summary="Keep what was a good answer",
    dependencies=WRITES,
)
async def keep_marks(here: InGallery, wanted: MarksWanted) -> Kept:
    """Keep which pictures are good answers to one and which are not, for an adapter to learn from.

    Of two judgements of the same pictures the last counts.
    """
    return Kept(kept=await here.server.work.run(_kept, here, wanted))


@router.delete("", operation_id="forget_marks", summary="Forget all marks", dependencies=WRITES)
async def forget_marks(here: InGallery) -> Forgotten:
    """Forget all judgements of this gallery's answers."""
    return Forgotten(forgotten=await here.server.work.run(here.gallery.forget_marks))


def _kept(here: Here, wanted: MarksWanted) -> int:
    if wanted.descriptor is not None:
        check_spec(here.gallery, wanted.descriptor)
    query = wanted.query
    picture = query.id if isinstance(query, MarkedId) else here.server.uploads.get(query.upload)
    return here.gallery.mark(
        picture,
        like=judged(here.server, wanted.like),
        unlike=judged(here.server, wanted.unlike),
        descriptor=wanted.descriptor,
    )
