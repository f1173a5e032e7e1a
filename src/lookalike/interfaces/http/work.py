"""Threads for what takes processor time, and how many requests may wait for one of them."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lookalike.interfaces.http.problems import Refusal, ShuttingDown, TooBusy
from lookalike.interfaces.http.safety.unread import announces_body

P = ParamSpec("P")
R = TypeVar("R")

_FIRST_GUESS = 0.2  # seconds that a piece of work takes, until one was seen
_MEMORY = 0.9  # share of the past in the mean of how long they take
_CLOSED = 499  # what others write to their logs for a client that did not wait


class ClientGone(Refusal):
    """Whoever asked has gone; nobody reads this answer."""

    def __init__(self) -> None:
        super().__init__(_CLOSED, "the client has gone", kind="client-gone")


class Work:
    """A pool of threads that takes on no more than it can do soon.

    Whoever is one too many is told so at once, rather than that all wait for ever longer.

    Parameters
    ----------
    workers : int
        Threads.
    queue : int
        How many may wait for one.
    """

    def __init__(self, workers: int, queue: int) -> None:
        self.workers = workers
        self.queue = queue
        self.done = 0
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="lookalike-work")
        self._lock = threading.Lock()
        self._inside = 0
        self._seconds = _FIRST_GUESS
        self._refusing = False

    @property
    def running(self) -> int:
        """Pieces of work that have a thread."""
        return min(self._inside, self.workers)

    @property
    def waiting(self) -> int:
        """Pieces of work that wait for a thread."""
        return max(0, self._inside - self.workers)

    @property
    def is_full(self) -> bool:
        """Nobody else may wait."""
        return self._inside >= self.workers + self.queue

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a function in one of the threads, and return what it returns.

        Raises
        ------
        TooBusy
            As many wait as may.
        ShuttingDown
            The server was told to end.
        ClientGone
            The client went away while it waited; the function was not called.
        """
        call = self._admitted(function, *args, **kwargs)
        answer: asyncio.Future[R] = asyncio.wrap_future(call)
        left = _left.get()
        if left is None:
            return await answer
        leaving = asyncio.ensure_future(left())
        try:
            both: set[asyncio.Future[Any]] = {answer, leaving}
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done() and call.cancel():
                raise ClientGone
            return await answer
        finally:
            leaving.cancel()
            call.cancel()

    def check_room(self) -> None:
        """Refuse a request before its body is read, if there is no place for it.

        Raises
        ------
        TooBusy, ShuttingDown
        """
        if self._refusing:
            raise ShuttingDown
        if self.is_full:
            seconds = self._seconds * (self.waiting + 1) / self.workers
            raise TooBusy(f"{self.waiting} others are waiting already", seconds)

    def refuse(self) -> None:
        """Take on nothing new."""
        self._refusing = True

    async def close(self) -> None:
        """Wait for what has a thread; what waits for one is dropped."""
        self.refuse()
        await asyncio.to_thread(self._pool.shutdown, cancel_futures=True)

    def _admitted(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        def timed() -> R:
            began = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self._took(time.perf_counter() - began)

        with self._lock:
            self.check_room()
            self._inside += 1
        call = self._pool.submit(timed)
        call.add_done_callback(self._ended)
        return call

    def _took(self, seconds: float) -> None:
        with self._lock:
            self.done += 1
            self._seconds = _MEMORY * self._seconds + (1 - _MEMORY) * seconds

    def _ended(self, call: Future[R]) -> None:
        del call
        with self._lock:
            self._inside -= 1


_left: ContextVar[Callable[[], Awaitable[None]] | None] = ContextVar("left", default=None)


class Presence:
    """Lets `Work` know when the client of a request goes away; ASGI middleware.

    Nobody else may see it go: a request that only waits for a thread reads nothing.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with a way to learn that its client has gone."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        complete = not announces_body(scope)
        gone = False

        async def told() -> Message:
            nonlocal complete, gone
            message = await receive()
            gone = gone or message["type"] == "http.disconnect"
            complete = complete or gone or not message.get("more_body", False)
            return message

        async def left() -> None:
            while complete and not gone:
                await told()
            if not complete:
                # The route reads the rest of the body itself, and must not miss any.
                await asyncio.Event().wait()

        token = _left.set(left)
        try:
            await self._app(scope, told, send)
        finally:
            _left.reset(token)
