"""The process of an index job: asked by one line of JSON, it tells its progress line by line.

It is a process of its own so that a decoder that crashes takes no server along. It works as long as
its standard input is open: whoever wants it to stop closes that, and the end of the server, however
sudden, does so as well. What was finished by then is committed.

    in    {"gallery": path or address, "folders": [path or address], "descriptors": [spec],
           "retry": bool, "workers": n}
    out   {"progress": {…}} many times, then {"report": {…}}, {"stopped": true} or {"problem": {…}}
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, TextIO

from lookalike.errors import LookalikeError
from lookalike.store import Progress

# Told no more often than a person can see.
_SECONDS_BETWEEN = 0.1

# How long what was begun may go on once it is to stop: a commit, a picture, an index in the making.
GRACE = 15.0


def main() -> None:
    """Do what standard input asks for."""
    interrupts = _Interrupts()
    signal.signal(signal.SIGINT, interrupts)
    out = _own_output()
    if not (asked := sys.stdin.readline()):  # whoever wanted something is gone already
        return
    # Nobody listens any more: then nobody wants to know how it ends, either.
    with contextlib.suppress(BrokenPipeError):
        _write(out, _outcome(json.loads(asked), _Teller(out), interrupts))


def _outcome(
    request: dict[str, Any], tell: Callable[[Progress], None], interrupts: _Interrupts
) -> dict[str, object]:
    try:
        interrupts.are_wanted = True
        threading.Thread(target=_watch, daemon=True).start()
        try:
            told = _indexed(request, tell)
        except LookalikeError as error:
            told = {"problem": _problem(error)}
        interrupts.are_wanted = False
        return told
    except KeyboardInterrupt:
        return {"stopped": True}


class _Interrupts:
    """What to do about SIGINT: raise it, but only where it is caught, and once.

    Python looks after signals between any two steps, so without this one that comes at the very
    beginning or end would end in a traceback.
    """

    def __init__(self) -> None:
        self.are_wanted = False

    def __call__(self, signum: int, frame: FrameType | None) -> None:
        if self.are_wanted:
            self.are_wanted = False
            raise KeyboardInterrupt


def _indexed(request: dict[str, Any], tell: Callable[[Progress], None]) -> dict[str, object]:
    from lookalike.gallery.served import open_served

    # What an engine wants to see is in the environment, and so never in a list of processes.
    with open_served(request["gallery"]) as gallery:
        report = gallery.sync(
            *request["folders"],
            descriptors=request["descriptors"],
            retry=request["retry"],
            workers=request["workers"],
            progress=tell,
        )
    return {"report": dataclasses.asdict(report)}


class _Teller:
    """Writes progress, but not all of it."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._stage = ""
        self._told = 0.0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        is_last = progress.done == progress.total
        if progress.stage == self._stage and now - self._told < _SECONDS_BETWEEN and not is_last:
            return
        self._stage, self._told = progress.stage, now
        _write(self._out, {"progress": dataclasses.asdict(progress)})


def _own_output() -> TextIO:
    """Return standard output for the lines alone; what else is printed goes to the errors."""
    out = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    return out


def _write(out: TextIO, told: dict[str, object]) -> None:
    out.write(json.dumps(told) + "\n")
    out.flush()


def _watch() -> None:
    """Interrupt the work when standard input ends; end the process if that takes too long."""
    while os.read(0, 1024):
        pass
    _interrupt()
    time.sleep(GRACE)
    os._exit(1)


def _interrupt() -> None:
    if os.name == "posix":
        os.kill(os.getpid(), signal.SIGINT)  # also wakes a main thread that waits for others
    else:
        import _thread

        _thread.interrupt_main()


def _problem(error: LookalikeError) -> dict[str, object]:
    from lookalike.interfaces.http.problems import problem_of

    return problem_of(error).model_dump(exclude_none=True)
