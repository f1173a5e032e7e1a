"""Index jobs: started, watched, stopped."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from lookalike.interfaces.http.jobs import UnknownJob
from lookalike.interfaces.http.models.jobs import Job, JobList, JobWanted
from lookalike.interfaces.http.problems import RESPONSES, Refusal
from lookalike.interfaces.http.routes.allowed import may_be_indexed
from lookalike.interfaces.http.routes.specs import check_spec
from lookalike.interfaces.http.routes.telling import WRITES, Here, InGallery

router = APIRouter(prefix="/v1/galleries/{gallery}/jobs", tags=["jobs"], responses=RESPONSES)

JobId = Annotated[str, Path(description="The job's id.", max_length=100)]

# How often a listener looks whether there is something new, and says that it is still there.
_SECONDS_BETWEEN = 0.2
_SECONDS_BETWEEN_ELSEWHERE = 1.0  # where another server runs it, and tells of it less often
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
    return await here.server.work.run(_started, here, wanted)


@router.get("", operation_id="list_jobs", summary="Jobs of a gallery")
async def list_jobs(here: InGallery) -> JobList:
    """Return the jobs of a gallery, the latest first: one that runs, and the last twenty."""
    jobs = here.server.jobs
    if jobs.are_shared:
        return JobList(jobs=await here.server.work.run(jobs.of, here.name))
    return JobList(jobs=jobs.of(here.name))


@router.get("/{job}", operation_id="get_job", summary="How a job is")
async def get_job(here: InGallery, job: JobId) -> Job:
    """Return a job's state and progress, and in the end its report."""
    return await _how(here, job)


@router.delete(
    "/{job}",
    operation_id="stop_job",
    summary="Stop a job",
    status_code=202,
    dependencies=WRITES,
)
async def stop_job(here: InGallery, job: JobId) -> Job:
    """Tell a job to end; what it has finished is kept. One that has ended stays as it is."""
    jobs = here.server.jobs
    if jobs.own(here.name, job):
        return jobs.end(here.name, job)
    return await here.server.work.run(jobs.end, here.name, job)


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
    await _how(here, job)  # if there is none, that is told before anything else is
    return StreamingResponse(
        _events(here, job),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _how(here: Here, id: str) -> Job:
    jobs = here.server.jobs
    if own := jobs.own(here.name, id):
        return own.told()
    # That of another server is read in the place that both share.
    return await here.server.work.run(jobs.get, here.name, id)


async def _events(here: Here, id: str) -> AsyncIterator[str]:
    pause = _SECONDS_BETWEEN if here.server.jobs.own(here.name, id) else _SECONDS_BETWEEN_ELSEWHERE
    seen, told_at = None, time.monotonic()
    while not here.server.closing.is_set():
        try:
            now = await _how(here, id)
        except UnknownJob:
            return
        except Refusal:  # too much to do, or the place is away: that passes
            now = None
        if now and now.progress not in (None, seen):
            seen, told_at = now.progress, time.monotonic()
            yield _event("progress", now.progress)
        if now and now.state != "running":
            yield _event("end", now)
            return
        if time.monotonic() - told_at > _HEARTBEAT_SECONDS:
            told_at = time.monotonic()
            yield ": still here\n\n"
        await asyncio.sleep(pause)


def _event(name: str, told: BaseModel) -> str:
    return f"event: {name}\ndata: {told.model_dump_json()}\n\n"


def _started(here: Here, wanted: JobWanted) -> Job:
    return here.server.jobs.start(here.name, wanted, _checked(here, wanted)).told()


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
