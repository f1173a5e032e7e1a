"""Pictures that are fetched before they are asked for."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from lookalike.errors import PictureError
from lookalike.places import Found, ahead, reader


class Slow:
    """Reads when it is let; notes what was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.let = threading.Event()
        self.all_asked = threading.Semaphore(0)

    def __call__(self, path: str) -> bytes:
        self.asked.append(path)
        self.all_asked.release()
        self.let.wait(30)
        if path.endswith("bad"):
            raise PictureError(path, "bad")
        return path.encode()


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    slow = Slow()
    monkeypatch.setattr(ahead, "read_bytes", slow)
    return slow


def files(count: int, size: int = 1) -> list[Found]:
    return [Found(f"s3://b/{number:02}", size, 0) for number in range(count)]


def test_several_are_fetched_at_once_and_come_in_order(slow: Slow) -> None:
    found = [*files(20), Found("s3://b/bad", 1, 0), Found("s3://b/last", 1, 0)]
    with reader(found) as read:
        first = threading.Thread(target=read, args=(found[0],))
        first.start()
        for _ in range(8):
            assert slow.all_asked.acquire(timeout=30)
        assert sorted(slow.asked) == [one.path for one in found[:8]]
        slow.let.set()
        first.join()
        assert [read(one) for one in found[1:20]] == [one.path.encode() for one in found[1:20]]
        with pytest.raises(PictureError, match="bad"):
            read(found[20])
        assert read(found[21]) == b"s3://b/last"


def test_large_ones_wait_for_each_other(slow: Slow) -> None:
    slow.let.set()
    found = files(9, size=20 * 2**20)
    with reader(found) as read:
        for number, one in enumerate(found, start=1):
            assert read(one)
            assert len(slow.asked) == number


def test_who_stops_early_fetches_no_more(slow: Slow) -> None:
    slow.let.set()
    found = files(100)
    with reader(found) as read:
        read(found[0])
    assert len(slow.asked) <= 8


def test_files_of_this_machine_are_read_when_they_are_asked_for(slow: Slow) -> None:
    slow.let.set()
    found = [Found(str(Path("a").absolute()), 1, 0), Found(str(Path("b").absolute()), 1, 0)]
    with reader(found) as read:
        assert read(found[0]) == found[0].path.encode()
        assert slow.asked == [found[0].path]
