"""`lookalike selftest`, and searching by what it found, as a person does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from program import lookalike


@pytest.fixture
def indexed(folder: Path) -> Path:
    assert lookalike("index", folder, "-d", "pixels", "-d", "phash").returncode == 0
    return folder


def test_it_tests_and_searches_tell_what_is_probable(indexed: Path, tmp_path: Path, draw) -> None:
    pytest.importorskip("matplotlib")
    query = draw(tmp_path / "stranger.png", 77)
    untested = lookalike("search", query, "--min-probability", "0.5")
    assert (untested.returncode, untested.stdout) == (1, "")
    assert untested.stderr.endswith("do it: lookalike selftest\n")
    assert "same" not in lookalike("search", query).stdout

    told = lookalike("selftest", "--edits", "mild", "--plot", tmp_path / "test.png")
    assert told.returncode == 0, told.stderr
    for words in ("pixels, ", "phash, ", "recompressed", "found 1st", "For finding copies here:"):
        assert words in told.stdout
    assert "6 pictures of the gallery, 17 edits of each" in told.stdout
    assert (tmp_path / "test.png").read_bytes().startswith(b"\x89PNG")

    table = lookalike("search", indexed / "a1.png").stdout
    assert table.split("\n")[0].split() == ["same", "alike", "distance", "id", "picture"]
    line = lookalike("search", indexed / "a1.png", "--json").stdout.split("\n")[0]
    assert 0 < json.loads(line)["probability"] < 1

    none = lookalike("search", query, "--min-probability", "0.999")
    assert none.returncode == 0
    assert none.stdout.startswith("no match found: nothing is the same picture with 99.9 %")
    assert lookalike("search", query, "--min-probability", "0.999", "--json").stdout == ""
    assert lookalike("search", query, "--min-probability", "80").returncode == 2


def test_as_json_and_without_keeping(indexed: Path) -> None:
    told = lookalike(
        "selftest", "--json", "--no-keep", "-d", "pixels", "--edits", "grey,smaller", "-n", "4"
    )
    found = json.loads(told.stdout)
    assert (found["pictures"], found["edits"], found["kept"]) == (4, ["grey", "smaller"], False)
    assert found["descriptors"][0]["edits"][0]["edit"] == "grey"
    line = lookalike("search", indexed / "a1.png", "--json").stdout.split("\n")[0]
    assert json.loads(line)["probability"] is None


def test_what_is_passed_over_and_what_is_wrong(indexed: Path) -> None:
    (indexed / "a1.png").unlink()
    told = lookalike("selftest", "--edits", "grey")
    assert "passed over, as they could not be read: 1 missing" in told.stderr
    for arguments, why, code in (
        (["--edits", "gray"], "did you mean 'grey'", 2),
        (["--descriptor", "lbp"], "not in this gallery", 1),
        (["--metric", "l3"], "no metric named", 2),
    ):
        result = lookalike("selftest", *arguments)
        assert result.returncode == code
        assert why in result.stderr
        assert result.stderr.count("\n") == 1
