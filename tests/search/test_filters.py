"""Filters come before the top k: among the pictures that meet them the nearest are found."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from lookalike import Gallery
from lookalike.errors import BadParameter, UnknownName


@pytest.fixture
def filled(gallery: Gallery, folder: Path, draw) -> Gallery:
    for seed in range(20, 60):
        draw(folder / "many" / f"{seed}.png", seed)
    gallery.sync(folder, descriptors=["pixels"])
    return gallery


def names(matches) -> list[str]:
    return [Path(match.path).name for match in matches]


def test_the_top_is_filled_from_what_is_allowed(filled: Gallery, folder: Path) -> None:
    query = folder / "a0.png"
    every = filled.search(query, top=100)
    few = filled.search(query, top=3, where="folder = deeper")
    assert names(few) == [n for n in names(every) if n.startswith("b")]
    assert [m.rank for m in few] == [1, 2, 3]
    assert few.searched == 3
    most = filled.search(query, top=100, where="not folder = deeper")
    assert names(most) == [n for n in names(every) if not n.startswith("b")]


def test_each_query_of_many_and_each_condition(filled: Gallery, folder: Path) -> None:
    where = ["folder = many", "name like '2?.png' or name = 30.png"]
    for matches in filled.search_many([folder / "a0.png", folder / "many" / "25.png"], where=where):
        assert len(matches) == 10
        assert set(names(matches)) <= {f"{n}.png" for n in range(20, 31)}
    assert "25.png" not in names(matches)


def test_within_a_distance(filled: Gallery, folder: Path) -> None:
    query = folder / "a0.png"
    reach = filled.search(query, top=30)[-1].distance
    inside = filled.search(query, within=reach, where="format = jpg")
    wanted = filled.search(query, top=100, where="format = jpg")
    assert names(inside) == [Path(m.path).name for m in wanted if m.distance <= reach]


def test_only_allowed_files_of_an_allowed_content(filled: Gallery, folder: Path) -> None:
    shutil.copy(folder / "deeper" / "b0.jpg", folder / "copy.jpg")
    filled.sync()
    query = folder / "deeper" / "b0.jpg"
    assert names(filled.search(query, top=1, where="name = copy.jpg")) == ["copy.jpg"]
    assert names(filled.search(query, where="folder = deeper")) == names(
        filled.search(folder / "copy.jpg", where="folder = deeper and name != b0.jpg")
    )


def test_what_has_left_the_gallery_is_not_found(filled: Gallery, folder: Path) -> None:
    before = filled.search(folder / "a0.png", where="width > 0")
    (folder / "many" / "20.png").unlink()
    filled.sync()
    after = filled.search(folder / "a0.png", where="width > 0")
    assert after.searched == before.searched - 1
    assert "20.png" not in names(filled.search(folder / "a0.png", top=100, where="width > 0"))


def test_nothing_is_allowed(filled: Gallery, folder: Path) -> None:
    matches = filled.search(folder / "a0.png", where="width > 100000")
    assert (len(matches), matches.searched) == (0, 0)


def test_columns_are_asked_as_soon_as_they_are_there(filled: Gallery, folder: Path) -> None:
    with pytest.raises(UnknownName, match="price"):
        filled.search(folder / "a0.png", where="price < 3")
    filled.set_columns({f"{n}.png": {"price": n} for n in range(20, 60)})
    assert set(names(filled.search(folder / "a0.png", where="price < 23"))) == {
        "20.png",
        "21.png",
        "22.png",
    }
    filled.set_columns({"20.png": {"price": 99}})
    assert "20.png" not in names(filled.search(folder / "a0.png", where="price < 23"))


def test_a_filter_is_worked_out_once_and_again_when_anything_changed(
    filled: Gallery, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    query, where = folder / "a0.png", ["price < 23", "folder = many"]
    filled.set_columns({f"{n}.png": {"price": n} for n in range(20, 60)})
    found = names(filled.search(query, where=where))
    with monkeypatch.context() as patch:
        patch.setattr("lookalike.store.where.asking._selected", lambda *_: pytest.fail("again"))
        assert names(filled.search(query, where=where)) == found
    with Gallery.open(filled.path) as other:
        other.set_columns({"20.png": {"price": 99}})
    assert names(filled.search(query, where=where)) == [n for n in found if n != "20.png"]
    (folder / "many" / "21.png").unlink()
    with Gallery.open(filled.path) as other:
        other.sync()
    assert names(filled.search(query, where=where)) == ["22.png"]


def test_a_place_depends_on_where_one_stands(
    filled: Gallery, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("deeper", "many"):
        monkeypatch.chdir(folder / name)
        found = filled.search(folder / "a0.png", top=100, where="folder = .")
        assert {Path(m.path).parent.name for m in found} == {name}


def test_what_is_no_condition(filled: Gallery, folder: Path) -> None:
    with pytest.raises(BadParameter, match="a value is missing: width >▶◀"):
        filled.search(folder / "a0.png", where="width >")


def test_the_order_of_the_rows_does_not_matter(filled: Gallery) -> None:
    from lookalike.store.where import Allowed

    allowed = Allowed(np.array([7, 3, 3, 900]), None)
    ids = np.array([3, 5, 7, 2, 3])
    assert allowed.rows(ids).tolist() == [True, False, True, False, True]
    assert allowed.rows(ids[:0]).tolist() == []
    assert Allowed(ids[:0], None).rows(ids).any() is np.False_
