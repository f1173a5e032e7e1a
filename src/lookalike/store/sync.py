"""Folders → the catalog: look through, take in, commit; overlapped, resumable, with progress."""

from __future__ import annotations

import os
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from lookalike.descriptors.base import Descriptor
from lookalike.store import plan, quarantine
from lookalike.store.catalog import Catalog, Failure
from lookalike.store.commit import Written, commit
from lookalike.store.intake import Taken, take_in

# Files to a task and to a transaction: what a kill -9 can cost at most, per worker.
_CHUNK = 32
_TOLD_FAILURES = 5


@dataclass(frozen=True)
class Progress:
    """How far a sync has come.

    Attributes
    ----------
    stage : str
        ``fetching``: a network, in bytes. ``looking``: through the folders, at files. ``reading``:
        files. ``deriving``: vectors, from others. ``building``: an index, of vectors. Tasks of
        their own are ``tuning``, in settings; ``learning``: an adapter, in settings;
        ``training``: an autoencoder, on pictures; ``ranking``: searching with known answers, in
        queries; and of the self-test ``editing`` pictures and ``asking`` for the copies.
    done : int
        Of what the stage counts, so far.
    total : int
        Of so many; 0 while looking.
    failed : int
        Of those read.
    """

    stage: Literal[
        "deriving",
        "fetching",
        "learning",
        "looking",
        "reading",
        "building",
        "tuning",
        "ranking",
        "editing",
        "asking",
        "training",
    ]
    done: int
    total: int = 0
    failed: int = 0


@dataclass
class SyncReport:
    """What a sync found and did; counts are files.

    Attributes
    ----------
    added, changed, moved, gone, failed : int
        A moved file kept its content under a new path and cost no describing.
    described : int
        Unchanged files that got vectors of a further descriptor.
    unchanged : int
    seconds : float
    renamed : list of (str, str)
        Folders that were recognised under a new path: former, present.
    unmounted : list of str
        Folders that are not there, or hold not a single picture where some are known: nothing
        was removed.
    unlisted : list of (str, str)
        Folders that could not be listed, with the reason: nothing below was removed.
    dropped : list of (str, str)
        What was learnt of vectors that cannot be made any more, with the reason: it has to be
        learnt again.
    others : int
        Files that were passed over, being no pictures by their names.
    first_failures : list of Failure
        Of this run, at most five.
    """

    added: int = 0
    changed: int = 0
    moved: int = 0
    gone: int = 0
    failed: int = 0
    described: int = 0
    unchanged: int = 0
    seconds: float = 0.0
    renamed: list[tuple[str, str]] = field(default_factory=list)
    unmounted: list[str] = field(default_factory=list)
    unlisted: list[tuple[str, str]] = field(default_factory=list)
    dropped: list[tuple[str, str]] = field(default_factory=list)
    others: int = 0
    first_failures: list[Failure] = field(default_factory=list)

    @property
    def read(self) -> int:
        """Files that had to be opened."""
        return self.added + self.changed + self.moved + self.described + self.failed


