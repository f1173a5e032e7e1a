"""`lookalike tune`, as a person uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from program import lookalike


@pytest.fixture
def indexed(folder: Path) -> Path:
    assert lookalike("index", folder, "-d", "pixels").returncode == 0
    return folder


def test_a_small_gallery_is_told_that_it_needs_nothing(indexed: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    told = lookalike("tune", "--plot", tmp_path / "tune.png")
    assert told.returncode == 0, told.stderr
    assert "exact takes" in told.stdout
    assert "nothing else is worth it" in told.stdout
    assert "100.00%" in told.stdout
    assert (tmp_path / "tune.png").read_bytes().startswith(b"\x89PNG")

    told = lookalike("tune", "--json", "--k", "2", "--recall", "0.9", "--metric", "l1")
    found = json.loads(told.stdout)
    assert (found["chosen"], found["k"], found["recall"]) == ("exact", 2, 0.9)
    assert (found["metric"], found["vectors"], found["queries"]) == ("manhattan", 6, 3)
    assert found["trials"][0]["recall"] == 1

    told = lookalike("tune", "--auto")
    assert told.stdout.startswith("searches go by exact now")


def test_what_is_wrong_is_said(indexed: Path) -> None:
    for arguments, why in (
        (["--index", "hsnw"], "did you mean 'hnsw'"),
        (["--recall", "99"], "a share above 0"),
        (["--auto", "--index", "hnsw"], "leave out --index"),
        (["--descriptor", "lbp"], "not in this gallery"),
    ):
        result = lookalike("tune", *arguments)
        assert result.returncode in (1, 2)
        assert why in result.stderr
        assert result.stderr.count("\n") == 1
