"""A few files → what the catalog is to keep of them. Runs in worker threads; writes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from lookalike import images, places
from lookalike.descriptors import Descriptor, Staged, describe_together
from lookalike.errors import LookalikeError, PictureError
from lookalike.images import Decoder, Image, PictureFacts, Source, View
from lookalike.images.process import Crash
from lookalike.metrics import Vectors
from lookalike.places import Found

# So many files, or so large ones, are read before it is asked which of them are known.
_ASKED = 16
_ASKED_BYTES = 32 * 2**20
# Decoded pictures wait for each other until they make a batch of this many or this large.
_BATCH = 16
_BATCH_BYTES = 32 * 2**20

NOT_DESCRIBED = "not-described"
CRASHES = "crashes"


@dataclass
class Taken:
    """One file, read.

    Attributes
    ----------
    found : Found
    sha256 : bytes or None
        Of the file's bytes; None if they could not be read.
    facts : PictureFacts or None
        None if the content was known already, or is no readable picture.
    vectors : dict of int to bytes
        What is to be kept of each vector, by descriptor id: only those that the catalog lacked.
    reason, message : str
        Why the file failed; empty if it did not.
    """

    found: Found
    sha256: bytes | None = None
    facts: PictureFacts | None = None
    vectors: dict[int, bytes] = field(default_factory=dict)
    reason: str = ""
    message: str = ""


@dataclass
class _Waiting:
    taken: Taken
    views: Mapping[View, Image]
    wanted: frozenset[int]


Known = Callable[[Sequence[bytes]], Mapping[bytes, frozenset[int]]]
"""SHA-256s → of those that are known the ids of the descriptors that have a vector."""


def nothing_known(hashes: Sequence[bytes]) -> Mapping[bytes, frozenset[int]]:
    """Know no content."""
    return {}


class Decoding(Protocol):
    """What decodes: `lookalike.images`, right here, or its `DecodingProcesses`."""

    @property
    def load_views(self) -> Decoder:
        """See `lookalike.images.load_views`."""

    def probe(self, source: Source, *, name: str | None = None) -> PictureFacts:
        """See `lookalike.images.probe`."""


def take_in(
    files: Sequence[Found],
    descriptors: Mapping[int, Descriptor],
    known: Known,
    stopped: Callable[[], bool],
    decoding: Decoding = images,
) -> list[Taken]:
    """Read, hash, decode and describe files.

    Parameters
    ----------
    files : sequence of Found
    descriptors : mapping of int to Descriptor
        By their ids in the catalog.
    known : callable
        What the catalog has of contents already; that much is not computed again.
    stopped : callable
        Asked between pictures; once true, the rest is left for another time.
    decoding : Decoding

    Returns
    -------
    list of Taken
        In the order of `files`; a file that failed says why.
    """
    done: list[Taken] = []
    waiting: list[_Waiting] = []
    for read in _read(files, stopped):
        there = known([taken.sha256 for taken, _ in read if taken.sha256])
        for taken, data in read:
            if stopped():
                break
            done.append(taken)
            if taken.sha256 is None:
                continue
            try:
                ready = _decode(taken, data, descriptors, there.get(taken.sha256), decoding)
            except PictureError as error:
                taken.reason, taken.message = _why(error)
                continue
            if ready is not None:
                waiting.append(ready)
            if len(waiting) >= _BATCH or _size(waiting) >= _BATCH_BYTES:
                _describe(waiting, descriptors)
                waiting = []
    _describe(waiting, descriptors)
    return done


def _read(
    files: Sequence[Found], stopped: Callable[[], bool]
) -> Iterator[list[tuple[Taken, bytes]]]:
    """Read and hash files, some at a time; one that cannot be read says why, and has no bytes."""
    some: list[tuple[Taken, bytes]] = []
    with places.reader(files) as read:
        for file in files:
            if stopped():
                return
            taken, data = Taken(file), b""
            try:
                data = read(file)
                taken.sha256 = hashlib.sha256(data).digest()
            except PictureError as error:
                taken.reason, taken.message = _why(error)
            some.append((taken, data))
            if len(some) >= _ASKED or sum(len(data) for _, data in some) >= _ASKED_BYTES:
                yield some
                some = []
    if some:
        yield some


def _decode(
    taken: Taken,
    data: bytes,
    descriptors: Mapping[int, Descriptor],
    there: frozenset[int] | None,
    decoding: Decoding,
) -> _Waiting | None:
    if there is None:
        taken.facts = decoding.probe(data, name=taken.found.path)
    wanted = frozenset(descriptors) - (there or frozenset())
    if not wanted:
        return None
    views = {view for i in wanted for view in descriptors[i].views}
    return _Waiting(taken, decoding.load_views(data, views, name=taken.found.path), wanted)


def _why(error: PictureError) -> tuple[str, str]:
    return CRASHES if isinstance(error.__cause__, Crash) else error.reason, error.why


def _size(waiting: Iterable[_Waiting]) -> int:
    return sum(image.nbytes for one in waiting for image in one.views.values())


def _describe(waiting: Sequence[_Waiting], descriptors: Mapping[int, Descriptor]) -> None:
    for group in _sharing(descriptors):
        batch = [one for one in waiting if one.wanted & group.keys() and not one.taken.reason]
        for one, found in zip(batch, _vectors(batch, list(group.values())), strict=True):
            if isinstance(found, str):
                one.taken.reason, one.taken.message = NOT_DESCRIBED, found
                one.taken.vectors.clear()
            else:
                kept = {
                    i: group[i].coded(vector[np.newaxis])[0]
                    for i, vector in zip(group, found, strict=True)
                    if i in one.wanted
                }
                one.taken.vectors.update(kept)


def _sharing(descriptors: Mapping[int, Descriptor]) -> list[dict[int, Descriptor]]:
    """Part descriptors into those that are computed together; most are alone."""
    groups: dict[object, dict[int, Descriptor]] = {}
    for identity, descriptor in descriptors.items():
        plain = descriptor.plain if isinstance(descriptor, Staged) else descriptor
        groups.setdefault(plain.shared or plain, {})[identity] = descriptor
    return list(groups.values())


def _vectors(
    batch: Sequence[_Waiting], group: Sequence[Descriptor]
) -> list[tuple[Vectors, ...] | str]:
    """Describe a batch; where that fails, describe each alone, so that one fails and not all."""
    if not batch:
        return []
    called = " and ".join(descriptor.name for descriptor in group)
    try:
        found = describe_together(group, [one.views for one in batch])
        columns = [_checked(*pair, len(batch)) for pair in zip(group, found, strict=True)]
    except LookalikeError:
        raise  # a missing network or extra: every picture would fail, so the run stops and says it
    except Exception as error:  # whatever a descriptor of another package may raise
        if len(batch) == 1:
            return [f"{called} failed: {type(error).__name__}: {error}"]
        return [row for one in batch for row in _vectors([one], group)]
    lame = f"{called} gave a vector that is not finite"
    rows = zip(*columns, strict=True)
    return [row if all(np.isfinite(vector).all() for vector in row) else lame for row in rows]


def _checked(descriptor: Descriptor, found: Vectors, count: int) -> Vectors:
    vectors = np.asarray(found, np.float32)
    if vectors.shape != (count, descriptor.dim):
        expected = (count, descriptor.dim)
        raise ValueError(f"it gave vectors of shape {vectors.shape} instead of {expected}")
    return vectors
