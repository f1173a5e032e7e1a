"""What fsspec serves besides: the walk that goes folder by folder, as for Google's buckets."""

from __future__ import annotations

import sys

import pytest

from lookalike.errors import MissingExtra, MissingPicture
from lookalike.places import access, exists, listing, read_bytes
from pictures_at import png

fsspec = pytest.importorskip("fsspec")


@pytest.fixture
def files(connected: pytest.MonkeyPatch):
    files = access.filesystem("memory://box")
    yield files
    files.store.clear()
    files.pseudo_dirs[:] = [""]


def test_what_is_found_and_what_is_passed_over(files) -> None:
    for number, name in enumerate(["b.png", "a/c d.jpg", "a/b/e.png"]):
        files.pipe_file(f"/box/p/{name}", png(number))
    for name in ("p/.hidden.png", "p/.trash/x.png", "p/out/x.png", "q/x.png", "p/notes.txt"):
        files.pipe_file(f"/box/{name}", b"x")
    walk = listing("memory://box/p", frozenset({"memory://box/p/out"}))
    found = list(walk)
    assert [one.path for one in found] == [
        "memory://box/p/b.png",
        "memory://box/p/a/c d.jpg",
        "memory://box/p/a/b/e.png",
    ]
    assert (walk.others, walk.unlisted) == (1, [])
    assert read_bytes(found[1].path) == png(1)
    assert all(one.size and one.mtime_ns for one in found)


def test_a_folder_that_cannot_be_listed_is_told_and_the_others_are_listed(
    files, monkeypatch
) -> None:
    for name in ("a/1.png", "b/2.png", "c/3.png"):
        files.pipe_file(f"/box/{name}", b"x")
    listed = type(files).ls

    def breaking(self, path, detail=True, **options):
        if path.rstrip("/").endswith("/b"):
            raise ConnectionResetError("gone")
        return listed(self, path, detail=detail, **options)

    monkeypatch.setattr(type(files), "ls", breaking)
    walk = listing("memory://box")
    assert [one.path for one in walk] == ["memory://box/a/1.png", "memory://box/c/3.png"]
    ((where, why),) = walk.unlisted
    assert where == "memory://box/b"
    assert "gone" in why


def test_a_single_picture(files) -> None:
    files.pipe_file("/box/p/a.png", b"x")
    assert [one.path for one in listing("memory://box/p/a.png")] == ["memory://box/p/a.png"]


def test_what_is_not_there(files) -> None:
    assert not exists("memory://box/p")
    with pytest.raises(MissingPicture):
        read_bytes("memory://box/p/a.png")
    files.pipe_file("/box/p/a.png", b"x")
    assert exists("memory://box/p")


def test_a_missing_extra_says_how_to_get_it(connected: pytest.MonkeyPatch) -> None:
    connected.setitem(sys.modules, "s3fs", None)
    connected.delitem(sys.modules["fsspec.registry"]._registry, "s3", raising=False)
    for ask in (exists, read_bytes, lambda place: list(listing(place))):
        with pytest.raises(MissingExtra, match=r'pip install "lookalike\[s3\]"'):
            ask("s3://bucket/a.png")
