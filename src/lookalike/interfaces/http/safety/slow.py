"""An end for connections that never come to say what they want."""

from __future__ import annotations

import asyncio
from typing import Any

HEADER_SECONDS = 10.0
HEADER_BYTES = 64 * 2**10


def unhurried(protocol: type[Any], seconds: float = HEADER_SECONDS) -> type[Any]:
    """Return a protocol of uvicorn that closes connections whose headers do not arrive in time.

    uvicorn closes those that are silent between two requests. One that has never sent a request, or
    that sends a header a byte at a time, it would keep; a few thousand of them are all that a
    process can have open. And the parser in C takes headers of any length.

    Parameters
    ----------
    protocol : type
        ``HttpToolsProtocol`` or ``H11Protocol``.
    seconds : float
        From the connection, or from the first byte of a later request, to the end of its headers.
        They may have `HEADER_BYTES`, or as many as are read at a time.

    Returns
    -------
    type
    """

    class Bounded(protocol):  # type: ignore[misc]
        _waiting: asyncio.TimerHandle | None = None
        _received = 0

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._wait()

        def data_received(self, data: bytes) -> None:
            before = self.cycle
            is_body = before is not None and before.more_body
            self._wait()
            super().data_received(data)
            is_next = self.cycle is not before  # their headers are complete
            self._received = 0 if is_body or is_next else self._received + len(data)
            if self._asked():
                self._stop_waiting()
            if self._received > HEADER_BYTES:
                self.transport.close()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_waiting()
            super().connection_lost(exc)

        def _asked(self) -> bool:
            # A cycle is made when a request's headers are complete, and kept until the next.
            return self.cycle is not None and not self.cycle.response_complete

        def _wait(self) -> None:
            if self._waiting is None and not self._asked():
                self._waiting = self.loop.call_later(seconds, self._give_up)

        def _stop_waiting(self) -> None:
            if self._waiting is not None:
                self._waiting.cancel()
                self._waiting = None

        def _give_up(self) -> None:
            self._waiting = None
            if not self._asked() and not self.transport.is_closing():
                self.transport.close()

    return Bounded
