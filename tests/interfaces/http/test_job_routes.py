"""Index jobs: real child processes behind a real server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image as pillow
from PIL.PngImagePlugin import PngInfo

from lookalike import Gallery
from lookalike.errors import BadParameter, UsageError
from lookalike.interfaces.http import index_job, jobs
from lookalike.interfaces.http.indexing import GRACE
from lookalike.interfaces.http.models.jobs import JobWanted
from lookalike.interfaces.http.problems import Refusal
from lookalike.interfaces.http.routes import jobs as routes
from lookalike.interfaces.http.routes.allowed import may_be_indexed
from lookalike.interfaces.http.settings import ServerSettings

HERE = "/v1/galleries/shop"

# Stand for decoders written in C: a picture with this text in it ends the process, and with that
# one every picture takes its time.
POISON = "the straw"
SLOW = "in no hurry"
FAULTY_DECODER = f"""
import os, time
import lookalike.images.decoding as decoding
begin = decoding.Encoded.__init__
def faulty(self, name, data, *rest):
    if {POISON.encode()!r} in data:
        os.abort()
    if {SLOW.encode()!r} in data:
        time.sleep(0.05)
    begin(self, name, data, *rest)
decoding.Encoded.__init__ = faulty
"""


@pytest.fixture
def faulty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the children of this process have a decoder with faults."""
    (tmp_path / "faulty").mkdir()
    (tmp_path / "faulty" / "sitecustomize.py").write_text(FAULTY_DECODER)
    paths = [str(tmp_path / "faulty"), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))


