"""Answers that are files: how they are labelled, kept by browsers, and named."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Any
from urllib.parse import quote

from fastapi import Response

from lookalike.interfaces.http.models.base import base_name

WEBP = "image/webp"
ANY = "application/octet-stream"

_FOR_EVER = "private, max-age=31536000, immutable"
_ASK_AGAIN = "private, no-cache"


class Size(IntEnum):
    """Pixels of a thumbnail's longer side at most."""

    TINY = 160
    SMALL = 320
    MIDDLE = 640
    LARGE = 1600


def documented(media_type: str, description: str, *, may_be_kept: bool = False) -> dict[Any, Any]:
    """Return how a file is documented as the answer of a route."""
    body = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    found: dict[Any, Any] = {200: {"description": description, "content": body}}
    if may_be_kept:
        found[304] = {"description": "What you have by If-None-Match is still right."}
    return found


def thumbnail(data: bytes | None, etag: str, *, for_ever: bool) -> Response:
    """Return a thumbnail, or without data that the client has it already."""
    headers = {"ETag": etag, "Cache-Control": _FOR_EVER if for_ever else _ASK_AGAIN}
    if data is None:
        return Response(status_code=304, headers=headers)
    return Response(data, headers=headers, media_type=WEBP)


def is_known(etag: str, if_none_match: str | None) -> bool:
    """Tell whether a client has what an entity tag stands for (RFC 9110, 13.1.2)."""
    if if_none_match is None:
        return False
    given = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return "*" in given or etag in given


def attachment(path: str) -> str:
    """Return the header by which a browser saves a file under its name (RFC 6266, RFC 5987).

    Whatever the name: nothing of it can end the header, or the quotes that it stands in.
    """
    name = base_name(path)
    plain = re.sub(r"[^A-Za-z0-9 ._()+-]", "_", name.encode("ascii", "replace").decode())
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
