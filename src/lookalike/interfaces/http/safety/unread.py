"""What becomes of a body that nobody wants."""

from __future__ import annotations

import asyncio
import contextlib

from starlette.types import ASGIApp, Message, Receive, Scope, Send

LINGER_SECONDS = 2.0

_BODY = (b"content-length", b"transfer-encoding")


class Unread:
    """Ends the connection of a request that is answered before its body was read; ASGI middleware.

    What is still to come is thrown away for a moment first: were the connection cut while the
    client still sends, it would see that, and not the answer. Were it kept, the rest would be
    received, and thrown away, however long it is.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and see to the rest of its body."""
        if scope["type"] != "http" or not announces_body(scope):
            await self._app(scope, receive, send)
            return
        complete = closing = False

        async def noting() -> Message:
            nonlocal complete
            message = await receive()
            complete = complete or not message.get("more_body", False)
            return message

        async def ending(message: Message) -> None:
            nonlocal closing
            if message["type"] == "http.response.start" and not complete:
                closing = True
                message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            if not closing or message["type"] == "http.response.start" or message.get("more_body"):
                await send(message)
                return
            await send({**message, "more_body": True})
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(_drain(receive), LINGER_SECONDS)
            await send({"type": "http.response.body", "body": b""})

        await self._app(scope, noting, ending)


def announces_body(scope: Scope) -> bool:
    """Tell whether a request has a body."""
    return any(name in _BODY and value != b"0" for name, value in scope["headers"])


async def _drain(receive: Receive) -> None:
    while (await receive()).get("more_body", False):
        pass
