"""Index jobs of several servers in one place: asked, stopped, lost, forgotten, and what is odd."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from lookalike.errors import GalleryBusy, GalleryUnreachable
from lookalike.interfaces.http import index_job, jobs, shared_jobs
from lookalike.interfaces.http.away import AwayRoom
from lookalike.interfaces.http.galleries import key
from lookalike.interfaces.http.jobs import Jobs, UnknownJob
from lookalike.interfaces.http.models.jobs import Job, JobReport, JobWanted
from lookalike.interfaces.http.problems import ShuttingDown
from lookalike.interfaces.http.settings import ServerSettings
from lookalike.places.room import Entry, FolderRoom, Room, room

ADDRESS = "milvus+http://10.0.0.7:19530/shop"

# In place of indexing: tells of progress, then waits for a file, or for whoever stops it.
CHILD = """
import json, os, pathlib, sys, threading, time
sys.stdin.readline()
far = {{"stage": "reading", "done": 3, "total": 9, "failed": 0}}
print(json.dumps({{"progress": far}}), flush=True)
stopped = threading.Event()
threading.Thread(target=lambda: (os.read(0, 1), stopped.set()), daemon=True).start()
while not pathlib.Path({go!r}).exists():
    if stopped.wait(0.02):
        print(json.dumps({{"stopped": True}}))
        sys.exit()
print(json.dumps({{"report": {{"added": 6}}}}))
"""


class Frail(FolderRoom):
    """A folder that may be away, and may have another time."""

    is_away = False
    ahead = 0.0

    def get(self, name: str) -> bytes | None:
        self._try()
        return super().get(name)

    def put(self, name: str, data: bytes) -> None:
        self._try()
        super().put(name, data)

    def listed(self, prefix: str = "") -> Iterator[Entry]:
        self._try()
        for entry in super().listed(prefix):
            yield Entry(entry.name, entry.size, entry.mtime_ns + int(self.ahead * 1e9))

    def _try(self) -> None:
        if self.is_away:
            raise GalleryUnreachable("10.0.0.9 does not answer")


@pytest.fixture(autouse=True)
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_job, "_BEGIN", CHILD.format(go=str(tmp_path / "go")))
    monkeypatch.setattr(shared_jobs, "BEAT_SECONDS", 0.05)


@pytest.fixture
def new(tmp_path: Path) -> Iterator[Callable[..., Jobs]]:
    """Make the jobs of one more server of the place."""
    made: list[Jobs] = []

    def server(
        place: Room | None = None, *, name: str = "shop", where: str = ADDRESS, **settings: object
    ) -> Jobs:
        parts = {
            "room": place or room(tmp_path / "shared"),
            "settings": ServerSettings(**settings),
            "where": {name: where},
            "closing": Event(),
        }
        made.append(Jobs(SimpleNamespace(**parts)))
        return made[-1]

    yield server
    for one in made:
        one.stop()
        one._join()


@pytest.fixture(params=["folder", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Room:
    if request.param == "folder":
        return room(tmp_path / "shared")
    pytest.importorskip("fsspec")
    return room(f"memory://{tmp_path.name}")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Where the jobs of the gallery are told of."""
    return tmp_path / "shared" / "jobs" / key(ADDRESS)


def started(server: Jobs, name: str = "shop") -> str:
    return server.start(name, JobWanted(), ["/pictures"]).id


def until(server: Jobs, id: str, is_so: Callable[[Job], Any], name: str = "shop") -> Job:
    for _ in range(2000):
        if is_so(told := server.get(name, id)):
            return told
        time.sleep(0.02)
    pytest.fail(f"never so: {told}")


def has_ended(job: Job) -> bool:
    return job.state != "running"


def lost(server: Jobs, files: Path) -> str:
    """Let a server run a job and end without a word; return the job's id."""
    id = started(server)
    while b'"done":3' not in (said := (files / f"{id}.json").read_bytes()):
        time.sleep(0.02)
    server._server.closing.set()
    server.stop()
    server._join()
    (files / f"{id}.json").write_bytes(said)
    return id


