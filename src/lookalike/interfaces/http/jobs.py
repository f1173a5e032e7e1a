"""Index jobs: a child process each, one at a time per gallery."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lookalike.errors import GalleryBusy
from lookalike.interfaces.http.index_job import IndexJob
from lookalike.interfaces.http.models.jobs import JobWanted
from lookalike.interfaces.http.problems import Refusal

if TYPE_CHECKING:
    from lookalike.interfaces.http.state import Server

KEPT = 20
"""Jobs of a gallery that are remembered after their end."""


class UnknownJob(Refusal):
    """There is no job of that id, or none any more."""

    def __init__(self, id: str) -> None:
        super().__init__(404, f"there is no job {id!r} of this gallery, or none any more")


class Jobs:
    """The index jobs of a server. All methods may be called from any thread.

    Parameters
    ----------
    server : Server
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._lock = threading.Lock()
        self._jobs: dict[str, list[IndexJob]] = {}  # by gallery, the latest last

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
        """
        request = {
            "gallery": str(self._server.where[gallery]),
            "folders": list(folders),
            "descriptors": wanted.descriptors,
            "retry": wanted.retry,
            "workers": wanted.workers,
        }
        with self._lock:
            jobs = self._jobs.setdefault(gallery, [])
            if jobs and jobs[-1].is_running:
                raise GalleryBusy(
                    f"the index job {jobs[-1].id} of this gallery runs; wait for it, or stop it"
                )
            job = IndexJob(gallery, request)
            del jobs[: max(0, len(jobs) - KEPT)]
            jobs.append(job)
            job.start()
        return job

    def get(self, gallery: str, id: str) -> IndexJob:
        """Return a job of a gallery.

        Raises
        ------
        UnknownJob
        """
        found = next((job for job in self.of(gallery) if job.id == id), None)
        if found is None:
            raise UnknownJob(id)
        return found

    def of(self, gallery: str) -> list[IndexJob]:
        """Return the jobs of a gallery, the latest first."""
        with self._lock:
            return self._jobs.get(gallery, [])[::-1]

    def running(self) -> int:
        """Return how many jobs run."""
        return sum(job.is_running for job in self._all())

    def stop(self) -> None:
        """Tell all jobs to end, and return at once; what they have finished is kept."""
        for job in self._all():
            job.stop()

    async def close(self) -> None:
        """End all jobs, and wait for it."""
        self.stop()
        await asyncio.to_thread(self._join)

    def _all(self) -> list[IndexJob]:
        with self._lock:
            return [job for jobs in self._jobs.values() for job in jobs]

    def _join(self) -> None:
        for job in self._all():
            job.join()
