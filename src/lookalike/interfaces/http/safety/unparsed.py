"""What is no HTTP is answered like all that goes wrong."""

from __future__ import annotations

from typing import Any

from lookalike.interfaces.http.problems import Refusal, answer_to
from lookalike.interfaces.http.safety.headers import HEADERS


def outspoken(protocol: type[Any]) -> type[Any]:
    """Return a protocol of uvicorn that refuses what it cannot parse with a problem.

    uvicorn's own answer is text, without the headers that all others have: no middleware sees it.

    Parameters
    ----------
    protocol : type
        ``HttpToolsProtocol`` or ``H11Protocol``.

    Returns
    -------
    type
    """

    class Outspoken(protocol):  # type: ignore[misc]
        def send_400_response(self, msg: str) -> None:
            del msg
            self.transport.write(_WRITTEN)
            self.transport.close()

        def _unsupported_upgrade_warning(self) -> None:
            # A request for a WebSocket is answered as if it were for none, which is what HTTP
            # wants. uvicorn's warning tells whoever runs the server to install one.
            return

    return Outspoken


def _written() -> bytes:
    problem = answer_to(Refusal(400, "this is no request of HTTP/1.1; see /docs for what fits"))
    fields = {**dict(problem.headers), **HEADERS, "Cache-Control": "no-store"}
    lines = [f"{name}: {value}\r\n" for name, value in {**fields, "Connection": "close"}.items()]
    return f"HTTP/1.1 400 Bad Request\r\n{''.join(lines)}\r\n".encode("latin-1") + problem.body


_WRITTEN = _written()
