"""Columns in Milvus follow the same rules as those in a folder's gallery."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lookalike.errors import BadParameter, NotIndexed, UnknownName
from lookalike.gallery.milvus.link.engine import Engine
from lookalike.gallery.milvus.values import tables
from twice import Both, plain

ROWS: dict[str, dict[str, object]] = {
    "a1.png": {"price": 12.5, "Brand": "Acme", "sold": True},
    "a2.png": {"price": 3, "made": datetime.date(2020, 1, 2), "note": "50 % off"},
    "deeper/b3.jpg": {"price": np.int64(7), "sold": np.False_, "Brand": "acme"},
    "b1": {"price": 2**60 + 1, "Brand": "zeta"},
    "copy.png": {"price": -0.5},
    "broken.png": {"price": 1},
    "none.png": {"price": 1},
    "b": {"price": 1},
    "": {"price": 1},
}


def same(both: Both) -> None:
    assert both.milvus.columns() == both.local.columns()
    assert plain(both.milvus.pictures().items) == plain(both.local.pictures().items)


def test_values_by_paths_of_every_kind(both: Both) -> None:
    rows: dict[Any, dict[str, object]] = {**ROWS, both.folder / "a3.png": {"price": 4}}
    rows.pop("broken.png")
    found = both.milvus.set_columns(rows)
    assert found == both.local.set_columns(rows)
    assert (found.rows, found.matched) == (9, 6)
    same(both)
    for where in (
        "price > 5", "price < 0", f"price = {2**60 + 1}", "brand = ACME", "Brand in (acme, ZETA)",
        "sold = true", "made < 2021", "price is missing", 'note = "50 % OFF"', "brand like A*",
        "not brand = acme",
    ):  # fmt: skip
        expected = plain(both.local.pictures(where).items)
        assert plain(both.milvus.pictures(where).items) == expected, where


def test_values_by_ids(both: Both) -> None:
    for gallery in both.each:
        id = both.id_of(gallery, "a1.png")
        report = gallery.set_columns(
            {id: {"price": 1}, 2**70: {"price": 2}, "a1.png": {"price": 3}}
        )
        assert (report.matched, report.repeated) == (2, 1)
        assert report.unmatched[0].why == "there is no picture of that id"
        assert gallery.picture(id).columns == {"price": 3}
        gallery.set_columns({id: {"price": None}})
        assert gallery.picture(id).columns == {}
    same(both)


def test_a_table(both: Both, tmp_path: Path) -> None:
    file = tmp_path / "shop.csv"
    file.write_text("file;price;size;extra\na1.png;3.5;44;ja\nb1;;45;nein\n0815;1;2;3\n")
    for gallery in (both.milvus, both.local):
        gallery.set_columns({"b1": {"price": 9}})
        report = gallery.import_columns(
            file, key="file", rename={"size": "shoe size"}, skip=["extra"]
        )
        assert (report.matched, report.values) == (2, {"price": 1, "shoe size": 2})
    same(both)


@pytest.mark.parametrize(
    "rows",
    [
        {"a1.png": {"price": "cheap"}},
        {"a1.png": {"price": 4, "new": 1}, "a2.png": {"price": [1]}},
        {"a1.png": {"width": 3}},
        {"a1.png": {"and": 3}},
        {"a1.png": {"a": 3, "A": 4}},
        {"none.png": {"price": 1, "new": 2}},
    ],
)
def test_all_or_nothing(both: Both, rows: dict[str, dict[str, object]]) -> None:
    said = []
    for gallery in both.each:
        gallery.set_columns({"a1.png": {"price": 1.5}})
        with pytest.raises((BadParameter, NotIndexed)) as refused:
            gallery.set_columns(rows)
        said.append((type(refused.value), str(refused.value)))
    assert said[0] == said[1]
    same(both)
    assert [column.name for column in both.milvus.columns()] == ["price"]


def test_vectors_stay_as_they_are(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = both.milvus._kept
    (stored, *_) = kept.descriptors()

    def vectors() -> dict[int, list[float]]:
        rows = kept.engine.query(kept.collection(stored), "id > 0", ["id", "vector"])
        return {row["id"]: list(row["vector"]) for row in rows}

    before = vectors()
    monkeypatch.setattr(tables, "_MOST_ROWS", 2)  # in several lots
    both.milvus.set_columns({name: {"price": n} for n, name in enumerate(list(ROWS)[:5])})
    assert vectors() == before
    (row,) = kept.engine.query(kept.collection(stored), 'name == "a2.png"', ["columns"])
    assert row["columns"]["price"] == 1


def test_interrupted_it_is_completed_by_the_same_table(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = {f"a{n}.png": {"price": n + 1} for n in range(4)}
    monkeypatch.setattr(tables, "_MOST_ROWS", 1)
    writes = []
    upsert = Engine.upsert

    def failing(self: Engine, collection: str, rows: list[Any]) -> None:
        writes.append(collection)
        if len(writes) == 6:
            raise KeyboardInterrupt
        upsert(self, collection, rows)

    monkeypatch.setattr(Engine, "upsert", failing)
    with pytest.raises(KeyboardInterrupt):
        both.milvus.set_columns(rows)
    assert 0 < both.milvus.pictures("price > 0").total < 4
    monkeypatch.setattr(Engine, "upsert", upsert)
    both.milvus.set_columns(rows)
    both.local.set_columns(rows)
    same(both)


def test_columns_are_removed(both: Both) -> None:
    for gallery in both.each:
        gallery.set_columns(ROWS)
        with pytest.raises(UnknownName, match="no column named 'prce'; did you mean 'price'"):
            gallery.remove_columns("brand", "prce")
        gallery.remove_columns("PRICE", "sold", "price")
    same(both)
    assert {column.name for column in both.milvus.columns()} == {"Brand", "made", "note"}
    both.milvus.set_columns({"a1.png": {"price": "text now"}})
    assert both.milvus.pictures("price is missing").total == 8
