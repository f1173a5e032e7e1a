"""Index jobs, told in a place that several servers share, so that any of them can be asked."""

from __future__ import annotations

import contextlib
import json
import logging
import re
import time
from datetime import datetime, timezone
from threading import Event
from typing import TYPE_CHECKING

from lookalike.errors import GalleryError
from lookalike.interfaces.http.away import AwayRoom, had
from lookalike.interfaces.http.models.jobs import Job
from lookalike.interfaces.http.problems import Problem
from lookalike.places.room import Entry, Room

if TYPE_CHECKING:
    from lookalike.interfaces.http.index_job import IndexJob

FOLDER = "jobs/"

BEAT_SECONDS = 2.0
"""How often the server that runs a job tells how it is, and looks whether it is to stop."""

LOST_SECONDS = 60.0
"""A job that runs and of which nothing is told for so long has lost its server."""

MOST_BYTES = 2**20
"""Of what is told of a job."""

_LAST_TRIES = 30  # to tell the end of a job, where the place is away just then
_CLOCK = "clock/now"
_CLOCK_SECONDS = 600.0

_FILE = re.compile(r"([0-9a-f]{16})\.json")
_ID = re.compile(r"[0-9a-f]{16}")

# Of a report: what can be longer than anybody reads.
_LONG = {"report": {"renamed", "unmounted", "unlisted", "dropped"}}

_log = logging.getLogger("lookalike.serve")


class PlaceClock:
    """What time it is in a place, whatever the clock of this machine says.

    Parameters
    ----------
    room : Room
    """

    def __init__(self, room: Room) -> None:
        self._room = room
        self._measured = -float("inf")
        self._ahead = 0.0

    def __call__(self) -> float:
        """Return seconds since 1970, by the clock that stamps the place's files."""
        if time.monotonic() - self._measured > _CLOCK_SECONDS:
            name = FOLDER + _CLOCK
            self._room.put(name, b"")
            now = time.time()
            stamps = [e.mtime_ns for e in self._room.listed(f"{FOLDER}clock/") if e.name == name]
            self._ahead = stamps[0] / 1e9 - now if stamps else 0.0
            self._measured = time.monotonic()
        return time.time() + self._ahead


