"""A Milvus that is gone, stopped or somebody else: every call ends in time, with one clear word."""

from __future__ import annotations

import http.server
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import pytest

from lookalike.errors import GalleryError, GalleryUnreachable
from lookalike.gallery.milvus.kept.itself import Kept
from lookalike.gallery.milvus.link.address import parsed
from lookalike.gallery.milvus.link.engine import Engine
from milvus_server import Standalone

pytestmark = pytest.mark.engines

T = TypeVar("T")
MANY = 32
PATIENCE = 3.0
LONGEST = 60.0
"""Seconds within which a call has ended, also on a machine that is busy with other tests."""


def engine(uri: str, token: str = "", patience: float = PATIENCE) -> Engine:
    return Engine(parsed(f"milvus+{uri}/outage"), token, patience=patience)


def made(uri: str) -> None:
    """Make the gallery, however long that takes."""
    with closing(engine(uri, patience=60)) as patient:
        Kept(patient, create=True).enter_folder("/cats")


def refused(call: Callable[[], object]) -> str:
    """Return what is said by a call that finds nobody in time."""
    began = time.monotonic()
    with pytest.raises(GalleryUnreachable) as caught:
        call()
    assert time.monotonic() - began < LONGEST
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def silent() -> Iterator[str]:
    """Return the address of what takes connections, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
def web() -> Iterator[str]:
    """Return the address of a server that speaks another language."""

    class Quiet(http.server.BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_nobody_is_there(silent: str, web: str, capfd: pytest.CaptureFixture[str]) -> None:
    before = set(threading.enumerate())
    assert "refused" in refused(lambda: engine("http://127.0.0.1:1"))
    said = refused(lambda: engine("http://no-such-host.invalid:19530"))
    assert "no-such-host.invalid:19530/outage is not found" in said
    refused(lambda: engine(f"http://{silent}"))
    refused(lambda: engine(f"https://{silent}"))
    refused(lambda: engine(web))
    assert capfd.readouterr().err == ""
    # Nothing goes on trying: the other side's threads end as soon as they see the line closed.
    end = time.monotonic() + LONGEST
    while left := set(threading.enumerate()) - before:
        assert time.monotonic() < end, left
        time.sleep(0.01)


def test_a_server_without_tls(milvus: str, capfd: pytest.CaptureFixture[str]) -> None:
    refused(lambda: engine(milvus.replace("http://", "https://")))
    assert capfd.readouterr().err == ""


def test_a_server_that_stops_and_goes_on(
    lasting: Standalone, capfd: pytest.CaptureFixture[str]
) -> None:
    made(lasting.uri)
    asked = _until(lambda: engine(lasting.uri, patience=1))
    kept = _until(lambda: Kept(asked, create=False))
    process = lasting._server._running
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    while not _has_stopped(process.pid):  # each of its threads, on a busy machine
        time.sleep(0.01)
    try:
        refused(lambda: asked.check(0.5, kept.files))
        refused(lambda: asked.count(kept.files))
        refused(lambda: kept.enter_folder("/dogs"))
        refused(lambda: engine(lasting.uri, patience=1))
    finally:
        os.kill(process.pid, signal.SIGCONT)
    assert "/cats" in _until(lambda: kept.folders(fresh=True))
    asked.close()
    assert capfd.readouterr().err == ""


def test_a_server_that_is_killed_and_comes_back(mortal: Standalone) -> None:
    made(mortal.uri)
    asked = engine(mortal.uri)
    kept = Kept(asked, create=False)
    mortal.kill()
    assert "refused" in refused(lambda: asked.check(1, kept.files))

    said: list[str] = []
    many = [
        threading.Thread(target=lambda: said.append(refused(lambda: asked.count(kept.files))))
        for _ in range(MANY)
    ]
    began = time.monotonic()
    for one in many:
        one.start()
    for one in many:
        one.join()
    # Together they wait no longer than one alone.
    assert len(said) == MANY
    assert time.monotonic() - began < LONGEST < MANY * PATIENCE

    mortal.start()
    _until(lambda: kept.enter_folder("/dogs"))
    assert _until(lambda: kept.folders(fresh=True)) == ["/cats", "/dogs"]
    asked.close()


def test_a_server_that_wants_a_token(mortal: Standalone, tmp_path: Path) -> None:
    mortal.kill()
    (settings,) = tmp_path.rglob("milvus.yaml")
    told = json.loads(settings.read_text("utf-8"))
    told["common"].setdefault("security", {})["authorizationEnabled"] = True
    settings.write_text(json.dumps(told), "utf-8")
    mortal.start()
    for wrong in ("", "root:wrong", "nobody:x"):
        began = time.monotonic()
        with pytest.raises(GalleryError, match="LOOKALIKE_MILVUS_TOKEN") as caught:
            engine(mortal.uri, wrong, patience=300)
        assert time.monotonic() - began < LONGEST  # waiting would not help
        assert not isinstance(caught.value, GalleryUnreachable)
        assert "wrong" not in str(caught.value).replace("with that token", "")
    right = _until(lambda: engine(mortal.uri, "root:Milvus"))
    assert _until(right.collections) == []
    right.close()


def _until(ask: Callable[[], T], seconds: float = 180.0) -> T:
    """Ask until there is an answer, and return it."""
    end = time.monotonic() + seconds
    while True:
        try:
            return ask()
        except GalleryUnreachable:
            assert time.monotonic() < end


def _has_stopped(pid: int) -> bool:
    try:
        tasks = [one.read_text() for one in Path(f"/proc/{pid}/task").glob("*/stat")]
    except OSError:  # a thread has just ended
        return False
    return all(task.rpartition(")")[2].split()[0] == "T" for task in tasks)
