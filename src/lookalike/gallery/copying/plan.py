"""What is to be copied: the files of the source beside those of the target, in order of paths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from lookalike.descriptors import label
from lookalike.errors import UnknownName, UsageError
from lookalike.gallery.copying.ends import (
    LOT_BYTES,
    MOST_ROWS,
    About,
    Batch,
    Carried,
    Placed,
    Source,
)
from lookalike.gallery.milvus.kept.rows import FileRow
from lookalike.gallery.milvus.link.text import text_of

_FEWEST_ROWS = 64
_LONGEST_MESSAGE = 4000


@dataclass(frozen=True)
class Sent:
    """A file on its way.

    Attributes
    ----------
    source : FileRow
        As the source tells it.
    origin : str
        Where it lies there.
    file : FileRow
        As it is to be in the target.
    before : FileRow or None
        As it is there.
    """

    source: FileRow
    origin: str
    file: FileRow
    before: FileRow | None

    @property
    def is_there(self) -> bool:
        """Whether nothing is left to be done."""
        return self.before is not None and _comparable(self.before) == _comparable(self.file)

    @property
    def differs(self) -> bool:
        """Whether another picture is in its place."""
        old = self.before
        return old is not None and bool(old.sha256) and old.sha256 != self.source.sha256


Pairs: TypeAlias = Iterator[Sent]


def chosen(source: Source, specs: Sequence[str]) -> list[Carried]:
    """Return the descriptors that are to be copied: those that are named, or all.

    Raises
    ------
    UnknownName
        The gallery has none of that name, or several.
    """
    present = source.descriptors()
    if not specs:
        return present
    found: list[Carried] = []
    for spec in specs:
        called = [one for one in present if spec in _names(one)]
        if len(called) != 1:
            known = [label(one.stored.key) for one in present]
            raise UnknownName(f"descriptor in {source.where}", spec, known)
        found += [one for one in called if one not in found]
    return [one for one in present if one in found]


def narrowed(about: About, descriptors: Sequence[Carried]) -> About:
    """Return what a gallery knows without what is about other descriptors."""
    keys = {one.stored.key for one in descriptors}
    numbers = {one.number for one in descriptors}
    return replace(
        about,
        calibrations=[one for one in about.calibrations if one.descriptor in keys],
        asked={place: vector for place, vector in about.asked.items() if place[1] in numbers},
    )


def check_columns(source: About, target: About, where: str) -> None:
    """Refuse columns that have another kind in the target.

    Raises
    ------
    UsageError
    """
    there = {name.casefold(): kind for name, kind in target.columns.items()}
    for name, kind in source.columns.items():
        if there.get(name.casefold(), kind) != kind:
            raise UsageError(
                f"the column {name} is of the kind {kind}, and in {where} it is of the kind "
                f"{there[name.casefold()]}; take one of the two out: lookalike columns remove "
                f'"{name}"'
            )


def pairs(
    source: Source, there: Iterator[FileRow], descriptors: Sequence[Carried], placed: Placed
) -> Pairs:
    """Yield every file of the source with what the target has in its place.

    Parameters
    ----------
    source : Source
    there : iterator of FileRow
        What the target has, in order of the texts of the paths.
    descriptors : sequence of Carried
        What is copied.
    placed : callable
    """
    numbers = {one.number for one in descriptors}
    other = next(there, None)
    for file, origin in source.files(placed):
        place = text_of(file.path)
        while other is not None and text_of(other.path) < place:
            other = next(there, None)
        before = other if other is not None and other.path == file.path else None
        described = tuple(number for number in file.described if number in numbers)
        yield Sent(file, origin, _wanted(replace(file, described=described), before), before)


def check_differing(sent: Pairs, where: str) -> None:
    """Refuse to write over other pictures.

    Raises
    ------
    UsageError
    """
    differing, first = 0, ""
    for one in sent:
        if one.differs:
            differing += 1
            first = first or one.file.path
    if differing:
        raise UsageError(
            f"{where} has other pictures at the paths of {differing:,} that would be copied, such "
            f"as {first}; nothing was written. To have those of the source: --replace"
        )


def batches(source: Source, sent: Pairs, descriptors: Sequence[Carried]) -> Iterator[Batch]:
    """Yield what is to be written, with its vectors."""
    a_row = sum(4 * one.stored.dim for one in descriptors)
    most = max(_FEWEST_ROWS, min(MOST_ROWS, LOT_BYTES // max(1, a_row)))
    waiting: list[Sent] = []
    passed = 0
    for one in sent:
        if one.is_there:
            passed += 1
        else:
            waiting.append(one)
        if len(waiting) == most or passed == MOST_ROWS:
            yield _batch(source, waiting, descriptors, passed)
            waiting, passed = [], 0
    yield _batch(source, waiting, descriptors, passed)


def _batch(
    source: Source, sent: Sequence[Sent], descriptors: Sequence[Carried], passed: int
) -> Batch:
    vectors = {}
    for one in descriptors:
        places = [i for i, each in enumerate(sent) if one.number in each.source.described]
        if places:
            vectors[one.number] = places, source.vectors_of(one, [sent[i].source for i in places])
    own = [(one.origin, one.file) for one in sent if source.own and _is_own(one, source.own)]
    files, before = [one.file for one in sent], [one.before for one in sent]
    return Batch(files, before, vectors, own, passed)


def _is_own(sent: Sent, own: str) -> bool:
    return bool(sent.source.sha256) and sent.origin.startswith(own)


def _wanted(file: FileRow, before: FileRow | None) -> FileRow:
    """Return what a file is to be in the target, with what only that has of it."""
    if before is None:
        return file
    described = set(file.described)
    if before.sha256 == file.sha256:
        described |= set(before.described)
    columns = {**before.columns, **file.columns}
    return replace(file, described=tuple(sorted(described)), columns=columns)


def _comparable(file: FileRow) -> FileRow:
    message = file.message[:_LONGEST_MESSAGE]
    described = tuple(sorted(file.described))
    return replace(file, id=0, message=message, described=described)


def _names(carried: Carried) -> set[str]:
    stored = carried.stored
    if carried.stages:
        return {stored.key, label(stored.key)}
    return {stored.key, stored.spec, label(stored.key), stored.key.partition("@")[0]}
