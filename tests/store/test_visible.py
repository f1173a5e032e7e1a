"""Conditions of strangers: about what they may see of paths, and nothing else."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lookalike.errors import BadParameter
from lookalike.store import Catalog
from lookalike.store.pictures import page
from lookalike.store.where import allowed
from lookalike.store.where.visible import visible_files

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the paths here are POSIX ones")

FOLDERS = ["/home/ada/cats", "/home/ada/cats/deep/er", "/srv/o'neil \udcff", "/one/lone.png"]
PATHS = [
    "/home/ada/cats/tom.jpg",
    "/home/ada/cats/deep/er/kit.jpg",
    "/home/ada/cats2/no.jpg",  # beside a folder, and not in it
    "/srv/o'neil \udcff/home/x.jpg",
    "/one/lone.png",
    "/elsewhere/deep/y.jpg",
]
SEEN = [
    "/cats/tom.jpg",
    "/cats/deep/er/kit.jpg",
    "/no.jpg",
    "/o'neil \udcff/home/x.jpg",
    "/lone.png",
    "/y.jpg",
]


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    made = Catalog(tmp_path / "shop", create=True, hides_paths=True)
    with made.transaction() as db:
        filled(db, [*PATHS, str(tmp_path / "shop" / "added" / "own.png")])
    yield made
    made.close()


def filled(db: sqlite3.Connection, paths: list[str]) -> None:
    db.executemany("INSERT INTO folders (path) VALUES (?)", [(os.fsencode(f),) for f in FOLDERS])
    for n, path in enumerate(paths, 1):
        db.execute(
            "INSERT INTO contents (id, sha256, width, height, format, bytes) "
            "VALUES (?, ?, 4, 3, 'JPEG', 9)",
            (n, n.to_bytes(32, "big")),
        )
        db.execute(
            "INSERT INTO files (id, path, size, mtime_ns, content_id) VALUES (?, ?, 9, 0, ?)",
            (n, os.fsencode(path), n),
        )


def test_of_each_path_that_is_seen_which_is_told(catalog: Catalog) -> None:
    with catalog.snapshot() as db:
        source = visible_files(db, catalog.folder / "added")
        found = [os.fsdecode(p) for (p,) in db.execute(f"SELECT path FROM {source} ORDER BY id")]
    assert found == [*SEEN, "/added/own.png"]


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        ("folder = cats", [1, 2]),
        ("folder = cats/deep", [2]),
        ("folder = deep", [2]),  # and not what lies in another folder of that name, which is hidden
        ("folder = home", [4]),  # and not /home itself
        ("folder = ada", []),
        ("folder like a*", [7]),
        ("folder like h*", [4]),
        ("folder != ada", [1, 2, 3, 4, 5, 6, 7]),
        ("path = cats/tom.jpg", [1]),
        ("path = ada/cats/tom.jpg", []),
        ("path = lone.png", [5]),
        ("path like */tom.jpg", [1]),
        ("path in (no.jpg, added/own.png)", [3, 7]),
        ("name like *.png", [5, 7]),
        ("name = y.jpg or width > 4", [6]),
    ],
)
def test_only_that_is_compared(catalog: Catalog, condition: str, met: list[int]) -> None:
    assert sorted(one.id for one in page(catalog, [condition]).items) == met
    assert sorted(allowed(catalog, [condition]).contents.tolist()) == met


@pytest.mark.parametrize("path", ["/home", "/", "~", "~ada", ".", "..", "./cats", "../cats"])
@pytest.mark.parametrize(
    "condition",
    ["folder = {}", "path != {}", "folder like {}", "not (width > 3 or path in (a, {}))"],
)
def test_where_it_all_begins_is_not_asked(catalog: Catalog, condition: str, path: str) -> None:
    with pytest.raises(BadParameter, match="from the name of an indexed folder on.*▶") as refused:
        allowed(catalog, [condition.format(path)])
    assert f"▶{path}◀" in str(refused.value)


def test_others_see_it_all(catalog: Catalog) -> None:
    plain = Catalog(catalog.folder)
    assert sorted(allowed(plain, ["folder = /home/ada/cats"]).contents.tolist()) == [1, 2]
    assert sorted(allowed(plain, ["folder = ada"]).contents.tolist()) == [1, 2, 3]
    plain.close()
