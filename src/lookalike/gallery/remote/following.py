"""An index job on the server, followed from here."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable

from lookalike.errors import GalleryError, LookalikeError
from lookalike.gallery.remote import reading
from lookalike.gallery.remote.connection import Connection, ConnectionLost, NoServer
from lookalike.gallery.remote.problems import NothingThere, error_of
from lookalike.gallery.remote.shapes import JSON, part
from lookalike.store import Progress

# Seconds before a connection that broke is tried again; each time it has brought something the
# count begins anew.
_WAITS = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0)
# How long a job that was told to stop is waited for, and how often it is looked at.
_STOPPING, _LOOK = 30.0, 0.2


def follow(
    connection: Connection,
    path: str,
    tell: Callable[[Progress], None],
    sleep: Callable[[float], None] = time.sleep,
) -> JSON:
    """Follow a job to its end, also if the connection breaks meanwhile; return it as JSON.

    Parameters
    ----------
    connection : Connection
    path : str
        Of the job.
    tell : callable
        Called with each `Progress`; what it raises comes out of here, and the job is stopped.
    sleep : callable
        Waits so many seconds.

    Raises
    ------
    GalleryMissing, GalleryError
        The server does not come back, or knows nothing of the job any more.
    LookalikeError
        As the server says.
    """
    try:
        return _followed(connection, path, tell, sleep)
    except BaseException:
        # What has led here is what is to be told, not that the job could not be stopped either.
        with contextlib.suppress(LookalikeError):
            _stop(connection, path, sleep)
        raise


def outcome(job: JSON) -> JSON:
    """Return the report of a job that has ended.

    Raises
    ------
    LookalikeError
        It has failed, as the server says.
    GalleryError
        It was stopped.
    """
    state = part(job, "state", str)
    if state == "stopped":
        raise GalleryError(
            "the work was stopped on the server; what was done is kept, and the next one goes on "
            "from there"
        )
    if state != "done":
        raise error_of(part(job, "problem", dict))
    return part(job, "report", dict)


def _followed(
    connection: Connection,
    path: str,
    tell: Callable[[Progress], None],
    sleep: Callable[[float], None],
) -> JSON:
    waits = iter(_WAITS)
    while True:
        try:
            with contextlib.closing(connection.events(f"{path}/events")) as stream:
                for event in stream:
                    waits = iter(_WAITS)
                    if event.name == "end":
                        return _read(event.data)
                    if event.name == "progress":
                        tell(reading.progress(_read(event.data)))
            lost: LookalikeError = ConnectionLost(
                f"the server at {connection.address.base} tells no more of the work that it does"
            )
        except (ConnectionLost, NoServer) as error:
            lost = error
        except NothingThere as error:
            raise GalleryError(
                f"the server at {connection.address.base} knows nothing of the work any more; was "
                "it started anew? What was done is kept, and the next one goes on from there"
            ) from error
        if (wait := next(waits, None)) is None:
            raise lost
        sleep(wait)


def _read(data: str) -> JSON:
    try:
        return json.loads(data)
    except ValueError as error:
        raise LookalikeError(f"the server has sent an event that is no JSON: {error}") from error


def _stop(connection: Connection, path: str, sleep: Callable[[float], None]) -> None:
    """Stop a job, and wait until it lets go of the gallery."""
    job = connection.ask("DELETE", path)
    waited = 0.0
    while part(job, "state", str) == "running" and waited < _STOPPING:
        sleep(_LOOK)
        waited += _LOOK
        job = connection.ask("GET", path)
