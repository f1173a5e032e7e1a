"""Threads that take on no more than they can do soon."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lookalike.interfaces.http.problems import ShuttingDown, TooBusy
from lookalike.interfaces.http.work import ClientGone, Presence, Work


class Gate:
    """A function that waits until it may go on."""

    def __init__(self) -> None:
        self.begun = 0
        self.open = threading.Event()

    def __call__(self, answer: int) -> int:
        self.begun += 1
        assert self.open.wait(10)
        return answer


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.open.set()


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(1000):
        if holds():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never comes")


def test_it_returns_what_the_function_returns() -> None:
    async def story() -> None:
        work = Work(1, 0)
        assert await work.run(divmod, 7, 2) == (3, 1)
        with pytest.raises(ZeroDivisionError):
            await work.run(divmod, 7, 0)
        assert (work.running, work.waiting, work.done) == (0, 0, 2)
        assert await work.run(threading.current_thread) is not threading.main_thread()
        await work.close()

    asyncio.run(story())


def test_whoever_is_one_too_many_is_told_so_at_once(gate: Gate) -> None:
    async def story() -> None:
        work = Work(2, 3)
        calls = [asyncio.ensure_future(work.run(gate, n)) for n in range(5)]
        await until(lambda: gate.begun == 2)
        assert (work.running, work.waiting, work.is_full) == (2, 3, True)
        with pytest.raises(TooBusy) as busy:
            await work.run(gate, 5)
        assert busy.value.status == 429
        assert int(busy.value.headers["Retry-After"]) >= 1
        gate.open.set()
        assert await asyncio.gather(*calls) == [0, 1, 2, 3, 4]
        await until(lambda: work.running == 0)
        assert await work.run(gate, 6) == 6
        await work.close()

    asyncio.run(story())


def test_the_longer_it_takes_the_later_one_is_to_come_back(gate: Gate) -> None:
    async def story() -> None:
        work = Work(1, 50)
        work._took(100.0)  # of which a tenth counts
        calls = [asyncio.ensure_future(work.run(gate, n)) for n in range(51)]
        await until(work.__class__.is_full.fget.__get__(work))
        with pytest.raises(TooBusy) as busy:
            await work.run(gate, 51)
        assert int(busy.value.headers["Retry-After"]) > 500
        gate.open.set()
        await asyncio.gather(*calls)
        await work.close()

    asyncio.run(story())


def test_a_client_that_goes_away_while_it_waits_is_not_served(gate: Gate) -> None:
    async def story() -> None:
        work = Work(1, 5)
        first = asyncio.ensure_future(work.run(gate, 0))
        await until(lambda: gate.begun == 1)
        gone = asyncio.Event()
        waits = asyncio.ensure_future(request(work, gate, gone))
        await until(lambda: work.waiting == 1)
        gone.set()
        with pytest.raises(ClientGone):
            await waits
        assert work.waiting == 0
        gate.open.set()
        assert await first == 0
        await work.close()
        assert gate.begun == 1

    asyncio.run(story())


def test_a_client_that_goes_away_later_does_not_disturb(gate: Gate) -> None:
    async def story() -> None:
        work = Work(1, 5)
        gone = asyncio.Event()
        asked = asyncio.ensure_future(request(work, gate, gone))
        await until(lambda: gate.begun == 1)
        gone.set()
        await asyncio.sleep(0.02)
        assert not asked.done()
        gate.open.set()
        assert await asked == 0
        await work.close()

    asyncio.run(story())


@pytest.mark.parametrize("body", [[b""], [b"one", b"two", b""]])
def test_a_body_is_left_to_whoever_reads_it(gate: Gate, body: list[bytes]) -> None:
    """A route may work on the first part of a body while the rest is still to come."""
    gate.open.set()
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        work = Work(1, 5)
        more = True
        while more:
            message = await receive()
            seen.append(message["body"])
            more = message["more_body"]
            assert await work.run(gate, 7) == 7
        await work.close()

    async def story() -> None:
        parts = iter(body)

        async def receive() -> Any:
            try:
                part = next(parts)
            except StopIteration:
                await asyncio.Event().wait()
            return {"type": "http.request", "body": part, "more_body": bool(part)}

        scope = {"type": "http", "headers": [(b"transfer-encoding", b"chunked")]}
        await Presence(app)(scope, receive, None)  # type: ignore[arg-type]

    asyncio.run(story())
    assert seen == body


async def request(work: Work, gate: Gate, gone: asyncio.Event) -> int:
    """Ask as a route does: behind `Presence`, with a client that leaves when it is told to."""
    answers = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        answers.append(await work.run(gate, 0))

    first = True

    async def receive() -> Any:
        nonlocal first
        if first:
            first = False
            return {"type": "http.request", "body": b"", "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    await Presence(app)({"type": "http", "headers": []}, receive, None)  # type: ignore[arg-type]
    return answers[0]


def test_told_to_end_it_finishes_what_runs_and_drops_what_waits(gate: Gate) -> None:
    async def story() -> None:
        work = Work(1, 5)
        runs = asyncio.ensure_future(work.run(gate, 0))
        waits = asyncio.ensure_future(work.run(gate, 1))
        await until(lambda: gate.begun == 1)
        work.refuse()
        with pytest.raises(ShuttingDown):
            await work.run(gate, 2)
        closing = asyncio.ensure_future(work.close())
        with pytest.raises(asyncio.CancelledError):
            await waits
        gate.open.set()
        await closing
        assert await runs == 0
        assert gate.begun == 1

    asyncio.run(story())
