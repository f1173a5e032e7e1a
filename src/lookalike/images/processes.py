"""Decoding in other processes, which can be stopped and may crash.

In this process a picture that takes minutes takes minutes, and one that crashes a decoder ends the
program. That is fine for one's own pictures, and not for strangers'.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import threading
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any

import numpy as np

from lookalike.errors import (
    BadParameter,
    CorruptPicture,
    PictureError,
    PictureTooSlow,
    UsageError,
)
from lookalike.images import loading, wire
from lookalike.images.decoding import MAX_PIXELS
from lookalike.images.loading import PictureFacts, Source, file_of
from lookalike.images.process import Crash, Process, TooSlow
from lookalike.images.regions import checked
from lookalike.images.views import Image, Region, View
from lookalike.images.watchdog import Watchdog

_MOST_SECONDS = 86_400.0


class DecodingProcesses:
    """Reads pictures in processes of its own, bounded in time, pixels and memory.

    Parameters
    ----------
    processes : int
        How many pictures are decoded at a time, at least 1. Each process starts when it is first
        needed, and stays.
    seconds : float
        That decoding one picture may take; a process that takes longer is killed.
    max_pixels : int
        Larger pictures are refused before they are decoded; at most `lookalike.images.MAX_PIXELS`.
    max_bytes_of_memory : int or None
        What decoding may take beside the process itself; None for no bound. Of address
        space, which is more than is used: decoders that work in threads reserve some for each.
        Only Linux keeps to it.

    Raises
    ------
    BadParameter
        A bound that is none.

    Notes
    -----
    Any number of threads may ask; when all processes are busy, they wait, and no longer than those
    before them take. Processes end by `close`, and by themselves when the parent ends, however
    it does. Ctrl-C does not reach them.

    Examples
    --------
    >>> with DecodingProcesses(seconds=5) as decoding:         # doctest: +SKIP
    ...     decoding.load_views("stranger.jpg", [View.within(256)])
    """

    def __init__(
        self,
        processes: int = 1,
        seconds: float = 10.0,
        max_pixels: int = MAX_PIXELS,
        max_bytes_of_memory: int | None = None,
    ) -> None:
        _check("processes", processes >= 1, "1 or more", processes)
        _check("seconds", 0 < seconds <= _MOST_SECONDS, "above 0, to a day", seconds)
        _check("max_pixels", 1 <= max_pixels <= MAX_PIXELS, f"1 to {MAX_PIXELS:,}", max_pixels)
        memory = max_bytes_of_memory
        _check("max_bytes_of_memory", memory is None or memory >= 1, "1 or more, or None", memory)
        self._max_pixels = max_pixels
        limits = {"seconds": seconds, "max_pixels": max_pixels, "max_bytes_of_memory": memory}
        self._watchdog = Watchdog()
        self._all = [Process(limits, self._watchdog) for _ in range(processes)]
        self._idle = list(self._all)
        self._changed = threading.Condition()
        self._closed = False

    @property
    def running(self) -> tuple[int, ...]:
        """The system's numbers of the processes that have been started."""
        return tuple(process.id for process in self._all if process.id is not None)

    def load_views(
        self,
        source: Source,
        views: Iterable[View],
        *,
        name: str | None = None,
        box: Region | None = None,
    ) -> dict[View, Image]:
        """Read a picture once and return it in several views, as `lookalike.images.load_views`.

        A file is read here, and an array is seen here, for there is nothing to decode.

        Raises
        ------
        PictureError, BadParameter
            As for `lookalike.images.load_views`.
        PictureTooLarge
            It has more pixels, or takes more memory, than is allowed.
        PictureTooSlow
            It takes longer than is allowed.
        CorruptPicture
            The process crashed over it, too.
        UsageError
            After `close`.
        """
        region = None if box is None else checked(box)
        if isinstance(source, np.ndarray):
            return loading.load_views(source, views, name=name, box=region)
        wanted = list(dict.fromkeys(views))
        request = {"views": [dataclasses.astuple(view) for view in wanted], "box": region}
        most = sum(_most_pixels(view, self._max_pixels) for view in wanted) * 3
        with self._asked(source, name, request, most) as (header, blocks):
            pictures = [
                np.frombuffer(block, np.uint8).reshape(_shape(shape))
                for block, shape in zip(blocks, header["shapes"], strict=True)
            ]
            return dict(zip(wanted, pictures, strict=True))

    def probe(self, source: Source, *, name: str | None = None) -> PictureFacts:
        """Return what can be told about a picture without decoding its pixels.

        Raises
        ------
        PictureError, BadParameter, UsageError
            As for `load_views`.
        """
        if isinstance(source, np.ndarray):
            return loading.probe(source, name=name)
        with self._asked(source, name, {}, 0) as (header, _):
            return _facts(header["facts"])

    def close(self) -> None:
        """End the processes, when they are done with what they decode; may be called again."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: len(self._idle) == len(self._all))
            for process in self._all:
                process.stop()
        self._watchdog.close()

    def __enter__(self) -> DecodingProcesses:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextlib.contextmanager
    def _asked(
        self,
        source: str | os.PathLike[str] | bytes,
        name: str | None,
        request: wire.Header,
        most: int,
    ) -> Iterator[tuple[wire.Header, list[bytearray]]]:
        called, data = file_of(source, name)
        with self._one() as process:
            try:
                header, blocks = process.ask(request, data, most)
                _raise_told(called, header)
                yield header, blocks
            except TooSlow as slow:
                raise PictureTooSlow(called, f"{slow}; save it anew, smaller") from slow
            # A process that answers with nonsense may no longer be what was started.
            except (Crash, ValueError, TypeError, KeyError) as crash:
                process.stop()
                raise CorruptPicture(
                    called, f"its decoder crashed ({crash}); save it as PNG, or copy it again"
                ) from crash

    @contextlib.contextmanager
    def _one(self) -> Iterator[Process]:
        with self._changed:
            self._changed.wait_for(lambda: self._idle or self._closed)
            if self._closed:
                raise UsageError("these decoding processes are closed; make new ones")
            process = self._idle.pop()  # the one that worked last is surely started
        try:
            yield process
        finally:
            with self._changed:
                self._idle.append(process)
                if self._closed:
                    self._changed.notify_all()  # who closes waits for all of them
                else:
                    self._changed.notify()


def _check(name: str, fits: bool, range_: str, value: object) -> None:
    if not fits:
        raise BadParameter(f"{name} of decoding processes is {range_}, not {value}")


_TOLD = {kind.__name__: kind for kind in PictureError.__subclasses__()}


def _raise_told(name: str, header: wire.Header) -> None:
    if "error" in header:
        raise _TOLD[header["error"]](name, str(header["why"]))


def _most_pixels(view: View, max_pixels: int) -> int:
    return max_pixels if view.how == "full" else view.width * (view.height or view.width)


def _shape(told: Any) -> tuple[int, int, int]:
    height, width, colours = told
    if colours != 3 or min(height, width) < 1:
        raise ValueError(f"{told!r} is the shape of no picture")
    return height, width, colours


def _facts(told: Any) -> PictureFacts:
    facts = PictureFacts(**told)
    numbers = facts.width, facts.height, facts.bytes
    words = (facts.format, "" if facts.taken is None else facts.taken)
    if not all(type(n) is int and n > 0 for n in numbers) or not all(type(w) is str for w in words):
        raise ValueError(f"{told!r} tells of no picture")
    return facts
