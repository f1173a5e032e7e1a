"""Ground truth: pictures, queries, and which answers to each of them are right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from lookalike.errors import BadParameter

Rows: TypeAlias = npt.NDArray[np.int64]
Box: TypeAlias = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class GroundTruth:
    """Pictures, queries, and which answers to each of them are right.

    A row is the place of a picture in `files`.

    Attributes
    ----------
    name : str
    files : tuple of Path
        Every picture, searched or asked with, in the order that ties keep.
    searched : (n_files,) bool
        Which of them are searched among.
    queries : (q,) int64
        Rows. The same picture may be asked with more than once, with another box.
    relevant : tuple of (r,) int64
        For each query the rows of its right answers, all of them searched.
    junk : tuple of (j,) int64
        For each query the rows that are neither right nor wrong: they are taken out of the ranking.
        The query itself stands here, if it is searched and its protocol says so.
    boxes : mapping of int to (left, top, right, bottom)
        Place in `queries` → the part of the picture that is asked with, in pixels, upright.
    measures : tuple of str
        Names of the official measures, the one that is quoted first; see `measures.measure`.
    source : str
        Who defined it, and how it is measured, in a sentence or two.
    """

    name: str
    files: tuple[Path, ...]
    searched: npt.NDArray[np.bool_]
    queries: Rows
    relevant: tuple[Rows, ...]
    junk: tuple[Rows, ...]
    measures: tuple[str, ...]
    source: str
    boxes: Mapping[int, Box] = field(default_factory=dict)

    def __post_init__(self) -> None:
        count, asked = len(self.files), len(self.queries)
        if self.searched.shape != (count,) or len(self.relevant) != asked:
            raise BadParameter(f"{self.name}: the ground truth does not fit its {count} pictures")
        if len(self.junk) != asked:
            raise BadParameter(f"{self.name}: {len(self.junk)} lists of junk for {asked} queries")
        for rows in (self.queries, *self.relevant, *self.junk):
            if rows.size and not (rows.min() >= 0 and rows.max() < count):
                raise BadParameter(f"{self.name}: a row is not among the {count} pictures")
        for query, right, junk in zip(self.queries, self.relevant, self.junk, strict=True):
            if not self.searched[right].all():
                raise BadParameter(
                    f"{self.name}: a right answer to {self.files[query]} is not searched among"
                )
            if not set(right.tolist()).isdisjoint(junk.tolist()):
                raise BadParameter(
                    f"{self.name}: an answer to {self.files[query]} is both right and junk"
                )


def by_groups(
    name: str,
    files: Sequence[Path],
    groups: Sequence[object],
    *,
    measures: tuple[str, ...],
    source: str,
    queries: Rows | None = None,
) -> GroundTruth:
    """Return the ground truth in which all pictures of one group are right answers to each other.

    All are searched; a query itself is junk.

    Parameters
    ----------
    name : str
    files : sequence of Path
    groups : sequence of hashable
        One for each file.
    measures, source
        As for `GroundTruth`.
    queries : (q,) int64, optional
        All files unless told. One that is alone in its group is left out: nothing is right.
    """
    members: dict[object, list[int]] = {}
    for row, group in enumerate(groups):
        members.setdefault(group, []).append(row)
    everything = np.arange(len(files)) if queries is None else queries
    asked = [int(row) for row in everything if len(members[groups[int(row)]]) > 1]
    together = {group: np.array(rows, np.int64) for group, rows in members.items()}
    return GroundTruth(
        name=name,
        files=tuple(files),
        searched=np.ones(len(files), bool),
        queries=np.array(asked, np.int64),
        relevant=tuple(_others(together[groups[row]], row) for row in asked),
        junk=tuple(np.array([row], np.int64) for row in asked),
        measures=measures,
        source=source,
    )


def _others(rows: Rows, row: int) -> Rows:
    others: Rows = rows[rows != row]
    return others
