"""Threads of this process."""

from __future__ import annotations

import os
import threading
import traceback
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from lookalike.places import Found
from lookalike.store.crews.base import Done, Task
from lookalike.store.intake import Taken, take_in


class Threads:
    """Threads that read, decode and describe; the caller commits.

    Parameters
    ----------
    size : int, optional
        How many; by default one a processor.
    """

    survives_crashes = False

    def __init__(self, size: int | None = None) -> None:
        self.size = size or os.cpu_count() or 1

    @property
    def about(self) -> str:
        """How many."""
        return "1 thread" if self.size == 1 else f"{self.size} threads"

    def taken(self, chunks: Iterable[list[Found]], task: Task) -> Generator[Done, None, None]:
        """See `Crew.taken`; the chunks come back in order."""
        stop = threading.Event()
        running: deque[Future[list[Taken]]] = deque()
        with ThreadPoolExecutor(self.size, thread_name_prefix="lookalike") as pool:
            try:
                for chunk in chunks:
                    running.append(
                        pool.submit(take_in, chunk, task.descriptors, task.known, stop.is_set)
                    )
                    if len(running) > 2 * self.size:
                        yield Done(running[0].result())
                        running.popleft()
                while running:
                    yield Done(running[0].result())
                    running.popleft()
            except GeneratorExit:
                stop.set()  # the commit failed: nothing can be handed on
                raise
            except BaseException as error:
                # Ctrl-C, or an error that would meet every picture: the workers end at the next
                # picture, and what they have is still committed.
                stop.set()
                let_go(error)
                yield from _finished(running)
                raise

    def close(self) -> None:
        """Do nothing: the threads end with each `taken`."""


def let_go(error: BaseException) -> None:
    """Let go of what the frames of an error hold.

    Ctrl-C may come when a transaction has begun, and before the `with` that is to end it knows of
    it. It then ends with its frames, which the error keeps; and the workers would wait for it, and
    this thread for the workers.
    """
    traceback.clear_frames(error.__traceback__)


def _finished(running: deque[Future[list[Taken]]]) -> Iterator[Done]:
    for future in running:
        if not future.cancel() and future.exception() is None:
            yield Done(future.result())
