"""Connections: too many of them, answers that nobody reads, and what is no HTTP."""

from __future__ import annotations

import json
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest
from fastapi import FastAPI
from starlette.responses import Response

from lookalike.interfaces.http import running
from lookalike.interfaces.http.safety import unanswered
from lookalike.interfaces.http.safety.headers import HEADERS
from serving import Serving

PROTOCOLS = ("httptools", "h11")
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(params=PROTOCOLS)
def protocol(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Whichever of the parsers is there."""
    if request.param == "h11":
        pytest.importorskip("h11")
        monkeypatch.setitem(sys.modules, "uvicorn.protocols.http.httptools_impl", None)
    else:
        pytest.importorskip("httptools")
    return str(request.param)


@pytest.fixture
def opened(served: Serving) -> Iterator[Callable[[str], socket.socket]]:
    """Opens connections to an address, and closes them in the end."""
    with ExitStack() as all_:

        def connect(base: str) -> socket.socket:
            url = httpx.URL(base)
            made = all_.enter_context(socket.create_connection((url.host, url.port), 10))
            made.settimeout(10)
            return made

        yield connect


def received(connection: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


# -- too many ------------------------------------------------------------------------------------


def test_whoever_asks_for_nothing_makes_room(
    served: Serving,
    opened: Callable[[str], socket.socket],
    protocol: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(running, "_connections", lambda: 3)
    base = served()
    connections = [opened(base) for _ in range(9)]
    for connection in connections[-3:]:
        connection.sendall(HEALTH)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    assert received(connections[0]) == b""


def test_while_all_are_busy_one_is_told_to_come_again(
    served: Serving,
    opened: Callable[[str], socket.socket],
    protocol: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(running, "_connections", lambda: 2)
    base = served()
    busy = [opened(base) for _ in range(2)]
    for connection in busy:
        head = "POST /v1/uploads HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n"
        connection.sendall(f"{head}Content-Type: multipart/form-data; boundary=x\r\n\r\n".encode())
    time.sleep(0.3)
    more = opened(base)
    more.sendall(HEALTH)
    head, _, body = received(more).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503")
    assert b"retry-after: 5" in head.lower()
    assert all(
        f"{name}: {value}".lower().encode() in head.lower() for name, value in HEADERS.items()
    )
    assert json.loads(body)["type"] == "urn:lookalike:too-many-requests"


# -- answers that nobody reads -------------------------------------------------------------------

LARGE = 10_000_000


@pytest.fixture
def with_a_large_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers that are started answer `/v1/large` with far more than the system holds back."""
    from lookalike.interfaces.http import app as made

    def install(app: FastAPI) -> None:
        before(app)

        @app.get("/v1/large")
        def large() -> Response:
            return Response(bytes(LARGE))

    before = made.problems.install
    monkeypatch.setattr(made.problems, "install", install)


def ask_for_much(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**16)
    connection.sendall(b"GET /v1/large HTTP/1.1\r\nHost: localhost\r\n\r\n")


@pytest.mark.usefixtures("with_a_large_answer")
def test_an_answer_that_nobody_reads_is_given_up(
    served: Serving,
    opened: Callable[[str], socket.socket],
    protocol: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(unanswered.unheld, "__defaults__", (0.3,))
    connection = opened(served())
    ask_for_much(connection)
    time.sleep(1.5)
    assert 0 < len(received(connection)) < LARGE


@pytest.mark.usefixtures("with_a_large_answer")
def test_one_that_is_read_slowly_is_not(
    served: Serving,
    opened: Callable[[str], socket.socket],
    protocol: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(unanswered.unheld, "__defaults__", (2.0,))
    connection = opened(served())
    ask_for_much(connection)
    count, began = 0, time.monotonic()
    while count < LARGE and (part := connection.recv(2**20)):
        count += len(part)
        if time.monotonic() - began < 3:
            time.sleep(0.02)
    assert count > LARGE


# -- what is no HTTP -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
        b"GET /healthz HTTP/1.1\r\nHost : localhost\r\n\r\n",
        b"POST /v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/session HTTP/1.1\r\nHost: localhost\r\n"
        b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    ],
    ids=["TLS", "space before the colon", "negative length", "two lengths"],
)
def test_it_is_refused_like_all_that_is_wrong(
    served: Serving, opened: Callable[[str], socket.socket], protocol: str, text: bytes
) -> None:
    connection = opened(served())
    connection.sendall(text + b"\r\n\r\n")
    head, _, body = received(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in head
    assert all(f"{name}: {value}".encode() in head for name, value in HEADERS.items())
    assert json.loads(body)["type"] == "urn:lookalike:bad-request"


def test_two_ways_to_end_a_body_are_one_too_many(
    served: Serving, opened: Callable[[str], socket.socket]
) -> None:
    """What a proxy takes for the body must not be another request for us (smuggling)."""
    pytest.importorskip("httptools")
    connection = opened(served())
    connection.sendall(
        b"POST /v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HEALTH
    )
    text = received(connection)
    assert text.startswith(b"HTTP/1.1 400 ")
    assert text.count(b"HTTP/1.1 ") == 1


def test_many_requests_at_once_are_answered_in_order(
    served: Serving, opened: Callable[[str], socket.socket], protocol: str
) -> None:
    connection = opened(served())
    other = b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n"
    last = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    connection.sendall((HEALTH + other) * 20 + last)
    lines = [part[:3] for part in received(connection).split(b"HTTP/1.1 ")[1:]]
    assert lines == [b"200", b"404"] * 20 + [b"200"]


@pytest.mark.filterwarnings("error")
def test_who_wants_a_websocket_gets_an_answer(
    served: Serving,
    opened: Callable[[str], socket.socket],
    protocol: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    connection = opened(served())
    connection.sendall(
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
        b"Connection: upgrade, close\r\n\r\n"
    )
    assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    assert "pip" not in caplog.text


# -- signals -------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="has no SIGHUP")
def test_a_closed_terminal_ends_it_unless_that_is_unwanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = signal.getsignal(signal.SIGHUP)
    try:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        assert signal.SIGHUP in running._ending()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
        assert signal.SIGHUP not in running._ending()
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.skipif(sys.platform == "win32", reason="has no such bound")
def test_no_more_connections_than_files_may_be_open(monkeypatch: pytest.MonkeyPatch) -> None:
    import resource

    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda kind, limits: asked.append(limits))
    for given, most in [((64, 64), 8), ((300, 300), 100), ((256, 10**6), 500), ((-1, -1), 500)]:
        monkeypatch.setattr(resource, "getrlimit", lambda kind, given=given: given)
        assert running._connections() == most
    assert asked[-1] == (700, 10**6)
