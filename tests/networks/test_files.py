"""Where the files of a network are."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from lookalike.errors import BadCard, ChecksumMismatch, DownloadFailed
from lookalike.networks import fetch, files
from lookalike.networks.card import File

Server = Any


def published(server: Server) -> File:
    digest = hashlib.sha256(server.body).hexdigest()
    return File(urls=(server.url,), sha256=digest, bytes=len(server.body))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOOKALIKE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "networks"


def test_the_folder_is_the_users_unless_named(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    assert files.folder() == cache
    monkeypatch.delenv("LOOKALIKE_CACHE")
    assert files.folder().name == "networks"
    assert "lookalike" in files.folder().parts


def test_a_file_is_fetched_once_under_its_name_and_digest(server: Server, cache: Path) -> None:
    file = published(server)
    path = files.get(file, "mine")
    assert path == cache / f"mine-{file.sha256[:8]}.onnx"
    assert files.get(file, "mine") == path
    assert path.read_bytes() == server.body
    assert len(server.requests) == 1


def test_a_file_beside_the_card_is_not_fetched(tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(b"x")
    assert files.get(File("a.onnx"), "mine", tmp_path) == tmp_path / "a.onnx"
    with pytest.raises(BadCard, match="there is no file .*b.onnx; the card of mine says"):
        files.get(File("b.onnx"), "mine", tmp_path)


def test_offline_tells_how_to_do_it_by_hand_and_doing_so_works(
    server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = published(server)
    monkeypatch.setenv("LOOKALIKE_OFFLINE", "1")
    with pytest.raises(DownloadFailed) as caught:
        files.get(file, "mine")
    place = cache / f"mine-{file.sha256[:8]}.onnx"
    for part in ("LOOKALIKE_OFFLINE", server.url, file.sha256, str(place), "file=PATH"):
        assert part in str(caught.value)
    assert server.requests == []

    place.parent.mkdir(parents=True)
    place.write_bytes(server.body)
    assert files.get(file, "mine") == place


def test_a_wrong_file_put_there_by_hand_is_refused(server: Server, cache: Path) -> None:
    file = published(server)
    place = cache / f"mine-{file.sha256[:8]}.onnx"
    place.parent.mkdir(parents=True)
    place.write_bytes(server.body + b"!")
    with pytest.raises(ChecksumMismatch, match="remove it to fetch it again"):
        files.get(file, "mine")


def test_a_file_that_was_changed_after_it_was_verified_is_refused(server: Server) -> None:
    path = files.get(published(server), "mine")
    path.write_bytes(b"other")
    with pytest.raises(ChecksumMismatch, match="remove it to fetch it again"):
        files.get(published(server), "mine")


def test_a_verified_file_is_not_hashed_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = published(server)
    files.get(file, "mine")
    monkeypatch.setattr(fetch, "sha256_of", lambda path: pytest.fail("hashed again"))
    files.get(file, "mine")


def test_a_note_that_cannot_be_written_is_done_without(server: Server, cache: Path) -> None:
    """As in a folder that an administrator filled for everybody."""
    file = published(server)
    place = cache / f"mine-{file.sha256[:8]}.onnx"
    place.parent.mkdir(parents=True)
    place.write_bytes(server.body)
    Path(f"{place}.verified").mkdir()
    assert files.get(file, "mine") == place


def test_a_digest_follows_the_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one")
    assert files.sha256(tmp_path / "a") == hashlib.sha256(b"one").hexdigest()
    (tmp_path / "a").write_bytes(b"three")
    assert files.sha256(tmp_path / "a") == hashlib.sha256(b"three").hexdigest()
