"""Reading while writing: one thread is a little ahead of the other."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterator
from typing import TypeVar

T = TypeVar("T")

_DEPTH = 2
_LOOK = 0.2  # seconds; a thread that waits sees that the other has stopped


def ahead(items: Iterator[T]) -> Generator[T, None, None]:
    """Yield items that another thread makes, at most two of them in advance.

    What it raises is raised here. Close this to have it stop: it has then ended.
    """
    made: queue.Queue[tuple[T] | BaseException | None] = queue.Queue(_DEPTH)
    stopped = threading.Event()

    def hand(one: tuple[T] | BaseException | None) -> bool:
        while not stopped.is_set():
            try:
                made.put(one, timeout=_LOOK)
                return True
            except queue.Full:
                pass
        return False

    def make() -> None:
        try:
            for item in items:
                if not hand((item,)):
                    return
            hand(None)
        except BaseException as error:  # told to the other thread, which raises it
            hand(error)

    thread = threading.Thread(target=make, name="reading", daemon=True)
    thread.start()
    try:
        while (one := _got(made)) is not None:
            if isinstance(one, BaseException):
                raise one
            yield one[0]
    finally:
        stopped.set()
        thread.join()


def _got(made: queue.Queue[T]) -> T:
    while True:
        try:
            return made.get(timeout=_LOOK)
        except queue.Empty:  # Windows: only between two waits does Ctrl-C come through
            pass
