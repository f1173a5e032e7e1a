"""Index jobs: started, watched, stopped."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from lookalike.interfaces.http.index_job import IndexJob
from lookalike.interfaces.http.models.jobs import Job, JobList, JobWanted
from lookalike.interfaces.http.problems import RESPONSES
from lookalike.interfaces.http.routes.allowed import may_be_indexed
from lookalike.interfaces.http.routes.specs import check_spec
from lookalike.interfaces.http.routes.telling import WRITES, Here, InGallery
from lookalike.interfaces.http.state import Server

router = APIRouter(prefix="/v1/galleries/{gallery}/jobs", tags=["jobs"], responses=RESPONSES)

JobId = Annotated[str, Path(description="The job's id.", max_length=100)]

# How often a listener looks whether there is something new, and says that it is still there.
_SECONDS_BETWEEN = 0.2
_HEARTBEAT_SECONDS = 10.0

_EVENT = {
    "type": "object",
    "required": ["event", "data"],
    "properties": {
        "event": {"enum": ["progress", "end"]},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {
                "anyOf": [
                    {"$ref": "#/components/schemas/JobProgress"},
                    {"$ref": "#/components/schemas/Job"},
                ]
            },
        },
    },
}
_EXAMPLE = {
    "event": "progress",
    "data": '{"stage":"reading","done":320,"total":9144,"failed":2,"rate":84.2,'
    '"seconds_left":104.8}',
}


@router.post(
    "", operation_id="start_job", summary="Index folders", status_code=202, dependencies=WRITES
)
async def start_job(here: InGallery, wanted: JobWanted) -> Job:
    """Bring the gallery up to date with folders of the server's machine, in the background.

    One job of a gallery runs at a time. Searches go on meanwhile, and find what is indexed so far.
    """
    folders = await here.server.work.run(_checked, here, wanted)
    return here.server.jobs.start(here.name, wanted, folders).told()


@router.get("", operation_id="list_jobs", summary="Jobs of a gallery")
async def list_jobs(here: InGallery) -> JobList:
    """Return the jobs of a gallery, the latest first: one that runs, and the last twenty."""
    return JobList(jobs=[job.told() for job in here.server.jobs.of(here.name)])


@router.get("/{job}", operation_id="get_job", summary="How a job is")
async def get_job(here: InGallery, job: JobId) -> Job:
    """Return a job's state and progress, and in the end its report."""
    return here.server.jobs.get(here.name, job).told()


@router.delete(
    "/{job}",
    operation_id="stop_job",
    summary="Stop a job",
    status_code=202,
    dependencies=WRITES,
)
async def stop_job(here: InGallery, job: JobId) -> Job:
    """Tell a job to end; what it has finished is kept. One that has ended stays as it is."""
    found = here.server.jobs.get(here.name, job)
    found.stop()
    return found.told()


@router.get(
    "/{job}/events",
    operation_id="job_events",
    summary="A job's progress, as it comes",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Server-sent events: `progress` with how far it has come, then `end` "
            "with the whole job. A comment every ten seconds keeps the line open.",
            "content": {"text/event-stream": {"schema": _EVENT, "example": _EXAMPLE}},
        }
    },
)
async def job_events(here: InGallery, job: JobId) -> StreamingResponse:
    """Listen to a job; any number may. It ends when the job does."""
    found = here.server.jobs.get(here.name, job)
    return StreamingResponse(
        _events(here.server, found),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _events(server: Server, job: IndexJob) -> AsyncIterator[str]:
    seen, told_at = -1, time.monotonic()
    while not server.closing.is_set():
        version = job.version
        now = job.told()
        if version != seen and now.progress is not None:
            seen, told_at = version, time.monotonic()
            yield _event("progress", now.progress)
        if now.state != "running":
            yield _event("end", now)
            return
        if time.monotonic() - told_at > _HEARTBEAT_SECONDS:
            told_at = time.monotonic()
            yield ": still here\n\n"
        await asyncio.sleep(_SECONDS_BETWEEN)


def _event(name: str, told: BaseModel) -> str:
    return f"event: {name}\ndata: {told.model_dump_json()}\n\n"


def _checked(here: Here, wanted: JobWanted) -> list[str]:
    """Return the folders that are to be indexed."""
    settings = here.server.settings
    if not settings.allows_any_folder:
        for spec in wanted.descriptors:
            check_spec(here.gallery, spec)
    if not wanted.folders:
        return []
    known = here.gallery.info().folders
    return [may_be_indexed(folder, settings, known) for folder in wanted.folders]
