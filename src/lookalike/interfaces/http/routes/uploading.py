"""Pictures to search with, sent once and named by their ids from then on."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Header, Path, Query, Response, UploadFile

from lookalike.errors import PictureTooLarge
from lookalike.interfaces.http.models.uploading import Address, Uploaded
from lookalike.interfaces.http.problems import RESPONSES
from lookalike.interfaces.http.routes import files
from lookalike.interfaces.http.state import Server, Serving
from lookalike.interfaces.http.uploads import Upload
from lookalike.store.thumbnails import thumbnail_of

router = APIRouter(prefix="/v1/uploads", tags=["uploads"], responses=RESPONSES)

UploadId = Annotated[
    str,
    Path(
        description="What the upload was answered with.",
        pattern=r"^[0-9a-f]{32}$",
        examples=["9f86d081884c7d659a2feaa0c55ad015"],
    ),
]


@router.post("", operation_id="upload", summary="Upload a picture", status_code=201)
async def upload(
    server: Serving, picture: Annotated[UploadFile, File(description="The picture's file.")]
) -> Uploaded:
    """Send a picture to search with; it is kept for a while, and is in no gallery."""
    data = await picture.read()
    return told(await server.strangers.run(server.uploads.put, data))


@router.post(
    "/url", operation_id="upload_by_url", summary="Have a picture fetched", status_code=201
)
async def upload_by_url(server: Serving, address: Address) -> Uploaded:
    """Have the server fetch a picture to search with, where it was started to do so."""
    return told(await server.strangers.run(fetched, server, address.url))


@router.get(
    "/{id}/thumbnail",
    operation_id="get_upload_thumbnail",
    summary="A small picture of an upload",
    response_class=Response,
    responses=files.documented(files.WEBP, "Upright, as WebP.", may_be_kept=True),
)
async def get_upload_thumbnail(
    server: Serving,
    id: UploadId,
    size: Annotated[
        files.Size, Query(description="Pixels of the longer side at most.")
    ] = files.Size.SMALL,
    if_none_match: Annotated[str | None, Header(max_length=1000)] = None,
) -> Response:
    """Return a small picture of an upload. Its address stands for these bytes for ever."""
    etag = f'"{id}-{int(size)}"'
    is_known = files.is_known(etag, if_none_match)
    data = None if is_known else await server.strangers.run(_thumbnail, server, id, size)
    return files.thumbnail(data, etag, for_ever=True)


def told(upload: Upload) -> Uploaded:
    """Return an upload to be sent."""
    facts = upload.facts
    return Uploaded(
        id=upload.id,
        sha256=upload.sha256,
        width=facts.width,
        height=facts.height,
        format=facts.format,
        bytes=facts.bytes,
        thumbnail=address(upload.id),
    )


def address(id: str) -> str:
    """Return the address of an upload's thumbnail."""
    return f"/v1/uploads/{id}/thumbnail"


def check_size(server: Server, data: bytes) -> None:
    """Refuse a picture that is larger than this server takes.

    Raises
    ------
    PictureTooLarge
        413. The bound for whole requests alone leaves room for a form around the picture.
    """
    most = server.settings.max_upload_bytes
    if len(data) > most:
        raise PictureTooLarge(
            "the upload", f"it has {len(data):,} bytes, and at most {most:,} are taken"
        )


def fetched(server: Server, url: str) -> Upload:
    """Fetch a picture, and keep it like one that was sent."""
    return server.uploads.put(server.fetch(url))


def _thumbnail(server: Server, id: str, size: files.Size) -> bytes:
    data = server.uploads.get(id)
    return thumbnail_of(data, int(size), server.decoders.load_views, name="the upload")
