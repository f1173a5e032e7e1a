"""One worker, as it is on its own machine."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from lookalike.descriptors import Descriptor
from lookalike.errors import LookalikeError
from lookalike.images import DecodingProcesses
from lookalike.places import Found
from lookalike.store.commit import Written
from lookalike.store.crews.base import Done, Writer
from lookalike.store.crews.on_ray.errands import Errand, Failed, unpacked
from lookalike.store.intake import Taken, nothing_known, take_in

# While one chunk is read or decoded, which is done elsewhere, another is described.
AT_ONCE = 2
_SECONDS_TO_DECODE = 300.0


class Worker:
    """Takes chunks in, `AT_ONCE` at a time.

    Notes
    -----
    Decoding is done in processes of its own, so that a picture that brings its decoder down is a
    failure of that picture.
    """

    def __init__(self) -> None:
        self._decoding = DecodingProcesses(AT_ONCE, seconds=_SECONDS_TO_DECODE)
        self._descriptors: Mapping[int, Descriptor] = {}
        self._writer: Writer | None = None
        self._writing = threading.Lock()

    def begin(self, errand: Errand) -> Failed | None:
        """Get ready; return why not."""
        try:
            self._descriptors = unpacked(errand)
            self._writer = errand.writer.open() if errand.writer else None
        except LookalikeError as error:
            return Failed.of(error)
        return None

    def take(self, files: Sequence[Found]) -> Done | Failed:
        """Take a chunk in, and commit it if there is a writer."""
        known = self._known if self._writer else nothing_known
        try:
            taken = take_in(files, self._descriptors, known, lambda: False, self._decoding)
            return Done(taken) if self._writer is None else self._committed(self._writer, taken)
        except LookalikeError as error:
            return Failed.of(error)

    def end(self) -> None:
        """Let go of everything, when there is nothing left to do."""
        self._decoding.close()
        if self._writer is not None:
            self._writer.close()

    def _committed(self, writer: Writer, taken: list[Taken]) -> Done:
        with self._writing:
            written: Written = writer.commit(taken)
        for one in taken:
            one.vectors.clear()
        return Done(taken, written)

    def _known(self, hashes: Sequence[bytes]) -> Mapping[bytes, frozenset[int]]:
        assert self._writer is not None  # noqa: S101  (only asked where there is one)
        with self._writing:
            return self._writer.known(hashes)
