"""`lookalike search --like --unlike`, and what is kept of it."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from program import done, failed, lookalike


@pytest.fixture
def indexed(folder: Path) -> Path:
    done("index", folder, "-d", "pixels")
    return folder


def found(*arguments: str | Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in done("search", *arguments, "--json").splitlines()]


def marks() -> int:
    return int(json.loads(done("info", "--json"))["marks"])


def test_marks_move_a_search_and_are_kept(indexed: Path) -> None:
    query = indexed / "a0.png"
    plain = found(query)
    last, first = plain[-1], plain[0]
    assert marks() == 0 and "--marks" not in done("info")
    moved = found(query, "--like", str(last["id"]), "--unlike", str(first["path"]))
    assert moved[0]["id"] == last["id"] and first["id"] not in {one["id"] for one in moved}
    assert marks() == 2
    assert "2 kept: lookalike remove --marks forgets them" in done("info")
    told = done("search", query, "--like", str(last["id"]), "--like", indexed / "a2.png")
    assert "moved by 2 liked and 0 unliked" in told
    assert marks() == 3, "one of them was known"
    assert "3 marks forgotten" in done("remove", "--marks")
    assert marks() == 0


def test_marks_that_are_not_to_be_kept(indexed: Path, tmp_path: Path, draw) -> None:
    done("search", indexed / "a0.png", "--like", indexed / "a1.png", "--no-keep")
    assert found("--like", indexed / "a1.png")[0]["path"] == str(indexed / "a1.png")
    stranger = draw(tmp_path / "stranger.png", 78)
    assert len(found(indexed / "a0.png", "--unlike", stranger)) == 5
    assert marks() == 0


def test_mistakes(indexed: Path) -> None:
    assert "id 99" in failed(1, "search", indexed / "a0.png", "--like", "99")
    assert "or what is liked" in failed(2, "search", "--unlike", "1")
    said = failed(2, "search", indexed / "a0.png", "--like", "1", "--min-probability", "0.5")
    assert "leave min_probability out" in said
    assert "--kept or --marks" in failed(2, "remove")


def test_answers_are_shown_although_marks_cannot_be_kept(indexed: Path, tmp_path: Path) -> None:
    catalog = tmp_path / "default.gallery" / "catalog.sqlite"
    with sqlite3.connect(catalog) as db:  # stands for a disk that takes nothing more
        db.execute(
            "CREATE TRIGGER full BEFORE INSERT ON marks BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    db.close()
    result = lookalike("search", indexed / "a0.png", "--like", indexed / "a1.png")
    assert result.returncode == 0 and "a1.png" in result.stdout
    assert result.stderr.count("\n") == 1 and "the marks cannot be kept" in result.stderr
