"""Pictures below pages that list them."""

from __future__ import annotations

from pathlib import Path

import pytest

from lookalike.errors import (
    EmptyPicture,
    MissingPicture,
    PictureTooLarge,
    UnreachablePicture,
    UnreadablePicture,
    UsageError,
)
from lookalike.images import files as limits
from lookalike.places import exists, listing, placed, read_bytes, web
from pictures_at import Served, png


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "_PAUSES", (0.0, 0.0))


@pytest.fixture
def folder(tmp_path: Path, web: Served) -> Path:
    return tmp_path / "web"


def _laid(folder: Path, *names: str) -> None:
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(number))


def test_what_is_found_and_what_is_passed_over(folder: Path, web: Served) -> None:
    names = ["p/a b.png", "p/per%cent.png", "p/plus+and&.png", "p/q?x=1#y.png", "p/ünï/🐈.png"]
    _laid(folder, *names, "p/.hidden.png", "p/@eaDir/a.png", "p/out/a.png", "q/no.png", "top.png")
    (folder / "p" / "notes.txt").write_text("x")
    place = placed(f"{web.address}/p/")
    walk = listing(place, frozenset({f"{place}/out"}))
    found = list(walk)
    assert (walk.others, walk.unlisted) == (1, [])
    assert [one.path.removeprefix(place) for one in found] == [
        "/a%20b.png",
        "/per%25cent.png",
        "/plus%2Band%26.png",
        "/q%3Fx%3D1%23y.png",
        "/%C3%BCn%C3%AF/%F0%9F%90%88.png",
    ]
    for one, name in zip(found, names, strict=True):
        info = (folder / name).stat()
        assert (one.size, one.mtime_ns) == (info.st_size, int(info.st_mtime) * 10**9)
        assert read_bytes(one.path) == (folder / name).read_bytes()
    assert sum(method == "HEAD" for method, _ in web.asked) == len(found)


def test_a_single_picture(folder: Path, web: Served) -> None:
    _laid(folder, "p/a.png")
    (found,) = listing(f"{web.address}/p/a.png")
    assert found.path == f"{web.address}/p/a.png"
    assert web.asked == [("HEAD", "/p/a.png")]


def test_only_links_below_the_page_are_followed(folder: Path, web: Served) -> None:
    _laid(folder, "p/a.png", "p/deep/b.png", "q/c.png")
    links = (
        "../q/",
        "../q/c.png",
        "/q/c.png",
        "http://example.org/d.png",
        "//example.org/p/e.png",
        "?C=N;O=D",
        "./",
        "javascript:alert(1)",
        "a.png#part",
        "deep/",
        "deep/../../q/c.png",
        f"{web.address}/p/a.png",
        "%2e%2e/q/c.png",
    )
    page = "".join(f'<A class=x HREF="{link}">l</a>' for link in links)
    web.answers["/p/"] = (200, {"Content-Type": "text/html"}, page.encode())
    walk = listing(f"{web.address}/p")
    assert [one.path.removeprefix(web.address) for one in walk] == ["/p/a.png", "/p/deep/b.png"]
    assert not any(path.startswith("/q") for _, path in web.asked)


def test_etags_tell_versions_apart(folder: Path, web: Served) -> None:
    web.answers["/p/"] = (200, {}, b'<a href="a.png">a</a>')
    web.answers["/p/a.png"] = (200, {"ETag": 'W/"v1"', "Content-Length": "7"}, b"")
    (found,) = listing(f"{web.address}/p")
    assert (found.size, found.mtime_ns, found.etag) == (7, 0, "v1")


def test_what_no_gallery_can_keep_is_made_fitting(folder: Path, web: Served) -> None:
    links = f'<a href="a.png">a</a><a href="{"x" * 9000}.png">long</a>'
    web.answers["/p/"] = (200, {}, links.encode())
    told = {"ETag": '"v\xff"', "Last-Modified": "Fri, 31 Dec 9999 23:59:59 GMT"}
    web.answers["/p/a.png"] = (200, told, b"")
    (found,) = listing(f"{web.address}/p")
    assert found.mtime_ns == 2**63 - 1
    assert found.etag.encode().startswith(b"v")


def test_a_server_without_head(folder: Path, web: Served) -> None:
    class NoHead:
        def get(self, path: str, other: object = None) -> object:
            return (405, {"Content-Length": "0"}, b"") if web.asked[-1][0] == "HEAD" else None

    _laid(folder, "p/a.png")
    web.answers = NoHead()  # type: ignore[assignment]
    (found,) = listing(f"{web.address}/p")
    assert found.size == len(png(0))


