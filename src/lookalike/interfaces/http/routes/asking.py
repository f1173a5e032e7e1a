"""A search as it was sent → the gallery's own search → its answer."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from lookalike.errors import BadParameter
from lookalike.images import Region
from lookalike.interfaces.http.models import searching as models
from lookalike.interfaces.http.models.base import MOST
from lookalike.interfaces.http.routes.specs import check_spec
from lookalike.interfaces.http.routes.telling import Here
from lookalike.interfaces.http.routes.uploading import fetched
from lookalike.interfaces.http.state import Server
from lookalike.search import Part


def search(here: Here, wanted: models.Search) -> models.Answer:
    """Search."""
    matches = here.gallery.search(
        parts=[part(here.server, one) for one in wanted.parts],
        like=judged(here.server, wanted.like),
        unlike=judged(here.server, wanted.unlike),
        place=_place(here.server, wanted.parts),
        **how(here, wanted),
    )
    return here.answer(matches, wanted.skip, wanted.top or MOST)


def search_all(here: Here, searches: Sequence[models.Search]) -> list[models.Answer]:
    """Search by several things in one go; all of them are to be searched by in the same way."""
    first = searches[0]
    queries = [[part(here.server, one) for one in wanted.parts] for wanted in searches]
    places = [_place(here.server, wanted.parts) for wanted in searches]
    found = here.gallery.search_many(queries, places=places, **how(here, first))
    return [here.answer(matches, first.skip, first.top or MOST) for matches in found]


def are_alike(searches: Sequence[models.Search]) -> bool:
    """Tell whether searches can be answered in one go: they differ in nothing but their parts."""
    ways = {wanted.model_dump_json(exclude={"parts"}) for wanted in searches}
    first = searches[0]
    parts = [part for wanted in searches for part in wanted.parts]
    return (
        len(ways) == 1
        and not (first.like or first.unlike)
        # What goes wrong is asked for once more, by itself; nothing is to be fetched twice.
        and not any(isinstance(part, models.PartByUrl) for part in parts)
        # Which descriptor is meant hangs on whether there are words.
        and (first.descriptor is not None or len(set(map(_has_words, searches))) == 1)
    )


def how(here: Here, wanted: models.Search | models.How) -> dict[str, Any]:
    """Return how a gallery is to search; with one match more, to know whether there are any."""
    if wanted.descriptor is not None:
        check_spec(here.gallery, wanted.descriptor)
    return {
        "top": wanted.skip + (wanted.top or MOST) + 1,
        "within": wanted.within,
        "descriptor": wanted.descriptor,
        "metric": wanted.metric,
        "index": wanted.index,
        "where": wanted.where,
        "min_probability": wanted.min_probability,
    }


def part(server: Server, given: models.Part) -> Part:
    """Return a part of a query as a gallery takes it."""
    if isinstance(given, models.PartByWords):
        return Part(words=given.words, weight=given.weight)
    if isinstance(given, models.PartByVector):
        return Part(vector=_vector(given.vector), weight=given.weight)
    return Part(_picture(server, given), box=region(given.box), weight=given.weight)


def judged(server: Server, given: models.Judged) -> list[bytes | int]:
    """Return answers that are good or bad as a gallery takes them."""
    return [one if isinstance(one, int) else server.uploads.get(one.upload) for one in given]


def region(box: list[float] | None) -> Region | None:
    """Return a box as it is taken everywhere else."""
    return None if box is None else (box[0], box[1], box[2], box[3])


def region_of(text: str | None) -> list[float] | None:
    """Return a box that stands in an address.

    Raises
    ------
    BadParameter
        It is none.
    """
    if text is None:
        return None
    try:
        return models.PartById.model_validate({"id": 0, "box": [*map(float, text.split(","))]}).box
    except ValueError:
        raise BadParameter(
            f"a box is left,top,right,bottom as shares from 0 to 1, left < right and top < bottom, "
            f"such as 0.1,0.2,0.6,0.8; not {text}"
        ) from None


def _picture(
    server: Server, given: models.PartById | models.PartByUpload | models.PartByUrl
) -> bytes | int:
    if isinstance(given, models.PartById):
        return given.id
    if isinstance(given, models.PartByUpload):
        return server.uploads.get(given.upload)
    return server.uploads.get(fetched(server, given.url).id)


def _vector(numbers: list[float]) -> Any:
    import numpy as np

    return np.array(numbers, np.float32)


def _place(server: Server, parts: Sequence[models.Part]) -> str | None:
    """Return where the client has the picture that it sent, if it tells and may know of paths."""
    if len(parts) != 1 or not isinstance(parts[0], models.PartByUpload | models.PartByUrl):
        return None
    place = parts[0].path
    is_usable = place is not None and os.path.isabs(place)  # noqa: PTH117
    return place if is_usable and server.settings.shows_paths else None


def _has_words(wanted: models.Search) -> bool:
    return any(isinstance(part, models.PartByWords) for part in wanted.parts)
