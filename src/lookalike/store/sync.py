"""Folders → the catalog: look through, take in, commit; overlapped, resumable, with progress."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Literal

from lookalike.descriptors.base import Descriptor
from lookalike.places import Found
from lookalike.store import plan, quarantine
from lookalike.store.catalog import Catalog, Failure
from lookalike.store.commit import Written, commit
from lookalike.store.crews import Crew, Shard, Task
from lookalike.store.crews.threads import Threads, let_go
from lookalike.store.intake import CRASHES, Known, Taken

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
        queries; ``copying`` a gallery elsewhere, and ``checking`` what was copied, in files; and of
        the self-test ``editing`` pictures and ``asking`` for the copies.
    done : int
        Of what the stage counts, so far.
    total : int
        Of so many; 0 while looking.
    failed : int
        Of those read.
    """

    stage: Literal[
        "checking",
        "copying",
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
    folders: Sequence[str],
    descriptors: Mapping[int, Descriptor],
    *,
    files: Sequence[str] = (),
    retry: bool = False,
    crew: Crew | None = None,
    shard: Shard | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> SyncReport:
    """Bring the catalog up to date with folders. The caller holds `Catalog.writing`.

    Parameters
    ----------
    catalog : Catalog
    folders : sequence of str
        Places of folders, or of single files, that exist; see `lookalike.places.placed`.
    descriptors : mapping of int to Descriptor
        By their ids in the catalog.
    files : sequence of str
        Absolute paths of single files to take in besides, which need not exist. Unlike one among
        the folders such a file is not looked for again by later runs.
    retry : bool
        Read files again that failed before and have not changed.
    crew : Crew, optional
        Who reads, decodes and describes; by default threads, one a processor.
    shard : Shard, optional
        Look only at this part of the files; nothing else is taken in, and nothing else forgotten.
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
        plan.look_through(catalog, folder, lambda found: tell(Progress("looking", found)), shard)
        for folder in folders
    ]
    plan.look_at(catalog, files)
    _set_apart(catalog, retry, report)
    work = plan.Work(catalog, tuple(descriptors), retry)
    try:
        _take_all(catalog, work, descriptors, crew or Threads(), tell, report)
    finally:
        quarantine.clear(catalog)
    for one in plans:
        _count_gone(report, *plan.forget_gone(catalog, one, shard))
    report.renamed = [(p.renamed_from, p.folder) for p in plans if p.renamed_from]
    report.unmounted = [p.folder for p in plans if p.looks_unmounted]
    report.unlisted = [one for p in plans for one in p.unlisted]
    report.others = sum(p.others for p in plans)
    report.unchanged = catalog.number("SELECT count(*) FROM temp.scan") - report.read
    report.seconds = time.monotonic() - began
    return report


def _set_apart(catalog: Catalog, retry: bool, report: SyncReport) -> None:
    """Enter among the failures what an earlier run died of, and keep this run from reading it."""
    crashing = [
        Taken(found, reason=CRASHES, message=why)
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
    crew: Crew,
    tell: Callable[[Progress], None],
    report: SyncReport,
) -> None:
    total = len(work)
    done = 0
    tell(Progress("reading", 0, total, report.failed))
    task = Task(descriptors, _known_in(catalog))
    chunks = work.batches(_CHUNK)
    batches = crew.taken(chunks if crew.survives_crashes else _noted(catalog, chunks), task)
    with closing(batches):
        for batch in (one.taken for one in batches):
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
        let_go(error)
        raise


def _count_failed(report: SyncReport, batch: Sequence[Taken]) -> None:
    failed = [taken for taken in batch if taken.reason]
    report.failed += len(failed)
    report.first_failures += [
        Failure(taken.found.path, taken.reason, taken.message)
        for taken in failed[: _TOLD_FAILURES - len(report.first_failures)]
    ]


def _noted(catalog: Catalog, chunks: Iterator[list[Found]]) -> Iterator[list[Found]]:
    for chunk in chunks:
        quarantine.note(catalog, chunk)
        yield chunk


def _known_in(catalog: Catalog) -> Known:
    sql = (
        "SELECT sha256, descriptor_id FROM contents LEFT JOIN vectors ON content_id = contents.id "
        "WHERE sha256 IN ({})"
    )

    def known(hashes: Sequence[bytes]) -> Mapping[bytes, frozenset[int]]:
        there: dict[bytes, set[int]] = {}
        places = ", ".join("?" * len(hashes))
        for sha256, descriptor in catalog.rows(sql.format(places), tuple(hashes)):
            of_it = there.setdefault(bytes(sha256), set())
            if descriptor is not None:
                of_it.add(int(descriptor))
        return {sha256: frozenset(of_it) for sha256, of_it in there.items()}

    return known
