"""What a process that only decodes pictures does; `processes` starts it and asks it.

It opens no file: bytes come in, pixels go out. It ends as soon as its parent does.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from lookalike.errors import PictureError, PictureTooLarge
from lookalike.images import wire
from lookalike.images.decoding import Encoded
from lookalike.images.files import MAX_BYTES
from lookalike.images.formats import FORMATS
from lookalike.images.loading import facts_of, seen_in
from lookalike.images.views import Image, View

_KEPT_BYTES = 256 * 2**20

_GRACE = 1.0
"""Seconds after the parent's patience; then the system ends this process, parent or not."""


def main() -> None:
    """Answer until the parent closes the pipe; never returns."""
    try:
        _serve()
    except (EOFError, BrokenPipeError):  # the parent is gone, so there is nobody to tell
        os._exit(0)
    except BaseException:
        traceback.print_exc()
    finally:
        # Not sys.exit, which would wait for the thread that reads.
        os._exit(1)


def _serve() -> None:
    # Ctrl-C and a polite end are the parent's to answer: it may still want what is being decoded.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if sys.platform != "win32":  # a program may have been started with its alarms off
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])
    requests, replies = _pipes()
    limits, _ = wire.receive(requests, 0)
    _import_all()
    _bound_memory(limits["max_bytes_of_memory"])
    waiting: queue.SimpleQueue[tuple[wire.Header, bytes]] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(requests, waiting), daemon=True).start()
    wire.send(replies, {"ready": True})
    while True:
        request, data = waiting.get()
        with _at_most(limits["seconds"] + _GRACE):
            header, pictures = _answer(request, data, limits)
        wire.send(replies, header, pictures)
        del pictures
        _give_back()


def _give_back() -> None:
    """Return memory to the system, of which the C library keeps what a large picture took."""
    if sys.platform != "linux":
        return
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[1])
    if pages * resource.getpagesize() > _KEPT_BYTES:
        import ctypes

        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # only glibc has it
        if trim is not None:
            trim(0)


def _pipes() -> tuple[BinaryIO, BinaryIO]:
    """Keep the pipes for messages alone; what a decoder prints goes to standard error."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return requests, replies


def _read(requests: BinaryIO, waiting: queue.SimpleQueue[tuple[wire.Header, bytes]]) -> None:
    # In a thread of its own, so that the end of the pipe is seen in the middle of a decode, too.
    try:
        while True:
            header, blocks = wire.receive(requests, MAX_BYTES)
            waiting.put((header, bytes(blocks.pop())))
    except EOFError:
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def _import_all() -> None:
    """Import every decoder now: the first picture need not wait, and no limit is in the way."""
    from PIL import ImageCms  # noqa: F401

    for known in FORMATS:
        if not known.missing():
            known.open_class()


def _bound_memory(allowed: int | None) -> None:
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if allowed is not None and sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        bound = pages * resource.getpagesize() + allowed
        resource.setrlimit(resource.RLIMIT_AS, (bound, bound))


@contextlib.contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Have the system end this process if it takes longer, whatever it is busy with."""
    if sys.platform == "win32":
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, seconds)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)


def _answer(
    request: wire.Header, data: bytes, limits: Mapping[str, Any]
) -> tuple[wire.Header, list[Image]]:
    try:
        encoded = Encoded("it", data, limits["max_pixels"])
        if "views" not in request:
            return {"facts": dataclasses.asdict(facts_of(encoded))}, []
        views = [View(*fields) for fields in request["views"]]
        seen = seen_in(encoded, views, request["box"] and tuple(request["box"]))
        pictures = [seen[view] for view in views]
        return {"shapes": [picture.shape for picture in pictures]}, pictures
    except PictureError as error:
        error = _out_of_memory(limits["max_bytes_of_memory"]) if _lacked(error) else error
        return {"error": type(error).__name__, "why": error.why}, []


def _lacked(error: PictureError) -> bool:
    """Tell whether memory is what a decoder was short of; they say so in their own ways."""
    cause = error.__cause__
    return isinstance(cause, MemoryError) or "memory" in str(cause).lower()


def _out_of_memory(allowed: int | None) -> PictureTooLarge:
    bound = "there is" if allowed is None else f"{allowed / 2**20:,.0f} MiB"
    return PictureTooLarge("it", f"it takes more memory than {bound} to decode; save it smaller")


if __name__ == "__main__":
    main()
