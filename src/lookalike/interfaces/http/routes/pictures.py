"""The pictures of a gallery: listed, shown, added, changed, removed."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, File, Header, Query, Response, UploadFile

from lookalike.interfaces.http.models.base import base_name
from lookalike.interfaces.http.models.pictures import (
    ColumnValues,
    Picture,
    PicturePage,
    PicturesWanted,
    plain,
)
from lookalike.interfaces.http.problems import RESPONSES, Refusal
from lookalike.interfaces.http.routes import files, revealing, uploading
from lookalike.interfaces.http.routes.telling import VERSION, WRITES, ById, Here, InGallery

_LONGEST_NAME = 100

router = APIRouter(
    prefix="/v1/galleries/{gallery}/pictures", tags=["pictures"], responses=RESPONSES
)


@router.get("", operation_id="list_pictures", summary="Pictures, some at a time")
async def list_pictures(here: InGallery, wanted: Annotated[PicturesWanted, Query()]) -> PicturePage:
    """Return the pictures that meet all conditions, in order of their paths."""
    return await here.server.work.run(_page, here, wanted)


@router.post(
    "",
    operation_id="add_picture",
    summary="Add a picture",
    status_code=201,
    dependencies=WRITES,
    responses={201: {"headers": {"Location": {"schema": {"type": "string"}}}}},
)
async def add_picture(
    here: InGallery,
    picture: Annotated[UploadFile, File(description="The picture's file.")],
    response: Response,
) -> Picture:
    """Copy a picture into the gallery, and index it. One that is there already is returned."""
    data = await picture.read()
    added = await here.server.strangers.run(_added, here, data, picture.filename or "")
    response.headers["Location"] = f"/v1/galleries/{quote(here.name, safe='')}/pictures/{added.id}"
    return added


@router.get("/{id}", operation_id="get_picture", summary="What is known of a picture")
async def get_picture(here: InGallery, id: ById) -> Picture:
    """Return a picture's path, size, format, times and columns."""
    return await here.server.work.run(_picture, here, id)


@router.patch(
    "/{id}", operation_id="set_values", summary="Give a picture values", dependencies=WRITES
)
async def set_values(here: InGallery, id: ById, given: ColumnValues) -> Picture:
    """Set values of your own columns, such as a price; null takes one away. Others stay."""
    return await here.server.work.run(_set, here, id, given)


@router.delete(
    "/{id}",
    operation_id="remove_picture",
    summary="Remove a picture",
    status_code=204,
    response_class=Response,
    response_model=None,
    dependencies=WRITES,
)
async def remove_picture(here: InGallery, id: ById) -> None:
    """Take a picture out of the gallery.

    Its file is deleted only if it is the gallery's own copy of an added picture.
    """
    await here.server.work.run(here.gallery.remove, id)


@router.get(
    "/{id}/thumbnail",
    operation_id="get_thumbnail",
    summary="A small picture",
    response_class=Response,
    response_model=None,
    responses=files.documented(files.WEBP, "Upright, as WebP.", may_be_kept=True),
)
async def get_thumbnail(
    here: InGallery,
    id: ById,
    size: Annotated[
        files.Size, Query(description="Pixels of the longer side at most.")
    ] = files.Size.SMALL,
    v: Annotated[
        str | None,
        Query(
            description="The beginning of the picture's SHA-256. With it a browser may keep the "
            "thumbnail for ever, as another picture has another address.",
            max_length=64,
        ),
    ] = None,
    if_none_match: Annotated[str | None, Header(max_length=1000)] = None,
) -> Response:
    """Return a small picture, made once and kept."""
    sha256, data = await here.server.work.run(_thumbnail, here, id, size, if_none_match)
    is_of_it = bool(v) and v == sha256[:VERSION]
    return files.thumbnail(data, _etag(sha256, size), for_ever=is_of_it)


@router.get(
    "/{id}/file",
    operation_id="get_file",
    summary="The picture's file",
    response_class=Response,
    response_model=None,
    responses=files.documented(files.ANY, "The bytes that were indexed, to be saved."),
)
async def get_file(here: InGallery, id: ById) -> Response:
    """Return the file itself, if it still is what was indexed."""
    path, data = await here.server.work.run(_file, here, id)
    headers = {"Content-Disposition": files.attachment(path), "Cache-Control": "private, no-cache"}
    return Response(data, headers=headers, media_type=files.ANY)


@router.post(
    "/{id}/reveal",
    operation_id="reveal_picture",
    summary="Show the picture in the file manager",
    status_code=204,
    response_class=Response,
    response_model=None,
)
async def reveal_picture(here: InGallery, id: ById) -> None:
    """Open the folder that holds the picture, on the server's screen.

    Only where the server answers nobody but its own machine.
    """
    if not here.server.settings.may_reveal:
        raise Refusal(403, "the file manager can be opened only by the server's own machine")
    await here.server.work.run(lambda: revealing.reveal(here.gallery.picture(id).path))


def _page(here: Here, wanted: PicturesWanted) -> PicturePage:
    found = here.gallery.pictures(wanted.where, skip=wanted.skip, top=wanted.top)
    return PicturePage(pictures=[here.picture(one) for one in found.items], total=found.total)


def _picture(here: Here, id: int) -> Picture:
    return here.picture(here.gallery.picture(id))


def _added(here: Here, data: bytes, filename: str) -> Picture:
    uploading.check_size(here.server, data)
    return here.picture(here.gallery.add(data, name=_plain_name(filename)))


def _plain_name(filename: str) -> str:
    """Return what of a file's name can be used for a file here; perhaps nothing."""
    last = base_name(re.split(r"[/\\]", filename)[-1])
    return re.sub(r'[\ufffd<>:"|?*]', "_", last).strip(". ")[-_LONGEST_NAME:].strip(". ")


def _set(here: Here, id: int, given: ColumnValues) -> Picture:
    here.gallery.picture(id)
    if given.columns:
        here.gallery.set_columns({id: plain(given.columns)})
    return _picture(here, id)


def _thumbnail(
    here: Here, id: int, size: files.Size, if_none_match: str | None
) -> tuple[str, bytes | None]:
    sha256 = here.gallery.picture(id).sha256
    if files.is_known(_etag(sha256, size), if_none_match):
        return sha256, None
    return sha256, here.gallery.thumbnail(id, int(size))


def _etag(sha256: str, size: files.Size) -> str:
    return f'"{sha256[:VERSION]}-{int(size)}"'


def _file(here: Here, id: int) -> tuple[str, bytes]:
    return here.gallery.picture(id).path, here.gallery.original(id)
