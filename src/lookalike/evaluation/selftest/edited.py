"""Pictures of a gallery, drawn and edited → the vectors of their copies."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from lookalike import images, places
from lookalike.descriptors import Descriptor, describe_together
from lookalike.errors import BadParameter, PictureError, UnknownName
from lookalike.images import View
from lookalike.metrics import Vectors
from lookalike.samples.edits import EDITS, Edit
from lookalike.store.catalog import Catalog

SIZE = 512
"""Pixels of the longer side, at most, at which pictures are edited."""

STRENGTHS = ("mild", "strong")

# Pictures that are handed to the threads at once, for each of them.
_AHEAD = 8


@dataclass(frozen=True)
class Candidate:
    """A picture that may be drawn: a content, and what it is known by."""

    content: int
    sha256: bytes


@dataclass(frozen=True, eq=False)
class Edited:
    """Edited copies of pictures, described.

    Attributes
    ----------
    contents : (n,) int64
        Whose copies they are.
    vectors : mapping of int to (n, edits, dim) float32
        By the id of the descriptor.
    passed_over : mapping of str to int
        How many pictures could not be had, by the reason.
    """

    contents: npt.NDArray[np.int64]
    vectors: Mapping[int, Vectors]
    passed_over: Mapping[str, int]


def chosen_edits(names: Sequence[str]) -> tuple[Edit, ...]:
    """Return the edits of these names; ``mild`` and ``strong`` stand for several, nothing for all.

    Raises
    ------
    UnknownName
        There is no such edit.
    """
    if isinstance(names, str):
        raise BadParameter(f"edits is a list of them: [{names!r}]")
    for name in names:
        if name not in (*STRENGTHS, *EDITS):
            raise UnknownName("edit", name, (*STRENGTHS, *EDITS))
    return tuple(e for e in EDITS.values() if not names or {e.name, e.strength} & set(names))


def drawn(catalog: Catalog, descriptors: Sequence[int], seed: int) -> list[Candidate]:
    """Return all contents that have a file and a vector of each descriptor, shuffled by a seed.

    The same pictures and seed give the same order, however they came into the gallery.
    """
    rows = catalog.rows(
        "SELECT id, sha256 FROM contents WHERE id IN (SELECT content_id FROM files) AND "
        "(SELECT count(*) FROM vectors WHERE content_id = contents.id AND descriptor_id IN "
        "(SELECT value FROM json_each(?))) = ? ORDER BY sha256",
        (json.dumps(list(descriptors)), len(descriptors)),
    )
    order = np.random.default_rng(seed).permutation(len(rows))
    return [Candidate(*rows[n]) for n in order]


def edited(
    catalog: Catalog,
    descriptors: Mapping[int, Descriptor],
    edits: Sequence[Edit],
    pictures: int,
    seed: int,
    tell: Callable[[int, int], None],
) -> Edited:
    """Edit pictures of a gallery, and describe the copies.

    Each picture is decoded once, and each edit made once for all descriptors. No more pictures are
    in memory than there are threads, each with its copies.

    Parameters
    ----------
    catalog : Catalog
    descriptors : mapping of int to Descriptor
        By their ids.
    edits : sequence of Edit
    pictures : int
        How many, of those that can be read.
    seed : int
        Of which are drawn, and of what the edits leave to chance.
    tell : callable
        Called with how many are done, and of how many.
    """
    queue = drawn(catalog, list(descriptors), seed)
    wanted = min(pictures, len(queue))
    work = _Work(catalog, list(descriptors.values()), edits, seed)
    contents: list[int] = []
    found: list[list[Vectors]] = []
    passed_over: Counter[str] = Counter()
    tell(0, wanted)
    for candidate, copies in _each(work, queue, wanted):
        if isinstance(copies, str):
            passed_over[copies] += 1
            continue
        contents.append(candidate.content)
        found.append(copies)
        tell(len(found), wanted)
    vectors = {
        identity: np.stack([copies[n] for copies in found])
        for n, identity in enumerate(descriptors)
        if found
    }
    return Edited(np.array(contents, np.int64), vectors, dict(passed_over))


def _each(
    work: _Work, queue: Sequence[Candidate], wanted: int
) -> Iterator[tuple[Candidate, list[Vectors] | str]]:
    """Yield pictures in their order, until so many could be read."""
    threads = os.cpu_count() or 1
    waiting, good = iter(queue), 0
    pool = ThreadPoolExecutor(threads)
    try:
        while good < wanted:
            batch = list(islice(waiting, min(_AHEAD * threads, wanted - good)))
            if not batch:
                return
            for candidate, copies in zip(batch, pool.map(work, batch), strict=True):
                good += not isinstance(copies, str)
                yield candidate, copies
    finally:
        pool.shutdown(cancel_futures=True)  # after Ctrl-C nothing more is begun


@dataclass(frozen=True)
class _Work:
    """What is done with each picture."""

    catalog: Catalog
    descriptors: Sequence[Descriptor]
    edits: Sequence[Edit]
    seed: int

    def __call__(self, candidate: Candidate) -> list[Vectors] | str:
        """Return what each descriptor sees in the copies, (edits, dim); or why there are none."""
        data = self._read(candidate)
        if isinstance(data, str):
            return data
        view = View.within(SIZE)
        try:
            picture = images.load(data, view)
        except PictureError as error:
            return error.reason
        seed = int.from_bytes(candidate.sha256[:6], "big") + self.seed
        wanted = {view for descriptor in self.descriptors for view in descriptor.views}
        copies = []
        for edit in self.edits:
            copy = edit.apply(picture, seed)
            copies.append({view: images.fit(copy, view) for view in wanted})
        return describe_together(self.descriptors, copies)

    def _read(self, candidate: Candidate) -> bytes | str:
        """Return the bytes of a content from one of its files, or why there are none."""
        why = "missing"
        sql = "SELECT path FROM files WHERE content_id = ? ORDER BY path"
        for (path,) in self.catalog.rows(sql, (candidate.content,)):
            try:
                data = places.read_bytes(os.fsdecode(path))
            except PictureError as error:
                why = error.reason
                continue
            if hashlib.sha256(data).digest() == candidate.sha256:
                return data
            why = "changed"
        return why
