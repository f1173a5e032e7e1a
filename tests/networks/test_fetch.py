"""Downloads, against a real server on this machine."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lookalike.errors import BadCard, ChecksumMismatch, DownloadFailed
from lookalike.networks.fetch import RETRIES, check_url, fetch

Server = Any


def bring(server: Server, target: Path, **changes: Any) -> None:
    meant: dict[str, Any] = {
        "sha256": hashlib.sha256(server.body).hexdigest(),
        "size": len(server.body),
        "wait": 0.001,
    }
    fetch(changes.pop("urls", [server.url]), target, **(meant | changes))


def ranges(server: Server) -> list[str | None]:
    return [request.get("Range") for request in server.requests]


def test_a_file_comes_whole_with_progress_and_leaves_nothing_else(
    server: Server, tmp_path: Path
) -> None:
    seen: list[tuple[int, int]] = []
    target = tmp_path / "new" / "net.onnx"
    bring(server, target, progress=lambda here, whole: seen.append((here, whole)))
    assert target.read_bytes() == server.body
    assert seen[-1] == (len(server.body), len(server.body))
    assert [here for here, _ in seen] == sorted({here for here, _ in seen})
    assert {path.name for path in target.parent.iterdir()} <= {"net.onnx", "net.onnx.lock"}


def test_a_file_that_is_here_is_not_fetched_again(server: Server, tmp_path: Path) -> None:
    bring(server, tmp_path / "net.onnx")
    bring(server, tmp_path / "net.onnx")
    assert len(server.requests) == 1


def test_a_cut_download_goes_on_where_it_was_cut(server: Server, tmp_path: Path) -> None:
    server.cut_after = [300_000, 700_000]
    bring(server, tmp_path / "net.onnx")
    assert (tmp_path / "net.onnx").read_bytes() == server.body
    assert ranges(server) == [None, "bytes=300000-", "bytes=700000-"]
    assert server.requests[1]["If-Range"] == '"one"'


def test_a_server_that_does_not_tell_the_length_is_noticed_when_it_stops_early(
    server: Server, tmp_path: Path
) -> None:
    server.said_length, server.cut_after = False, [300_000]
    bring(server, tmp_path / "net.onnx")
    assert (tmp_path / "net.onnx").read_bytes() == server.body
    assert ranges(server) == [None, "bytes=300000-"]


def test_control_c_keeps_what_came_and_lets_go_of_the_lock(server: Server, tmp_path: Path) -> None:
    def stop(here: int, whole: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bring(server, tmp_path / "net.onnx", progress=stop)
    assert not (tmp_path / "net.onnx").exists()
    arrived = (tmp_path / "net.onnx.part").stat().st_size
    assert arrived > 0
    bring(server, tmp_path / "net.onnx")
    assert (tmp_path / "net.onnx").read_bytes() == server.body
    assert ranges(server) == [None, f"bytes={arrived}-"]


def test_a_whole_part_is_only_verified(server: Server, tmp_path: Path) -> None:
    (tmp_path / "net.onnx.part").write_bytes(server.body)
    bring(server, tmp_path / "net.onnx")
    assert server.requests == []


def test_a_file_that_changed_meanwhile_is_fetched_from_its_beginning(
    server: Server, tmp_path: Path
) -> None:
    old, new = server.body, bytes(reversed(server.body))
    server.cut_after = [300_000]
    server.faults = []
    with pytest.raises(KeyboardInterrupt):
        bring(server, tmp_path / "net.onnx", progress=_stop_at(300_000))
    server.body, server.etag = new, '"two"'
    bring(server, tmp_path / "net.onnx")
    assert (tmp_path / "net.onnx").read_bytes() == new != old
    assert ranges(server)[1] == "bytes=300000-"  # asked for, and refused by If-Range


def _stop_at(bytes_here: int) -> Any:
    def stop(here: int, whole: int) -> None:
        if here >= bytes_here:
            raise KeyboardInterrupt

    return stop


@pytest.mark.parametrize("etag", [None, 'W/"weak"'])
def test_without_a_strong_etag_nothing_is_resumed(
    server: Server, tmp_path: Path, etag: str | None
) -> None:
    server.etag, server.cut_after = etag, [300_000]
    bring(server, tmp_path / "net.onnx")
    assert (tmp_path / "net.onnx").read_bytes() == server.body
    assert ranges(server) == [None, None]


def test_a_server_without_ranges_starts_over(server: Server, tmp_path: Path) -> None:
    server.ranges, server.cut_after = False, [300_000]
    bring(server, tmp_path / "net.onnx")
    assert (tmp_path / "net.onnx").read_bytes() == server.body
    assert ranges(server) == [None, "bytes=300000-"]


def test_a_spoilt_part_is_thrown_away_and_fetched_again(server: Server, tmp_path: Path) -> None:
    (tmp_path / "net.onnx.part").write_bytes(b"x" * 300_000)
    (tmp_path / "net.onnx.part.etag").write_text(f'{server.url}\n"one"')
    bring(server, tmp_path / "net.onnx")
    assert (tmp_path / "net.onnx").read_bytes() == server.body
    assert ranges(server) == ["bytes=300000-", None]


def test_another_file_is_refused_and_not_kept(server: Server, tmp_path: Path) -> None:
    with pytest.raises(ChecksumMismatch, match="its SHA-256 is"):
        bring(server, tmp_path / "net.onnx", sha256="0" * 64)
    assert not (tmp_path / "net.onnx").exists()
    assert not (tmp_path / "net.onnx.part").exists()


def test_a_file_of_another_size_is_refused_before_it_comes(server: Server, tmp_path: Path) -> None:
    with pytest.raises(ChecksumMismatch, match="1,048,576 bytes, not 1,000"):
        bring(server, tmp_path / "net.onnx", size=1000)
    assert not (tmp_path / "net.onnx.part").exists()


def test_not_one_byte_too_many_is_stored(server: Server, tmp_path: Path) -> None:
    server.said_length = False
    with pytest.raises(ChecksumMismatch, match="more than 300,000 bytes"):
        bring(server, tmp_path / "net.onnx", size=300_000)
    assert (tmp_path / "net.onnx.part").stat().st_size <= 300_000


def test_404_fails_at_once(server: Server, tmp_path: Path) -> None:
    server.faults = [404]
    with pytest.raises(DownloadFailed, match="404 Not Found"):
        bring(server, tmp_path / "net.onnx")
    assert len(server.requests) == 1


def test_500_is_tried_again(server: Server, tmp_path: Path) -> None:
    server.faults = [500, 503]
    bring(server, tmp_path / "net.onnx")
    assert (tmp_path / "net.onnx").read_bytes() == server.body
    assert len(server.requests) == 3


def test_500_for_ever_fails_in_the_end(server: Server, tmp_path: Path) -> None:
    server.faults = [500] * 20
    with pytest.raises(DownloadFailed, match=f"500 .* tried {RETRIES + 1} times"):
        bring(server, tmp_path / "net.onnx")
    assert len(server.requests) == RETRIES + 1


def test_the_next_url_is_taken_where_one_fails(server: Server, tmp_path: Path) -> None:
    server.faults = [404]
    bring(server, tmp_path / "net.onnx", urls=[f"{server.url}?first", server.url])
    assert (tmp_path / "net.onnx").read_bytes() == server.body


def test_nobody_there_is_told_with_the_address(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DownloadFailed, match=r"http://127\.0\.0\.1:9/net\.onnx"):
        bring(server, tmp_path / "net.onnx", urls=["http://127.0.0.1:9/net.onnx"])


def test_a_redirect_is_followed_with_the_range(server: Server, tmp_path: Path) -> None:
    server.redirect, server.cut_after = "/moved", [300_000]
    bring(server, tmp_path / "net.onnx")
    assert (tmp_path / "net.onnx").read_bytes() == server.body
    assert ranges(server) == [None, None, "bytes=300000-", "bytes=300000-"]


@pytest.mark.parametrize("where", ["http://example.org/net.onnx", "ftp://example.org/net.onnx"])
def test_a_redirect_away_from_https_is_refused(server: Server, tmp_path: Path, where: str) -> None:
    server.redirect = where
    with pytest.raises(DownloadFailed, match="redirect|https"):
        bring(server, tmp_path / "net.onnx")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "url",
    ["http://example.org/a", "file:///etc/passwd", "ftp://example.org/a", "http://127.0.0.1.org/a"],
)
def test_only_https_is_fetched(url: str) -> None:
    with pytest.raises(BadCard, match="only https"):
        check_url(url)


def test_https_and_this_machine_are_fetched() -> None:
    check_url("https://example.org/a")
    check_url("http://localhost:8000/a")


def test_a_folder_that_cannot_be_written_is_told(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DownloadFailed, match="cannot be written"):
        bring(server, tmp_path / "file" / "net.onnx")


def test_a_full_disk_is_told_before_it_is_full(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("lookalike.networks.fetch.shutil.disk_usage", lambda path: full)
    with pytest.raises(DownloadFailed, match="needs 1,048,576 bytes .* 1,000 are free"):
        bring(server, tmp_path / "net.onnx")


def test_of_two_processes_one_fetches_and_the_other_waits(server: Server, tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from lookalike.networks.fetch import fetch;"
        "url, target, sha256, size = sys.argv[1:];"
        "fetch([url], Path(target), sha256=sha256, size=int(size),"
        " progress=lambda here, whole: time.sleep(0.05))"
    )
    facts = [hashlib.sha256(server.body).hexdigest(), str(len(server.body))]
    command = [sys.executable, "-c", program, server.url, str(tmp_path / "net.onnx"), *facts]
    path = os.pathsep.join(p for p in sys.path if p)
    two = [subprocess.Popen(command, env=os.environ | {"PYTHONPATH": path}) for _ in range(2)]
    assert [process.wait(60) for process in two] == [0, 0]
    assert (tmp_path / "net.onnx").read_bytes() == server.body
    assert len(server.requests) == 1
