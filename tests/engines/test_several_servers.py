"""Several `lookalike serve` over one gallery in a real Milvus, which is killed and comes back."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from lookalike import Gallery
from milvus_server import Standalone
from turns import Turns

pytestmark = pytest.mark.engines

SERVE = (sys.executable, "-W", "error", "-m", "lookalike", "serve", "--no-open", "--port", "0")
MINUTES = 180.0


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., list[str]]]:
    """Start ``lookalike serve`` several times, as processes; return their addresses."""
    running: list[subprocess.Popen[str]] = []

    def start(count: int, *arguments: str) -> list[str]:
        for number in range(count):
            with (tmp_path / f"server{number}.log").open("w") as log:
                running.append(
                    subprocess.Popen(
                        [*SERVE, *arguments],
                        env={**os.environ, "PYTHONUNBUFFERED": "1"},
                        stdout=subprocess.PIPE,
                        stderr=log,
                        text=True,
                    )
                )
        return [told(number) for number in range(count)]

    def told(number: int) -> str:
        lines = running[number].stdout
        assert lines is not None
        for line in lines:
            if found := re.search(r"http://[\w.:]+", line):
                return found[0]
        pytest.fail((tmp_path / f"server{number}.log").read_text())

    yield start
    for process in running:
        process.terminate()
    for process in running:
        process.communicate(timeout=MINUTES)
        assert process.returncode == 0


@pytest.fixture
def fill(folder: Path) -> Callable[[str], None]:
    def filled(address: str) -> None:
        with Gallery.open(address) as gallery:
            assert gallery.sync(folder, descriptors=["pixels"]).added == 6

    return filled


def until(address: str, status: int) -> float:
    """Ask whether a server is ready until it says so; return after how many seconds it did."""
    began = time.monotonic()
    while (answer := httpx.get(f"{address}/readyz", timeout=60)).status_code != status:
        assert time.monotonic() - began < MINUTES, answer.text
        time.sleep(0.1)
    return time.monotonic() - began


def test_what_one_server_takes_all_of_them_have(
    milvus: str, serve: Callable[..., list[str]], fill: Callable[[str], None], folder: Path,
    tmp_path: Path, draw: Callable[..., Path],
) -> None:  # fmt: skip
    address = f"milvus+{milvus}/served"
    fill(address)
    options = (f"{address}?files={tmp_path / 'own'}", "--shared", str(tmp_path / "shared"))
    servers = serve(2, *options)
    for server in servers:
        until(server, 200)  # until then a busy one may say that it is opening the gallery
    turns = Turns(servers)
    try:
        with httpx.Client(base_url=turns.address, timeout=60) as api:
            for _ in range(2):
                data = (folder / "a1.png").read_bytes()
                upload = api.post("/v1/uploads", files={"picture": ("x.png", data)}).json()
                body = {"parts": [{"upload": upload["id"]}], "top": 1}
                answer = api.post("/v1/galleries/served/search", json=body)
                assert answer.status_code == 200, answer.text
                (match,) = answer.json()["matches"]
                assert (match["name"], match["identical"]) == ("a1.png", True)
                assert api.get(match["thumbnail"]).status_code == 200
                assert api.get(upload["thumbnail"]).status_code == 200
            assert {one.partition(" ")[0] for one in turns.asked} == {"0", "1"}
    finally:
        turns.close()
    new = draw(tmp_path / "new.png", 99).read_bytes()
    pictures = "/v1/galleries/served/pictures"
    added = httpx.post(servers[0] + pictures, files={"picture": ("new.png", new)}, timeout=60)
    assert added.status_code == 201, added.text
    id = added.json()["id"]
    for server in servers:
        found = httpx.get(f"{server}{pictures}/{id}", timeout=60)
        assert found.status_code == 200
        assert re.fullmatch(r"new-[0-9a-f]{32}\.png", found.json()["name"])
        assert httpx.get(f"{server}{pictures}/{id}/file", timeout=60).content == new
    job = httpx.post(
        f"{servers[0]}/v1/galleries/served/jobs",
        json={"folders": [str(draw(tmp_path / "more" / "c1.png", 50).parent)]},
        timeout=60,
    ).json()
    began = time.monotonic()
    while job["state"] == "running":
        assert time.monotonic() - began < MINUTES
        time.sleep(0.3)
        # Of the server that does not run it.
        job = httpx.get(f"{servers[1]}/v1/galleries/served/jobs/{job['id']}", timeout=60).json()
    assert (job["state"], job["report"]["added"]) == ("done", 1), job
    assert httpx.get(servers[1] + pictures, timeout=60).json()["total"] == 8
    assert httpx.delete(f"{servers[1]}{pictures}/{id}", timeout=60).status_code == 204
    assert httpx.get(f"{servers[1]}{pictures}/{id}", timeout=60).status_code == 404


def test_a_server_waits_for_milvus_misses_it_and_has_it_again(
    mortal: Standalone, serve: Callable[..., list[str]], fill: Callable[[str], None]
) -> None:
    address = f"milvus+{mortal.uri}/served"
    fill(address)
    mortal.kill()
    (server,) = serve(1, address)  # before its engine
    pictures = f"{server}/v1/galleries/served/pictures"
    assert httpx.get(f"{server}/healthz", timeout=60).status_code == 200
    assert httpx.get(f"{server}/readyz", timeout=60).status_code == 503
    mortal.start()
    print(f"ready {until(server, 200):.1f} s after Milvus")  # noqa: T201
    assert httpx.get(pictures, timeout=60).json()["total"] == 6
    mortal.kill()
    print(f"missed after {until(server, 503):.1f} s")  # noqa: T201
    refused = httpx.get(pictures, timeout=60)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert httpx.get(f"{server}/healthz", timeout=60).status_code == 200
    mortal.start()
    print(f"ready {until(server, 200):.1f} s after Milvus was back")  # noqa: T201
    shown = httpx.get(pictures, timeout=60).json()
    similar = f"{pictures}/{shown['pictures'][0]['id']}/similar"
    assert len(httpx.get(similar, timeout=60).json()["matches"]) == 5
