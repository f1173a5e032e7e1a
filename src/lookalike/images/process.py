"""One process that decodes pictures, as its parent sees it; `child` is the inside of it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from typing import Any, BinaryIO, cast

from lookalike.errors import LookalikeError
from lookalike.images import wire
from lookalike.images.watchdog import Watchdog

_SECONDS_TO_START = 60.0

# Not `-m`, for which the child would have to find the package by itself: it gets our own path.
# And Ctrl-C, which is the parent's to answer, is passed over from the beginning.
_BEGIN = (
    "import sys; sys.path[:] = sys.argv[1:]; "
    "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); "
    "from lookalike.images.child import main; main()"
)


class Crash(Exception):
    """The process ended before it answered."""


class TooSlow(Exception):
    """It was killed, for it did not answer in time."""


class Process:
    """One process; started, and started again, when it is asked. For one thread at a time.

    Parameters
    ----------
    limits : dict
        "seconds", "max_pixels" and "max_bytes_of_memory" of `DecodingProcesses`.
    watchdog : Watchdog
    """

    def __init__(self, limits: wire.Header, watchdog: Watchdog) -> None:
        self._limits = limits
        self._watchdog = watchdog
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def id(self) -> int | None:
        """The system's number of it, if it was started."""
        running = self._running
        return running.pid if running else None

    def ask(
        self, request: wire.Header, data: bytes, most: int
    ) -> tuple[wire.Header, list[bytearray]]:
        """Send a request and return the answer.

        Parameters
        ----------
        request : dict
            "views" and "box"; nothing for facts.
        data : bytes
            The picture file.
        most : int
            Bytes of pixels that may come back.

        Raises
        ------
        Crash, TooSlow
            It is gone.
        ValueError
            The answer is none.
        LookalikeError
            It could not be started.
        """
        if self._running and self._running.poll() is not None:
            self.stop()
        if self._running is None:
            self._start()
        return self._exchange(request, [data], most, self._limits["seconds"])

    def stop(self) -> None:
        """End the process, whatever it does; when asked again, it is a new one."""
        running, self._running = self._running, None
        if running is None:
            return
        running.kill()
        for pipe in (running.stdin, running.stdout):
            # What is left to be written has no reader, which is no news.
            with contextlib.suppress(OSError):
                cast(BinaryIO, pipe).close()
        running.wait()

    def _start(self) -> None:
        try:
            self._running = _popen()
            self._exchange(self._limits, [], 0, _SECONDS_TO_START)
        except (OSError, ValueError, Crash, TooSlow) as error:
            self.stop()
            raise LookalikeError(
                f"no process to decode pictures in could be started: {error}; "
                "what it said itself is in the standard error of this program"
            ) from error

    def _exchange(
        self, header: wire.Header, blocks: list[bytes], most: int, seconds: float
    ) -> tuple[wire.Header, list[bytearray]]:
        running = cast("subprocess.Popen[bytes]", self._running)
        # To kill it is the one way to be heard by both a decoder and whoever reads its answer.
        with self._watchdog.over(running, seconds) as late:
            try:
                wire.send(cast(BinaryIO, running.stdin), header, blocks)
                answer = wire.receive(cast(BinaryIO, running.stdout), most)
            except (OSError, EOFError) as error:
                self.stop()
                if late.is_set():
                    raise TooSlow(f"it takes longer than {seconds:g} s to decode") from error
                raise Crash(_ended(running.returncode)) from error
            except BaseException:  # Ctrl-C, for one: what it answers now is for nobody
                self.stop()
                raise
        if late.is_set():  # it answered at the last moment, and was killed all the same
            self.stop()
        return answer


def _popen() -> subprocess.Popen[bytes]:
    alone: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        alone = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    # Keys and the like are none of its business; and it does no algebra, for which NumPy would
    # reserve memory in as many threads as there are cores.
    kept = {key: value for key, value in os.environ.items() if not key.startswith("LOOKALIKE_")}
    return subprocess.Popen(  # noqa: S603 - nothing in it comes from outside
        [sys.executable, "-c", _BEGIN, *sys.path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**kept, "OPENBLAS_NUM_THREADS": "1"},
        **alone,
    )


def _ended(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
