"""Pictures out of a gallery, many at once."""

from __future__ import annotations

from fastapi import APIRouter

from lookalike.interfaces.http.models.pictures import Removed, RemoveWanted
from lookalike.interfaces.http.problems import RESPONSES
from lookalike.interfaces.http.routes.allowed import named_in_full
from lookalike.interfaces.http.routes.telling import WRITES, Here, InGallery

router = APIRouter(prefix="/v1/galleries/{gallery}", tags=["pictures"], responses=RESPONSES)


@router.post(
    "/remove", operation_id="remove_pictures", summary="Remove pictures", dependencies=WRITES
)
async def remove_pictures(here: InGallery, wanted: RemoveWanted) -> Removed:
    """Take pictures, files or whole folders out of the gallery, in one go.

    If one of them is not in the gallery, nothing is removed. What lies in an indexed folder is
    passed over from now on, until it is indexed by name. Files are deleted only if they are the
    gallery's own copies of added pictures.
    """
    return await here.server.work.run(_removed, here, wanted)


def _removed(here: Here, wanted: RemoveWanted) -> Removed:
    # Whoever may change a gallery is shown its paths as well, and so may name them.
    meant = [one if isinstance(one, int) else named_in_full(one) for one in wanted.pictures]
    return Removed(removed=here.gallery.remove(*meant))
