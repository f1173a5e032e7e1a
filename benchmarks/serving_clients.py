"""Clients that cost little: requests made beforehand, answers read as bytes."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

BOUNDARY = "a-picture-to-search-with"
LATE = 60.0  # seconds


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def post_picture(path: str, picture: bytes) -> bytes:
    body = (
        (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="picture"; '
            'filename="photo.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
        ).encode()
        + picture
        + f"\r\n--{BOUNDARY}--\r\n".encode()
    )
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@dataclass
class Answers:
    """What came back.

    Attributes
    ----------
    seconds : float
        How long was asked.
    statuses : Counter
        Of HTTP; "none" for no answer.
    latencies : list of float
        Seconds, of those that were answered with 200.
    """

    seconds: float = 0.0
    statuses: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(self.statuses.values())

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        return (
            float(np.percentile(self.latencies, share) * 1000) if self.latencies else float("nan")
        )

    def others(self) -> dict[str, int]:
        return {status: n for status, n in self.statuses.items() if status != "200"}

    def add(self, status: str, took: float) -> None:
        self.statuses[status] += 1
        if status == "200":
            self.latencies.append(took)


class Client:
    """One connection, opened again when the server has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> str:
        """Send a request; return the status, once the whole answer is there."""
        try:
            return await asyncio.wait_for(self._asked(request), LATE)
        except (OSError, EOFError, asyncio.TimeoutError, asyncio.IncompleteReadError):
            self.close()
            return "none"

    async def _asked(self, request: bytes) -> str:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(request)
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = head.partition("content-length:")[2].partition("\r\n")[0].strip()
        await reader.readexactly(int(length or 0))
        if "connection: close" in head:
            self.close()
        return head.split()[1]

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
        self._streams = None


async def closed_loop(
    port: int, clients: int, seconds: float, request: Callable[[], bytes]
) -> Answers:
    """Let each client ask again as soon as it has its answer."""
    found = Answers()
    began = time.perf_counter()

    async def one() -> None:
        client = Client(port)
        while (start := time.perf_counter()) - began < seconds:
            status = await client.ask(request())
            found.add(status, time.perf_counter() - start)
            if status == "429":
                await asyncio.sleep(0.05)
        client.close()

    await asyncio.gather(*(one() for _ in range(clients)))
    found.seconds = time.perf_counter() - began
    return found


async def open_loop(
    port: int, rate: float, seconds: float, request: Callable[[], bytes]
) -> Answers:
    """Let requests come at a rate, each over a connection of its own, whether answered or not."""
    found = Answers()
    began = time.perf_counter()
    running: set[asyncio.Task[None]] = set()

    async def one() -> None:
        start = time.perf_counter()
        client = Client(port)
        status = await client.ask(request())
        client.close()
        found.add(status, time.perf_counter() - start)

    sent = 0
    while (now := time.perf_counter() - began) < seconds:
        while sent < now * rate:
            task = asyncio.create_task(one())
            running.add(task)
            task.add_done_callback(running.discard)
            sent += 1
        await asyncio.sleep(0.005)
    if running:
        await asyncio.wait(running)
    found.seconds = time.perf_counter() - began
    return found
