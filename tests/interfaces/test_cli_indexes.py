"""Indexes and distances on the command line, as a person uses them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from program import done, failed


@pytest.fixture
def indexed(folder: Path) -> Path:
    done("index", folder, "-d", "pixels", "-d", "hsv_histogram")
    return folder


def test_an_index_is_built_searched_through_and_kept_up(indexed: Path, draw) -> None:
    query = indexed / "a0.png"
    plain = done("search", query, "--paths")
    told = failed(1, "search", query, "--index", "sql")
    assert "no index sql of pixels by euclidean distance is built; build it: lookalike" in told
    built = done(*told.strip().rpartition("build it: lookalike ")[2].replace('"', "").split())
    assert "sql of pixels by euclidean built in" in built
    assert "6 vectors" in built and "finds 100.0% of the nearest" in built
    assert done("search", query, "--index", "sql", "--paths") == plain
    assert "different pictures, by sql" in done("search", query, "--index", "sql")
    assert "by sql" not in done("search", query)
    draw(indexed / "new.png", 77)
    assert "1 added" in done("index")
    assert str(indexed / "new.png") in done("search", query, "--index", "sql", "--paths")


def test_one_of_each_descriptor_that_is_named(indexed: Path) -> None:
    built = done("index", "-d", "pixels", "-d", "hsv_histogram", "--index", "sql", "--metric", "l1")
    assert built.count("built in") == 2 and built.count("by manhattan") == 2
    query = indexed / "a0.png"
    for descriptor in ("pixels", "hsv_histogram"):
        with_it = ("search", query, "-d", descriptor, "--metric", "manhattan", "--index", "sql")
        assert len(done(*with_it, "--paths").splitlines()) == 5
    assert "--metric" not in failed(1, "search", query, "--index", "sql")


def test_an_index_that_there_is_not(indexed: Path) -> None:
    assert "no index named 'hsnw'" in failed(2, "search", indexed / "a0.png", "--index", "hsnw")
    assert "needs no building" in failed(2, "index", "--index", "exact")


def test_within_a_distance(indexed: Path) -> None:
    query = indexed / "a0.png"
    lines = [json.loads(line) for line in done("search", query, "--json").splitlines()]
    reach = (lines[1]["distance"] + lines[2]["distance"]) / 2
    near = [json.loads(x) for x in done("search", query, "--json", "--within", reach).splitlines()]
    assert near == lines[:2]
    assert len(done("search", query, "--paths", "--within", reach, "-n", 1).splitlines()) == 1
    assert done("search", query, "--paths", "--within", 0) == ""
