"""Whether what was copied is what it was copied from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from itertools import chain
from random import Random

import numpy as np

from lookalike import metrics
from lookalike.errors import GalleryDamaged
from lookalike.gallery.copying.ends import About, Carried, Lot, Placed, Source, Target
from lookalike.gallery.copying.plan import Sent, pairs
from lookalike.gallery.milvus.kept.rows import FileRow
from lookalike.metrics import Vectors
from lookalike.search.choice import LEAST_RECALL

SAMPLE, SEARCHES, TOP = 1000, 100, 10

# Metrics without a matrix product: the same work takes a hundred times as long.
_SLOW, _FEW_SEARCHES = frozenset({"manhattan", "chi2"}), 5
_LIMIT = 64  # answers, of which several may be copies of one picture
_EVERY = 5000
_ROUNDING = 1e-5

# A vector that is coded again may get the code of another centroid that is as near but for the
# rounding of squares in 32 bits: of that the root.
_OF_CODES = 1e-3

Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class Searches:
    """What searches in the copy find.

    Attributes
    ----------
    descriptor : str
        Its key.
    queries : int
        Pictures of the gallery that were searched with.
    recall : float
        Share of the ten nearest of the source, itself left out, that a search in the target finds.
    """

    descriptor: str
    queries: int
    recall: float


@dataclass
class Checks:
    """What was compared, and found to be the same.

    Attributes
    ----------
    files : int
        By path, SHA-256 and all that is known of them.
    vectors : dict of str to int
        How many vectors the copied files have, by the key of the descriptor.
    sampled : int
        Vectors that were compared bit by bit.
    rounded : int
        Of those, so many that are made of codes and differ by their last bits.
    others : int
        Files of the target that the source does not have.
    searches : list of Searches
    """

    files: int = 0
    vectors: dict[str, int] = field(default_factory=dict)
    sampled: int = 0
    rounded: int = 0
    others: int = 0
    searches: list[Searches] = field(default_factory=list)


def verify(
    source: Source,
    target: Target,
    descriptors: Sequence[Carried],
    placed: Placed,
    tell: Tell,
) -> Checks:
    """Compare two galleries.

    Parameters
    ----------
    source : Source
    target : Target
        May be told to search harder, if it finds too little.
    descriptors : sequence of Carried
        Those that were copied.
    placed : callable
        Where the files of the source lie in the target.
    tell : callable
        Called with how many files were compared, and of how many.

    Returns
    -------
    Checks

    Raises
    ------
    GalleryDamaged
        They differ; the message tells where.
    """
    checks = Checks()
    sample = _compare_files(source, target, descriptors, placed, checks, tell)
    for one in descriptors:
        described = [each for each in sample if one.number in each.source.described]
        _compare_vectors(source, target, one, described, checks)
        if described:
            checks.searches.append(_searched(source, target, one, described))
    return checks


def check_about(source: About, target: About, where: str) -> None:
    """See that a gallery knows of itself what the one knows that it was copied from.

    Raises
    ------
    GalleryDamaged
    """
    columns = {name.casefold() for name in target.columns}
    calibrated = {(one.descriptor, one.metric) for one in target.calibrations}
    lacks = {
        "folder": [one for one in source.folders if one not in set(target.folders)],
        "column": [one for one in source.columns if one.casefold() not in columns],
        "calibration": [
            f"{one.descriptor} by {one.metric}"
            for one in source.calibrations
            if (one.descriptor, one.metric) not in calibrated
        ],
    }
    for kind, names in lacks.items():
        if names:
            raise _differ(where, f"the {kind} {names[0]} is not there")


# -- files -----------------------------------------------------------------------------------


def _compare_files(
    source: Source,
    target: Source,
    descriptors: Sequence[Carried],
    placed: Placed,
    checks: Checks,
    tell: Tell,
) -> list[Sent]:
    """Compare all files; return some, drawn at random but always the same."""
    total, random, sample = source.count(), Random(0), list[Sent]()  # noqa: S311
    described: Counter[int] = Counter()
    wrong, first = 0, ""
    seen = _Counted(target)
    there = iter(seen)
    tell(0, total)
    for one in pairs(source, there, descriptors, placed):
        checks.files += 1
        described.update(set(one.source.described))
        if not one.is_there:
            first = first or _difference(one)
            wrong += 1
        if len(sample) < SAMPLE:
            sample.append(one)
        elif (place := random.randrange(checks.files)) < SAMPLE:
            sample[place] = one
        if checks.files % _EVERY == 0:
            tell(checks.files, total)
    for _ in there:
        pass  # what only the target has
    tell(checks.files, total)
    if wrong:
        raise _differ(
            target.where, first + (f", and so do {wrong - 1:,} more" if wrong > 1 else "")
        )
    checks.others = seen.files - checks.files
    for carried in descriptors:
        checks.vectors[carried.stored.key] = described[carried.number]
        _check_count(target, carried, seen.described[carried.number])
    return sample


class _Counted:
    """The files of a gallery, counted on their way."""

    def __init__(self, gallery: Source) -> None:
        self._gallery = gallery
        self.files = 0
        self.described: Counter[int] = Counter()

    def __iter__(self) -> Iterator[FileRow]:
        for file, _ in self._gallery.files():
            self.files += 1
            self.described.update(set(file.described))
            yield file


def _difference(sent: Sent) -> str:
    file, there = sent.file, sent.before
    if there is None:
        return f"{file.path} is not there"
    if there.sha256 != file.sha256:
        return f"{file.path} has the SHA-256 {there.sha256.hex()}, not {file.sha256.hex()}"
    if not set(file.described) <= set(there.described):
        return f"{file.path} lacks a vector"
    names = [one.name for one in fields(file) if one.name not in ("id", "described")]
    other = [name for name in names if getattr(file, name) != getattr(there, name)]
    return f"{file.path} differs in {', '.join(other)}"


def _check_count(target: Source, carried: Carried, expected: int) -> None:
    found = target.count_vectors(carried)
    if found is not None and found != expected:
        raise _differ(
            target.where,
            f"{expected:,} files should have a vector of {carried.stored.key}, and there are "
            f"{found:,}",
        )


# -- vectors ---------------------------------------------------------------------------------


def _compare_vectors(
    source: Source, target: Source, carried: Carried, sample: Sequence[Sent], checks: Checks
) -> None:
    ours = source.vectors_of(carried, [one.source for one in sample])
    theirs = target.vectors_of(carried, [one.before for one in sample if one.before is not None])
    checks.sampled += len(sample)
    same = (ours.view(np.uint32) == theirs.view(np.uint32)).all(axis=1)
    if carried.is_coded:
        size = np.abs(ours).max(axis=1, initial=0)
        close = np.abs(ours - theirs).max(axis=1, initial=0) <= _OF_CODES * size
        checks.rounded += int((close & ~same).sum())
        same |= close
    wrong = np.flatnonzero(~same)
    if len(wrong):
        path = sample[int(wrong[0])].file.path
        more = f", and so do {len(wrong) - 1:,} more of {len(sample):,}" if len(wrong) > 1 else ""
        raise _differ(target.where, f"the vector of {path} by {carried.stored.key} differs{more}")


# -- searches --------------------------------------------------------------------------------


def _searched(source: Source, target: Target, carried: Carried, sample: Sequence[Sent]) -> Searches:
    """Search in both by some pictures, in the source through all vectors."""
    metric = carried.stored.metric
    asked = list({one.source.sha256: one.source for one in sample}.values())
    asked = asked[: _FEW_SEARCHES if metric in _SLOW else SEARCHES]
    queries = source.vectors_of(carried, asked)
    if metric == "cosine":  # everything is equally far from a vector of zeros
        used = np.flatnonzero(queries.any(axis=1))
        queries, asked = queries[used], [asked[place] for place in used]
    hashes = [file.sha256 for file in asked]
    expected = _nearest(source.all_vectors(carried), queries, hashes, metric)

    def share() -> float:
        """Return how much of that the target finds."""
        hits = target.nearest(carried, queries, _LIMIT)
        if hits is None:
            found = _nearest(target.all_vectors(carried), queries, hashes, metric)
        else:
            found = [
                _nearest(iter([lot]), query[None], [own], metric)[0]
                for lot, query, own in zip(hits, queries, hashes, strict=True)
            ]
        shares = [_share(one, other) for one, other in zip(expected, found, strict=True)]
        return float(np.mean(shares or [1.0]))

    recall = share()
    while recall < LEAST_RECALL and target.look_harder(carried):
        recall = share()
    return Searches(carried.stored.key, len(asked), recall)


def _nearest(
    lots: Iterator[Lot], queries: Vectors, own: Sequence[bytes], metric: str
) -> list[dict[bytes, float]]:
    """Return the nearest pictures to each query with their distances, itself left out."""
    best: list[dict[bytes, float]] = [{} for _ in queries]
    for hashes, vectors in lots:
        if not len(vectors):
            continue
        first = {sha256: place for place, sha256 in reversed(list(enumerate(hashes)))}
        places = np.array(list(first.values()))
        names = list(first)
        distances = metrics.distances(queries, vectors[places], metric)
        count = min(TOP + 1, len(names))
        rows = np.argpartition(distances, count - 1, axis=1)[:, :count]
        for query, row in enumerate(rows):
            of_lot = {names[place]: float(distances[query, place]) for place in row}
            both = chain(best[query].items(), of_lot.items())
            nearest = sorted((d, sha256) for sha256, d in both if sha256 != own[query])
            best[query] = {sha256: d for d, sha256 in reversed(nearest[:TOP])}
    return best


def _share(expected: dict[bytes, float], found: dict[bytes, float]) -> float:
    """Return the share of what is nearest that was found; of equally near ones any count."""
    if not expected:
        return 1.0
    bound = max(expected.values())
    bound += _ROUNDING * (1 + bound)
    near = sum(sha256 in expected or d <= bound for sha256, d in found.items())
    return min(1.0, near / len(expected))


def _differ(where: str, what: str) -> GalleryDamaged:
    return GalleryDamaged(
        f"{where} is not what it was copied from: {what}. Was one of the two written to meanwhile? "
        "Then copy again. Otherwise take out what differs (lookalike remove), and copy again"
    )
