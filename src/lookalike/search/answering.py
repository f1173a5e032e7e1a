"""What was found → matches, wherever it was found.

Here is what all galleries have in common: what may be asked, how far away a match may be, and which
of the files that were found are answers.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lookalike.descriptors import label
from lookalike.errors import NotIndexed, UsageError
from lookalike.search.calibration import Calibration
from lookalike.search.describing import Described
from lookalike.search.matches import Match
from lookalike.search.query import Query
from lookalike.store.catalog import StoredDescriptor


class File(NamedTuple):
    """A file of a gallery, with what is known of its content."""

    content: int
    id: int
    path: bytes
    sha256: bytes
    width: int
    height: int
    format: str
    bytes: int


class Found(NamedTuple):
    """A file that was found, and how near it is; `probable` is for one that is not identical."""

    file: File
    distance: float
    similarity: float
    probable: float | None


@dataclass(frozen=True)
class Wanted:
    """How to search.

    Attributes
    ----------
    top : int or None
        How many matches, at least 1; None for ten, or for all within the distance or of the
        probability, if one is given.
    within : float or None
        The largest distance; None for any.
    metric : str or None
        Another than the descriptor's natural one.
    index : str or None
        Another than the chosen one.
    where : tuple of str
        Conditions that every match meets; see `lookalike.store.where`.
    min_probability : float or None
        How probably a match is to be the same picture, at least; above 0, at most 1.
    """

    top: int | None = None
    within: float | None = None
    metric: str | None = None
    index: str | None = None
    where: tuple[str, ...] = ()
    min_probability: float | None = None

    def __post_init__(self) -> None:
        if self.top is not None and self.top < 1:
            raise UsageError(f"top must be at least 1, not {self.top}")
        if self.within is not None and not self.within >= 0:
            raise UsageError(f"within is a distance, 0 or more, not {self.within}")
        if self.min_probability is not None and not 0 < self.min_probability <= 1:
            raise UsageError(
                f"a probability is above 0 and at most 1, not {self.min_probability}; "
                "80 % is written 0.8"
            )

    @property
    def most(self) -> int | None:
        """The most matches that are wanted; None for all there are."""
        is_limited = self.within is not None or self.min_probability is not None
        return 10 if self.top is None and not is_limited else self.top


def check_known(
    calibration: Calibration | None, stored: StoredDescriptor, metric: str, asked: Sequence[Query]
) -> None:
    """Refuse to go by a probability that nobody knows.

    Raises
    ------
    UsageError
        No single whole picture is searched with.
    NotIndexed
        It was not tested yet.
    """
    if any(query.has_marks for query in asked):
        raise UsageError(
            "with marks a search goes by no single picture any more, so no match is probably the "
            "same; leave min_probability out, or the marks"
        )
    if not all(query.is_whole for query in asked):
        raise UsageError(
            "with a box or several parts a search goes by no single whole picture, so no match is "
            "probably the same; leave min_probability out, or search with one picture"
        )
    if calibration is None:
        option = "" if metric == stored.metric else f" --metric {metric}"
        raise NotIndexed(
            f"how probable a match is by {label(stored.key)} and {metric} distance was not tested "
            f"in this gallery yet; do it: lookalike selftest{option}"
        )
    if any(query.is_words for query in asked):
        raise UsageError(
            "words are no copy of a picture, so no match of them has a probability; leave "
            "min_probability out"
        )


def within(wanted: Wanted, calibration: Calibration | None, vectors: int) -> float | None:
    """Return the largest distance at which a match may be."""
    if calibration is None or wanted.min_probability is None:
        return wanted.within
    found = calibration.distance(wanted.min_probability, vectors)
    # Where nothing near is so probable, an identical file still is, which is almost at 0. A bit
    # more never hurts: what is not probable enough is left out later.
    limit = calibration.distances[0] if found is None else found * (1 + 1e-6)
    return limit if wanted.within is None else min(limit, wanted.within)


def nothing_yet(stored: StoredDescriptor) -> NotIndexed:
    """Return the error for a gallery in which nothing can be found by a descriptor."""
    return NotIndexed(
        f"no picture has a vector of {stored.key} yet; bring the gallery up to date: "
        "lookalike index"
    )


def is_left_out(query: Query, described: Described, file: File) -> bool:
    """Tell whether a file is no answer: the query's own, or what is known to be none."""
    if file.id == query.id or file.sha256 in described.without:
        return True
    return file.sha256 == described.sha256 and _is_same_file(os.fsdecode(file.path), query.path)


def answers(
    query: Query, described: Described, found: Iterable[Found], wanted: Wanted
) -> tuple[Match, ...]:
    """Return the matches among what was found, which comes nearest first."""
    out: list[Match] = []
    for file, distance, similarity, probable in found:
        if is_left_out(query, described, file):
            continue
        identical = file.sha256 == described.sha256
        probability = _probability(query, probable, identical)
        if wanted.min_probability and (probability or 0) < wanted.min_probability:
            continue
        if len(out) == wanted.most:
            break
        out.append(
            Match(
                rank=len(out) + 1,
                id=file.id,
                path=os.fsdecode(file.path),
                distance=distance,
                similarity=similarity,
                probability=probability,
                identical=identical,
                width=file.width,
                height=file.height,
                format=file.format,
                bytes=file.bytes,
                sha256=file.sha256.hex(),
            )
        )
    return tuple(out)


def _probability(query: Query, probable: float | None, identical: bool) -> float | None:
    """Return how probably a file shows the same picture; of the same bytes it is certain."""
    if probable is None or query.is_words or query.has_marks or not query.is_whole:
        return None
    return 1.0 if identical else probable


def _is_same_file(name: str, query: str | None) -> bool:
    """Whether the query is this very file, perhaps under another path that leads to it."""
    if query is None or name == query:
        return name == query
    return os.path.exists(name) and os.path.exists(query) and os.path.samefile(name, query)  # noqa: PTH110, PTH121
