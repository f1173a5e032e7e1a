"""Single pictures that a gallery keeps copies of."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image as pillow

from lookalike.errors import (
    BadParameter,
    CorruptPicture,
    EmptyPicture,
    GalleryBusy,
    GalleryError,
    MissingPicture,
    NotIndexed,
    PictureError,
    UnknownFormat,
)
from lookalike.gallery.local import LocalGallery
from lookalike.images import load_views
from lookalike.store import added, durable


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[LocalGallery]:
    with LocalGallery.open(tmp_path / "test.gallery") as opened:
        yield opened


@pytest.fixture
def filled(gallery: LocalGallery, folder: Path) -> LocalGallery:
    gallery.sync(folder, descriptors=["pixels"])
    return gallery


def encoded(colour: str, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    pillow.new("RGB", (20, 10), colour).save(file, kind)
    return file.getvalue()


def copies(gallery: LocalGallery) -> list[str]:
    folder = gallery.path / "added"
    return sorted(file.name for file in folder.iterdir()) if folder.exists() else []


def traces(gallery: LocalGallery) -> tuple[object, ...]:
    """Return what a picture that is not taken in must leave as it is."""
    count = gallery._catalog.number
    tables = ("files", "contents", "vectors", "failures", "excluded", "reading")
    return (copies(gallery), *(count(f"SELECT count(*) FROM {table}") for table in tables))


# -- in --------------------------------------------------------------------------------------


def test_a_copy_is_kept_and_found(filled: LocalGallery, draw, tmp_path: Path) -> None:
    file = draw(tmp_path / "elsewhere" / "red car.png", 50)
    found = filled.add(file)
    assert found.path == str(filled.path / "added" / "red car.png")
    assert (found.width, found.height, found.format) == (48, 36, "PNG")
    assert found.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert filled.picture(found.id) == found
    file.unlink()
    assert filled.original(found.id) == Path(found.path).read_bytes()
    assert filled.search(Path(found.path).read_bytes())[0].id == found.id
    assert filled.info().pictures == 7


def test_bytes_are_called_as_one_says_or_by_their_content(filled: LocalGallery) -> None:
    red, blue = encoded("red"), encoded("blue")
    assert Path(filled.add(red, name="red").path).name == "red.png"
    assert Path(filled.add(blue).path).name == f"{hashlib.sha256(blue).hexdigest()[:16]}.png"


def test_a_new_gallery_keeps_what_any_other_does(gallery: LocalGallery, two_editions: Path) -> None:
    found = gallery.add(encoded("red"))
    keys = [stored.key.partition("@")[0] for stored, count in gallery.info().descriptors if count]
    assert keys == ["glance", "glance_copy"]
    assert [match.id for match in gallery.search(encoded("red", "BMP"))] == [found.id]


def test_the_same_bytes_are_kept_once(filled: LocalGallery) -> None:
    first = filled.add(encoded("red"), name="one.png")
    assert filled.add(encoded("red"), name="two.png") == first
    assert copies(filled) == ["one.png"]


def test_what_lies_in_an_indexed_folder_is_copied_all_the_same(
    filled: LocalGallery, folder: Path
) -> None:
    found = filled.add(folder / "a0.png")
    assert Path(found.path).parent.name == "added"
    (folder / "a0.png").unlink()
    filled.sync()
    assert filled.original(found.id)


def test_a_name_that_is_taken_gets_a_number(
    filled: LocalGallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(added, "_MOST_NUMBERED", 3)
    colours = ("red", "green", "blue", "white")
    names = [Path(filled.add(encoded(c), name="x.png").path).name for c in colours]
    last = hashlib.sha256(encoded("white")).hexdigest()
    assert names == ["x.png", "x-2.png", "x-3.png", f"x-{last}.png"]


def test_a_copy_that_was_deleted_or_overwritten_is_made_again(filled: LocalGallery, draw) -> None:
    first = Path(filled.add(encoded("red"), name="x.png").path)
    first.unlink()
    assert Path(filled.add(encoded("red"), name="x.png").path) == first
    first.write_bytes(encoded("blue"))
    second = filled.add(encoded("red"), name="x.png")
    assert Path(second.path).name == "x-2.png"
    filled.sync()
    assert filled.pictures("folder = added").total == 2


def test_columns_can_be_given_at_once(filled: LocalGallery) -> None:
    found = filled.add(encoded("red"))
    filled.set_columns({found.id: {"price": 3}})
    assert filled.picture(found.id).columns == {"price": 3}
    assert filled.pictures("price = 3").items[0].id == found.id


# -- not in ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", EmptyPicture),
        (b"<svg onload=alert(1)>", UnknownFormat),
        (encoded("red")[:-30], CorruptPicture),
        (encoded("red", "JPEG")[:400], CorruptPicture),
    ],
    ids=["empty", "no picture", "cut off", "half a JPEG"],
)
def test_what_cannot_be_read_leaves_nothing(
    filled: LocalGallery, data: bytes, error: type[PictureError]
) -> None:
    before = traces(filled)
    with pytest.raises(error, match="cannot read bad.png"):
        filled.add(data, name="bad.png")
    assert traces(filled) == before


def test_nor_does_a_file_that_is_not_there(filled: LocalGallery, tmp_path: Path) -> None:
    before = traces(filled)
    with pytest.raises(MissingPicture):
        filled.add(tmp_path / "missing.png")
    with pytest.raises(BadParameter, match="add takes the path"):
        filled.add(7)
    assert traces(filled) == before


def test_the_gallerys_decoder_has_the_first_look(tmp_path: Path, folder: Path) -> None:
    def refusing(source, views, *, name=None, box=None):
        raise CorruptPicture(name, "it took too long")

    with LocalGallery.open(tmp_path / "gallery", decoder=refusing) as gallery:
        gallery.sync(folder, descriptors=["pixels"])
        before = traces(gallery)
        with pytest.raises(CorruptPicture, match="took too long"):
            gallery.add(encoded("red"))
        assert traces(gallery) == before


def test_what_fails_only_when_it_is_indexed_leaves_nothing(tmp_path: Path, folder: Path) -> None:
    with LocalGallery.open(tmp_path / "gallery", decoder=load_views) as gallery:
        gallery.sync(folder, descriptors=["pixels"])
        before = traces(gallery)
        gallery._decoder = lambda source, views, *, name=None, box=None: {}
        with pytest.raises(PictureError, match=r"cannot read bad\.png: .*"):
            gallery.add(encoded("red")[:-30], name="bad.png")
        assert traces(gallery) == before


def test_not_while_another_writes(filled: LocalGallery, tmp_path: Path) -> None:
    before = traces(filled)
    with (
        LocalGallery.open(filled.path) as other,
        other._catalog.writing(),
        pytest.raises(GalleryBusy),
    ):
        filled.add(encoded("red"))
    assert traces(filled) == before


def test_not_on_a_full_disk(filled: LocalGallery, monkeypatch: pytest.MonkeyPatch) -> None:
    before = traces(filled)

    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable, "settle", full)
    with pytest.raises(GalleryError, match="No space left.*Nothing was added"):
        filled.add(encoded("red"), name="red.png")
    assert traces(filled) == before


# -- later on --------------------------------------------------------------------------------


def test_the_next_sync_keeps_it(filled: LocalGallery, folder: Path) -> None:
    found = filled.add(encoded("red"))
    report = filled.sync()
    assert (report.added, report.gone, report.unchanged) == (0, 0, 7)
    assert (report.unmounted, report.unlisted) == ([], [])
    assert filled.sync(folder).unchanged == 6
    assert filled.picture(found.id) == found


def test_without_any_other_folder(gallery: LocalGallery, two_editions: Path) -> None:
    found = gallery.add(encoded("red"))
    assert gallery.sync().unchanged == 1
    assert gallery.remove(found.id) == 1
    assert gallery.sync().unchanged == 0


def test_a_further_descriptor_is_computed_of_it(filled: LocalGallery) -> None:
    filled.add(encoded("red"))
    filled.sync(descriptors=["pixels", "phash"])
    assert [count for _, count in filled.info().descriptors] == [7, 7]


@pytest.mark.parametrize("name", ["test.gallery", ".hidden"])
def test_in_a_gallery_that_lies_in_an_indexed_folder(
    tmp_path: Path, folder: Path, name: str
) -> None:
    with LocalGallery.open(folder / name) as gallery:
        gallery.sync(folder, descriptors=["pixels"])
        found = gallery.add(encoded("red"))
        for again in ([], [folder], [folder / "deeper"]):
            gallery.sync(*again)
            assert gallery.picture(found.id) == found
            assert gallery.pictures().total == 7
        assert gallery.remove(folder) == 7
        assert copies(gallery) == []


def test_the_gallery_may_move(tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    with LocalGallery.open(before) as gallery:
        gallery._catalog.register(*_pixels())
        found = gallery.add(encoded("red"))
        gallery.set_columns({found.id: {"price": 3}})
    before.rename(after)
    with LocalGallery.open(after) as gallery:
        gallery.sync()
        (moved,) = gallery.pictures().items
        assert moved.path == str(after / "added" / Path(found.path).name)
        assert moved.columns == {"price": 3}
        assert gallery.info().folders == (str(after / "added"),)


def _pixels():
    from lookalike.descriptors import create

    return create("pixels"), "pixels"


@pytest.mark.skipif(os.name == "nt", reason="making links needs a right of its own there")
def test_a_link_that_leads_nowhere_is_a_name_that_is_taken(filled: LocalGallery) -> None:
    filled.add(encoded("red"))
    (filled.path / "added" / "x.png").symlink_to("nowhere")
    assert Path(filled.add(encoded("blue"), name="x.png").path).name == "x-2.png"


@pytest.mark.skipif(os.name == "nt", reason="making links needs a right of its own there")
def test_by_whatever_path_the_gallery_is_opened(filled: LocalGallery, tmp_path: Path) -> None:
    found = filled.add(encoded("red"))
    (tmp_path / "link").symlink_to(filled.path)
    with LocalGallery.open(tmp_path / "link") as same:
        assert same.add(encoded("red")) == found
        assert same.sync().added == 0
        assert same.remove(found.id) == 1
    assert copies(filled) == []


# -- out -------------------------------------------------------------------------------------


def test_by_its_id_with_its_copy(filled: LocalGallery) -> None:
    one, two = filled.add(encoded("red")), filled.add(encoded("blue"))
    assert filled.remove(one.id) == 1
    assert copies(filled) == [Path(two.path).name]
    assert filled.info().excluded == 0
    assert filled.sync().added == 0
    again = filled.add(encoded("red"))
    assert Path(again.path) == Path(one.path)


def test_by_its_path_twice_and_together_with_others(filled: LocalGallery, folder: Path) -> None:
    found = filled.add(encoded("red"))
    other = filled.pictures("name = a0.png").items[0]
    assert filled.remove(found.path, found.id, other.id) == 2
    assert (folder / "a0.png").exists()
    assert copies(filled) == []
    assert filled.info().excluded == 1


def test_all_of_them(filled: LocalGallery) -> None:
    for colour in ("red", "blue"):
        filled.add(encoded(colour))
    assert filled.remove(filled.path / "added") == 2
    assert copies(filled) == []
    assert filled.sync().unchanged == 6
    assert Path(filled.add(encoded("red")).path).parent.name == "added"
    assert filled.sync().unchanged == 7


def test_a_folder_among_them(filled: LocalGallery, draw) -> None:
    found = filled.add(encoded("red"), name="red.png")
    draw(filled.path / "added" / "sub" / "x.png", 60)
    assert filled.sync().added == 1
    assert filled.remove(filled.path / "added" / "sub") == 1
    assert filled.sync().added == 0
    assert filled.info().excluded == 0
    assert [file.name for file in (filled.path / "added").rglob("*.png")] == ["red.png"]
    assert filled.picture(found.id) == found


@pytest.mark.parametrize("unknown", [999, 0, -1, 2**70])
def test_nothing_if_one_id_is_unknown(filled: LocalGallery, unknown: int) -> None:
    found = filled.add(encoded("red"))
    with pytest.raises(NotIndexed, match="nothing was removed"):
        filled.remove(found.id, unknown)
    assert filled.picture(found.id) == found
    assert copies(filled) != []


def test_a_copy_that_cannot_be_deleted_is_named_and_tried_again(
    filled: LocalGallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = filled.add(encoded("red"))
    with monkeypatch.context() as patch:
        patch.setattr(added, "_deleted", lambda path: "Permission denied")
        with pytest.raises(GalleryError, match="copy cannot be deleted: Permission denied"):
            filled.remove(found.id)
        assert filled.pictures().total == 6
        assert filled.sync().added == 0
        assert copies(filled) == [Path(found.path).name]
    assert filled.sync().added == 0
    assert copies(filled) == []
    assert filled.info().excluded == 0


# -- killed ----------------------------------------------------------------------------------

ADD = textwrap.dedent(
    """
    import os, signal, sys
    from pathlib import Path
    from lookalike.gallery.local import LocalGallery, adding
    from lookalike.store import added, durable

    def die(*_, **__):
        os.kill(os.getpid(), signal.SIGKILL)

    where, picture, moment = sys.argv[1:]
    setattr(*{"copied": (adding, "sync"), "half": (durable, "settle"),
              "removed": (added, "_deleted")}[moment], die)
    with LocalGallery.open(where) as gallery:
        if moment == "removed":
            gallery.remove(gallery.pictures("folder = added").items[0].id)
        gallery.add(picture)
    """
)


def killed(gallery: LocalGallery, picture: Path, moment: str) -> None:
    program = [sys.executable, "-c", ADD, str(gallery.path), str(picture), moment]
    assert subprocess.run(program, check=False).returncode == -9


@pytest.mark.skipif(os.name == "nt", reason="there are no such signals")
@pytest.mark.parametrize("healed_by", ["sync", "add"])
def test_killed_between_copy_and_index(
    filled: LocalGallery, tmp_path: Path, draw, healed_by: str
) -> None:
    file = draw(tmp_path / "elsewhere" / "x.png", 50)
    killed(filled, file, "copied")
    assert copies(filled) == ["x.png"]
    assert filled.pictures().total == 6
    if healed_by == "sync":
        assert filled.sync().added == 1
    found = filled.add(file)
    assert Path(found.path).name == "x.png"
    assert copies(filled) == ["x.png"]
    assert filled.failures() == []


@pytest.mark.skipif(os.name == "nt", reason="there are no such signals")
def test_killed_while_copying(filled: LocalGallery, tmp_path: Path, draw) -> None:
    killed(filled, draw(tmp_path / "elsewhere" / "x.png", 50), "half")
    assert copies(filled) == ["x.png.new"]
    assert filled.sync().added == 0
    assert copies(filled) == []


@pytest.mark.skipif(os.name == "nt", reason="there are no such signals")
def test_killed_between_taking_out_and_deleting(filled: LocalGallery, tmp_path: Path, draw) -> None:
    file = draw(tmp_path / "elsewhere" / "x.png", 50)
    filled.add(file)
    killed(filled, file, "removed")
    assert filled.pictures().total == 6
    assert copies(filled) == ["x.png"]
    assert filled.sync().added == 0
    assert copies(filled) == []