class SharedJobs:
    """The jobs of one gallery in a shared place: one file each, which its server writes anew.

    All methods may be called from any thread, and take as long as the place does.

    Parameters
    ----------
    room : Room
    clock : PlaceClock
    gallery : str
        What this server calls the gallery; others may call it otherwise.
    key : str
        What all of them know it by; see `lookalike.interfaces.http.galleries.key`.
    """

    def __init__(self, room: Room, clock: PlaceClock, gallery: str, key: str) -> None:
        self._room = room
        self._clock = clock
        self._gallery = gallery
        self._folder = f"{FOLDER}{key}/"
        self._known: dict[Entry, Job | None] = {}  # what changes no more, or is none
        self._is_away = False

    def all(self, most: int) -> list[Job]:
        """Return the jobs that were told of last, the latest first.

        Raises
        ------
        AwayRoom
        """
        with had("jobs"):
            found = {
                entry: self._known[entry] if entry in self._known else self._read(entry)
                for entry in self._entries()[:most]
            }
            self._known = {e: job for e, job in found.items() if not (job and _runs(job))}
            return [self._as_it_is(job, entry) for entry, job in found.items() if job]

    def get(self, id: str) -> Job | None:
        """Return a job, or None if there is none of that id.

        Raises
        ------
        AwayRoom
        """
        if not _ID.fullmatch(id):
            return None
        with had("jobs"):
            entry = next((one for one in self._entries() if _id(one) == id), None)
            job = entry and self._read(entry)
            return self._as_it_is(job, entry) if job and entry else None

    def stop(self, id: str) -> Job | None:
        """Have the server that runs a job tell it to end; return how the job is by now.

        Raises
        ------
        AwayRoom
        """
        job = self.get(id)
        if job and _runs(job):
            with had("jobs"):
                self._room.put(self._stop(id), b"")
        return job

    # -- of the server that runs a job -------------------------------------------------------

    def follow(self, job: IndexJob, most: int, closing: Event) -> None:
        """Tell how a job of this server is, again and again, until its end has been told.

        Parameters
        ----------
        job : IndexJob
        most : int
            Of the jobs before it, only the latest are kept, so that there are so many.
        closing : Event
            Set when the server was told to end: then what cannot be told is left at that.
        """
        with contextlib.suppress(AwayRoom):  # it is logged, and the next job tidies as well
            self._tidy(most)
        tries = _LAST_TRIES
        while tries:
            job.join(BEAT_SECONDS)
            has_ended = not job.is_running  # what comes after this is told the next time
            if self.tell(job) and has_ended:
                return
            if has_ended:
                tries = 0 if closing.wait(BEAT_SECONDS) else tries - 1

    def tell(self, job: IndexJob) -> bool:
        """Tell once how a job is, and stop it if somebody wants that; return if that went well.

        A place that is away is no reason for a job to end.
        """
        now = job.told()
        try:
            self._room.put(f"{self._folder}{job.id}.json", _written(now))
            if not _runs(now):
                self._room.delete(self._stop(job.id))
            elif self._room.get(self._stop(job.id)) is not None:
                job.stop()
        except GalleryError as error:
            if not self._is_away:
                _log.error("other servers cannot be told of index jobs, for now: %s", error)
            self._is_away = True
            return False
        self._is_away = False
        return True

    # -- within ------------------------------------------------------------------------------

    def _tidy(self, most: int) -> None:
        with had("jobs"):
            # Those that run are the latest: they are told of all the time.
            for entry in self._entries()[most:]:
                self._room.delete(entry.name)
                self._room.delete(self._stop(_id(entry)))

    def _entries(self) -> list[Entry]:
        """Return the files of jobs, the one written last first; others are not ours."""
        entries = [e for e in self._room.listed(self._folder) if _FILE.fullmatch(_base(e))]
        return sorted(entries, key=lambda entry: (entry.mtime_ns, entry.name), reverse=True)

    def _read(self, entry: Entry) -> Job | None:
        data = self._room.get(entry.name) if entry.size <= MOST_BYTES else b""
        if data is None:  # another server has just forgotten it
            return None
        try:
            job = _parsed(data, _id(entry))
        except ValueError:
            _log.warning("%s in the shared place tells of no job, and is passed over", entry.name)
            return None
        return job.model_copy(update={"gallery": self._gallery})

    def _as_it_is(self, job: Job, entry: Entry) -> Job:
        """Return a job of which its file says that it runs, but perhaps it cannot any more."""
        told = entry.mtime_ns / 1e9
        if not _runs(job) or self._clock() - told < LOST_SECONDS:
            return job
        ended = datetime.fromtimestamp(told, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        return job.model_copy(update={"state": "failed", "ended": ended, "problem": _lost()})

    def _stop(self, id: str) -> str:
        return f"{self._folder}{id}.stop"


def _written(job: Job) -> bytes:
    data = job.model_dump_json().encode()
    return data if len(data) <= MOST_BYTES else job.model_dump_json(exclude=_LONG).encode()


def _parsed(data: bytes, id: str) -> Job:
    """Return the job that a file tells of; whoever can write to the place may have written it.

    Raises
    ------
    ValueError
        It tells of none, or of another, or of one that could not be sent.
    """
    if len(data) > MOST_BYTES:
        raise ValueError("it is too long")
    job = Job.model_validate_json(data, strict=True)
    if job.id != id:
        raise ValueError("it is about another job")
    json.dumps(job.model_dump(), allow_nan=False)
    return job


def _lost() -> Problem:
    return Problem(
        type="urn:lookalike:internal",
        title="Internal",
        status=500,
        detail="the server that ran this job has told nothing of it for "
        f"{LOST_SECONDS:.0f} seconds, so it was ended or cannot be reached; what it had finished "
        "is kept. Start the job again, and it goes on from there",
    )


def _runs(job: Job) -> bool:
    return job.state == "running"


def _base(entry: Entry) -> str:
    return entry.name.rpartition("/")[2]


def _id(entry: Entry) -> str:
    return _base(entry).partition(".")[0]
