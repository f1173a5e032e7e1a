"""Uploads in a place that servers share: bounds, ages, and what others may have put there."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lookalike.errors import PictureTooLarge, UnknownFormat
from lookalike.images import probe
from lookalike.interfaces.http.problems import UnknownUpload
from lookalike.interfaces.http.shared_uploads import TIDIED_SECONDS, SharedUploads
from lookalike.places.room import room

DAY = 24 * 3600.0


class Clock:
    ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


class Here:
    probed = 0

    def probe(self, source, *, name=None):
        self.probed += 1
        return probe(source, name=name)


@pytest.fixture
def pictures(tmp_path: Path, draw: Callable[..., Path]) -> list[bytes]:
    """Four pictures of different bytes, the longest first."""
    drawn = [draw(tmp_path / f"{n}.png", n).read_bytes() for n in range(4)]
    return sorted(drawn, key=len, reverse=True)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def new(tmp_path: Path, pictures: list[bytes], clock: Clock) -> Callable[..., SharedUploads]:
    """Make what one more server has of the place."""

    def made(**bounds: float) -> SharedUploads:
        place = room(tmp_path / "shared")
        most = len(pictures[0])
        return SharedUploads(place, Here(), most, kept_seconds=DAY, clock=clock, **bounds)

    return made


def aged(tmp_path: Path, id: str, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(tmp_path / "shared" / "uploads" / id, (then, then))


def test_each_server_knows_what_any_of_them_took(
    new: Callable[..., SharedUploads], pictures: list[bytes]
) -> None:
    first, second = new(), new()
    upload = first.put(pictures[0])
    assert upload.id == hashlib.sha256(pictures[0]).hexdigest()[:32]
    assert second.get(upload.id) == pictures[0]
    assert second.facts(upload.id) == upload
    assert second.put(pictures[0]) == upload
    first.close()
    assert new().get(upload.id) == pictures[0]


@pytest.mark.parametrize("id", ["", "0" * 32, "../../etc/passwd", ".", "\0", "A" * 32])
def test_what_there_is_none_of(new: Callable[..., SharedUploads], id: str) -> None:
    with pytest.raises(UnknownUpload):
        new().get(id)
    with pytest.raises(UnknownUpload):
        new().facts(id)


def test_what_is_no_picture_or_too_large_is_not_kept(
    new: Callable[..., SharedUploads], pictures: list[bytes], tmp_path: Path
) -> None:
    with pytest.raises(UnknownFormat):
        new().put(b"no picture")
    with pytest.raises(PictureTooLarge):
        new().put(pictures[0] + b"\0")
    assert list(room(tmp_path / "shared").listed()) == []


def test_what_somebody_else_has_put_under_an_id_is_not_handed_out(
    new: Callable[..., SharedUploads], pictures: list[bytes], tmp_path: Path
) -> None:
    upload = new().put(pictures[0])
    room(tmp_path / "shared").put(f"uploads/{upload.id}", pictures[1])
    with pytest.raises(UnknownUpload):
        new().get(upload.id)


def test_what_nobody_asks_for_is_gone_after_its_time_and_what_is_asked_for_stays(
    new: Callable[..., SharedUploads], pictures: list[bytes], tmp_path: Path, clock: Clock
) -> None:
    taker = new()
    asked_for, forgotten = (taker.put(data).id for data in pictures[:2])
    for id in (asked_for, forgotten):
        aged(tmp_path, id, 0.75 * DAY)
    assert new().get(asked_for) == pictures[0]  # by another server, which writes it anew
    clock.ahead = 0.5 * DAY + 2 * TIDIED_SECONDS
    third = new()
    with pytest.raises(UnknownUpload):
        third.get(forgotten)
    assert third.get(asked_for) == pictures[0]
    assert [e.name for e in room(tmp_path / "shared").listed()] == [f"uploads/{asked_for}"]
    assert third.bytes == len(pictures[0])


def test_what_another_server_has_deleted_is_not_remembered(
    new: Callable[..., SharedUploads], pictures: list[bytes], tmp_path: Path, clock: Clock
) -> None:
    first, second = new(), new()
    upload = first.put(pictures[0])
    assert second.get(upload.id) == pictures[0]
    (tmp_path / "shared" / "uploads" / upload.id).unlink()
    clock.ahead = 2 * TIDIED_SECONDS
    for one in (first, second):
        with pytest.raises(UnknownUpload):
            one.get(upload.id)


def test_what_is_over_its_time_cannot_be_had_even_where_nobody_has_tidied_yet(
    new: Callable[..., SharedUploads], pictures: list[bytes], tmp_path: Path, clock: Clock
) -> None:
    id = new().put(pictures[0]).id
    aged(tmp_path, id, DAY + 1)
    with pytest.raises(UnknownUpload):
        new().get(id)
    assert (tmp_path / "shared" / "uploads" / id).exists()


def test_of_too_much_the_oldest_goes_whoever_took_it(
    new: Callable[..., SharedUploads], pictures: list[bytes], tmp_path: Path
) -> None:
    bound = sum(map(len, pictures[:3]))
    servers = [new(kept_bytes=bound), new(kept_bytes=bound)]
    ids = []
    for count, data in enumerate(pictures[:3]):
        ids.append(servers[count % 2].put(data).id)
        aged(tmp_path, ids[-1], 300 - count)
    last = new(kept_bytes=bound)
    newest = last.put(pictures[3]).id
    assert {e.name for e in room(tmp_path / "shared").listed()} == {
        f"uploads/{id}" for id in (ids[1], ids[2], newest)
    }
    with pytest.raises(UnknownUpload):
        new().get(ids[0])


def test_files_of_others_in_the_place_stay(
    new: Callable[..., SharedUploads], pictures: list[bytes], tmp_path: Path, clock: Clock
) -> None:
    place = room(tmp_path / "shared")
    place.put("thumbnails/ab/one.webp", b"1")
    place.put("uploads/README", b"2")
    clock.ahead = 10 * DAY
    new().put(pictures[0])
    assert {e.name for e in place.listed()} >= {"thumbnails/ab/one.webp", "uploads/README"}
