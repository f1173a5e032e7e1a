"""Bounds for the bodies of requests: bytes, time, and how much of them is held at once."""

from __future__ import annotations

import asyncio
import time

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lookalike.interfaces.http.problems import Refusal, TooBusy, answer_to
from lookalike.interfaces.http.safety.unread import announces_body
from lookalike.interfaces.http.settings import ServerSettings
from lookalike.interfaces.http.work import Work

JSON_BYTES = 8 * 2**20
"""Of anything but a form with files: some thousand vectors."""

_AROUND = 64 * 2**10  # what a form puts around its file
_SMALL = 64 * 2**10  # a body that is read however many are waiting
_HELD_UPLOADS = 8  # of the largest size, of all clients together
_RETRY_SECONDS = 2.0


class Bodies:
    """Refuses bodies that are too large, too slow, or too many at once; ASGI middleware.

    A body that says its size is refused before a byte of it is read, another as soon as there is
    too much. Large ones are refused as well while nobody could work on them. It all has to arrive
    within `upload_seconds`; a client that sends a byte now and then gains nothing.

    Parameters
    ----------
    app : ASGIApp
    settings : ServerSettings
    work : Work
    """

    def __init__(self, app: ASGIApp, settings: ServerSettings, work: Work) -> None:
        self._app = app
        self._work = work
        self._max_form = settings.max_upload_bytes + _AROUND
        self._max_held = _HELD_UPLOADS * self._max_form
        self._seconds = settings.upload_seconds
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with its body bounded."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            body = self._expected(scope, receive)
        except Refusal as refusal:
            await answer_to(refusal)(scope, receive, send)
            return
        try:
            await self._answered(body, scope, receive, send)
        finally:
            self._held -= body.received

    def _expected(self, scope: Scope, receive: Receive) -> _Body:
        """Return the body that is announced, or refuse it."""
        headers = Headers(scope=scope)
        is_form = headers.get("content-type", "").lower().startswith("multipart/form-data")
        limit = self._max_form if is_form else min(JSON_BYTES, self._max_form)
        declared = headers.get("content-length", "")
        size = int(declared) if declared.isdecimal() and len(declared) < 20 else None
        if size is not None and size > limit:
            raise _too_large(limit)
        if (size or 0) > _SMALL or "transfer-encoding" in headers:
            self._work.check_room()
        deadline = time.monotonic() + self._seconds
        return _Body(self, receive, limit, deadline, announces_body(scope))

    async def _answered(self, body: _Body, scope: Scope, receive: Receive, send: Send) -> None:
        async def unless_refused(message: Message) -> None:
            # Whatever a route makes of a body that breaks off, this is what is told.
            if body.refusal is None or body.answered:
                body.answered = True
                await send(message)

        try:
            await self._app(scope, body.receive, unless_refused)
        except Exception:
            if body.refusal is None or body.answered:
                raise
        if body.refusal is not None and not body.answered:
            await answer_to(body.refusal)(scope, receive, send)

    def hold(self, count: int) -> None:
        """Take note of bytes that have come.

        Raises
        ------
        TooBusy
            All clients together have sent more than is held at once.
        """
        self._held += count
        if self._held > self._max_held:
            raise TooBusy("too much is being uploaded at once", _RETRY_SECONDS)


class _Body:
    """One body, as it comes in."""

    def __init__(
        self, bodies: Bodies, receive: Receive, limit: int, deadline: float, expected: bool
    ) -> None:
        self.received = 0
        self.refusal: Refusal | None = None
        self.answered = False
        self._bodies = bodies
        self._receive = receive
        self._limit = limit
        self._deadline = deadline
        self._expected = expected

    async def receive(self) -> Message:
        if not self._expected:
            return await self._receive()  # what comes next is that the client goes away
        try:
            return await self._next()
        except Refusal as refusal:
            self.refusal = refusal
            self._expected = False
            raise

    async def _next(self) -> Message:
        left = self._deadline - time.monotonic()
        try:
            message = await asyncio.wait_for(self._receive(), max(0.0, left))
        except asyncio.TimeoutError:
            raise Refusal(
                408, "the request did not arrive in time; send it faster, or a smaller picture"
            ) from None
        count = len(message.get("body", b""))
        self.received += count
        self._bodies.hold(count)
        if self.received > self._limit:
            raise _too_large(self._limit)
        self._expected = bool(message.get("more_body", False))
        return message


def _too_large(limit: int) -> Refusal:
    return Refusal(413, f"a request like this has {limit:,} bytes at most; send a smaller picture")
