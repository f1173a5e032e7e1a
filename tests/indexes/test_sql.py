"""SQL that finds neighbours: the index, and the function for one's own statements."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lookalike import Gallery
from lookalike.errors import GalleryDamaged, UnknownName
from lookalike.indexes import create
from lookalike.indexes.sql import register
from lookalike.metrics import METRICS, distances

VECTORS = np.random.default_rng(0).random((50, 6), np.float32)
PAGE = Path(__file__).parents[2] / "docs" / "filters.md"


@pytest.mark.parametrize("metric", METRICS)
@given(st.data())
def test_the_function_is_the_metric(metric: str, data: st.DataObject) -> None:
    numbers = st.floats(-100, 100, width=32).map(lambda x: 0.0 if abs(x) < 1e-3 else x)
    a, b = (data.draw(arrays.arrays(np.float32, 5, elements=numbers)) for _ in range(2))
    db = sqlite3.connect(":memory:")
    register(db, metric)
    (found,) = db.execute("SELECT distance(?, ?)", (a.tobytes(), b.tobytes())).fetchone()
    db.close()
    assert found == pytest.approx(distances(a[None], b[None], metric)[0, 0], rel=1e-4, abs=1e-4)


def test_a_metric_that_there_is_not() -> None:
    db = sqlite3.connect(":memory:")
    with pytest.raises(UnknownName, match="cosine"):
        register(db, "cosinus")
    db.close()


def test_the_file_it_is_kept_in_is_a_table_of_vectors(tmp_path: Path) -> None:
    index = create("sql")
    index.build(VECTORS, "euclidean")
    index.save(tmp_path)
    db = sqlite3.connect(tmp_path / "vectors.sqlite")
    register(db, "l2")
    sql = "SELECT row FROM vectors ORDER BY distance(vector, ?) LIMIT 3"
    rows = [row for (row,) in db.execute(sql, (VECTORS[7].tobytes(),))]
    db.close()
    assert rows == index.search(VECTORS[7:8], 3).rows[0].tolist()
    assert rows[0] == 7


@pytest.mark.parametrize("damage", ["truncated", "other", "gone", "empty"])
def test_a_damaged_file_is_no_index(tmp_path: Path, damage: str) -> None:
    index = create("sql")
    index.build(VECTORS, "cosine")
    index.save(tmp_path)
    file = tmp_path / "vectors.sqlite"
    if damage == "gone":
        file.unlink()
    elif damage == "other":
        db = sqlite3.connect(file)
        db.execute("DELETE FROM vectors WHERE row > 20")
        db.commit()
        db.close()
    else:
        file.write_bytes(file.read_bytes()[: 100 if damage == "truncated" else 0])
    with pytest.raises(GalleryDamaged, match="build it again"):
        create("sql").load(tmp_path, VECTORS)


def test_the_statement_of_the_documentation_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, draw
) -> None:
    monkeypatch.chdir(tmp_path)
    for seed in range(12):
        draw(tmp_path / "pictures" / ("cats" if seed % 2 else "dogs") / f"{seed}.png", seed)
    query = draw(tmp_path / "cat.jpg", 5)
    with Gallery.open("my.gallery") as gallery:
        gallery.sync("pictures")
        gallery.build_index("sql")
        wanted = [m.path for m in gallery.search(query, where="folder = cats")]
        assert [m.path for m in gallery.search(query, where="folder = cats", index="sql")] == wanted
    code = re.search(r"```python\n(import sqlite3.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    told: dict[str, object] = {}
    exec(compile(code[1], "filters.md", "exec"), told)
    told["db"].close()
    assert [path for path, _ in told["nearest"]] == wanted
