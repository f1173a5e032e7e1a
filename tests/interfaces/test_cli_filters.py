"""`lookalike columns` and `lookalike search --where`, as a person uses them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from program import done, failed, lookalike


@pytest.fixture
def indexed(folder: Path) -> Path:
    done("index", folder, "-d", "pixels")
    return folder


def test_from_a_table_to_a_filtered_search(indexed: Path, tmp_path: Path) -> None:
    table = tmp_path / "shop.csv"
    table.write_text(
        "picture,price,brand,size\na0,10.5,Nike,42\na1,20,Nike,\nb0.jpg,30,,43\nzz,1,x,1\n", "utf-8"
    )
    assert "no columns" in done("columns")
    assert "--key" in failed(2, "columns", "import", table)
    assert "--rename size=my_size" in failed(2, "columns", "import", table, "--key", "picture")
    result = lookalike("columns", "import", table, "--key", "picture", "--rename", "size=shoe size")
    assert result.returncode == 0, result.stderr
    assert "price · numbers · 3 values" in result.stdout
    assert "4 rows, 3 of them matched a picture" in result.stdout
    assert "1 row matched no picture; the first is row 5, 'zz'" in result.stderr
    assert "price · numbers · 3 pictures · 10.5 … 30" in done("columns")
    assert json.loads(done("columns", "--json").splitlines()[1]) == {
        "name": "brand", "kind": "text", "count": 2, "examples": ["Nike"],
    }  # fmt: skip
    query = indexed / "a2.png"
    found = done("search", query, "--paths", "--where", "price < 25", "--where", "brand = nike")
    assert sorted(Path(line).name for line in found.splitlines()) == ["a0.png", "a1.png"]
    found = done("search", query, "--paths", "--where", '"shoe size" = 43 and folder = deeper')
    assert [Path(line).name for line in found.splitlines()] == ["b0.jpg"]
    assert "removed: brand" in done("columns", "remove", "brand")
    assert "no field named 'brand'" in failed(2, "search", query, "--where", "brand = nike")
    assert "price" in done("columns") and "brand" not in done("columns")


def test_a_mistake_is_shown_where_it_stands(indexed: Path) -> None:
    said = failed(2, "search", indexed / "a0.png", "--where", "folder = deeper and widht > 3")
    assert "did you mean 'width'" in said
    said = failed(2, "search", indexed / "a0.png", "--where", "width > 3 and (folder = deeper")
    assert "a parenthesis ) is missing: width > 3 and (folder = deeper▶◀" in said


def test_the_gallery_may_be_named_before_or_after(indexed: Path, tmp_path: Path) -> None:
    assert "no gallery" in failed(1, "columns", "-g", tmp_path / "none")
    assert "no gallery" in failed(1, "columns", "-g", tmp_path / "none", "remove", "x")
    assert "no gallery" in failed(1, "columns", "remove", "x", "-g", tmp_path / "none")
    assert "no column named 'x'" in failed(2, "columns", "remove", "x")
    assert "COLUMN=NAME" in failed(2, "columns", "import", "x.csv", "--rename", "size")