def sync(
    catalog: Catalog,
    folders: Sequence[Path],
    descriptors: Mapping[int, Descriptor],
    *,
    files: Sequence[Path] = (),
    retry: bool = False,
    workers: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> SyncReport:
    """Bring the catalog up to date with folders. The caller holds `Catalog.writing`.

    Parameters
    ----------
    catalog : Catalog
    folders : sequence of Path
        Absolute paths of folders, or of single files, that exist.
    descriptors : mapping of int to Descriptor
        By their ids in the catalog.
    files : sequence of Path
        Absolute paths of single files to take in besides, which need not exist. Unlike one among
        the folders such a file is not looked for again by later runs.
    retry : bool
        Read files again that failed before and have not changed.
    workers : int, optional
        Threads that read, decode and describe; by default one a processor.
    progress : callable, optional
        Called with a `Progress` after every commit.

    Returns
    -------
    SyncReport

    Raises
    ------
    KeyboardInterrupt
        Passed on after what was finished has been committed; the next sync goes on from there.
    """
    began = time.monotonic()
    with catalog.transaction() as db:
        plan.begin(db)
    report = SyncReport()
    tell = progress or (lambda _: None)
    plans = [
        plan.look_through(catalog, folder, lambda found: tell(Progress("looking", found)))
        for folder in folders
    ]
    plan.look_at(catalog, files)
    _set_apart(catalog, retry, report)
    work = plan.Work(catalog, tuple(descriptors), retry)
    try:
        _take_all(catalog, work, descriptors, workers, tell, report)
    finally:
        quarantine.clear(catalog)
    for one in plans:
        _count_gone(report, *plan.forget_gone(catalog, one))
    report.renamed = [(p.renamed_from, str(p.folder)) for p in plans if p.renamed_from]
    report.unmounted = [str(p.folder) for p in plans if p.looks_unmounted]
    report.unlisted = [one for p in plans for one in p.unlisted]
    report.others = sum(p.others for p in plans)
    report.unchanged = catalog.number("SELECT count(*) FROM temp.scan") - report.read
    report.seconds = time.monotonic() - began
    return report


def _set_apart(catalog: Catalog, retry: bool, report: SyncReport) -> None:
    """Enter among the failures what an earlier run died of, and keep this run from reading it."""
    crashing = [
        Taken(found, reason=quarantine.CRASHES, message=why)
        for path, why in quarantine.check(catalog, retry=retry)
        if (found := plan.scanned(catalog, path)) is not None
    ]
    quarantine.clear(catalog)
    if crashing:
        commit(catalog, crashing)
        _count_failed(report, crashing)
        quarantine.note(catalog, [taken.found for taken in crashing])


def _count_gone(report: SyncReport, moved: int, gone: int) -> None:
    # Two gone copies of one new file are one move and one gone file.
    moves = min(moved, report.added)
    report.added -= moves
    report.moved += moves
    report.gone += gone + moved - moves


def _take_all(
    catalog: Catalog,
    work: plan.Work,
    descriptors: Mapping[int, Descriptor],
    workers: int | None,
    tell: Callable[[Progress], None],
    report: SyncReport,
) -> None:
    total = len(work)
    done = 0
    tell(Progress("reading", 0, total, report.failed))
    batches = _overlapped(catalog, work, descriptors, workers or os.cpu_count() or 1)
    with closing(batches):
        for batch in batches:
            written = _committed(catalog, batch)
            done += len(batch)
            report.added += written.added
            report.changed += written.changed
            report.described += written.described
            _count_failed(report, batch)
            tell(Progress("reading", done, total, report.failed))


def _committed(catalog: Catalog, batch: Sequence[Taken]) -> Written:
    try:
        return commit(catalog, batch)
    except BaseException as error:
        _let_go(error)
        raise


def _let_go(error: BaseException) -> None:
    """Let go of what the frames of an error hold.

    Ctrl-C may come when a transaction has begun, and before the `with` that is to end it knows of
    it. It then ends with its frames, which the error keeps; and the workers would wait for it, and
    this thread for the workers.
    """
    traceback.clear_frames(error.__traceback__)


def _count_failed(report: SyncReport, batch: Sequence[Taken]) -> None:
    failed = [taken for taken in batch if taken.reason]
    report.failed += len(failed)
    report.first_failures += [
        Failure(taken.found.path, taken.reason, taken.message)
        for taken in failed[: _TOLD_FAILURES - len(report.first_failures)]
    ]


def _overlapped(
    catalog: Catalog, work: plan.Work, descriptors: Mapping[int, Descriptor], workers: int
) -> Generator[list[Taken], None, None]:
    """Take files in on all processors, a bounded number of chunks ahead of the commits."""
    stop = threading.Event()
    running: deque[Future[list[Taken]]] = deque()
    known = _known_in(catalog)
    with ThreadPoolExecutor(workers, thread_name_prefix="lookalike") as pool:
        try:
            for chunk in work.batches(_CHUNK):
                quarantine.note(catalog, chunk)
                running.append(pool.submit(take_in, chunk, descriptors, known, stop.is_set))
                if len(running) > 2 * workers:
                    yield running[0].result()
                    running.popleft()
            while running:
                yield running[0].result()
                running.popleft()
        except GeneratorExit:
            stop.set()  # the commit failed: nothing can be handed on
            raise
        except BaseException as error:
            # Ctrl-C, or an error that would meet every picture: the workers end at the next
            # picture, and what they have is still committed.
            stop.set()
            _let_go(error)
            yield from _finished(running)
            raise


def _finished(running: deque[Future[list[Taken]]]) -> Iterator[list[Taken]]:
    for future in running:
        if not future.cancel() and future.exception() is None:
            yield future.result()


def _known_in(catalog: Catalog) -> Callable[[bytes], frozenset[int] | None]:
    sql = (
        "SELECT descriptor_id FROM contents LEFT JOIN vectors ON content_id = contents.id "
        "WHERE sha256 = ?"
    )

    def known(sha256: bytes) -> frozenset[int] | None:
        rows = catalog.rows(sql, (sha256,))
        return frozenset(i for (i,) in rows if i is not None) if rows else None

    return known
