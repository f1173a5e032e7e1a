"""A load balancer of forty lines: whoever comes is sent to the next server."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from contextlib import suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class Turns:
    """Answers at `address`, with what the servers say in turn.

    Attributes
    ----------
    asked : list of str
        ``"0 GET /v1"``: which server was asked what.
    """

    def __init__(self, servers: Sequence[str]) -> None:
        self.asked: list[str] = []
        turn = itertools.cycle(enumerate(servers))
        asked = self.asked

        class Forward(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                number, server = next(turn)
                asked.append(f"{number} {self.command} {self.path}")
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                connection = HTTPConnection(urlsplit(server).netloc, timeout=60)
                connection.request(self.command, self.path, body or None, dict(self.headers))
                answer = connection.getresponse()
                data = answer.read()
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                connection.close()
                with suppress(BrokenPipeError, ConnectionResetError):  # nobody waits any more
                    self.end_headers()
                    self.wfile.write(data)

            do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_GET  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Forward)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
