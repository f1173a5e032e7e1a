"""Bodies of requests: how large, how slow, how many at once. Against a real server."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from lookalike.interfaces.http.safety import unread
from lookalike.interfaces.http.safety.bodies import JSON_BYTES
from serving import Serving

GB = 10**9
MAX = 100_000
BLOCK = bytes(2**20)
FORM = "multipart/form-data; boundary=x"
HEAD = b'--x\r\nContent-Disposition: form-data; name="picture"; filename="a.png"\r\n\r\n'
TAIL = b"\r\n--x--\r\n"

# Starlette leaves some files of forms that break off to be closed by the collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*SpooledTemporaryFile", "ignore:multiple unraisable"
)


class Line:
    """A connection that says what it is told to, byte by byte."""

    def __init__(self, base: str) -> None:
        address = httpx.URL(base)
        self.socket = socket.create_connection((address.host, address.port), 20)

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *error: object) -> None:
        self.socket.close()

    def ask(self, content_type: str = FORM, **headers: str) -> None:
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        head = [
            "POST /v1/uploads HTTP/1.1",
            "Host: localhost",
            f"Content-Type: {content_type}",
            *lines,
        ]
        self.socket.sendall("\r\n".join([*head, "", ""]).encode())

    def send(self, data: bytes) -> bool:
        try:
            self.socket.sendall(data)
        except OSError:
            return False
        return True

    def answer(self) -> bytes:
        """Return all that comes until the connection is closed."""
        received = b""
        with contextlib.suppress(ConnectionResetError):
            while chunk := self.socket.recv(65536):
                received += chunk
        return received


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unread, "LINGER_SECONDS", 0.5)


@pytest.fixture
def png(tmp_path: Path, draw: Callable[..., Path]) -> bytes:
    return draw(tmp_path / "x.png", 1).read_bytes()


@pytest.fixture
def base(served: Serving) -> Iterator[str]:
    yield served(max_upload_bytes=MAX, upload_seconds=60.0)
    (server,) = served.servers
    assert server.work.running == server.work.waiting == 0
    assert server.strangers.running == server.strangers.waiting == 0


def test_one_that_fits(base: str, png: bytes) -> None:
    answer = httpx.post(base + "/v1/uploads", files={"picture": ("a.png", png)})
    assert answer.status_code == 201
    assert answer.json()["bytes"] == len(png)


def test_a_gigabyte_that_is_announced_is_refused_before_it_comes(base: str) -> None:
    with Line(base) as line:
        line.ask(Content_Length=str(GB), Expect="100-continue")
        answer = line.answer()
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"100 Continue" not in answer
    assert b"connection: close" in answer.lower()
    assert b"165,536 bytes at most" in answer


@pytest.mark.parametrize("encoding", ["announced", "chunked"])
def test_a_gigabyte_that_is_sent_is_not_received(base: str, encoding: str) -> None:
    """The client sends as fast as it can; it is cut off, learns why, and fills no memory."""
    framed, more = bytes, {"Content_Length": str(GB)}
    if encoding == "chunked":
        framed, more = chunk, {"Transfer_Encoding": "chunked"}
    before = most_memory()
    answers: list[bytes] = []
    sent = 0
    with Line(base) as line:
        line.ask(**more)
        reader = threading.Thread(target=lambda: answers.append(line.answer()))
        reader.start()
        line.send(framed(HEAD))
        block = framed(BLOCK)
        while sent < GB and line.send(block):
            sent += len(BLOCK)
        line.send(framed(b""))
        reader.join()
    assert answers[0].startswith(b"HTTP/1.1 413")
    assert most_memory() - before < 100_000_000


def most_memory() -> int:
    """Return the most bytes of memory that this process has had, the server in it."""
    if sys.platform == "win32":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def test_a_client_that_sends_all_before_it_reads(base: str) -> None:
    answer = httpx.post(base + "/v1/uploads", files={"picture": ("a.png", bytes(10**7))})
    assert answer.status_code == 413
    assert answer.json()["type"] == "urn:lookalike:too-large"


@pytest.mark.parametrize("content_type", ["application/json", "", "text/plain"])
def test_what_is_no_form_is_bounded_further(served: Serving, content_type: str) -> None:
    with Line(served()) as line:
        line.ask(content_type, Content_Length=str(JSON_BYTES + 1))
        assert line.answer().startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("how", ["silent", "a byte now and then"])
def test_a_slow_upload(served: Serving, how: str) -> None:
    base = served(upload_seconds=0.5)
    over = threading.Event()
    with Line(base) as line:
        line.ask(Content_Length="50000")
        line.send(HEAD)

        def drip() -> None:
            while how != "silent" and not over.wait(0.02) and line.send(b"x"):
                pass

        dripping = threading.Thread(target=drip)
        dripping.start()
        answer = line.answer()
        over.set()
        dripping.join()
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"urn:lookalike:timeout" in answer


def test_all_clients_together_hold_only_so_much(served: Serving) -> None:
    """Each of them stays below what one may send, and never comes to the end."""
    base = served(max_upload_bytes=MAX, upload_seconds=60.0)
    with contextlib.ExitStack() as lines:
        waiting = [lines.enter_context(Line(base)) for _ in range(9)]
        for line in waiting:
            line.ask(Content_Length=str(MAX + 60_000))
            line.send(HEAD + bytes(MAX + 59_000))
            time.sleep(0.02)
        assert waiting[-1].answer().startswith(b"HTTP/1.1 429")
        assert httpx.get(base + "/healthz").status_code == 200
    answer = httpx.post(base + "/v1/uploads", files={"picture": ("a.png", bytes(MAX - 1))})
    for _ in range(100):
        if answer.status_code != 429:
            break
        time.sleep(0.05)  # until the server has seen that they are gone
        answer = httpx.post(base + "/v1/uploads", files={"picture": ("a.png", bytes(MAX - 1))})
    assert answer.status_code == 422


def test_a_large_body_is_not_read_while_all_threads_are_taken(served: Serving, png: bytes) -> None:
    base = served(workers=1, queue=0)
    (server,) = served.servers
    begun, over = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        over.wait(20)

    async def busy() -> None:
        await server.strangers.run(work)

    thread = threading.Thread(target=lambda: asyncio.run(busy()))
    thread.start()
    assert begun.wait(10)
    with Line(base) as line:
        line.ask(Content_Length=str(10**6), Expect="100-continue")
        answer = line.answer()
    over.set()
    thread.join()
    assert answer.startswith(b"HTTP/1.1 429")
    assert b"100 Continue" not in answer
    assert b"retry-after: 1" in answer


@pytest.mark.parametrize("path", ["/v1/uploads", "/v1/nowhere", "/healthz"])
def test_a_body_that_nobody_reads_ends_the_connection(served: Serving, path: str) -> None:
    base = served(api_key="a-key-of-the-shop", upload_seconds=60.0)
    with Line(base) as line:
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50000\r\n\r\n"
        line.send(head.encode())
        answer = line.answer()
    assert answer[:12] in (b"HTTP/1.1 401", b"HTTP/1.1 405")
    assert answer.lower().count(b"connection: close") == 1


def test_one_that_is_read_keeps_it(base: str, png: bytes) -> None:
    with httpx.Client(base_url=base) as client:
        for _ in range(3):
            answer = client.post("/v1/uploads", files={"picture": ("a.png", png)})
            assert answer.status_code == 201
            assert "connection" not in answer.headers


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x",
        HEAD,
        HEAD + b"no picture" + TAIL,
        b"--x\r\n\r\n\r\n--x--",
        b"--y\r\n" * 1000,
        HEAD.replace(b'"picture"', b'"other"') + b"x" + TAIL,
        (HEAD + b"x\r\n") * 900 + TAIL,
        b'--x\r\nContent-Disposition: form-data; name="picture"\r\n\r\ntext' + TAIL,
        b"--x\r\n" + b"A: b\r\n" * 10_000 + b"\r\n" + TAIL,
    ],
    ids=range(10),
)
def test_forms_that_are_none(base: str, body: bytes) -> None:
    headers = {"Content-Type": FORM}
    answer = httpx.post(base + "/v1/uploads", content=body, headers=headers)
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"
