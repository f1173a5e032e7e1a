"""Judgements of answers are kept, each the last one, and can be forgotten."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lookalike import Gallery, describe
from lookalike.errors import GalleryError, MissingPicture, NotIndexed, UsageError
from lookalike.stages import Linear
from lookalike.store import marks
from lookalike.store.catalog import FILE, Catalog

PIXELS = "pixels:size=4"
ONE, TWO = b"1" * 32, b"2" * 32


def judged(catalog: Catalog) -> set[tuple[bytes, int, bool]]:
    return {(mark.query, mark.content, mark.liked) for mark in marks.all_marks(catalog)}


def sha256(file: Path) -> bytes:
    return hashlib.sha256(file.read_bytes()).digest()


@pytest.fixture
def filled(gallery: Gallery, folder: Path) -> Gallery:
    gallery.sync(folder, descriptors=[PIXELS])
    return gallery


def test_the_last_judgement_counts(stock: Any) -> None:
    stock.add(1, 2, 3)
    marks.keep(stock.catalog, ONE, liked=[1, 2], unliked=[3])
    marks.keep(stock.catalog, TWO, liked=[3], unliked=[])
    marks.keep(stock.catalog, ONE, liked=[3], unliked=[1])
    wanted = {(ONE, 1, False), (ONE, 2, True), (ONE, 3, True), (TWO, 3, True)}
    assert judged(stock.catalog) == wanted
    stock.reopen()
    assert judged(stock.catalog) == wanted
    assert marks.forget(stock.catalog) == 4
    assert judged(stock.catalog) == set()


def test_a_content_takes_its_marks_with_it(stock: Any) -> None:
    stock.add(1, 2)
    vector = np.arange(4, dtype=np.float32)
    marks.keep(stock.catalog, ONE, [1], [2], {1: vector})
    marks.keep(stock.catalog, TWO, [2], [], {1: vector + 1, 99: vector})
    marks.keep(stock.catalog, TWO, [77], [])
    stock.remove(1)
    assert judged(stock.catalog) == {(ONE, 2, False), (TWO, 2, True)}
    kept = marks.query_vectors(stock.catalog, 1)
    assert {query: found.tolist() for query, found in kept.items()} == {
        ONE: [0, 1, 2, 3],
        TWO: [1, 2, 3, 4],
    }
    assert marks.query_vectors(stock.catalog, 99) == {}, "of no descriptor that is here"
    stock.remove(2)
    stock.add(3)
    marks.keep(stock.catalog, b"3" * 32, [3], [])
    assert marks.query_vectors(stock.catalog, 1) == {}, "vectors go when no mark needs them"


def test_marks_change_nothing_that_can_be_found(stock: Any) -> None:
    stock.add(1)
    before = stock.catalog.moment(), stock.catalog.generation()
    marks.keep(stock.catalog, ONE, [1], [])
    assert (stock.catalog.moment(), stock.catalog.generation()) == before


def test_beside_a_writer(filled: Gallery, folder: Path) -> None:
    with filled._catalog.writing(), Gallery.open(filled.path) as other:
        assert other.mark(folder / "a0.png", like=[folder / "a1.png"]) == 1
    assert len(filled.marks()) == 1


def test_a_query_of_the_gallery(filled: Gallery, folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.png"
    copy.write_bytes((folder / "a0.png").read_bytes())
    matches = filled.search(copy)
    assert filled.mark(copy, like=[matches[0].id], unlike=[matches[1].id]) == 2
    assert {mark.query for mark in filled.marks()} == {sha256(copy)}
    assert filled.mark(folder / "a0.png", unlike=[matches[0].path]) == 1
    assert sorted(mark.liked for mark in filled.marks()) == [False, False], "the same query"
    assert marks.query_vectors(filled._catalog, 1) == {}, "its vector is in the gallery"
    assert filled.info().marks == 2
    assert filled.forget_marks() == 2 and filled.marks() == []


def test_a_query_from_elsewhere(filled: Gallery, folder: Path, tmp_path: Path, draw) -> None:
    query = draw(tmp_path / "elsewhere.png", 77)
    filled.mark(query.read_bytes(), like=[folder / "a1.png"])
    ((known, vector),) = marks.query_vectors(filled._catalog, 1).items()
    assert known == sha256(query) and vector.shape == (48,)
    found = filled.search(vector=vector)
    assert [one.distance for one in found] == [one.distance for one in filled.search(query)]


def test_of_a_fitted_descriptor_the_plain_vector_is_kept_as_well(
    filled: Gallery, folder: Path, tmp_path: Path, draw
) -> None:
    fitted = filled.add_stage(Linear("first", "euclidean", np.zeros(48), np.eye(48)[:, :2]))
    query = draw(tmp_path / "elsewhere.png", 70)
    filled.mark(query, like=[1], descriptor=fitted)
    plain, staged = (stored for stored, _ in filled.info().descriptors)
    (whole,) = marks.query_vectors(filled._catalog, plain.id).values()
    (short,) = marks.query_vectors(filled._catalog, staged.id).values()
    np.testing.assert_array_equal(whole, describe([query], PIXELS)[0])
    np.testing.assert_array_equal(short, whole[:2])


def test_only_pictures_of_the_gallery_are_marked(
    filled: Gallery, folder: Path, tmp_path: Path, draw
) -> None:
    stranger = draw(tmp_path / "stranger.png", 78)
    assert filled.mark(folder / "a0.png", like=[stranger]) == 0
    assert filled.mark(folder / "a0.png", like=[stranger, folder / "a1.png"]) == 1
    with pytest.raises(NotIndexed, match="id 99"):
        filled.mark(folder / "a0.png", like=[99])
    with pytest.raises(MissingPicture):
        filled.mark(tmp_path / "nowhere.png", like=[folder / "a1.png"])
    with pytest.raises(UsageError, match="both liked and unliked"):
        filled.mark(folder / "a0.png", like=[1], unlike=[1])
    with pytest.raises(UsageError, match="array"):
        filled.mark(np.zeros((4, 4, 3), np.uint8), like=[1])
    assert len(filled.marks()) == 1


def test_a_gallery_that_cannot_be_written_to(
    filled: Gallery, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = filled.path
    filled.close()
    address = (path / FILE).as_uri() + "?mode=ro&immutable=1"
    with sqlite3.connect(path / FILE) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    # As on a read-only disk; a test may be run by root, whom no file mode stops.
    monkeypatch.setattr(Catalog, "_address", lambda _: address)
    with Gallery.open(path) as gallery:
        assert gallery.search(folder / "a0.png", like=[folder / "a1.png"])
        with pytest.raises(GalleryError, match=r"the marks cannot be kept.*read-only"):
            gallery.mark(folder / "a0.png", like=[folder / "a1.png"])
        assert gallery.marks() == []
