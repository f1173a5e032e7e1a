"""What is in a gallery in Milvus is what is in a folder's gallery of the same pictures."""

from __future__ import annotations

import hashlib
import io
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image as pillow

from lookalike.errors import (
    BadParameter,
    GalleryError,
    GalleryMissing,
    MissingPicture,
    NotIndexed,
)
from lookalike.gallery.milvus import MilvusGallery
from lookalike.gallery.milvus.browse import browsing, telling
from lookalike.gallery.milvus.link import queries
from twice import Both, plain


def test_pages_of_pictures(both: Both) -> None:
    everything = both.local.pictures()
    for skip, top in ((0, 100), (0, 3), (2, 4), (7, 100), (9, 1), (50, 3), (0, 0), (4, 0)):
        page = both.milvus.pictures(skip=skip, top=top)
        assert plain(page.items) == plain(everything.items[skip : skip + top])
        assert page.total == everything.total == 9
    for asked in ({"skip": -1}, {"top": -1}):
        with pytest.raises(BadParameter, match="number of pictures"):
            both.milvus.pictures(**asked)


def test_pages_beyond_what_one_answer_holds(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = plain(both.local.pictures().items)
    for module in (browsing, queries):
        monkeypatch.setattr(module, "MOST", 4)
    for skip in range(11):
        for top in (1, 3, 8):
            page = both.milvus.pictures(skip=skip, top=top)
            assert plain(page.items) == expected[skip : skip + top]


@pytest.mark.parametrize(
    "where",
    [
        "folder = deeper",
        "folder = deeper and width > 50",
        "name like a*",
        "format = png",
        "height >= 49",
        "not name like *copy*",
        "name like *0.*",
        "path like */deeper/b[01]*",
        "taken is missing",
        ["width > 50", "height < 50"],
        "width > 5000",
    ],
)
def test_conditions(both: Both, where: str | list[str]) -> None:
    for skip, top in ((0, 100), (1, 2)):
        found = both.milvus.pictures(where, skip=skip, top=top)
        expected = both.local.pictures(where, skip=skip, top=top)
        assert plain(found.items) == plain(expected.items)
        assert found.total == expected.total


def test_a_picture_by_its_id(both: Both) -> None:
    shown = both.milvus.pictures().items[3]
    assert both.milvus.picture(shown.id) == shown
    failed = both.milvus._engine.query(both.milvus._kept.files, "content == 0", ["id"])[0]["id"]
    for id in (1, -1, 2**63, -(2**80), failed):
        with pytest.raises(NotIndexed, match=f"no picture with the id {id} "):
            both.milvus.picture(id)


def test_originals_and_thumbnails(both: Both, tmp_path: Path) -> None:
    id = both.id_of(both.milvus, "b1.jpg")
    data = (both.folder / "deeper" / "b1.jpg").read_bytes()
    assert both.milvus.original(id) == data
    made = both.milvus.thumbnail(id, 160)
    assert made == both.local.thumbnail(both.id_of(both.local, "b1.jpg"), 160)
    sha256 = hashlib.sha256(data).hexdigest()
    kept = tmp_path / "trial.db.files" / "thumbnails" / sha256[:2] / f"{sha256}-160.webp"
    assert kept.read_bytes() == made
    kept.write_bytes(b"kept")
    assert both.milvus.thumbnail(id, 160) == b"kept"
    assert pillow.open(io.BytesIO(both.milvus.thumbnail(id, 1600))).size == (64, 49)
    assert not kept.with_name(f"{sha256}-1600.webp").exists()
    with pytest.raises(BadParameter, match="160, 320, 640, 1600"):
        both.milvus.thumbnail(id, 100)


def test_a_file_that_has_changed_is_not_shown(tmp_path: Path, draw: Callable[..., Path]) -> None:
    file = draw(tmp_path / "pictures" / "a.png", 1)
    with MilvusGallery.open(f"milvus:{tmp_path / 'trial.db'}?files={tmp_path / 'own'}") as gallery:
        gallery.sync(file.parent)
        (shown,) = gallery.pictures().items
        gallery.thumbnail(shown.id)
        draw(file, 2)
        for ask in (gallery.original, lambda id: gallery.thumbnail(id, 640)):
            with pytest.raises(MissingPicture, match="has changed since it was indexed"):
                ask(shown.id)
        gallery.thumbnail(shown.id)  # of what was indexed
        file.unlink()
        with pytest.raises(MissingPicture):
            gallery.original(shown.id)
    assert len(list((tmp_path / "own" / "thumbnails").rglob("*.webp"))) == 1


def test_thumbnails_where_there_is_no_room(both: Both, tmp_path: Path) -> None:
    """What cannot be kept is made each time."""
    (tmp_path / "trial.db.files").write_text("a file where a folder should be")
    id = both.id_of(both.milvus, "a1.png")
    assert both.milvus.thumbnail(id) == both.milvus.thumbnail(id)


def test_what_conditions_can_be_about(both: Both) -> None:
    assert both.milvus.fields() == both.local.fields()
    for gallery in both.each:
        gallery.set_columns(
            {
                "a1.png": {"price": 12.5, "Brand": "Acme", "sold": True, "made": "2020-01-02"},
                "a2.png": {"price": 3, "Brand": "ACME", "sold": False},
                "b1.jpg": {"Brand": "zeta", "sold": True},
            }
        )
    # What was counted before is forgotten, as it was changed here.
    assert both.milvus.fields() == both.local.fields()


def test_fields_of_many_are_told_from_a_sample(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "LOOKED_AT", 4)
    told = {field.name: field for field in telling.fields(both.milvus._kept)}
    assert list(told) == [field.name for field in both.local.fields()]
    # Ids are spread evenly, so that those below four ninths are about four of nine.
    drawn = [one for one in both.milvus.pictures().items if one.id < int(2**53 * 4 / 9)]
    counted = Counter(one.format for one in drawn)
    assert dict(told["format"].values) == {n: round(c * 9 / 4) for n, c in counted.items()}
    assert told["width"].most == max((one.width for one in drawn), default=None)
    info = both.milvus.info()
    assert (info.pictures, info.contents) == (9, 9)  # all taken for different


def test_info_and_failures(both: Both, tmp_path: Path) -> None:
    told, known = both.milvus.info(), both.local.info()
    assert told.path == both.milvus.address == f"milvus:{tmp_path / 'trial.db'}"
    for name in ("folders", "pictures", "contents", "failures", "kept", "excluded", "marks"):
        assert getattr(told, name) == getattr(known, name)
    assert [(s.key, s.dim, n) for s, n in told.descriptors] == [
        (s.key, s.dim, n) for s, n in known.descriptors
    ]
    assert told.bytes == sum(f.stat().st_size for f in (tmp_path / "trial.db").rglob("*.*")) or (
        told.bytes > 10_000
    )
    assert both.milvus.failures() == both.local.failures() != []


def test_a_closed_gallery_is_let_go_of(painted: Path, tmp_path: Path) -> None:
    """The file is free for whoever opens it next, and it is all there."""
    address = f"milvus:{tmp_path / 'trial.db'}"
    first = MilvusGallery.open(address)
    first.sync(painted)
    second = MilvusGallery.open(address, create=False)
    first.close()
    first.close()
    assert second.pictures().total == 9
    second.close()
    moved = shutil.move(tmp_path / "trial.db", tmp_path / "moved.db")
    with MilvusGallery.open(f"milvus:{moved}", create=False) as again:
        assert again.pictures().total == 9


def test_looking_for_a_file_of_lite_does_not_make_it(tmp_path: Path) -> None:
    with pytest.raises(GalleryMissing, match=r"no gallery at milvus:.*trail\.db yet; make one"):
        MilvusGallery.open(f"milvus:{tmp_path / 'trail.db'}", create=False)
    assert not list(tmp_path.iterdir())


def test_a_file_of_lite_in_no_folder_is_told_before_it_is_opened(tmp_path: Path) -> None:
    with pytest.raises(GalleryError, match=r"there is no folder .*nowhere; make it"):
        MilvusGallery.open(f"milvus:{tmp_path / 'nowhere' / 'trial.db'}")
