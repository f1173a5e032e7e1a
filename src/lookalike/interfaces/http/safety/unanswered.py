"""An end for clients that do not read what they have asked for."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

SECONDS = 30.0
LEAST_BYTES = 16 * 2**10
"""What a client reads in `SECONDS` at least: half a kilobyte a second, unless that is all."""


_SYSTEM_BYTES = 256 * 2**10


def unheld(protocol: type[Any], seconds: float = SECONDS) -> type[Any]:
    """Return a protocol of uvicorn that cuts connections whose answers are not read.

    uvicorn waits for the client for ever: also with an answer that is only about to be closed. A
    few hundred clients that ask for large pictures, and read nothing, would fill the memory.

    Parameters
    ----------
    protocol : type
        ``HttpToolsProtocol`` or ``H11Protocol``.
    seconds : float
        In which at least `LEAST_BYTES` of an answer have to be taken, again and again.

    Returns
    -------
    type
    """

    class Unheld(protocol):  # type: ignore[misc]
        _looking: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            # So that also the last few bytes, which nobody else waits for, are looked after.
            transport.set_write_buffer_limits(high=0)
            # What the system holds for a client is memory, too; and it takes more only once a
            # third has gone, which of megabytes a slow client would not have read in time.
            transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_SNDBUF, _SYSTEM_BYTES
            )
            super().connection_made(transport)

        def pause_writing(self) -> None:
            super().pause_writing()
            self._look_later()

        def resume_writing(self) -> None:
            self._stop_looking()
            super().resume_writing()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_looking()
            super().connection_lost(exc)

        def _look_later(self) -> None:
            left = self.transport.get_write_buffer_size()
            self._looking = self.loop.call_later(seconds, self._look, left)

        def _stop_looking(self) -> None:
            if self._looking is not None:
                self._looking.cancel()
                self._looking = None

        def _look(self, before: int) -> None:
            if before - self.transport.get_write_buffer_size() < LEAST_BYTES:
                self._looking = None
                self.transport.abort()
            else:
                self._look_later()

    return Unheld