def test_pages_that_cannot_be_listed_are_told(folder: Path, web: Served) -> None:
    _laid(folder, "p/a.png", "p/b/c.png", "p/d/e.png")
    web.answers["/p/b/"] = (500, {}, b"")
    # Cut off in the middle.
    web.answers["/p/d/"] = (200, {"Content-Length": "999"}, b'<a href="e.png">')
    walk = listing(f"{web.address}/p")
    assert [one.path.removeprefix(web.address) for one in walk] == ["/p/a.png"]
    assert sorted(where.removeprefix(web.address) for where, _ in walk.unlisted) == ["/p/b", "/p/d"]
    assert all("does not answer" in why for _, why in walk.unlisted)
    assert sum(path == "/p/b/" for _, path in web.asked) == 3


def test_pictures_that_cannot_be_asked_after(folder: Path, web: Served) -> None:
    _laid(folder, "p/a.png", "p/b.png", "p/c.png")
    web.answers["/p/a.png"] = (403, {}, b"")
    web.answers["/p/b.png"] = (503, {}, b"")
    walk = listing(f"{web.address}/p")
    found = {one.path.rpartition("/")[2]: one for one in walk}
    assert sorted(found) == ["a.png", "c.png"]
    assert found["a.png"].size == 0
    assert [where for where, _ in walk.unlisted] == [f"{web.address}/p"]
    with pytest.raises(UnreadablePicture, match=r"permission denied .*netrc"):
        read_bytes(f"{web.address}/p/a.png")
    with pytest.raises(UnreachablePicture):
        read_bytes(f"{web.address}/p/b.png")


def test_a_walk_without_end_is_ended(folder: Path, web: Served, monkeypatch) -> None:
    class Endless:
        def get(self, path: str, other: object = None) -> object:
            return (200, {}, b'<a href="on/">on</a>')

    web.answers = Endless()  # type: ignore[assignment]
    walk = listing(f"{web.address}/p")
    assert list(walk) == []
    ((where, why),) = walk.unlisted
    assert where.count("/on") == 40
    assert "deeper than 40" in why


def test_what_is_not_there(folder: Path, web: Served) -> None:
    _laid(folder, "p/a.png")
    assert exists(f"{web.address}/p")
    assert exists(f"{web.address}/p/a.png")
    assert not exists(f"{web.address}/q")
    with pytest.raises(MissingPicture):
        read_bytes(f"{web.address}/p/b.png")
    with pytest.raises(UsageError, match=r"cannot look into http://127.0.0.1:9/p: it does not an"):
        exists("http://127.0.0.1:9/p")


def test_empty_and_huge_pictures(folder: Path, web: Served, monkeypatch) -> None:
    monkeypatch.setattr(limits, "MAX_BYTES", 5000)
    (folder / "empty.png").write_bytes(b"")
    (folder / "fits.png").write_bytes(b"x" * 5000)
    (folder / "huge.png").write_bytes(b"x" * 5001)
    web.answers["/untold.png"] = (200, {}, b"x" * 300_000)
    with pytest.raises(EmptyPicture):
        read_bytes(f"{web.address}/empty.png")
    assert len(read_bytes(f"{web.address}/fits.png")) == 5000
    for name in ("huge", "untold"):
        with pytest.raises(PictureTooLarge):
            read_bytes(f"{web.address}/{name}.png")
    # Refused once, not fetched again.
    assert len(web.asked) == 4


def test_a_picture_that_breaks_off_is_tried_again_and_then_told(folder: Path, web: Served) -> None:
    web.answers["/a.png"] = (200, {"Content-Length": "999"}, b"x")
    with pytest.raises(UnreachablePicture):
        read_bytes(f"{web.address}/a.png")
    assert len(web.asked) == 3


def test_no_link_leads_to_another_host(folder: Path, web: Served) -> None:
    _laid(folder, "a.png")
    port = web.address.rpartition(":")[2]
    web.answers["/here.png"] = (302, {"Location": "/a.png"}, b"")
    web.answers["/there.png"] = (302, {"Location": f"http://localhost:{port}/a.png"}, b"")
    assert read_bytes(f"{web.address}/here.png") == png(0)
    with pytest.raises(UnreadablePicture, match="another host, http://localhost"):
        read_bytes(f"{web.address}/there.png")


def test_a_password_that_is_wanted_stops_the_run(folder: Path, web: Served) -> None:
    web.answers["/p/"] = (401, {}, b"")
    web.answers["/p/a.png"] = (401, {}, b"")
    with pytest.raises(UsageError, match="netrc"):
        exists(f"{web.address}/p")
    with pytest.raises(UsageError, match="netrc"):
        read_bytes(f"{web.address}/p/a.png")
