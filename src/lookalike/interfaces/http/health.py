"""Whether the server lives, and whether it can answer."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from lookalike.errors import LookalikeError
from lookalike.interfaces.http.problems import responses
from lookalike.interfaces.http.safety.keys import knows
from lookalike.interfaces.http.state import SMALLEST, Server, Serving

router = APIRouter(tags=["operation"])


class Health(BaseModel):
    """The server lives."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """Whether requests can be answered."""

    status: Literal["ready", "not-ready"]
    galleries: dict[str, str] = Field(
        description='For each "ready", or what is the matter; none without the key.'
    )
    decoders: str = Field(description='"ready", or what is the matter with what reads pictures.')


@router.head("/healthz", include_in_schema=False)
@router.get(
    "/healthz",
    operation_id="health",
    summary="The server lives",
    responses=responses(403, 429, 500),
)
async def healthz() -> Health:
    """Answer as long as the server can answer at all; restart it when this stays silent."""
    return Health()


@router.head("/readyz", include_in_schema=False)
@router.get(
    "/readyz",
    operation_id="readiness",
    summary="The server can answer",
    responses={
        **responses(403, 429, 500),
        503: {"model": Readiness, "description": "Not ready, or not any more."},
    },
)
async def readyz(server: Serving, request: Request, response: Response) -> Readiness:
    """Look into every gallery; send no requests here while this answers 503.

    It needs no key. With it, the answer tells of each gallery.
    """
    # Not in the threads of `Work`: a full queue is no reason to be called dead.
    readiness = await run_in_threadpool(_readiness, server)
    response.status_code = 200 if readiness.status == "ready" else 503
    key = server.settings.api_key
    if key is not None and not knows(request.headers, key):
        return readiness.model_copy(update={"galleries": {}})
    return readiness


def _readiness(server: Server) -> Readiness:
    galleries = {name: _state_of(server, name) for name in tuple(server.offers)}
    decoders = _state_of_decoders(server)
    ready = {*galleries.values(), decoders} <= {"ready"} and not server.closing.is_set()
    return Readiness(
        status="ready" if ready else "not-ready", galleries=galleries, decoders=decoders
    )


def _state_of_decoders(server: Server) -> str:
    if server.strangers.running == server.strangers.workers:
        return "ready"  # at work, and whoever looks would wait behind all of it
    try:
        server.decoders.probe(SMALLEST)
    except LookalikeError as error:
        return type(error).__name__
    return "ready"


def _state_of(server: Server, name: str) -> str:
    try:
        server.offer(name).check()
    except LookalikeError as error:
        return type(error).__name__
    return "ready"
