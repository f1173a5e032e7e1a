"""The page: files of the package, and nothing else."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from lookalike.interfaces.http.files import packaged

PACKAGE = "lookalike.interfaces.pages"


def router() -> APIRouter:
    """Return the routes of the page, with its files as they are now."""
    files = packaged(PACKAGE)
    routes = APIRouter(include_in_schema=False)

    @routes.api_route("/", methods=["GET", "HEAD"])
    async def page(request: Request) -> Response:
        return files["index.html"].answer(request)

    @routes.api_route("/static/{name:path}", methods=["GET", "HEAD"])
    async def file(name: str, request: Request) -> Response:
        # A look-up among names that are known, never a path: nothing else can be reached.
        if name not in files:
            raise HTTPException(404)
        return files[name].answer(request)

    return routes
