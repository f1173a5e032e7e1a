"""Files under names, in a folder, in a bucket, and in memory: the same of all of them."""

from __future__ import annotations

import os
import stat
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.errors import BadParameter, GalleryError, GalleryUnreachable, UsageError
from lookalike.places.remote_room import RemoteRoom
from lookalike.places.room import FolderRoom, Room, checked_name, room
from pictures_at import Bucket


@pytest.fixture(params=["folder", "memory", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "folder":
        return str(tmp_path / "room")
    if request.param == "memory":
        pytest.importorskip("fsspec")
        return f"memory://{tmp_path.name}"
    return f"s3://{request.getfixturevalue('bucket').name}/{tmp_path.name}"


@pytest.fixture
def made(place: str) -> Room:
    return room(place)


def test_what_is_put_can_be_had_by_whoever_knows_the_place(made: Room, place: str) -> None:
    made.put("thumbnails/ab/abcdef-320.webp", b"small")
    assert room(place).get("thumbnails/ab/abcdef-320.webp") == b"small"
    assert made.get("thumbnails/ab/another.webp") is None
    assert made.get("thumbnails/ab") is None


def test_a_later_file_takes_the_place_of_an_earlier_one(made: Room) -> None:
    made.put("one", b"before, and longer")
    made.put("one", b"after")
    assert made.get("one") == b"after"
    made.put("one", b"")
    assert made.get("one") == b""


def test_what_is_deleted_is_gone_and_may_be_deleted_again(made: Room) -> None:
    made.put("deep/one", b"1")
    made.delete("deep/one")
    made.delete("deep/one")
    assert made.get("deep/one") is None
    assert list(made.listed()) == []


def test_files_are_listed_with_size_and_time_all_or_those_of_a_folder(
    made: Room, place: str
) -> None:
    before = time.time()
    assert list(made.listed("uploads/")) == []
    made.put("uploads/one", b"1")
    made.put("uploads/two", b"22")
    room(place).put("thumbnails/ab/three.webp", b"333")
    assert {(e.name, e.size) for e in made.listed()} == {
        ("uploads/one", 1),
        ("uploads/two", 2),
        ("thumbnails/ab/three.webp", 3),
    }
    found = list(made.listed("uploads/"))
    assert {e.name for e in found} == {"uploads/one", "uploads/two"}
    # S3 tells whole seconds.
    assert all(before - 2 < e.mtime_ns / 1e9 < time.time() + 2 for e in found)


def test_names_of_other_alphabets_and_with_odd_signs_come_back_as_they_were(made: Room) -> None:
    names = {"added/Käse 50%.jpg", "added/猫 #1+[x].png", "added/~a&b=c;d.gif"}
    for name in names:
        made.put(name, name.encode())
    assert {e.name for e in made.listed("added/")} == names
    assert {made.get(name) for name in names} == {name.encode() for name in names}


@pytest.mark.parametrize(
    "name",
    ["", "/etc/passwd", "..", "a/../b", "a//b", "a/", "./a", ".hidden", "a/.b", "a\\b", "C:/a",
     "a\0b", "a\nb", "a*", "a?", "con|x", "dot.", "space ", "\udc80", "x" * 201,
     "abc/" * 300 + "a"],
)  # fmt: skip
def test_a_name_that_could_lead_elsewhere_is_refused(made: Room, name: str) -> None:
    for asked in (made.get, made.delete, lambda name: made.put(name, b"")):
        with pytest.raises(BadParameter, match="no name for a file of ours"):
            asked(name)


@given(name=st.text(st.characters() | st.sampled_from("./\\:~ ")))
def test_a_name_that_is_taken_stays_below_its_folder(name: str) -> None:
    try:
        checked_name(name)
    except BadParameter:
        return
    assert os.path.normpath(f"/room/{name}") == f"/room/{name}"
    name.encode()


def test_readers_see_a_whole_file_while_others_replace_it(made: Room) -> None:
    versions = [bytes([i]) * 50_000 for i in range(4)]
    made.put("one", versions[0])
    ended = threading.Event()

    def replace(data: bytes) -> None:
        while not ended.is_set():
            made.put("one", data)

    writers = [threading.Thread(target=replace, args=(data,)) for data in versions]
    for writer in writers:
        writer.start()
    try:
        for _ in range(50):
            assert made.get("one") in versions
    finally:
        ended.set()
        for writer in writers:
            writer.join()
    assert [e.name for e in made.listed()] == ["one"]


@pytest.mark.skipif(sys.platform == "win32", reason="other rights")
def test_a_folder_is_for_this_user_alone(tmp_path: Path) -> None:
    made = FolderRoom(tmp_path / "deep" / "room")
    made.put("added/one", b"1")
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "deep" / "room").rglob("*")]
    assert {*modes} == {0o700, 0o600}
    assert stat.S_IMODE((tmp_path / "deep" / "room").stat().st_mode) == 0o700


def test_what_a_killed_writer_has_begun_is_tidied_away_after_a_day(tmp_path: Path) -> None:
    FolderRoom(tmp_path)
    fresh, old = (tmp_path / ".unfinished" / name for name in ("fresh", "old"))
    for path in (fresh, old):
        path.write_bytes(b"half")
    long_ago = time.time() - 2 * 24 * 3600
    os.utime(old, (long_ago, long_ago))
    assert list(FolderRoom(tmp_path).listed()) == []
    assert fresh.exists() and not old.exists()


def test_links_in_a_folder_are_not_listed(tmp_path: Path) -> None:
    made = FolderRoom(tmp_path / "room")
    (tmp_path / "secret").write_bytes(b"1")
    (tmp_path / "room" / "link").symlink_to(tmp_path / "secret")
    assert list(made.listed()) == []


def test_a_place_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(GalleryError, match="file cannot be used"):
        room(tmp_path / "file")


def test_a_bucket_that_is_not_there_is_not_made(bucket: Bucket) -> None:
    nowhere = room("s3://nowhere/uploads")
    assert nowhere.get("one") is None
    with pytest.raises(GalleryError, match="s3://nowhere/uploads cannot be used"):
        nowhere.put("one", b"1")
    assert nowhere.get("one") is None


def test_a_place_that_does_not_answer_is_told_as_such(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("fsspec")
    made = RemoteRoom("memory://silent")

    def broken(*_: object, **__: object) -> None:
        raise ConnectionError("no route to host")

    monkeypatch.setattr(type(made._files), "cat_file", broken)
    with pytest.raises(GalleryUnreachable, match=r"memory://.* does not answer.*no route"):
        made.get("one")


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("s3://key:secret@bucket/x", "holds a name or password"),
        ("https://shop.example/x", "no files can be written to https://"),
        ("milvus+http://127.0.0.1:19530/x", "no files can be written to milvus"),
        ("milvus:./file.db", "cannot be kept in Milvus"),
        ("s3://bucket/../x", "leads upwards"),
        ("simplecache::s3://bucket/x", "no files can be written to simplecache"),
        ("ftp://bucket/x", "no files can be written to ftp"),
    ],
)
def test_what_is_no_place_for_files_is_refused_without_telling_secrets(
    place: str, told: str
) -> None:
    with pytest.raises(UsageError, match=told) as refused:
        room(place)
    assert "secret" not in str(refused.value)
