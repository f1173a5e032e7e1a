"""Searches: by anything, by upload, by a picture of the gallery, by many."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Query, UploadFile

from lookalike.errors import GalleryUnreachable, LookalikeError
from lookalike.interfaces.http.models import searching as models
from lookalike.interfaces.http.problems import RESPONSES, Refusal, problem_of
from lookalike.interfaces.http.routes import asking
from lookalike.interfaces.http.routes.telling import ById, Here, InGallery
from lookalike.interfaces.http.work import Work

router = APIRouter(prefix="/v1/galleries/{gallery}", tags=["search"], responses=RESPONSES)


@router.post("/search", operation_id="search", summary="Search")
async def search(here: InGallery, wanted: models.Search) -> models.Answer:
    """Find the pictures that are most like one: an id, an upload, words, a vector, or several.

    Each part may have a weight, below 0 to search away from it, and a box, to search for that
    region only. The picture itself is left out of the answer; copies of it are in.
    """
    return await _work(here, [wanted]).run(asking.search, here, wanted)


@router.post(
    "/search/upload", operation_id="search_by_upload", summary="Upload a picture and search"
)
async def search_by_upload(
    here: InGallery,
    picture: Annotated[UploadFile, File(description="The picture's file.")],
    how: Annotated[models.HowUploaded, Query()],
) -> models.Answer:
    """Find the pictures that are most like the one that comes along, in one call.

    `curl -F picture=@photo.jpg 'http://127.0.0.1:8765/v1/galleries/cats/search/upload?top=5'`
    """
    data = await picture.read()
    return await here.server.strangers.run(_by_upload, here, data, how)


@router.get("/pictures/{id}/similar", operation_id="similar_pictures", summary="More like this")
async def similar_pictures(
    here: InGallery, id: ById, how: Annotated[models.How, Query()]
) -> models.Answer:
    """Find the pictures that are most like one of the gallery."""
    return await here.server.work.run(_searched, here, [models.PartById(id=id)], how)


@router.post("/search/batch", operation_id="search_batch", summary="Several searches at once")
async def search_batch(here: InGallery, batch: models.Batch) -> models.Answers:
    """Answer up to 64 searches, each for itself: one that goes wrong leaves the others alone.

    Searches that differ in nothing but their parts, and have no `like`, `unlike` or address, are
    answered together, and sooner than one after another.
    """
    searches = batch.searches
    if len(searches) > 1 and asking.are_alike(searches):
        try:
            found = await _work(here, searches).run(asking.search_all, here, searches)
        except GalleryUnreachable:
            raise  # to ask once more for each would take as long each time
        except LookalikeError:
            pass  # one of them is to blame, and each is asked for itself
        except Refusal as refusal:
            if refusal.status != 404:
                raise
        else:
            return models.Answers(answers=list(found))
    return models.Answers(answers=[await _one(here, wanted) for wanted in searches])


async def _one(here: Here, wanted: models.Search) -> models.Answer | models.Failed:
    try:
        return await _work(here, [wanted]).run(asking.search, here, wanted)
    except LookalikeError as error:
        here.note(error)
        return models.Failed(problem=problem_of(error))
    except Refusal as refusal:
        return models.Failed(problem=refusal.problem)


def _work(here: Here, searches: list[models.Search]) -> Work:
    """Return the threads for searches: other ones if pictures of strangers are to be read."""
    brought = (models.PartByUpload, models.PartByUrl, models.JudgedUpload)
    given = (one for wanted in searches for one in (*wanted.parts, *wanted.like, *wanted.unlike))
    return here.server.strangers if any(isinstance(o, brought) for o in given) else here.server.work


def _by_upload(here: Here, data: bytes, how: models.HowUploaded) -> models.Answer:
    box = asking.region_of(how.box)
    upload = here.server.uploads.put(data)
    part = models.PartByUpload(upload=upload.id, box=box, path=how.path)
    return _searched(here, [part], how)


def _searched(here: Here, parts: list[models.Part], how: models.How) -> models.Answer:
    ways = how.model_dump(include=set(models.How.model_fields))
    return asking.search(here, models.Search(parts=parts, **ways))
