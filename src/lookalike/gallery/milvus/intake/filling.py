"""Pictures into a gallery in Milvus, and out of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace

from lookalike.descriptors import KEPT_BY_DEFAULT, STAGED, Descriptor, create, label
from lookalike.errors import NotIndexed, UsageError
from lookalike.gallery.milvus.intake.own import added_folder
from lookalike.gallery.milvus.intake.removing import Removing, finish_removals
from lookalike.gallery.milvus.intake.renaming import adopt_renamed, finish_renames
from lookalike.gallery.milvus.intake.syncing import Run
from lookalike.gallery.milvus.kept.descriptors import number_of
from lookalike.places import exists, is_url, parents, placed
from lookalike.store import Progress, SyncReport
from lookalike.store.catalog import StoredDescriptor
from lookalike.store.crews import Crew, Shard, crew


class Filling(Removing):
    """What brings a gallery up to date, and takes out of it."""

    def sync(
        self,
        *folders: str | os.PathLike[str],
        descriptors: Sequence[str] = (),
        retry: bool = False,
        workers: int | str | None = None,
        shard: str | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> SyncReport:
        """See `lookalike.Gallery.sync`.

        Any number of runs may be at it at once, also on several machines; with a shard each, they
        share the work.
        """
        if isinstance(descriptors, str):
            raise UsageError(f"descriptors is a list of them: [{descriptors!r}]")
        part = Shard.of(shard) if shard else None
        with closing(crew(workers)) as hands:
            return self._synced(
                folders, descriptors, retry, hands, part, progress or (lambda _: None)
            )

    def _synced(
        self,
        given: Sequence[str | os.PathLike[str]],
        specs: Sequence[str],
        retry: bool,
        hands: Crew,
        part: Shard | None,
        tell: Callable[[Progress], None],
    ) -> SyncReport:
        kept = self._kept
        kept.restore()
        fitted = {label(one.key) for one in kept.descriptors(fresh=True) if one.is_staged}
        wanted = [create(spec) for spec in specs if spec not in fitted]
        present = self._retyped(wanted)
        for descriptor in [*wanted, *map(self._current, present)]:
            descriptor.prepare(lambda done, total: tell(Progress("fetching", done, total)))
        left = {path for path, _ in finish_removals(kept)}
        finish_renames(kept)
        known = kept.folders(fresh=True)
        chosen, missing = self._folders(given, known)
        renamed = [(adopt_renamed(kept, folder, known), folder) for folder in chosen]
        if any(former for former, _ in renamed):
            known = kept.folders(fresh=True)
        present, dropped = self._without_unfounded(present)
        outdated = [one for one in present if self._current(one).key != one.key]
        if outdated:
            # All that has the old version is described anew before that goes.
            there = [place for place in known if _may_be_there(place)]
            chosen += [place for place in there if place not in chosen]
        excluded = self._entered(chosen, known)
        by_number, present = self._registered(wanted, present)
        run = Run(kept, by_number, hands, retry, part, tell)
        run.report.renamed = [(former, folder) for former, folder in renamed if former]
        run.report.dropped = dropped
        run.report.unmounted = missing
        run.sync(present, chosen, excluded | left, everywhere=not given and part is None)
        if outdated and part is None:
            self._replace(outdated)
        return run.report

    # -- within ------------------------------------------------------------------------------

    def _folders(
        self, given: Sequence[str | os.PathLike[str]], known: Sequence[str]
    ) -> tuple[list[str], list[str]]:
        """Return the folders to look through, and the known ones that are not there."""
        own = added_folder(self._engine.address)
        copies = [own] if own in known and _may_be_there(own) else []
        if given:
            chosen = list(dict.fromkeys(self._folder(placed(path), known) for path in given))
            # What lies in a folder that is passed over would otherwise look gone from one above.
            return chosen + [path for path in copies if set(chosen) & set(parents(path))], []
        theirs = [path for path in known if path != own]
        if not theirs and not copies:
            raise NotIndexed("no folder was indexed yet; name one: lookalike index FOLDER")
        missing = [path for path in theirs if not is_url(path) and not os.path.lexists(path)]
        if len(missing) == len(theirs) and not copies:
            self._folder(theirs[0], known)
        there = [path for path in theirs if path not in missing]
        return [*there, *copies], missing

    def _folder(self, path: str, known: Sequence[str]) -> str:
        if exists(path):
            return path
        if path in known:
            raise NotIndexed(
                f"{path} is not there; unplugged, or not mounted? Its pictures are kept. "
                f'If it is gone for good: lookalike remove "{path}"'
            )
        if is_url(path):
            raise NotIndexed(f"there is nothing at {path}; check the address")
        raise NotIndexed(f"there is no folder or file {path}")

    def _entered(self, folders: Sequence[str], known: Sequence[str]) -> frozenset[str]:
        """Keep folders, unless one above is kept, and not those below; return what is excluded."""
        kept = self._kept
        excluded = set(kept.excluded())
        # Asking for a path again takes back that it, or a folder it lies in, was removed.
        again = excluded & {one for folder in folders for one in (folder, *parents(folder))}
        if again:
            kept.include(sorted(again))
        now = set(known)
        for folder in folders:
            if folder not in now and now.isdisjoint(parents(folder)):
                now = {one for one in now if folder not in parents(one)} | {folder}
                kept.enter_folder(folder)
        if covered := sorted(set(known) - now):
            kept.forget_folders(covered)
        return frozenset(excluded - again)

    def _registered(
        self, wanted: Sequence[Descriptor], present: Sequence[StoredDescriptor]
    ) -> tuple[dict[int, Descriptor], list[StoredDescriptor]]:
        """Enter what is new; return what every picture is to have, and all that there is."""
        there = {stored.key: stored for stored in present}
        all_of_them = [*map(self._current, present), *wanted]
        all_of_them = all_of_them or [create(spec) for spec in KEPT_BY_DEFAULT]
        if new := [one for one in all_of_them if one.key not in there]:
            there |= {stored.key: stored for stored in self._kept.register(*new)}
        return {there[one.key].id: one for one in all_of_them}, list(there.values())

    def _replace(self, outdated: Sequence[StoredDescriptor]) -> None:
        """Drop old versions, beside which the new ones stand complete by now."""
        first = self._kept.descriptors(fresh=True)[0]
        if first in outdated:  # searches go by the new one from now on
            self._kept.prefer(number_of(self._current(first).key))
        for stored in outdated:
            self._kept.drop(stored)

    def _retyped(self, wanted: Sequence[Descriptor]) -> list[StoredDescriptor]:
        """Note how descriptors are typed now, such as by a network's new path; return all."""
        found = []
        for stored in self._kept.descriptors():
            for one in wanted:
                is_of_it = stored.key == one.key or stored.key.startswith(f"{one.key}{STAGED}")
                if is_of_it and stored.spec != one.spec:
                    self._kept.change(stored, spec=one.spec)
                    stored = replace(stored, spec=one.spec)  # noqa: PLW2901
            found.append(stored)
        return found

    def _without_unfounded(
        self, present: Sequence[StoredDescriptor]
    ) -> tuple[list[StoredDescriptor], list[tuple[str, str]]]:
        """Drop what was fitted to vectors that cannot be made any more; return the rest."""
        left, dropped = [], []
        for stored in present:
            now = self._current(stored).key
            if stored.is_staged and now != stored.key:
                before, after = (key.partition(STAGED)[0] for key in (stored.key, now))
                self._kept.drop(stored)
                dropped.append((label(stored.key), f"fitted to {before}, which is {after} now"))
            else:
                left.append(stored)
        return left, dropped


def _may_be_there(place: str) -> bool:
    """Tell whether it is worth looking; at an address the looking itself tells."""
    return is_url(place) or os.path.exists(place)  # noqa: PTH110
