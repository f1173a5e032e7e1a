"""What a page offers as filters."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import pytest

from lookalike.gallery.local import LocalGallery
from lookalike.store.fields import MOST_VALUES, FieldInfo, fields
from lookalike.store.where.fields import FACTS


@pytest.fixture
def filled(tmp_path: Path, folder: Path, draw) -> LocalGallery:
    draw(folder / "wide.png", 5, (200, 20))
    with LocalGallery.open(tmp_path / "gallery") as gallery:
        gallery.sync(folder, descriptors=["pixels"])
        yield gallery


def field(gallery: LocalGallery, name: str) -> FieldInfo:
    (found,) = [one for one in gallery.fields() if one.name == name]
    return found


def test_every_fact_once(filled: LocalGallery) -> None:
    found = filled.fields()
    assert [one.name for one in found] == [name for name in FACTS if name != "size"]
    assert not any(one.own for one in found)
    assert all(one.operators for one in found)


def test_folders_with_all_below_them(filled: LocalGallery, folder: Path) -> None:
    found = field(filled, "folder")
    assert found.values == ((str(folder), 7), (str(folder / "deeper"), 3))
    for path, count in found.values:
        assert filled.pictures(f'folder = "{path}"').total == count


def test_a_folder_that_only_holds_folders_is_told_if_it_was_indexed(tmp_path: Path, draw) -> None:
    root = tmp_path / "root"
    for number, place in enumerate(("a/b/c", "a/b/c", "a/d")):
        draw(root / place / f"{number}.png", number)
    with LocalGallery.open(tmp_path / "gallery") as gallery:
        gallery.sync(root, descriptors=["pixels"])
        wanted = ((str(root), 3), (str(root / "a/b/c"), 2), (str(root / "a/d"), 1))
        assert field(gallery, "folder").values == wanted


def test_formats_are_counted_in_files(filled: LocalGallery, folder: Path) -> None:
    (folder / "copy.png").write_bytes((folder / "a0.png").read_bytes())
    filled.sync()
    assert field(filled, "format").values == (("PNG", 5), ("JPEG", 3))


def test_the_ends_of_numbers_and_times(filled: LocalGallery, folder: Path) -> None:
    assert (field(filled, "width").least, field(filled, "width").most) == (48, 200)
    assert (field(filled, "height").least, field(filled, "height").most) == (20, 36)
    sizes = [file.stat().st_size for file in folder.rglob("*.*")]
    assert (field(filled, "bytes").least, field(filled, "bytes").most) == (min(sizes), max(sizes))
    assert (field(filled, "taken").least, field(filled, "taken").most) == (None, None)
    assert field(filled, "width").values == ()


def test_times_are_those_that_conditions_mean(filled: LocalGallery, folder: Path) -> None:
    for number, file in enumerate(sorted(folder.rglob("*.*"))):
        os.utime(file, ns=(0, (1_600_000_000 + 1000 * number) * 10**9 + 999))
    filled.sync()
    found = field(filled, "modified")
    assert found.least == datetime.datetime.fromtimestamp(1_600_000_000).isoformat()
    assert filled.pictures(f'modified >= "{found.least}" and modified <= "{found.most}"').total == 7
    assert filled.pictures(f'modified < "{found.least}" or modified > "{found.most}"').total == 0


def test_columns_of_ones_own(filled: LocalGallery, folder: Path) -> None:
    first, last = datetime.date(2020, 1, 2), datetime.date(2021, 5, 1)
    filled.set_columns(
        {
            folder / "a0.png": {"price": 3, "brand": "ada", "sale": True, "since": last},
            folder / "a1.png": {"price": 2.5, "brand": "bob", "sale": True, "since": first},
            folder / "a2.png": {"price": 9, "brand": "Ada", "sale": False},
        }
    )
    price, brand, sale, since = filled.fields()[-4:]
    assert (price.name, price.kind, price.own) == ("price", "number", True)
    assert (price.least, price.most, price.values) == (2.5, 9, ())
    assert "missing" in price.operators
    assert [(v.casefold(), n) for v, n in brand.values] == [("ada", 2), ("bob", 1)]
    assert filled.pictures(f"brand = {brand.values[0][0]}").total == 2
    assert sale.values == ((True, 2), (False, 1))
    assert sale.values[0][0] is True
    assert (since.least, since.most) == ("2020-01-02", "2021-05-01")


def test_only_the_most_frequent_values(filled: LocalGallery, tmp_path: Path, draw) -> None:
    more = tmp_path / "more"
    files = [draw(more / f"{n}/{n}.png", n, (4, 4)) for n in range(MOST_VALUES + 10)]
    filled.sync(more)
    filled.set_columns({file: {"article": f"A{n % 55}"} for n, file in enumerate(files)})
    article = field(filled, "article")
    assert len(article.values) == MOST_VALUES
    assert [count for _, count in article.values[:6]] == [2, 2, 2, 2, 2, 1]
    folders = field(filled, "folder").values
    assert len(folders) == MOST_VALUES
    assert folders[0] == (str(more), MOST_VALUES + 10)


def test_an_empty_gallery_has_fields_all_the_same(stock) -> None:
    found = fields(stock.catalog)
    assert [one.name for one in found] == [name for name in FACTS if name != "size"]
    assert all((one.least, one.most, one.values) == (None, None, ()) for one in found)
