"""Uploads: kept for a while, where nobody else looks."""

from __future__ import annotations

import errno
import hashlib
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lookalike.errors import CorruptPicture, EmptyPicture, PictureTooLarge, UnknownFormat
from lookalike.images import probe
from lookalike.interfaces.http.problems import NoRoom, UnknownUpload
from lookalike.interfaces.http.uploads import Uploads


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Here:
    """Looks at pictures in this process."""

    probe = staticmethod(probe)


@pytest.fixture
def pictures(tmp_path: Path, draw: Callable[..., Path]) -> list[bytes]:
    """Four pictures of different bytes, none longer than the first."""
    drawn = [draw(tmp_path / f"{n}.png", n).read_bytes() for n in range(4)]
    return sorted(drawn, key=len, reverse=True)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def uploads(
    tmp_path: Path, pictures: list[bytes], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Uploads]:
    """Room for two of the pictures, for ten seconds."""
    (tmp_path / "temp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temp"))
    most = len(pictures[0])
    made = Uploads(Here(), most, kept_bytes=2 * most, kept_seconds=10, clock=clock)
    yield made
    made.close()


def files(tmp_path: Path) -> list[str]:
    all_ = (path for path in (tmp_path / "temp").rglob("*") if path.is_file())
    return sorted(path.name for path in all_ if path.name != "lock")


def test_an_upload_is_known_by_its_content(uploads: Uploads, pictures: list[bytes]) -> None:
    upload = uploads.put(pictures[0])
    assert upload.sha256 == hashlib.sha256(pictures[0]).hexdigest()
    assert upload.id == upload.sha256[:32]
    assert (upload.facts.format, upload.facts.width, upload.facts.height) == ("PNG", 48, 36)
    assert uploads.get(upload.id) == pictures[0]
    assert uploads.put(pictures[0]) == upload
    assert uploads.bytes == len(pictures[0])


@pytest.mark.parametrize("id", ["", "0" * 32, "../../etc/passwd", ".", "/etc/passwd", "\0"])
def test_what_there_is_none_of(uploads: Uploads, id: str) -> None:
    with pytest.raises(UnknownUpload) as unknown:
        uploads.get(id)
    assert unknown.value.status == 404


@pytest.mark.skipif(sys.platform == "win32", reason="its rights are others")
def test_nobody_else_looks_into_the_folder(
    uploads: Uploads, tmp_path: Path, pictures: list[bytes]
) -> None:
    uploads.put(pictures[0])
    (folder,) = (tmp_path / "temp").iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_one_asked_for_longest_ago_goes_first(
    uploads: Uploads, tmp_path: Path, pictures: list[bytes]
) -> None:
    first, second = (uploads.put(data) for data in pictures[:2])
    assert uploads.get(first.id)
    third = uploads.put(pictures[2])
    assert files(tmp_path) == sorted([first.id, third.id])
    with pytest.raises(UnknownUpload):
        uploads.get(second.id)
    assert uploads.bytes <= 2 * len(pictures[0])


def test_they_go_after_a_while(
    uploads: Uploads, clock: Clock, tmp_path: Path, pictures: list[bytes]
) -> None:
    upload = uploads.put(pictures[0])
    for clock.now in (9.0, 18.0):
        assert uploads.get(upload.id)
    clock.now = 28.5
    with pytest.raises(UnknownUpload):
        uploads.get(upload.id)
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", EmptyPicture),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", UnknownFormat),
        (b"<html><script>alert(1)</script>", UnknownFormat),
        (b"\x89PNG\r\n\x1a\nbroken", CorruptPicture),
        (bytes(10**6), PictureTooLarge),
    ],
)
def test_what_is_no_picture_is_not_kept(
    uploads: Uploads, tmp_path: Path, data: bytes, error: type[Exception]
) -> None:
    with pytest.raises(error):
        uploads.put(data)
    assert files(tmp_path) == []


def test_a_file_that_somebody_has_tidied_away(
    uploads: Uploads, tmp_path: Path, pictures: list[bytes]
) -> None:
    upload = uploads.put(pictures[0])
    next((tmp_path / "temp").rglob(upload.id)).unlink()
    with pytest.raises(UnknownUpload):
        uploads.get(upload.id)
    assert uploads.put(pictures[0]) == upload
    assert uploads.get(upload.id) == pictures[0]


def test_nothing_is_left_at_the_end(
    uploads: Uploads, tmp_path: Path, pictures: list[bytes]
) -> None:
    uploads.put(pictures[0])
    uploads.close()
    assert list((tmp_path / "temp").iterdir()) == []


def test_not_too_many_however_small(
    uploads: Uploads, pictures: list[bytes], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lookalike.interfaces.http.uploads.KEPT", 1)
    first, second = (uploads.put(data) for data in sorted(pictures, key=len)[:2])
    with pytest.raises(UnknownUpload):
        uploads.get(first.id)
    assert uploads.get(second.id)
    assert uploads.bytes == second.facts.bytes


def test_a_disk_that_is_full(
    uploads: Uploads, pictures: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> int:
        with path.open("wb") as file:
            file.write(data[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", full)
        with pytest.raises(NoRoom) as told:
            uploads.put(pictures[0])
    assert told.value.status == 503
    assert str(tmp_path) not in told.value.detail
    assert files(tmp_path) == []
    assert uploads.bytes == 0
    assert uploads.get(uploads.put(pictures[0]).id) == pictures[0]


def test_a_folder_that_somebody_has_tidied_away(
    uploads: Uploads, pictures: list[bytes], tmp_path: Path
) -> None:
    lost = uploads.put(pictures[0])
    (folder,) = (tmp_path / "temp").iterdir()
    shutil.rmtree(folder)
    with pytest.raises(UnknownUpload):
        uploads.get(lost.id)
    assert uploads.get(uploads.put(pictures[0]).id) == pictures[0]
    (folder,) = (tmp_path / "temp").iterdir()
    assert sys.platform == "win32" or stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_what_a_killed_server_has_left_is_deleted_and_nothing_else(
    uploads: Uploads, pictures: list[bytes], tmp_path: Path
) -> None:
    temporary = tmp_path / "temp"
    (of_a_living_one,) = temporary.iterdir()
    left, young, precious = (temporary / f"lookalike-uploads-{n}" for n in ("a", "b", "c"))
    for folder in (left, young, tmp_path / "precious"):
        folder.mkdir()
        (folder / "photo").write_bytes(b"x")
    (left / "lock").touch()
    (tmp_path / "precious" / "lock").touch()
    precious.symlink_to(tmp_path / "precious")
    other = Uploads(Here(), 10**6)
    try:
        assert not left.exists()
        assert young.is_dir()  # it may be just being made
        assert of_a_living_one.is_dir()
        assert (tmp_path / "precious" / "photo").is_file()
    finally:
        other.close()
    assert len(list(temporary.iterdir())) == 3
