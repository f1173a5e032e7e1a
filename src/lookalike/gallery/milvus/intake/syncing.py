"""One run that brings a gallery in Milvus up to date: look, compare, take in, forget what is gone.

Any number of runs may be at it at once, on one machine or on many: all that they write is written
under keys that come from paths, and twice is as once.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field

from lookalike.descriptors import Descriptor
from lookalike.gallery.milvus.intake.aside import hand_on, lay_aside
from lookalike.gallery.milvus.intake.comparing import Comparison, Looked
from lookalike.gallery.milvus.intake.deriving import derive
from lookalike.gallery.milvus.intake.reading import Reading
from lookalike.gallery.milvus.intake.removing import forget_thumbnails
from lookalike.gallery.milvus.intake.strays import Strays
from lookalike.gallery.milvus.intake.taking_out import LOT, rows_at, take_out
from lookalike.gallery.milvus.intake.writing import MilvusWriter, MilvusWriterSpec
from lookalike.gallery.milvus.kept.itself import Kept
from lookalike.places import Found
from lookalike.store import Progress, SyncReport, quarantine
from lookalike.store.catalog import Failure, StoredDescriptor
from lookalike.store.commit import Written
from lookalike.store.crews import Crew, Shard, Task
from lookalike.store.intake import CRASHES, Taken

# Files to a task and to a commit: a commit waits some tenths of a second for the last write.
_CHUNK = 64
_COMMITS = 4
_TOLD_FAILURES = 5


@dataclass
class Run:
    """A run, and what it has found and done so far.

    Parameters
    ----------
    kept : Kept
    descriptors : mapping of int to Descriptor
        Those that every picture is to have a vector of.
    crew : Crew
    retry : bool
    shard : Shard, optional
    tell : callable
    """

    kept: Kept
    descriptors: Mapping[int, Descriptor]
    crew: Crew
    retry: bool = False
    shard: Shard | None = None
    tell: Callable[[Progress], None] = lambda _: None
    report: SyncReport = field(default_factory=SyncReport)
    _wrote: bool = False

    def sync(
        self,
        present: Sequence[StoredDescriptor],
        folders: Sequence[str],
        excluded: frozenset[str],
        *,
        everywhere: bool,
    ) -> None:
        """Bring folders up to date.

        Parameters
        ----------
        present : sequence of StoredDescriptor
            All that the gallery has.
        folders : sequence of str
            Places that exist.
        excluded : frozenset of str
        everywhere : bool
            These are all that the gallery has, so that nothing of it lies elsewhere.
        """
        began = time.monotonic()
        with Comparison(self.shard) as comparison, Reading(self.kept.engine.address) as reading:
            self._writer = MilvusWriter(self.kept)
            strays = Strays(self.kept, comparison, () if everywhere else folders)
            strays.look(present)
            derived = derive(
                self.kept, present, comparison, lambda *far: self.tell(Progress("deriving", *far))
            )
            self._wrote |= derived > 0
            looked = [
                comparison.look_through(
                    folder, excluded, lambda count: self.tell(Progress("looking", count))
                )
                for folder in folders
            ]
            wanted = frozenset(self.descriptors)
            comparison.compare(self.kept, looked, wanted, retry=self.retry)
            self._set_apart(comparison, reading)
            self._take_in(comparison, reading)
            self._forget_gone(comparison)
            self._wrote |= strays.sweep()
            self._finish(comparison, looked)
        self.report.seconds = time.monotonic() - began

    def take_in(self, found: Found) -> None:
        """Take in a single file, without the folder that it lies in."""
        with Comparison() as comparison, Reading(self.kept.engine.address) as reading:
            self._writer = MilvusWriter(self.kept)
            comparison.look_at(found)
            self._take_in(comparison, reading)
            self._finish(comparison, [])

    # -- within ------------------------------------------------------------------------------

    def _set_apart(self, comparison: Comparison, reading: Reading) -> None:
        """Enter what an earlier run died of among the failures, and let this one not read it."""
        suspects = [*reading.left(), *comparison.suspects]
        crashing = [
            Taken(found, reason=CRASHES, message=why)
            for path, why in quarantine.crashing(sorted(set(suspects)))
            if (found := comparison.found(path)) is not None
        ]
        if crashing:
            self._count(crashing, self._writer.commit(crashing))
            comparison.set_apart(taken.found.path for taken in crashing)
        reading.forget(suspects)

    def _take_in(self, comparison: Comparison, reading: Reading) -> None:
        done, total = 0, comparison.to_read
        self.tell(Progress("reading", 0, total, self.report.failed))
        chunks: Iterable[list[Found]] = comparison.chunks(_CHUNK)
        if not self.crew.survives_crashes:
            chunks = reading.noted(chunks)
        committed = self._committed(chunks)
        with closing(committed):
            for one, written in committed:
                self._count(one, written)
                reading.forget(taken.found.path for taken in one)
                comparison.note_arrived(
                    (taken.found.path, taken.sha256)
                    for taken in one
                    if taken.sha256 and not taken.reason
                )
                done += len(one)
                self.tell(Progress("reading", done, total, self.report.failed))

    def _committed(
        self, chunks: Iterable[list[Found]]
    ) -> Generator[tuple[list[Taken], Written], None, None]:
        """Take files in and commit them; yield what is kept for good.

        A server lets a commit wait for some tenths of a second, so that some of them wait together.
        """
        waiting: deque[tuple[list[Taken], Future[Written]]] = deque()
        most = 0 if self.kept.engine.address.is_lite else _COMMITS
        with (
            ThreadPoolExecutor(_COMMITS, thread_name_prefix="committing") as pool,
            closing(self.crew.taken(chunks, self._task())) as batches,
        ):
            for one in batches:
                if one.written is not None:
                    yield one.taken, one.written
                    continue
                waiting.append((one.taken, pool.submit(self._writer.commit, one.taken)))
                while len(waiting) > most or (waiting and waiting[0][1].done()):
                    yield waiting[0][0], waiting[0][1].result()
                    waiting.popleft()
            for taken, future in waiting:
                yield taken, future.result()

    def _task(self) -> Task:
        engine = self.kept.engine
        # A file of Milvus Lite is open here, and can be open nowhere else.
        spec = None if engine.address.is_lite else MilvusWriterSpec(engine.address, engine.token)
        return Task(self.descriptors, self._writer.known, spec)

    def _count(self, taken: Sequence[Taken], written: Written) -> None:
        self._wrote = True
        self.report.added += written.added
        self.report.changed += written.changed
        self.report.described += written.described
        failed = [one for one in taken if one.reason]
        self.report.failed += len(failed)
        self.report.first_failures += [
            Failure(one.found.path, one.reason, one.message)
            for one in failed[: _TOLD_FAILURES - len(self.report.first_failures)]
        ]

    def _forget_gone(self, comparison: Comparison) -> None:
        for paths in comparison.gone(LOT):
            rows = rows_at(self.kept, paths)
            lay_aside(self.kept, rows)
            take_out(self.kept, rows)
            forget_thumbnails(self.kept, rows)
            self._wrote = True
        moved, gone = comparison.count_gone()
        # Two gone copies of one new file are one move and one gone file.
        moves = min(moved, self.report.added)
        self.report.added -= moves
        self.report.moved += moves
        self.report.gone += gone + moved - moves

    def _finish(self, comparison: Comparison, looked: Sequence[Looked]) -> None:
        report = self.report
        hand_on(self.kept)  # also what a run that was killed has laid aside
        if self._wrote:
            # All is kept already, and found; that it is sealed and indexed nobody has to wait for.
            for stored in self.kept.descriptors(fresh=True):
                self.kept.engine.flush(self.kept.collection(stored), wait=False)
            self.kept.engine.flush(self.kept.files, wait=False)
        report.unmounted += [one.folder for one in looked if one.looks_unmounted]
        report.unlisted += [unlisted for one in looked for unlisted in one.unlisted]
        report.others += sum(one.others for one in looked)
        report.unchanged = comparison.listed - report.read
