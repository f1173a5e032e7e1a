"""One process at a time writes to a folder."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import filelock
import pytest

from lookalike.errors import GalleryBusy, GalleryError
from lookalike.store.writer import LOCK, NOTE, only_writer


def test_a_second_writer_is_told_who_is_the_first(tmp_path: Path) -> None:
    with only_writer(tmp_path, GalleryBusy):
        pid = json.loads((tmp_path / NOTE).read_text())["pid"]
        with (
            pytest.raises(GalleryBusy, match=f"^process {pid}$"),
            only_writer(tmp_path, GalleryBusy),
        ):
            pass
        (tmp_path / NOTE).write_text('{"pi')
        with (
            pytest.raises(GalleryBusy, match="^another process$"),
            only_writer(tmp_path, GalleryBusy),
        ):
            pass
    with only_writer(tmp_path, GalleryBusy):
        assert (tmp_path / LOCK).exists()
    assert not (tmp_path / NOTE).exists()


def test_where_nothing_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
    refused = pytest.raises(GalleryError, match="cannot be written to: Read-only file system")
    with refused, only_writer(tmp_path, GalleryBusy):
        pass
