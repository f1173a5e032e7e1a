"""Index jobs: a child process each, one at a time per gallery."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lookalike.errors import GalleryBusy
from lookalike.interfaces.http.away import AwayRoom
from lookalike.interfaces.http.galleries import key
from lookalike.interfaces.http.index_job import IndexJob
from lookalike.interfaces.http.models.jobs import Job, JobWanted
from lookalike.interfaces.http.problems import Refusal, ShuttingDown
from lookalike.interfaces.http.shared_jobs import PlaceClock, SharedJobs

if TYPE_CHECKING:
    from lookalike.interfaces.http.state import Server

KEPT = 20
"""Jobs of a gallery that are remembered after their end."""

# At the end of the server the others are to be told of jobs that were stopped; no longer, though.
_TELLING_SECONDS = 5.0


class UnknownJob(Refusal):
    """There is no job of that id, or none any more."""

    def __init__(self, id: str) -> None:
        super().__init__(404, f"there is no job {id!r} of this gallery, or none any more")


class Jobs:
    """The index jobs of a server, and those of the servers that it shares a place with.

    All methods may be called from any thread. If the jobs `are_shared`, all that are about those of
    a gallery, but for `own`, take as long as the place does.

    Parameters
    ----------
    server : Server
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._lock = threading.Lock()
        self._jobs: dict[str, list[IndexJob]] = {}  # by gallery, the latest last
        self._shared: dict[str, SharedJobs] = {}  # by gallery
        self._clock: PlaceClock | None = None
        self._tellers: list[threading.Thread] = []

    @property
    def are_shared(self) -> bool:
        """Other servers tell of these jobs, and this one of theirs.

        There are paths in jobs, so a server that shows none has no part in it. It has no jobs.
        """
        return self._server.room is not None and self._server.settings.shows_paths

    def start(self, gallery: str, wanted: JobWanted, folders: Sequence[str]) -> IndexJob:
        """Start a job.

        Parameters
        ----------
        gallery : str
            The gallery's name.
        wanted : JobWanted
        folders : sequence of str
            Those of them that may be indexed, in full; none for those that were before.

        Raises
        ------
        GalleryBusy
            Another job of this gallery runs.
        ShuttingDown
        """
        request = {
            "gallery": str(self._server.where[gallery]),
            "folders": list(folders),
            "descriptors": wanted.descriptors,
            "retry": wanted.retry,
            "workers": wanted.workers,
        }
        shared = self._shared_of(gallery)
        if shared is not None:
            self._check_others(gallery, shared)
        with self._lock:
            if self._server.closing.is_set():  # all jobs are being told to end, or were
                raise ShuttingDown
            jobs = self._jobs.setdefault(gallery, [])
            if jobs and jobs[-1].is_running:
                raise _busy(jobs[-1].id)
            job = IndexJob(gallery, request)
            del jobs[: max(0, len(jobs) - KEPT)]
            jobs.append(job)
            job.start()
        if shared is not None:
            self._share(job, shared)
        return job

    def own(self, gallery: str, id: str) -> IndexJob | None:
        """Return a job that this server runs or ran, or None."""
        return next((job for job in self._own(gallery) if job.id == id), None)

    def get(self, gallery: str, id: str) -> Job:
        """Return how a job is.

        Raises
        ------
        UnknownJob
        AwayRoom
            It is none of this server's, and the place does not answer.
        """
        if own := self.own(gallery, id):
            return own.told()
        shared = self._shared_of(gallery)
        return _known(id, shared.get(id) if shared else None)

    def end(self, gallery: str, id: str) -> Job:
        """Tell a job to end, or its server to tell it so; return how it is by now.

        Raises
        ------
        UnknownJob
        AwayRoom
            It is none of this server's, and the place does not answer.
        """
        if own := self.own(gallery, id):
            own.stop()
            return own.told()
        shared = self._shared_of(gallery)
        return _known(id, shared.stop(id) if shared else None)

    def of(self, gallery: str) -> list[Job]:
        """Return how the jobs of a gallery are, the latest first.

        Raises
        ------
        AwayRoom
            They are shared, and the place does not answer.
        """
        own = {job.id: job.told() for job in self._own(gallery)}
        shared = self._shared_of(gallery)
        if shared is None:
            return list(own.values())
        others = [job for job in shared.all(KEPT + 1) if job.id not in own]
        # By the clocks of several machines, which may be a little apart.
        latest = sorted([*own.values(), *others], key=lambda job: job.started, reverse=True)
        return latest[: KEPT + 1]

    def running(self) -> int:
        """Return how many jobs of this server run."""
        return sum(job.is_running for job in self._all())

    def stop(self) -> None:
        """Tell all jobs to end, and return at once; what they have finished is kept."""
        for job in self._all():
            job.stop()

    async def close(self) -> None:
        """End all jobs, and wait for it."""
        self.stop()
        await asyncio.to_thread(self._join)

    # -- within ------------------------------------------------------------------------------

    def _own(self, gallery: str) -> list[IndexJob]:
        with self._lock:
            return self._jobs.get(gallery, [])[::-1]

    def _all(self) -> list[IndexJob]:
        with self._lock:
            return [job for jobs in self._jobs.values() for job in jobs]

    def _join(self) -> None:
        for job in self._all():
            job.join()
        until = time.monotonic() + _TELLING_SECONDS
        for teller in self._tellers:
            teller.join(max(0.0, until - time.monotonic()))

    def _shared_of(self, gallery: str) -> SharedJobs | None:
        room = self._server.room
        if room is None or not self.are_shared:
            return None
        with self._lock:
            if gallery not in self._shared:
                self._clock = self._clock or PlaceClock(room)
                where = key(self._server.where[gallery])
                self._shared[gallery] = SharedJobs(room, self._clock, gallery, where)
            return self._shared[gallery]

    def _check_others(self, gallery: str, shared: SharedJobs) -> None:
        """Refuse a job while another server runs one.

        Two servers that look at the same moment both find none, and both start. That is twice the
        work, and no harm: what keeps the gallery lets one of them write, or any number. And one
        that has just ended may be found running until its server has written that.
        """
        own = {job.id for job in self._own(gallery)}
        try:
            others = shared.all(KEPT + 1)
        except AwayRoom:  # it is logged; the work can be done without
            return
        for job in others:
            if job.state == "running" and job.id not in own:
                raise _busy(job.id)

    def _share(self, job: IndexJob, shared: SharedJobs) -> None:
        # Once before anybody knows its id, so that any server can be asked about it at once.
        shared.tell(job)
        teller = threading.Thread(
            target=shared.follow,
            args=(job, KEPT + 1, self._server.closing),
            name="lookalike-telling",
            daemon=True,
        )
        with self._lock:
            self._tellers = [one for one in self._tellers if one.is_alive()]
            self._tellers.append(teller)
            teller.start()


def _known(id: str, job: Job | None) -> Job:
    if job is None:
        raise UnknownJob(id)
    return job


def _busy(id: str) -> GalleryBusy:
    return GalleryBusy(f"the index job {id} of this gallery runs; wait for it, or stop it")
