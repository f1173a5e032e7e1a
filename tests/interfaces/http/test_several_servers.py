"""Several servers over one gallery: whichever is asked, the answer is the same."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from lookalike import Gallery, LocalGallery
from lookalike.errors import GalleryMissing, GalleryUnreachable, MissingExtra
from lookalike.interfaces.http import index_job, offers, state
from lookalike.interfaces.http.settings import ServerSettings
from serving import Serving
from turns import Turns

KEY = "a-key-that-is-long-enough"
ADDRESS = "milvus+http://127.0.0.1:1/shop"


@pytest.fixture
def data(draw: Callable[..., Path], tmp_path: Path) -> bytes:
    """A picture that no gallery has."""
    return draw(tmp_path / "theirs.png", 77).read_bytes()


@pytest.fixture
def two(served: Serving, tmp_path: Path) -> list[str]:
    """Two servers over one gallery, with a place that they share."""
    return [served(shared=str(tmp_path / "shared")) for _ in range(2)]


def uploaded(address: str, data: bytes) -> str:
    answer = httpx.post(f"{address}/v1/uploads", files={"picture": ("x.png", data)})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def searched(address: str, upload: str) -> httpx.Response:
    body = {"parts": [{"upload": upload}], "top": 3}
    return httpx.post(f"{address}/v1/galleries/shop/search", json=body, timeout=30)


def test_what_is_uploaded_at_one_is_searched_with_at_another(two: list[str], data: bytes) -> None:
    upload = uploaded(two[0], data)
    answers = [searched(address, upload).json()["matches"] for address in two]
    assert len(answers[0]) == 3
    assert answers[0] == answers[1]
    small = [httpx.get(f"{address}/v1/uploads/{upload}/thumbnail") for address in two]
    assert small[0].status_code == 200
    assert small[0].content == small[1].content
    assert small[0].headers["etag"] == small[1].headers["etag"]


def test_without_a_shared_place_an_upload_is_known_where_it_was_sent(
    served: Serving, data: bytes
) -> None:
    first, second = served(), served()
    upload = uploaded(first, data)
    assert searched(first, upload).status_code == 200
    assert searched(second, upload).status_code == 404


def test_what_was_uploaded_outlives_the_server_that_took_it(
    served: Serving, tmp_path: Path, data: bytes
) -> None:
    upload = uploaded(served(shared=str(tmp_path / "shared")), data)
    served.close()
    served._running.clear()
    assert searched(served(shared=str(tmp_path / "shared")), upload).status_code == 200


def test_in_turns_all_of_it_works_as_with_one_server(two: list[str], data: bytes) -> None:
    turns = Turns(two)
    try:
        with httpx.Client(base_url=turns.address, timeout=30) as api:
            for seed in range(2):  # each kind of request comes to both servers
                del seed
                upload = api.post("/v1/uploads", files={"picture": ("x.png", data)}).json()
                for path in ("/v1", "/v1/galleries", "/v1/galleries/shop/pictures", "/readyz"):
                    assert api.get(path).status_code == 200
                assert api.get(upload["thumbnail"]).status_code == 200
                matches = searched(turns.address, upload["id"]).json()["matches"]
                first = api.get(matches[0]["thumbnail"])
                tag = {"If-None-Match": first.headers["etag"]}
                again = api.get(matches[0]["thumbnail"], headers=tag)
                assert (first.status_code, again.status_code) == (200, 304)
                assert again.headers["cache-control"].endswith("max-age=31536000, immutable")
                like = {"parts": [{"id": matches[0]["id"]}], "like": [matches[1]["id"]]}
                assert api.post("/v1/galleries/shop/search", json=like).status_code == 200
        assert {one.partition(" ")[0] for one in turns.asked} == {"0", "1"}
    finally:
        turns.close()


def test_the_cookie_of_one_server_opens_another_of_the_same_key(served: Serving) -> None:
    first, second, other = served(api_key=KEY), served(api_key=KEY), served(api_key=KEY + "!")
    given = httpx.post(f"{first}/v1/session", json={"key": KEY})
    assert given.status_code == 204
    cookies = dict(given.cookies)
    assert httpx.get(f"{second}/v1", cookies=cookies).status_code == 200
    assert httpx.get(f"{other}/v1", cookies=cookies).status_code == 401


def test_what_spreads_requests_needs_no_key_and_is_told_no_names(served: Serving) -> None:
    address = served(api_key=KEY)
    told = httpx.get(f"{address}/readyz")
    assert (told.status_code, told.json()["status"], told.json()["galleries"]) == (200, "ready", {})
    told = httpx.get(f"{address}/readyz", headers={"X-API-Key": KEY})
    assert told.json()["galleries"] == {"shop": "ready"}


JOBS = "/v1/galleries/shop/jobs"


def ended(address: str, job: dict[str, Any]) -> dict[str, Any]:
    while job["state"] == "running":
        time.sleep(0.05)
        job = httpx.get(f"{address}{JOBS}/{job['id']}").json()
    return job


def test_a_job_is_told_of_by_all_servers(
    two: list[str], tmp_path: Path, draw: Callable[..., Path]
) -> None:
    folder = draw(tmp_path / "more" / "c.png", 20).parent
    job = httpx.post(two[0] + JOBS, json={"folders": [str(folder)]}).json()
    with httpx.stream("GET", f"{two[1]}{JOBS}/{job['id']}/events", timeout=60) as answer:
        assert answer.status_code == 200
        last = [line for line in answer.iter_lines() if line][-2:]
    assert last[0] == "event: end"
    told = json.loads(last[1].removeprefix("data: "))
    assert (told["id"], told["state"], told["report"]["added"]) == (job["id"], "done", 1)
    for address in two:
        assert ended(address, job) == told
        assert httpx.get(address + JOBS).json() == {"jobs": [told]}
        assert httpx.get(f"{address}{JOBS}/{'0' * 16}/events").status_code == 404


def test_a_job_is_stopped_by_any_server_and_stands_in_the_way_at_all(
    two: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = "import os, sys; sys.stdin.readline(); os.read(0, 1); print('{\"stopped\": true}')"
    monkeypatch.setattr(index_job, "_BEGIN", waits)
    job = httpx.post(two[0] + JOBS, json={}).json()
    for address in two:
        busy = httpx.post(address + JOBS, json={})
        assert (busy.status_code, busy.json()["type"]) == (409, "urn:lookalike:gallery-busy")
        assert job["id"] in busy.json()["detail"]
    assert httpx.delete(f"{two[1]}{JOBS}/{job['id']}").status_code == 202
    assert [ended(address, job)["state"] for address in two] == ["stopped", "stopped"]


def test_a_program_that_comes_to_another_server_each_time_follows_its_job(
    two: list[str], tmp_path: Path, draw: Callable[..., Path]
) -> None:
    turns = Turns(two)
    try:
        with Gallery.open(turns.address) as gallery:
            report = gallery.sync(draw(tmp_path / "more" / "c.png", 20).parent)
            assert report.added == 1
        asked = [one for one in turns.asked if "/jobs" in one]
        assert {one.partition(" ")[0] for one in asked} == {"0", "1"}, asked
    finally:
        turns.close()


def test_jobs_of_other_servers_are_away_with_the_place(
    two: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise GalleryUnreachable("10.0.0.9 does not answer")

    job = httpx.post(two[0] + JOBS, json={}).json()
    ended(two[1], job)
    monkeypatch.setattr("lookalike.places.room.FolderRoom.listed", away)
    assert httpx.get(f"{two[0]}{JOBS}/{job['id']}").status_code == 200
    for path in ("", f"/{job['id']}", f"/{job['id']}/events"):
        refused = httpx.get(f"{two[1]}{JOBS}{path}")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert "10.0.0.9" not in refused.text


def test_without_a_shared_place_a_job_is_known_where_it_was_started(served: Serving) -> None:
    first, second = served(), served()
    job = httpx.post(first + JOBS, json={}).json()
    assert ended(first, job)["state"] == "done"
    assert httpx.get(f"{second}{JOBS}/{job['id']}").status_code == 404
    assert httpx.get(second + JOBS).json() == {"jobs": []}


def test_a_shared_place_that_cannot_be_written_is_told_without_its_path(
    two: list[str], served: Serving, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lookalike.places.room._replace", full)
    answer = httpx.post(f"{two[0]}/v1/uploads", files={"picture": ("x.png", data)})
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:lookalike:no-room")
    assert "shared" not in answer.text
    assert int(answer.headers["retry-after"]) > 0


# -- a gallery whose engine goes away ------------------------------------------------------------


class Engine:
    """What keeps a gallery elsewhere: there, away, or silent."""

    def __init__(self) -> None:
        self.is_there = True
        self.is_made = True
        self.speaks = threading.Event()
        self.speaks.set()
        self.asked = 0

    def ask(self) -> None:
        self.asked += 1
        self.speaks.wait(30)
        if not self.is_there:
            raise GalleryUnreachable("10.0.0.7:19530 refuses connections")


class Kept(LocalGallery):
    """A gallery that such an engine keeps."""

    engine: Engine

    def check(self, seconds: float = 2.0) -> None:
        self.engine.ask()

    def pictures(self, *args: object, **kwargs: object) -> object:
        self.engine.ask()
        return super().pictures(*args, **kwargs)

    def search(self, *args: object, **kwargs: object) -> object:
        self.engine.ask()
        return super().search(*args, **kwargs)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, shop: Path) -> Iterator[Engine]:
    made = Engine()

    def opened(where: str, **options: object) -> Kept:
        assert where == ADDRESS
        made.ask()
        if not made.is_made:
            raise GalleryMissing("there is no gallery shop at 10.0.0.7:19530 yet")
        gallery = Kept.open(shop, create=False, **options)
        gallery.engine = made
        return gallery

    monkeypatch.setattr(state, "open_served", opened)
    monkeypatch.setattr(offers, "LONGEST_PAUSE", 0.1)
    monkeypatch.setattr(offers, "FIRST_PAUSE", 0.05)
    yield made
    made.speaks.set()


def ready(address: str) -> httpx.Response:
    return httpx.get(f"{address}/readyz")


def until(address: str, status: int) -> httpx.Response:
    for _ in range(300):
        if (answer := ready(address)).status_code == status:
            return answer
        time.sleep(0.05)
    pytest.fail(f"never {status}: {answer.text}")


def test_a_server_starts_before_its_engine_and_gets_ready_by_itself(
    served: Serving, engine: Engine
) -> None:
    engine.is_there = False
    address = served({"shop": ADDRESS})
    assert httpx.get(f"{address}/healthz").status_code == 200
    answer = ready(address)
    assert answer.status_code == 503
    assert answer.json()["galleries"] == {"shop": "GalleryUnreachable"}
    assert httpx.get(f"{address}/v1").json()["galleries"] == ["shop"]
    for path in ("/v1/galleries", "/v1/galleries/shop", "/v1/galleries/shop/pictures"):
        refused = httpx.get(address + path)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert refused.json()["type"] == "urn:lookalike:gallery-unreachable"
    assert httpx.get(f"{address}/metrics").status_code == 200
    engine.is_there = True
    until(address, 200)
    assert httpx.get(f"{address}/v1/galleries/shop/pictures").json()["total"] == 6


def test_a_server_does_not_wait_for_what_does_not_come_by_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def without(*_: object, **__: object) -> None:
        raise MissingExtra("a gallery in Milvus", "milvus")

    monkeypatch.setattr(state, "open_served", without)
    server = state.Server(ServerSettings(port=0, workers=1), {"shop": ADDRESS})
    with pytest.raises(MissingExtra, match="milvus"):
        server.open()


def test_a_gallery_that_is_made_later_is_served_from_then_on(
    served: Serving, engine: Engine
) -> None:
    engine.is_made = False
    address = served({"shop": ADDRESS})
    assert ready(address).json()["galleries"] == {"shop": "GalleryMissing"}
    assert httpx.get(f"{address}/v1/galleries/shop").status_code == 404
    engine.is_made = True
    until(address, 200)


def test_an_engine_that_goes_away_is_missed_at_once_and_is_back_by_itself(
    served: Serving, engine: Engine, data: bytes
) -> None:
    address = served({"shop": ADDRESS})
    until(address, 200)
    upload = uploaded(address, data)
    engine.is_there = False
    answer = searched(address, upload)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert ready(address).status_code == 503
    engine.is_there = True
    until(address, 200)
    assert searched(address, upload).status_code == 200


def test_an_engine_that_falls_silent_is_missed_before_it_answers(
    served: Serving, engine: Engine
) -> None:
    address = served({"shop": ADDRESS})
    until(address, 200)
    engine.speaks.clear()
    # Though whoever asks it would wait for half a minute.
    assert ready(address).status_code == 503
    assert ready(address).status_code == 503
    refused = httpx.get(f"{address}/v1/galleries/shop/pictures")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert httpx.get(f"{address}/healthz").status_code == 200
    engine.speaks.set()
    until(address, 200)


def test_strangers_are_not_told_of_the_machines_behind(served: Serving, engine: Engine) -> None:
    address = served({"shop": ADDRESS}, host="0.0.0.0", without_key=True, allowed_hosts=("*",))
    until(address, 200)
    engine.is_there = False
    for _ in range(2):  # found out by this request, and known at the next
        refused = httpx.get(f"{address}/v1/galleries/shop/pictures")
        assert refused.status_code == 503
        assert "10.0.0.7" not in refused.text
    assert "10.0.0.7" not in ready(address).text


def test_a_server_ends_at_once_though_its_engine_is_silent(served: Serving, engine: Engine) -> None:
    address = served({"shop": ADDRESS})
    until(address, 200)
    engine.speaks.clear()
    assert ready(address).status_code == 503
    server = served.servers[0]
    server.begin_closing()
    server.offers["shop"].close()
    engine.speaks.set()
    asked = engine.asked
    time.sleep(0.3)
    assert engine.asked <= asked + 1  # nobody calls any more
