"""Thumbnails: made once, of the right picture, whatever becomes of the file that keeps them."""

from __future__ import annotations

import io
import os
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as pillow

from lookalike import Gallery
from lookalike.errors import BadParameter, MissingPicture, NotIndexed
from lookalike.gallery.local import LocalGallery
from lookalike.images import load_views
from lookalike.store import thumbnails
from lookalike.store.thumbnails import FILE, SIZES, Thumbnails

A, B, C = (bytes([n]) * 32 for n in range(3))


class Counting:
    """A decoder that counts how often it is asked."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, source, views, *, name=None, box=None):
        self.count += 1
        return load_views(source, views, name=name, box=box)


@pytest.fixture
def decoder() -> Counting:
    return Counting()


@pytest.fixture
def filled(tmp_path: Path, folder: Path, draw, decoder: Counting) -> Iterator[LocalGallery]:
    draw(folder / "large.png", 9, (2000, 1000))
    with LocalGallery.open(tmp_path / "gallery", decoder=decoder) as gallery:
        gallery.sync(folder, descriptors=["pixels"])
        yield gallery


def id_of(gallery: LocalGallery, path: Path) -> int:
    (found,) = gallery.pictures(f'path = "{path}"').items
    return found.id


def opened(data: bytes) -> pillow.Image:
    found = pillow.open(io.BytesIO(data))
    assert found.format == "WEBP"
    return found


# -- what one sees ---------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_no_larger_than_asked_for(filled: LocalGallery, folder: Path, size: int) -> None:
    found = opened(filled.thumbnail(id_of(filled, folder / "large.png"), size))
    assert found.size == (size, size // 2)


def test_nothing_is_enlarged(filled: LocalGallery, folder: Path) -> None:
    found = opened(filled.thumbnail(id_of(filled, folder / "a0.png")))
    assert found.size == (48, 36)
    whole = np.asarray(pillow.open(folder / "a0.png"), np.int16)
    assert np.abs(np.asarray(found.convert("RGB"), np.int16) - whole).mean() < 6


def test_upright_and_white_where_it_is_transparent(filled: LocalGallery, folder: Path) -> None:
    turned = pillow.new("RGB", (60, 40), "blue")
    turned.paste("red", (0, 0, 60, 20))
    exif = pillow.Exif()
    exif[0x0112] = 6  # to be turned to the right: what is above lies on the right
    turned.save(folder / "turned.jpg", exif=exif)
    pillow.new("RGBA", (30, 30), (0, 0, 0, 0)).save(folder / "clear.png")
    filled.sync()
    found = opened(filled.thumbnail(id_of(filled, folder / "turned.jpg"))).convert("RGB")
    assert found.size == (40, 60)
    left, right = found.getpixel((5, 30)), found.getpixel((35, 30))
    assert left[2] > 200 > 60 > left[0]
    assert right[0] > 200 > 60 > right[2]
    clear = opened(filled.thumbnail(id_of(filled, folder / "clear.png"))).convert("RGB")
    assert min(clear.getpixel((15, 15))) > 250


def test_another_size_or_another_picture_than_there_is(filled: LocalGallery) -> None:
    with pytest.raises(BadParameter, match="160, 320, 640, 1600"):
        filled.thumbnail(1, 321)
    with pytest.raises(NotIndexed):
        filled.thumbnail(999)


# -- made once, and never of another content -------------------------------------------------


def test_made_once(filled: LocalGallery, folder: Path, decoder: Counting) -> None:
    large = id_of(filled, folder / "large.png")
    first = filled.thumbnail(large)
    assert decoder.count == 1
    assert filled.thumbnail(large) == first
    assert decoder.count == 1
    filled.thumbnail(large, 160)
    assert decoder.count == 2
    filled.thumbnail(large, 1600)
    filled.thumbnail(large, 1600)
    assert decoder.count == 4  # too large to be kept


def test_of_two_files_with_the_same_bytes_once(
    filled: LocalGallery, folder: Path, decoder: Counting
) -> None:
    (folder / "copy.png").write_bytes((folder / "a0.png").read_bytes())
    filled.sync()
    first = filled.thumbnail(id_of(filled, folder / "a0.png"))
    assert filled.thumbnail(id_of(filled, folder / "copy.png")) == first
    assert decoder.count == 1


def test_kept_for_the_next_time_even_without_the_file(
    filled: LocalGallery, folder: Path, tmp_path: Path
) -> None:
    one = id_of(filled, folder / "a0.png")
    first = filled.thumbnail(one)
    (folder / "a0.png").unlink()
    with LocalGallery.open(tmp_path / "gallery") as again:
        assert again.thumbnail(one) == first
        with pytest.raises(MissingPicture):
            again.thumbnail(one, 160)


def test_a_file_that_has_changed_is_not_shown_as_what_it_was(
    filled: LocalGallery, folder: Path, draw
) -> None:
    file = folder / "a0.png"
    one = id_of(filled, file)
    before = filled.thumbnail(one)
    draw(file, 77)
    for ask in (lambda: filled.thumbnail(one, 160), lambda: filled.original(one)):
        with pytest.raises(MissingPicture, match="changed since it was indexed.*lookalike index"):
            ask()
    filled.sync()
    assert filled.thumbnail(one) != before
    assert filled.original(one) == file.read_bytes()


def test_those_of_pictures_that_left_are_dropped(
    filled: LocalGallery, folder: Path, tmp_path: Path
) -> None:
    for one in filled.pictures().items:
        filled.thumbnail(one.id)
        filled.thumbnail(one.id, 160)
    left = {one.sha256 for one in filled.pictures("name != a0.png and name != a1.png").items}
    filled.remove(folder / "a0.png")
    (folder / "a1.png").unlink()
    filled.sync()
    with closing(sqlite3.connect(tmp_path / "gallery" / FILE)) as db:
        kept = db.execute("SELECT sha256, count(*) FROM thumbnails GROUP BY sha256").fetchall()
    assert dict(kept) == {bytes.fromhex(sha256): 2 for sha256 in left}


# -- the file that keeps them ----------------------------------------------------------------


def test_what_was_kept_is_there(tmp_path: Path) -> None:
    with closing(Thumbnails(tmp_path)) as kept, closing(Thumbnails(tmp_path)) as other:
        assert kept.get(A, 320) is None
        kept.keep(A, 320, b"small")
        kept.keep(A, 160, b"smaller")
        assert (other.get(A, 320), other.get(A, 160), other.get(B, 320)) == (
            b"small",
            b"smaller",
            None,
        )
        other.keep(A, 320, b"another")
        assert kept.get(A, 320) == b"another"


def test_a_large_one_is_not_kept(tmp_path: Path) -> None:
    with closing(Thumbnails(tmp_path)) as kept:
        kept.keep(A, 1600, b"large")
        assert kept.get(A, 1600) is None


def test_it_stays_below_its_bound_and_the_first_go(tmp_path: Path) -> None:
    data = os.urandom(10_000)
    with closing(Thumbnails(tmp_path, most_bytes=2**23)) as kept:
        for number in range(1200):
            kept.keep(number.to_bytes(32, "big"), 320, data)
        there = [n for n in range(1200) if kept.get(n.to_bytes(32, "big"), 320)]
    assert there == list(range(there[0], 1200))
    assert 100 < len(there) < 2**23 // len(data)
    assert (tmp_path / FILE).stat().st_size < 1.1 * 2**23


def test_room_is_given_back(tmp_path: Path) -> None:
    with closing(Thumbnails(tmp_path)) as kept:
        for key in (A, B, C):
            kept.keep(key, 320, os.urandom(10**6))
        kept.drop_all_but({B})
        assert [kept.get(key, 320) is not None for key in (A, B, C)] == [False, True, False]
    assert (tmp_path / FILE).stat().st_size < 1.2 * 10**6


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"this is no database" * 1000,
        lambda data: data[:4096] + os.urandom(len(data) - 4096),
        lambda data: data[: len(data) // 2],
        lambda data: data.replace(b"the thumbnail", b"another thing"),
        lambda data: b"",
    ],
    ids=["other", "scrambled", "cut off", "another's", "empty"],
)
def test_a_damaged_file_is_begun_anew(tmp_path: Path, damage) -> None:
    with closing(Thumbnails(tmp_path)) as kept:
        for number in range(200):
            kept.keep(bytes([number]) * 32, 320, b"the thumbnail" * 100)
    file = tmp_path / FILE
    file.write_bytes(damage(file.read_bytes()))
    with closing(Thumbnails(tmp_path)) as kept:
        assert kept.get(A, 320) in (None, b"the thumbnail" * 100)
        for _ in range(2):  # what is damaged may show only when it is written
            kept.keep(A, 320, b"anew")
        assert kept.get(A, 320) == b"anew"


def test_one_of_another_edition_is_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Thumbnails(tmp_path)) as kept:
        kept.keep(A, 320, b"old")
    monkeypatch.setattr(thumbnails, "_EDITION", 99)
    monkeypatch.setattr(
        thumbnails, "_SCHEMA", (*thumbnails._SCHEMA[:-1], "PRAGMA user_version = 99")
    )
    with closing(Thumbnails(tmp_path)) as kept:
        assert kept.get(A, 320) is None
        kept.keep(A, 320, b"new")
        assert kept.get(A, 320) == b"new"


@pytest.mark.skipif(os.name == "nt", reason="open files cannot be deleted there")
def test_it_may_be_deleted_while_it_is_open(tmp_path: Path) -> None:
    with closing(Thumbnails(tmp_path)) as kept, closing(Thumbnails(tmp_path)) as other:
        kept.keep(A, 320, b"one")
        assert other.get(A, 320) == b"one"
        (tmp_path / FILE).unlink()
        assert other.get(A, 320) is None
        other.keep(A, 320, b"two")
        assert kept.get(A, 320) == b"two"


def test_without_a_place_for_it_thumbnails_are_made_each_time(
    filled: LocalGallery, folder: Path, tmp_path: Path, decoder: Counting
) -> None:
    (tmp_path / "gallery" / FILE).mkdir()  # whoever runs this may be one to whom no disk is closed
    large = id_of(filled, folder / "large.png")
    assert filled.thumbnail(large) == filled.thumbnail(large)
    assert decoder.count == 2


def test_a_file_that_another_is_writing_does_not_stop_anything(
    filled: LocalGallery, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thumbnails, "_PATIENCE_SECONDS", 0.01)
    large = id_of(filled, folder / "large.png")
    with closing(Thumbnails(tmp_path / "gallery")) as kept:
        kept.keep(A, 320, b"there is a file")
    with closing(sqlite3.connect(tmp_path / "gallery" / FILE, isolation_level=None)) as busy:
        busy.execute("BEGIN EXCLUSIVE")
        assert opened(filled.thumbnail(large)).size == (320, 160)


def test_a_file_that_cannot_be_written_is_read(tmp_path: Path) -> None:
    with closing(Thumbnails(tmp_path)) as kept:
        kept.keep(A, 320, b"there")
    (tmp_path / FILE).chmod(0o400)
    with closing(Thumbnails(tmp_path)) as kept:
        kept._connected().execute("PRAGMA query_only = ON")  # root may write all the same
        assert kept.get(A, 320) == b"there"
        kept.keep(B, 320, b"more")
        assert kept.get(B, 320) is None


# -- many at once ----------------------------------------------------------------------------


def test_many_threads_get_the_same(filled: LocalGallery) -> None:
    ids = [one.id for one in filled.pictures().items] * 8
    with ThreadPoolExecutor(8) as pool:
        found = list(zip(ids, pool.map(filled.thumbnail, ids), strict=True))
    assert len(set(found)) == len(set(ids))
    assert dict(found) == {one: filled.thumbnail(one) for one in set(ids)}


BROWSE = textwrap.dedent(
    """
    import hashlib, sys
    from lookalike import Gallery
    with Gallery.open(sys.argv[1]) as gallery:
        for one in gallery.pictures().items:
            for size in (160, 320, 640):
                print(one.id, size, hashlib.sha256(gallery.thumbnail(one.id, size)).hexdigest())
    """
)


def test_two_processes_at_once(folder: Path, tmp_path: Path, draw) -> None:
    for seed in range(20):
        draw(folder / f"more{seed}.png", 100 + seed, (200, 150))
    where = tmp_path / "gallery"
    with Gallery.open(where) as gallery:
        gallery.sync(folder, descriptors=["pixels"])
    program = [sys.executable, "-W", "error", "-c", BROWSE, str(where)]
    running = [subprocess.Popen(program, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    first, second = (process.communicate()[0] for process in running)
    assert [process.returncode for process in running] == [0, 0]
    assert first == second
    assert len(first.splitlines()) == 3 * 26
    with closing(sqlite3.connect(where / FILE)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("SELECT count(*) FROM thumbnails").fetchone() == (3 * 26,)


def test_killed_while_they_are_kept(tmp_path: Path) -> None:
    where = tmp_path
    writing = textwrap.dedent(
        """
        import os, sys
        from pathlib import Path
        from lookalike.store.thumbnails import Thumbnails
        kept = Thumbnails(Path(sys.argv[1]))
        print("ready", flush=True)
        while True:
            kept.keep(os.urandom(32), 320, os.urandom(100_000))
        """
    )
    process = subprocess.Popen(
        [sys.executable, "-c", writing, str(where)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    with closing(Thumbnails(where)) as kept:
        kept.keep(A, 320, b"meanwhile")
        process.kill()
        process.communicate()
        assert kept.get(A, 320) == b"meanwhile"
        kept.keep(B, 320, b"afterwards")
        assert kept.get(B, 320) == b"afterwards"
