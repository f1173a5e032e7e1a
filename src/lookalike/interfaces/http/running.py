"""The app in uvicorn, in this process."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI

from lookalike.interfaces.http.safety.crowds import CONNECTIONS, roomy
from lookalike.interfaces.http.safety.slow import unhurried
from lookalike.interfaces.http.safety.unanswered import unheld
from lookalike.interfaces.http.safety.unparsed import outspoken

GRACE_SECONDS = 10
"""What runs may go on for so long when the server is told to end."""

INTERRUPTED = 130
"""The exit code of a server that was told twice to end."""

_KEEP_ALIVE_SECONDS = 20
_HEADER_BYTES = 64 * 2**10
_BACKLOG = 100  # as many may be taken on at once, before there is time to make room

_OTHER_FILES = 2 * _BACKLOG  # galleries, pipes to processes, and who has just been taken on
_FEWEST = 8


class Running(uvicorn.Server):
    """A server that is told to end by Ctrl-C or `end`, and tells the app so at once.

    uvicorn by itself tells it only after all connections have been closed, which streams of events
    do not do unless they know.

    Parameters
    ----------
    app : FastAPI
        As `create_app` makes it.
    log : bool
        Log a line for every request, as ``uvicorn.access``.
    told : callable
        Called once the server answers.
    """

    def __init__(
        self, app: FastAPI, *, log: bool = False, told: Callable[[], None] = lambda: None
    ) -> None:
        self._app = app
        self._told = told
        config = uvicorn.Config(
            app,
            http=_protocol(),
            ws="none",
            lifespan="on",
            access_log=log,
            log_config=None,  # as the program has it
            server_header=False,
            # Only the address that connects is believed, whatever a header says of another.
            proxy_headers=False,
            backlog=_BACKLOG,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
            h11_max_incomplete_event_size=_HEADER_BYTES,
        )
        super().__init__(config)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open what the app needs, and listen."""
        await super().startup(sockets=sockets)
        if self.started:
            self._told()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End on signals; afterwards they do what they did before.

        uvicorn's own raises them once more at the end. But this is how a server is ended: it went
        well.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in _ending()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End after the first signal, at once after the second."""
        if self.should_exit:
            self._app.state.server.abandon()
            os._exit(INTERRUPTED)  # anything else would wait for the threads
        self.end()

    def end(self) -> None:
        """Tell the server to end, from any thread."""
        self._app.state.server.begin_closing()
        self.should_exit = True

    def serve_on(self, listening: socket.socket) -> None:
        """Serve until it is told to end."""
        asyncio.run(self.serve(sockets=[listening]))


def _ending() -> list[signal.Signals]:
    """Return the signals that end a server."""
    ending = [signal.SIGINT, signal.SIGTERM]
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        ending.append(signal.SIGHUP)  # its terminal was closed, and no nohup keeps it
    return ending


def bound(host: str, port: int) -> socket.socket:
    """Return a socket that is bound to an address, and not listening yet.

    Raises
    ------
    OSError
        The address is taken, or not of this machine.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    made = socket.socket(family, kind, protocol)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows, where REUSEADDR would share it
            made.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
    except OSError:
        made.close()
        raise
    made.set_inheritable(False)
    return made


def _protocol() -> type[Any]:
    """Return what speaks HTTP: in C, if it is there."""
    plain: type[Any]
    try:
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as plain
    except ImportError:
        from uvicorn.protocols.http.h11_impl import H11Protocol as plain
    return roomy(unheld(unhurried(outspoken(plain))), most=_connections())


def _connections() -> int:
    """Return how many connections there may be: fewer where fewer files may be open.

    When the system has no more of them, asyncio writes a thousand tracebacks a second to the log.
    """
    if sys.platform == "win32":
        return CONNECTIONS
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + _OTHER_FILES
    if 0 <= soft < wanted:  # 256 on macOS, where more need only be asked for
        soft = wanted if hard < 0 else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    room = CONNECTIONS if soft < 0 else soft - _OTHER_FILES
    return max(_FEWEST, min(CONNECTIONS, room))
