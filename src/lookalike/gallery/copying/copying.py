"""From one gallery to another: what is read runs ahead of what is written."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field

from lookalike.errors import GalleryError
from lookalike.gallery.copying import plan, verifying
from lookalike.gallery.copying.ahead import ahead
from lookalike.gallery.copying.ends import Batch, Begun, Carried, Source, Target
from lookalike.gallery.copying.opening import opened_source, opened_target
from lookalike.gallery.copying.verifying import Checks
from lookalike.store import Progress

Tell = Callable[[Progress], None]


@dataclass
class CopyReport:
    """What was copied.

    Attributes
    ----------
    source, target : str
        The galleries.
    files : int
        That were written.
    skipped : int
        Files that were there already.
    own : int
        Pictures that the gallery itself keeps, which went along.
    vectors : int
        That were written.
    descriptors : list of str
        Their keys.
    resumed : bool
        Whether an earlier run had begun it.
    merged : bool
        Whether something else is in the target, or was.
    seconds : float
        Of writing, without the rest.
    settled_seconds : float
        Of waiting until it is indexed.
    checked_seconds : float
        Of comparing the two.
    checks : Checks
        What was compared.
    """

    source: str
    target: str
    files: int = 0
    skipped: int = 0
    own: int = 0
    vectors: int = 0
    descriptors: list[str] = field(default_factory=list)
    resumed: bool = False
    merged: bool = False
    seconds: float = 0.0
    settled_seconds: float = 0.0
    checked_seconds: float = 0.0
    checks: Checks = field(default_factory=Checks)

    def as_dict(self) -> dict[str, object]:
        """Return it as JSON can say it."""
        return asdict(self)


def copy(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    descriptors: Sequence[str] = (),
    replace: bool = False,
    progress: Tell | None = None,
) -> CopyReport:
    """Copy a gallery with all that is in it to another place. No picture is decoded.

    Killed at any moment it goes on where it was when it is called again. What is in the target
    besides stays there.

    Parameters
    ----------
    source, target : path or address
        A gallery's folder, or an address of Milvus. The target is made if it is not there.
    descriptors : sequence of str
        Copy only the vectors of these; by default all.
    replace : bool
        Where both have another picture at the same path, take that of the source.
    progress : callable, optional
        Called with a `Progress` of the stages ``copying``, ``building`` and ``checking``.

    Returns
    -------
    CopyReport

    Raises
    ------
    UsageError
        It is a server's address, or the same gallery twice; the target has other pictures at the
        same paths, columns of another kind, or no place for pictures of its own.
    GalleryMissing
        There is no such source.
    GalleryBusy
        Another process is writing to the target.
    GalleryDamaged
        What is in the target afterwards is not what is in the source.
    """
    tell = progress or (lambda _: None)
    with closing(opened_source(source, target)) as one, closing(opened_target(target, one)) as two:
        return _Copy(one, two, plan.chosen(one, descriptors), replace, tell).run()


class _Copy:
    def __init__(
        self,
        source: Source,
        target: Target,
        descriptors: Sequence[Carried],
        replace: bool,
        tell: Tell,
    ) -> None:
        self._source = source
        self._target = target
        self._descriptors = descriptors
        self._tell = tell
        self._about = plan.narrowed(source.about(), descriptors)
        self._begun: Begun = target.state(source.where)
        # Into what has nothing else, a file that has changed since the first run comes anew.
        self._wins = replace or self._begun.alone
        self._empty = self._begun.alone and not self._begun.resumed
        self.report = CopyReport(
            source.where,
            target.where,
            descriptors=[one.stored.key for one in descriptors],
            resumed=self._begun.resumed,
            merged=not self._begun.alone,
        )

    def run(self) -> CopyReport:
        self._check()
        began = time.monotonic()
        self._target.begin(self._source.where, self._begun)
        self._target.enter(self._descriptors, self._about, wins=self._wins)
        self._target.prepare(self._source, self._placed, empty=self._empty)
        self._write_all()
        self._target.enter_marks(self._about, wins=self._wins)
        written = time.monotonic()
        self._target.settle(lambda done, total: self._tell(Progress("building", done, total)))
        settled = time.monotonic()
        self._verify()
        self._target.done(self._source.where)
        self.report.seconds = written - began
        self.report.settled_seconds = settled - written
        self.report.checked_seconds = time.monotonic() - settled
        return self.report

    # -- within ------------------------------------------------------------------------------

    def _placed(self, path: str) -> str:
        own = self._source.own
        if not own or not path.startswith(own):
            return path
        return self._target.room_for(path[len(own) :])

    def _check(self) -> None:
        """Refuse what cannot be, before anything is written."""
        if self._empty:
            return
        plan.check_columns(self._about, self._target.about(), self._target.where)
        if not self._wins:
            plan.check_differing(self._pairs(), self._target.where)

    def _pairs(self) -> plan.Pairs:
        there = iter(()) if self._empty else (file for file, _ in self._target.files())
        return plan.pairs(self._source, there, self._descriptors, self._placed)

    def _write_all(self) -> None:
        total, done = self._source.count(), 0
        self._tell(Progress("copying", 0, total))
        batches = ahead(plan.batches(self._source, self._pairs(), self._descriptors))
        with closing(batches):
            for batch in batches:
                self._write(batch)
                done += len(batch.files) + batch.passed
                self._tell(Progress("copying", done, total))

    def _write(self, batch: Batch) -> None:
        self.report.skipped += batch.passed
        for origin, file in batch.own:
            data = self._source.own_data(origin)
            if hashlib.sha256(data).digest() != file.sha256:
                raise GalleryError(
                    f"{origin} has changed since it was indexed, and should go along; take it out "
                    f'(lookalike remove "{origin}") or index it again, then copy again'
                )
            self._target.keep(file, data)
            self.report.own += 1
        if batch.files:
            self._target.write(batch)
        self.report.files += len(batch.files)
        self.report.vectors += sum(len(places) for places, _ in batch.vectors.values())

    def _verify(self) -> None:
        self.report.checks = verifying.verify(
            self._source,
            self._target,
            self._descriptors,
            self._placed,
            lambda done, total: self._tell(Progress("checking", done, total)),
        )
        verifying.check_about(self._about, self._target.about(), self._target.where)
        by_key = {one.stored.key: one for one in self._descriptors}
        for searches in self.report.checks.searches:
            self._target.measured(by_key[searches.descriptor], searches.recall)
