"""One index job: a child process, and a thread that listens to it."""

from __future__ import annotations

import contextlib
import json
import logging
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from lookalike.interfaces.http.indexing import GRACE
from lookalike.interfaces.http.models.jobs import Job, JobProgress, JobReport, State
from lookalike.interfaces.http.problems import Problem

RESTARTS = 3
"""How often a job is started again whose process has crashed."""

# Beyond its own grace a process gets so long to end, then it is ended.
_MARGIN = 5.0

# Our own path, as the child need not find the package by itself. An interrupt that comes before it
# can be answered is passed over.
_BEGIN = (
    "import sys; sys.path[:] = sys.argv[1:]; "
    "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); "
    "from lookalike.interfaces.http.indexing import main; main()"
)

_log = logging.getLogger("lookalike.serve")


class IndexJob:
    """One job: it is asked how it is from any thread, while one of its own listens to its process.

    Attributes
    ----------
    id, gallery : str
    """

    def __init__(self, gallery: str, request: Mapping[str, Any]) -> None:
        self.id = secrets.token_hex(8)
        self.gallery = gallery
        self._request = request
        self._state: State = "running"
        self._started = _now()
        self._ended: str | None = None
        self._progress: JobProgress | None = None
        self._report: JobReport | None = None
        self._problem: Problem | None = None
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._listener = threading.Thread(target=self._run, daemon=True)

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._state == "running"

    def told(self) -> Job:
        """Return how the job is."""
        with self._lock:
            return Job(
                id=self.id,
                gallery=self.gallery,
                state=self._state,
                started=self._started,
                ended=self._ended,
                folders=self._request["folders"],
                progress=self._progress,
                report=self._report,
                problem=self._problem,
            )

    def start(self) -> None:
        """Start its process."""
        self._listener.start()

    def stop(self) -> None:
        """Tell it to end, and return at once."""
        self._stopping.set()
        with self._lock:
            process = self._process
        if process is not None:
            _close_input(process)

    def join(self, seconds: float | None = None) -> None:
        """Wait for its end, or so long."""
        self._listener.join(seconds)

    # -- in the listening thread -------------------------------------------------------------

    def _run(self) -> None:
        try:
            for _ in range(1 + RESTARTS):
                code = self._tried()
                if self._state != "running":
                    return
                if self._stopping.is_set():
                    self._end("stopped")
                    return
                _log.warning("the process of index job %s ended by itself (%s)", self.id, code)
            self._end("failed", problem=_crashed(code))
        except Exception as error:
            _log.error("index job %s failed", self.id, exc_info=error)
            self._end("failed", problem=_crashed(None))

    def _tried(self) -> int:
        """Run the process once; return how it ended."""
        process = _child()
        clock = _Clock()
        ending = threading.Thread(target=self._see_to_end, args=(process,), daemon=True)
        ending.start()
        with process:
            assert process.stdin is not None and process.stdout is not None  # noqa: S101 - pipes
            with contextlib.suppress(BrokenPipeError):  # it has crashed at its very beginning
                process.stdin.write(json.dumps(self._request) + "\n")
                process.stdin.flush()
            with self._lock:
                self._process = process
            if self._stopping.is_set():
                _close_input(process)
            for line in process.stdout:
                self._heard(json.loads(line), clock)
            _close_input(process)
            return process.wait()

    def _see_to_end(self, process: subprocess.Popen[str]) -> None:
        """End a process that does not stop although it was told to."""
        while process.poll() is None:
            if self._stopping.wait(1.0):
                try:
                    process.wait(GRACE + _MARGIN)
                except subprocess.TimeoutExpired:
                    process.kill()

    def _heard(self, told: Mapping[str, Any], clock: _Clock) -> None:
        if "progress" in told:
            progress = clock.progress(told["progress"])
            with self._lock:
                self._progress = progress
        elif "report" in told:
            self._end("done", report=JobReport.model_validate(told["report"]))
        elif "problem" in told:
            self._end("failed", problem=Problem.model_validate(told["problem"]))
        elif "stopped" in told:
            self._end("stopped")

    def _end(
        self, state: State, *, report: JobReport | None = None, problem: Problem | None = None
    ) -> None:
        with self._lock:
            self._state = state
            self._ended = _now()
            self._report = report
            self._problem = problem


class _Clock:
    """Measures each stage from its own beginning, which need not be at 0: some go on."""

    def __init__(self) -> None:
        self._stage = ""
        self._began = 0.0
        self._first = 0

    def progress(self, told: Mapping[str, Any]) -> JobProgress:
        """Return what was told, with how fast it goes and how long it will take."""
        now = time.monotonic()
        if told["stage"] != self._stage:
            self._stage, self._began, self._first = told["stage"], now, told["done"]
        done = told["done"] - self._first
        rate = done / (now - self._began) if done > 0 and now > self._began else None
        left = (told["total"] - told["done"]) / rate if rate and told["total"] else None
        return JobProgress(**told, rate=rate, seconds_left=left)


def _child() -> subprocess.Popen[str]:
    # Ctrl-C in a terminal is for the server, which then tells its children.
    alone: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        alone = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return subprocess.Popen(  # noqa: S603 - nothing in it comes from outside
        [sys.executable, "-c", _BEGIN, *sys.path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        **alone,
    )


def _close_input(process: subprocess.Popen[str]) -> None:
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError):  # it has ended already
            process.stdin.close()


def _crashed(code: int | None) -> Problem:
    how = "could not be started or understood"
    if code is not None:
        how = f"was ended by signal {-code}" if code < 0 else f"ended with {code}"
        how += f", and so it was when started again {RESTARTS} times"
    return Problem(
        type="urn:lookalike:internal",
        title="Internal",
        status=500,
        detail=f"the process that indexes {how}; what it had finished is kept. The server's log "
        "may tell more",
    )


def _now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