def aged(file: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(file, (then, then))


def test_any_server_tells_how_a_job_is_under_its_own_name_of_the_gallery(
    new: Callable[..., Jobs], place: Room, tmp_path: Path
) -> None:
    runs, other = new(place), new(place, name="boutique", where=f"{ADDRESS}?consistency=strong")
    id = started(runs)
    assert other.get("boutique", id).state == "running"  # at once
    told = until(other, id, lambda job: job.progress, "boutique")
    assert (told.id, told.gallery, told.folders) == (id, "boutique", ["/pictures"])
    assert told.progress.done == 3
    assert [job.id for job in other.of("boutique")] == [id]
    assert (runs.running(), other.running()) == (1, 0)
    (tmp_path / "go").touch()
    ended = until(other, id, has_ended, "boutique")
    assert (ended.state, ended.report.added) == ("done", 6)
    assert ended.model_copy(update={"gallery": "shop"}) == runs.get("shop", id)
    assert [job.state for job in other.of("boutique")] == ["done"]


def test_any_server_stops_a_job(new: Callable[..., Jobs], place: Room) -> None:
    runs, other = new(place), new(place)
    id = started(runs)
    assert other.end("shop", id).state == "running"
    assert until(other, id, has_ended).state == "stopped"
    assert runs.get("shop", id).state == "stopped"
    runs._join()
    assert not [e.name for e in place.listed("jobs/") if e.name.endswith(".stop")]
    assert other.end("shop", id).state == "stopped"  # and nobody is told to stop it any more
    assert not [e.name for e in place.listed("jobs/") if e.name.endswith(".stop")]


def test_one_job_of_a_gallery_runs_at_a_time_on_all_servers(
    new: Callable[..., Jobs], place: Room
) -> None:
    first, second, elsewhere = new(place), new(place), new(place, where=f"{ADDRESS}2")
    id = started(first)
    with pytest.raises(GalleryBusy, match=id):
        started(second)
    started(elsewhere)
    second.end("shop", id)
    until(second, id, has_ended)
    again = started(second)
    for server in (first, second):
        assert {job.id for job in server.of("shop")} == {id, again}
    assert elsewhere.of("shop")[0].id not in (id, again)


def test_a_job_whose_server_is_gone_has_failed_and_another_is_started(
    new: Callable[..., Jobs], files: Path
) -> None:
    id = lost(new(), files)
    other = new()
    assert other.get("shop", id).state == "running"
    aged(files / f"{id}.json", shared_jobs.LOST_SECONDS + 5)
    told = other.get("shop", id)
    assert (told.state, told.problem.status) == ("failed", 500)
    assert "Start the job again" in told.problem.detail
    assert told.ended is not None
    assert told.progress.done == 3
    assert other.of("shop") == [told]
    assert other.end("shop", id) == told
    assert not (files / f"{id}.stop").exists()
    again = started(other)
    assert new().get("shop", again).state == "running"


def test_it_is_the_clock_of_the_place_that_tells_who_is_gone(
    new: Callable[..., Jobs], files: Path, tmp_path: Path
) -> None:
    id = lost(new(), files)
    for ahead in (-3600.0, 3600.0):
        place = Frail(tmp_path / "shared")
        place.ahead = ahead
        other = new(place)
        aged(files / f"{id}.json", 5)
        assert other.get("shop", id).state == "running"
        aged(files / f"{id}.json", shared_jobs.LOST_SECONDS + 5)
        assert other.get("shop", id).state == "failed"


def test_a_place_that_is_away_stops_no_job_and_is_told_later(
    new: Callable[..., Jobs], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place = Frail(tmp_path / "shared")
    place.is_away = True
    runs = new(place)
    with caplog.at_level(logging.ERROR, "lookalike.serve"):
        id = started(runs)
        until(runs, id, lambda job: job.progress)
        time.sleep(0.3)
        (tmp_path / "go").touch()
        until(runs, id, has_ended)
    assert sum("cannot be told" in line for line in caplog.messages) == 1
    with pytest.raises(AwayRoom) as refusal:
        runs.of("shop")
    assert (refusal.value.status, refusal.value.headers) == (503, {"Retry-After": "5"})
    assert "10.0.0.9" not in refusal.value.detail
    other = new(place)
    for ask in (other.get, other.end):
        with pytest.raises(AwayRoom):
            ask("shop", id)
    place.is_away = False
    runs._join()
    assert other.get("shop", id) == runs.get("shop", id)
    assert other.get("shop", id).report.added == 6


def fine(id: str) -> dict[str, Any]:
    told = {"id": id, "gallery": "x", "state": "done", "started": "2024-05-01T12:00:00Z"}
    return told | dict.fromkeys(["ended", "progress", "report", "problem"]) | {"folders": []}


FAR = {"stage": "reading", "done": 1, "total": 2, "failed": 0, "seconds_left": None}
ID = "0" * 16


@pytest.mark.parametrize(
    "odd",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b"[" * 100_000,
        json.dumps(fine("1" * 16)).encode(),
        json.dumps(fine(ID) | {"state": "gone"}).encode(),
        json.dumps(fine(ID) | {"started": 7}).encode(),
        json.dumps(fine(ID) | {"folders": ["\ud800"]}).encode(),
        json.dumps(fine(ID) | {"progress": FAR | {"rate": float("nan")}}).encode(),
        json.dumps(fine(ID) | {"progress": FAR | {"rate": 1.0}}).replace("1.0", "1e999").encode(),
        json.dumps(fine(ID) | {"report": {"added": "6"}}).encode(),
        json.dumps(fine(ID) | {"problem": {"type": "x", "status": 500}}).encode(),
        json.dumps(fine(ID)).encode() + b" " * shared_jobs.MOST_BYTES,
    ],
)
def test_what_tells_of_no_job_is_passed_over_and_logged_once(
    new: Callable[..., Jobs], files: Path, odd: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    files.mkdir(parents=True)
    (files / f"{'2' * 16}.json").write_text(json.dumps(fine("2" * 16)))
    (files / f"{ID}.json").write_bytes(odd)
    server = new()
    for _ in range(3):
        assert [job.id for job in server.of("shop")] == ["2" * 16]
    assert len([line for line in caplog.messages if "passed over" in line]) == 1
    with pytest.raises(UnknownJob):
        server.get("shop", ID)


@pytest.mark.parametrize("name", ["README", f"{ID}.stop", f"{ID}.json.bak", "0.json", f"x/{ID}.no"])
def test_files_of_others_are_none_of_ours(new: Callable[..., Jobs], files: Path, name: str) -> None:
    (files / name).parent.mkdir(parents=True, exist_ok=True)
    (files / name).write_text(json.dumps(fine(ID)))
    assert new().of("shop") == []


@pytest.mark.parametrize("id", ["", ".", "../../uploads/x", ID.upper() + "0", "\0", "A" * 16, ID])
def test_what_there_is_none_of(new: Callable[..., Jobs], files: Path, id: str) -> None:
    for ask in (new().get, new().end):
        with pytest.raises(UnknownJob):
            ask("shop", id)
    assert not files.exists()


def test_only_the_last_jobs_are_kept_whoever_ran_them(
    new: Callable[..., Jobs], files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "KEPT", 2)
    (tmp_path / "go").touch()
    ids = []
    for count in range(5):
        server = new()
        ids.append(started(server))
        server._join()
        aged(files / f"{ids[-1]}.json", 50 - count)
    assert {file.stem for file in files.iterdir()} == set(ids[-3:])
    assert {job.id for job in new().of("shop")} == set(ids[-3:])


def test_who_shows_no_paths_tells_of_no_jobs_of_others(new: Callable[..., Jobs]) -> None:
    id = started(new())
    stranger = new(host="0.0.0.0", without_key=True)
    assert stranger.of("shop") == []
    with pytest.raises(UnknownJob):
        stranger.get("shop", id)


def test_a_server_that_ends_starts_no_job_and_tells_the_others_what_it_stopped(
    new: Callable[..., Jobs],
) -> None:
    server, other = new(), new()
    id = started(server)
    server._server.closing.set()
    server.stop()
    server._join()
    assert other.get("shop", id).state == "stopped"
    with pytest.raises(ShuttingDown):
        started(server)


def test_a_report_without_end_is_told_in_short() -> None:
    lists = {"unlisted": [(f"/pictures/{n:09}", "denied") for n in range(40_000)]}
    job = Job.model_validate(fine(ID) | {"report": JobReport(added=6, **lists)})
    data = shared_jobs._written(job)
    assert len(data) < shared_jobs.MOST_BYTES
    assert shared_jobs._parsed(data, ID).report == JobReport(added=6)


def test_servers_know_a_gallery_by_where_it_is(tmp_path: Path) -> None:
    same = [ADDRESS, f"{ADDRESS}?consistency=strong", f"{ADDRESS}?files=s3://b/own", f"{ADDRESS}/"]
    assert len(set(map(key, same))) == 1
    (tmp_path / "link").symlink_to(tmp_path)
    assert key(tmp_path / "link" / "shop") == key(tmp_path / "shop")
    others = [f"{ADDRESS}?database=b", "milvus+https://10.0.0.7:19530/shop", tmp_path / "shop"]
    assert len({*map(key, others), key(ADDRESS)}) == 4
