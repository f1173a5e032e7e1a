"""Going through the pictures of a gallery, page by page."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from lookalike.errors import BadParameter, NotIndexed, UnknownName
from lookalike.gallery.local import LocalGallery
from lookalike.store import pictures
from lookalike.store.pictures import by_id, page


@pytest.fixture
def filled(tmp_path: Path, folder: Path) -> LocalGallery:
    with LocalGallery.open(tmp_path / "gallery") as gallery:
        gallery.sync(folder, descriptors=["pixels"])
        yield gallery


def names(found) -> list[str]:
    return [Path(one.path).name for one in found.items]


def test_they_come_in_order_of_their_paths(filled: LocalGallery) -> None:
    found = filled.pictures()
    assert names(found) == ["a0.png", "a1.png", "a2.png", "b0.jpg", "b1.jpg", "b2.jpg"]
    assert found.total == 6


def test_page_by_page_each_comes_once(filled: LocalGallery) -> None:
    pages = [filled.pictures(skip=skip, top=4) for skip in (0, 4, 8)]
    assert [len(one.items) for one in pages] == [4, 2, 0]
    assert [one.total for one in pages] == [6, 6, 6]
    assert names(pages[0]) + names(pages[1]) == names(filled.pictures())
    assert filled.pictures(top=0).total == 6


@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        ("folder = deeper", ["b0.jpg", "b1.jpg", "b2.jpg"]),
        ("format = PNG", ["a0.png", "a1.png", "a2.png"]),
        (["format = JPEG", "name != b1.jpg"], ["b0.jpg", "b2.jpg"]),
        ("width > 5000", []),
    ],
)
@pytest.mark.parametrize("few", [0, 1000])
def test_only_those_that_meet_conditions(
    filled: LocalGallery, where, wanted: list[str], few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "_FEW", few)
    found = filled.pictures(where)
    assert names(found) == wanted
    assert found.total == len(wanted)
    assert names(filled.pictures(where, skip=1, top=1)) == wanted[1:2]
    assert filled.pictures(where, skip=1, top=1).total == len(wanted)


def test_copies_of_one_content_are_all_there(filled: LocalGallery, folder: Path) -> None:
    (folder / "z.png").write_bytes((folder / "a0.png").read_bytes())
    filled.sync()
    assert names(filled.pictures("format = PNG")) == ["a0.png", "a1.png", "a2.png", "z.png"]


def test_what_is_known_of_one(filled: LocalGallery, folder: Path) -> None:
    file = folder / "a0.png"
    os.utime(file, ns=(0, 1_562_000_096_789_000_000))
    filled.sync()
    filled.set_columns({file: {"price": 12.5, "sale": True}, folder / "a1.png": {"brand": "Ada"}})
    first, second, *_ = filled.pictures().items
    assert first.path == str(file)
    assert first.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert (first.width, first.height, first.format) == (48, 36, "PNG")
    assert first.bytes == file.stat().st_size
    assert first.modified == "2019-07-01T16:54:56"
    assert first.taken is None
    assert first.columns == {"price": 12.5, "sale": True}
    assert second.columns == {"brand": "Ada"}
    assert filled.picture(first.id) == first


def test_a_time_before_1970(filled: LocalGallery, folder: Path) -> None:
    os.utime(folder / "a0.png", ns=(0, -1_500_000_000))
    filled.sync()
    assert filled.pictures(top=1).items[0].modified == "1969-12-31T23:59:58"


@pytest.mark.parametrize("unknown", [0, -1, 999, 2**63, -(2**70)])
def test_an_id_that_there_is_not(filled: LocalGallery, unknown: int) -> None:
    with pytest.raises(NotIndexed, match=f"no picture with the id {unknown} "):
        filled.picture(unknown)


def test_what_cannot_be_read_is_no_picture(filled: LocalGallery, folder: Path) -> None:
    (folder / "broken.png").write_bytes(b"not a picture")
    filled.sync()
    assert filled.pictures().total == 6
    rows = filled._catalog.rows("SELECT id FROM files WHERE content_id IS NULL")
    with pytest.raises(NotIndexed):
        filled.picture(rows[0][0])


def test_what_cannot_be_asked(filled: LocalGallery) -> None:
    for wrong in ({"skip": -1}, {"top": -1}, {"skip": 2**63}, {"top": 2**63}):
        with pytest.raises(BadParameter, match="number of pictures"):
            filled.pictures(**wrong)
    with pytest.raises(BadParameter):
        filled.pictures("width >")
    with pytest.raises(UnknownName):
        filled.pictures("colour = red")


def test_an_empty_gallery(stock) -> None:
    assert page(stock.catalog).total == 0
    assert page(stock.catalog, ["width > 1"]).items == ()
    with pytest.raises(NotIndexed):
        by_id(stock.catalog, 1)


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_a_name_that_is_no_text(filled: LocalGallery, folder: Path) -> None:
    strange = folder / os.fsdecode(b"\xff.png")
    strange.write_bytes((folder / "a0.png").read_bytes())
    filled.sync()
    (found,) = [one for one in filled.pictures().items if one.path == str(strange)]
    assert filled.picture(found.id) == found
    assert filled.thumbnail(found.id)
