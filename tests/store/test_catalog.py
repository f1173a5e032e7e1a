"""The file on disk: made, refused, upgraded."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from lookalike import Gallery
from lookalike.errors import GalleryDamaged, GalleryMissing, GalleryTooNew
from lookalike.store.catalog import FILE, under
from lookalike.store.migrations import MIGRATIONS


def test_a_gallery_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(GalleryMissing, match="lookalike index"):
        Gallery.open(tmp_path / "none", create=False)
    assert not (tmp_path / "none").exists()


def test_a_gallery_of_a_later_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    Gallery.open(tmp_path).close()
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    db.close()
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(GalleryTooNew, match="upgrade"):
        Gallery.open(tmp_path)
    assert (tmp_path / FILE).read_bytes() == before


def test_a_file_that_is_no_catalog(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"something else entirely" * 100)
    with pytest.raises(GalleryDamaged, match="move it away"):
        Gallery.open(tmp_path)


def test_a_path_where_no_folder_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(GalleryMissing, match="cannot make"):
        Gallery.open(tmp_path / "file" / "gallery")


def test_the_range_below_a_folder() -> None:
    start, end = under("/a/cat")
    inside = [b"/a/cat/x", b"/a/cat/\xff\xff", b"/a/cat/sub/y"]
    outside = [b"/a/cat", b"/a/cat2/x", b"/a/cat.d/x", b"/a/ca", b"/a/cat0"]
    assert all(start <= path < end for path in inside)
    assert not any(start <= path < end for path in outside)
    assert under("/")[0] == b"/"


def test_several_processes_may_make_the_same_gallery(tmp_path: Path) -> None:
    code = "import sys; from lookalike import Gallery; Gallery.open(sys.argv[1]).close()"
    for number in range(3):
        where = str(tmp_path / f"{number}.gallery")
        processes = [subprocess.Popen([sys.executable, "-c", code, where]) for _ in range(3)]
        assert [process.wait() for process in processes] == [0, 0, 0]
