"""What becomes of connections when there are as many as there may be."""

from __future__ import annotations

import time
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from lookalike.interfaces.http.problems import Refusal, answer_to
from lookalike.interfaces.http.safety.headers import SecurityHeaders
from lookalike.interfaces.http.safety.unread import Unread

CONNECTIONS = 500
"""Open at the same time; for one more, one that asks for nothing just now has to go."""

_RETRY = {"Retry-After": "5"}


def roomy(protocol: type[Any], most: int) -> type[Any]:
    """Return a protocol of uvicorn that makes room for who comes, at the cost of who is idle.

    uvicorn's own bound answers everybody 503, also whoever is connected already, as long as there
    are too many connections. So a single machine that opens as many, and asks for nothing, would
    shut everybody else out.

    Here the connection goes that has been without a request for longest. If all are busy, the new
    one is told to come again.

    Parameters
    ----------
    protocol : type
        ``HttpToolsProtocol`` or ``H11Protocol``.
    most : int

    Returns
    -------
    type
    """

    class Roomy(protocol):  # type: ignore[misc]
        _since = 0.0  # idle, or before its first request

        def connection_made(self, transport: Any) -> None:
            self._since = time.monotonic()
            staying = [one for one in self.connections if not one.transport.is_closing()]
            idle = [one for one in staying if not one.is_busy()]
            if len(staying) >= most and idle:
                min(idle, key=lambda one: one._since).transport.abort()
            elif len(staying) >= most:
                self.app = FULL
            super().connection_made(transport)

        def on_response_complete(self) -> None:
            self._since = time.monotonic()
            super().on_response_complete()

        def is_busy(self) -> bool:
            """Whether something that was asked for is still to be answered."""
            return self.cycle is not None and not self.cycle.response_complete

    return Roomy


async def _full(scope: Scope, receive: Receive, send: Send) -> None:
    refusal = Refusal(
        503,
        "there are as many connections as there may be; try again in 5 s",
        kind="too-many-requests",
        headers={**_RETRY, "Connection": "close"},
    )
    await answer_to(refusal)(scope, receive, send)


FULL: ASGIApp = Unread(SecurityHeaders(_full))
"""What answers the connections that are too many."""