def commented(path: Path, comment: str, shade: int = 0) -> None:
    path.parent.mkdir(exist_ok=True)
    text = PngInfo()
    text.add_text("comment", comment)
    pillow.new("RGB", (9, 9), (shade % 256, shade // 256, 9)).save(path, pnginfo=text)


@pytest.fixture
def api(served: Callable[..., str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served(), timeout=60) as client:
        yield client


def ended(api: httpx.Client, job: dict[str, Any]) -> dict[str, Any]:
    """Wait for the end of a job."""
    while job["state"] == "running":
        time.sleep(0.05)
        job = api.get(f"{HERE}/jobs/{job['id']}").json()
    return job


def started(api: httpx.Client, *folders: Path, **more: object) -> dict[str, Any]:
    answer = api.post(f"{HERE}/jobs", json={"folders": [str(f) for f in folders]} | more)
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


def events(api: httpx.Client, job: str) -> Iterator[tuple[str, dict[str, Any]]]:
    with api.stream("GET", f"{HERE}/jobs/{job}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        name = ""
        for line in answer.iter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield name, json.loads(line.removeprefix("data: "))


def test_a_job_indexes_and_tells_how_it_goes(
    api: httpx.Client, tmp_path: Path, draw: Callable[..., Path]
) -> None:
    for seed in range(4):
        draw(tmp_path / "more" / f"c{seed}.png", 20 + seed)
    (tmp_path / "more" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nand no more")
    job = started(api, tmp_path / "more")
    assert (job["state"], job["gallery"], job["ended"]) == ("running", "shop", None)
    assert job["folders"] == [str(tmp_path / "more")]
    heard: list[list[tuple[str, dict[str, Any]]]] = [[], []]
    listeners = [
        threading.Thread(target=lambda n=n: heard[n].extend(events(api, job["id"])))
        for n in range(2)
    ]
    for listener in listeners:
        listener.start()
    for listener in listeners:
        listener.join()
    for one in heard:
        assert {name for name, _ in one[:-1]} <= {"progress"}
        name, end = one[-1]
        assert (name, end["state"], end["problem"]) == ("end", "done", None)
    assert (end["report"]["added"], end["report"]["failed"]) == (4, 1)
    assert end["progress"]["done"] == end["progress"]["total"] == 5
    assert end["report"]["first_failures"][0]["path"].endswith("broken.png")
    assert api.get(f"{HERE}/pictures").json()["total"] == 10
    (failure,) = api.get(f"{HERE}/failures").json()["failures"]
    assert failure["reason"] in ("corrupt", "unknown-format")
    assert [one["id"] for one in api.get(f"{HERE}/jobs").json()["jobs"]] == [job["id"]]
    assert api.get(f"{HERE}/jobs/none").status_code == 404


def test_a_job_without_folders_looks_through_those_that_are_known(api: httpx.Client) -> None:
    job = ended(api, started(api))
    assert (job["state"], job["report"]["unchanged"]) == ("done", 6)


def test_stopped_in_the_middle_it_keeps_what_it_has_and_goes_on_later(
    faulty: None, api: httpx.Client, tmp_path: Path
) -> None:
    count = 200
    for n in range(count):
        commented(tmp_path / "many" / f"{n:03}.png", SLOW, n)
    job = started(api, tmp_path / "many", workers=1, descriptors=["count_histogram"])
    for name, told in events(api, job["id"]):
        assert name == "progress"
        if told["stage"] == "reading" and told["done"] >= 32:
            break
    assert told["rate"] is None or told["rate"] > 0
    busy = api.post(f"{HERE}/jobs", json={})
    assert (busy.status_code, busy.json()["type"]) == (409, "urn:lookalike:gallery-busy")
    assert api.post(f"{HERE}/search", json={"parts": [{"id": 1}]}).status_code == 200
    assert api.delete(f"{HERE}/jobs/{job['id']}").status_code == 202
    stopped = ended(api, job)
    assert (stopped["state"], stopped["report"]) == ("stopped", None)
    kept = api.get(f"{HERE}/pictures").json()["total"] - 6
    assert 32 <= kept < count
    for file in (tmp_path / "many").iterdir():
        if int(file.stem) >= kept + 5:
            file.unlink()
    rest = ended(api, started(api, tmp_path / "many"))
    assert rest["state"] == "done"
    assert rest["report"]["unchanged"] + rest["report"]["described"] >= kept
    assert list(events(api, job["id"]))[-1][1]["state"] == "stopped"


def test_a_crash_takes_nothing_along_and_the_job_goes_on(
    faulty: None, api: httpx.Client, tmp_path: Path, draw: Callable[..., Path]
) -> None:
    for seed in range(4):
        draw(tmp_path / "more" / f"c{seed}.png", 20 + seed)
    commented(tmp_path / "more" / "c1b.png", POISON)
    job = ended(api, started(api, tmp_path / "more"))
    assert (job["state"], job["report"]["failed"]) == ("done", 1)
    (failure,) = api.get(f"{HERE}/failures").json()["failures"]
    assert failure["reason"] == "crashes"
    assert api.get(f"{HERE}/pictures").json()["total"] == 10


def instead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Let the processes of jobs do something else."""
    (tmp_path / "faulty").mkdir()
    (tmp_path / "faulty" / "sitecustomize.py").write_text(
        f"import sys\nif any('interfaces.http.indexing' in a for a in sys.orig_argv):\n{program}"
    )
    paths = [str(tmp_path / "faulty"), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))


def test_what_crashes_again_and_again_is_given_up(
    api: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instead(
        tmp_path,
        monkeypatch,
        "    import os, pathlib\n"
        f"    with pathlib.Path({str(tmp_path / 'tried')!r}).open('a') as f:\n"
        "        f.write('x')\n"
        "    os._exit(7)\n",
    )
    job = ended(api, started(api))
    assert (job["state"], job["problem"]["status"]) == ("failed", 500)
    assert "ended with 7" in job["problem"]["detail"]
    assert (tmp_path / "tried").read_text() == "xxxx"


def test_a_gallery_that_another_process_writes_to_is_told_so(api: httpx.Client, shop: Path) -> None:
    with Gallery.open(shop) as gallery, gallery._catalog.writing():
        job = ended(api, started(api))
    assert job["state"] == "failed"
    assert (job["problem"]["type"], job["problem"]["status"]) == ("urn:lookalike:gallery-busy", 409)


def test_a_folder_that_is_not_there_fails_the_job(api: httpx.Client, tmp_path: Path) -> None:
    job = ended(api, started(api, tmp_path / "nowhere"))
    assert (job["state"], job["problem"]["type"]) == ("failed", "urn:lookalike:not-indexed")


def test_the_last_jobs_are_remembered(
    served: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "KEPT", 2)
    served()
    kept = served.servers[-1].jobs
    ids = []
    for _ in range(4):
        job = kept.start("shop", JobWanted(), [])
        job.stop()
        job.join()
        assert job.told().state in ("stopped", "done")
        ids.append(job.id)
    assert kept.running() == 0
    assert [job.id for job in kept.of("shop")] == ids[:0:-1]  # the last, and two before it


def test_a_listener_hears_that_the_line_is_open(
    faulty: None, api: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "_HEARTBEAT_SECONDS", 0.0)
    for n in range(15):
        commented(tmp_path / "some" / f"{n:03}.png", SLOW, n)
    job = started(api, tmp_path / "some", workers=1, descriptors=["count_histogram"])
    with api.stream("GET", f"{HERE}/jobs/{job['id']}/events") as answer:
        assert ": still here" in list(answer.iter_lines())


def test_what_does_not_stop_is_ended(
    api: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_job, "GRACE", 0.0)
    monkeypatch.setattr(index_job, "_MARGIN", 0.1)
    instead(
        tmp_path,
        monkeypatch,
        "    import signal, time\n"
        "    signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "    time.sleep(1000)\n",
    )
    job = started(api)
    api.delete(f"{HERE}/jobs/{job['id']}")
    assert ended(api, job)["state"] == "stopped"


def test_the_end_of_the_server_stops_jobs_and_listeners(
    faulty: None, served: Callable[..., str], tmp_path: Path, shop: Path
) -> None:
    for n in range(300):
        commented(tmp_path / "many" / f"{n:03}.png", SLOW, n)
    with httpx.Client(base_url=served(), timeout=60) as api:
        job = started(api, tmp_path / "many", workers=1, descriptors=["count_histogram"])
        heard = events(api, job["id"])
        next(heard)
        began = time.monotonic()
        served.close()
        assert time.monotonic() - began < GRACE
    with Gallery.open(shop) as gallery:
        assert gallery.info().pictures < 306
        gallery.sync()  # nobody else writes


@pytest.mark.parametrize("moment", ["_problem", "_indexed"])
def test_an_interrupt_at_any_moment_is_no_news(shop: Path, tmp_path: Path, moment: str) -> None:
    """One that comes while the end is being told, or before there is anything to stop."""
    program = (
        "import signal, sys\n"
        "from lookalike.interfaces.http import indexing\n"
        f"plain = indexing.{moment}\n"
        "def interrupted(*given):\n"
        "    signal.raise_signal(signal.SIGINT)\n"
        "    return plain(*given)\n"
        f"indexing.{moment} = interrupted\n"
        "write = indexing._write\n"
        "def late(out, told):\n"
        "    signal.raise_signal(signal.SIGINT)\n"
        "    write(out, told)\n"
        "    signal.raise_signal(signal.SIGINT)\n"
        "indexing._write = late\n"
        "indexing.main()\n"
    )
    request = {"gallery": str(shop), "folders": [str(tmp_path / "nowhere")]}
    asked = json.dumps({**request, "descriptors": [], "retry": False, "workers": 1}) + "\n"
    done = subprocess.run(
        [sys.executable, "-c", program], input=asked, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, '{"stopped": true}\n', "")


def test_nothing_is_said_by_a_child_that_is_asked_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", index_job._BEGIN, *sys.path],
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.skipif(os.name != "posix", reason="kills by signals")
def test_a_child_dies_with_its_server_even_by_kill_9(
    faulty: None, shop: Path, tmp_path: Path
) -> None:
    for n in range(400):
        commented(tmp_path / "many" / f"{n:03}.png", SLOW, n)
    request = {
        "gallery": str(shop),
        "folders": [str(tmp_path / "many")],
        "descriptors": ["count_histogram"],
        "retry": False,
        "workers": 1,
    }
    # What a server does, in a process that can be killed; it tells the id of its child.
    parent = (
        "import json, time\n"
        "from lookalike.interfaces.http.index_job import IndexJob\n"
        f"child = IndexJob('shop', json.loads({json.dumps(json.dumps(request))}))\n"
        "child.start()\n"
        "def has_read():\n"
        "    far = child.told().progress\n"
        "    return far is not None and far.stage == 'reading' and far.done >= 32\n"
        "while not has_read():\n"
        "    time.sleep(0.02)\n"
        "print(child._process.pid, flush=True)\n"
        "child.join()\n"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        child = int(server.stdout.readline())
        server.send_signal(signal.SIGKILL)
    while _lives(child):
        time.sleep(0.05)
    with Gallery.open(shop) as gallery:
        assert 6 + 32 <= gallery.info().pictures < 406
        assert gallery._catalog.number("SELECT count(*) FROM failures") == 0


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{process}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


def test_a_server_that_changes_nothing_starts_no_jobs(served: Callable[..., str]) -> None:
    with httpx.Client(base_url=served(read_only=True)) as api:
        assert api.post(f"{HERE}/jobs", json={}).status_code == 403
        assert api.get(f"{HERE}/jobs").json() == {"jobs": []}


def test_only_folders_that_are_allowed_are_indexed(tmp_path: Path) -> None:
    allowed, known, other = (tmp_path / name for name in ("allowed", "known", "other"))
    for folder in (allowed / "below", known, other):
        folder.mkdir(parents=True)
    (allowed / "link").symlink_to(other)
    settings = ServerSettings(allowed_folders=(allowed,))
    for folder in (allowed, allowed / "below", known, known / "new"):
        assert may_be_indexed(str(folder), settings, [str(known)]) == str(folder)
    for folder in (other, allowed / "link", allowed / ".." / "other", tmp_path, f"{known}2"):
        with pytest.raises(Refusal, match="may not be indexed") as refusal:
            may_be_indexed(str(folder), settings, [str(known)])
        assert refusal.value.status == 403
    assert may_be_indexed(str(other), ServerSettings(), []) == str(other)
    with pytest.raises(BadParameter, match="in full"):
        may_be_indexed("pictures", ServerSettings(), [])


def test_only_addresses_that_are_allowed_are_indexed(tmp_path: Path) -> None:
    settings = ServerSettings(allowed_folders=(tmp_path, "s3://shop/new"))
    known = [str(tmp_path / "known"), "s3://shop/old"]
    for place in ("s3://shop/new", "s3://shop/new/shoes/", "s3://shop/old", "s3://shop/old/hats"):
        assert may_be_indexed(place, settings, known) == place.rstrip("/")
    for place in (
        "s3://shop",
        "s3://shop/new2",
        "s3://other/new",
        "gs://shop/new",
        "https://shop/new",
        f"memory://{tmp_path}",
        "http://169.254.169.254/latest",
    ):
        with pytest.raises(Refusal, match="may not be indexed") as refusal:
            may_be_indexed(place, settings, known)
        assert refusal.value.status == 403
    with pytest.raises(UsageError, match="leads upwards"):
        may_be_indexed("s3://shop/new/../secret", settings, known)
    # A folder that is called like an address is not one that the address allows.
    with pytest.raises(Refusal):
        may_be_indexed(str(Path("s3:", "shop", "new").absolute()), settings, known)
    assert may_be_indexed("s3://any", ServerSettings(), []) == "s3://any"
