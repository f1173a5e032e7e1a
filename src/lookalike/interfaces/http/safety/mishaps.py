"""What becomes of errors that nobody raised on purpose."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lookalike.interfaces.http.problems import answer_to, log_mishap


class Mishaps:
    """Answers them as problems that tell nothing of the inside, and logs all; ASGI middleware.

    Starlette has one of its own, but outside of all others: its answers would lack the security
    headers, and it raises again, for the server to write the same traceback once more.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and answer what goes wrong."""
        started = False

        async def noting(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception as error:
            if scope["type"] != "http" or started:
                raise  # the connection is cut, which is all that can still be said
            log_mishap(f"{scope['method']} {scope['path']!r}", error)
            await answer_to(error)(scope, receive, send)
