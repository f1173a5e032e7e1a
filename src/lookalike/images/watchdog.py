"""Processes that take too long are killed."""

from __future__ import annotations

import contextlib
import math
import subprocess
import threading
import time
from collections.abc import Iterator


class Watchdog:
    """Kills the processes that are not done in time.

    One thread looks after all of them. It is there while there is something to look after, and a
    timer for each would cost as much as decoding a small picture.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._watched: dict[threading.Event, tuple[float, subprocess.Popen[bytes]]] = {}
        self._wakes = math.inf
        self._awake = False

    @contextlib.contextmanager
    def over(self, process: subprocess.Popen[bytes], seconds: float) -> Iterator[threading.Event]:
        """Have a process killed if what is done inside takes longer; the event tells if it was."""
        late, due = threading.Event(), time.monotonic() + seconds
        try:
            with self._changed:
                self._watched[late] = due, process
                if not self._awake:
                    threading.Thread(target=self._watch, name="watchdog", daemon=True).start()
                    self._awake = True
                elif due < self._wakes:
                    self._changed.notify()
            yield late
        finally:
            with self._changed:
                self._watched.pop(late, None)

    def close(self) -> None:
        """Let the thread end now, if it has nothing to look after."""
        with self._changed:
            self._changed.notify()

    def _watch(self) -> None:
        with self._changed:
            while self._watched:
                now = time.monotonic()
                for late, (due, process) in self._watched.items():
                    if due <= now:
                        late.set()
                        process.kill()
                coming = [due for due, _ in self._watched.values() if due > now]
                # Nothing wakes it when all are done in time, so that being done costs nothing.
                self._wakes = min(coming, default=now + 1)
                self._changed.wait(self._wakes - now)
            self._awake = False
