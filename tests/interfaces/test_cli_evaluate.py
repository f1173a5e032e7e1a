"""`lookalike evaluate`, as a person uses it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from program import lookalike


def test_folders_are_measured_and_told(folder: Path, tmp_path: Path) -> None:
    (folder / "broken.png").write_bytes(b"no picture")
    files = [tmp_path / name for name in ("report.html", "table.md", "all.csv")]
    told = lookalike(
        *("evaluate", folder, "--truth", "names:^[ab]", "-d", "pixels:size=4", "-d", "phash"),
        *("--measure", "P@2", "--reduce", "pca:2"),
        *("--report", files[0], "--markdown", files[1], "--csv", files[2]),
    )
    assert told.returncode == 0, told.stderr
    assert "6 pictures searched, 6 queries." in told.stdout
    assert "P@2" in told.stdout and "pca:2" in told.stdout
    assert "Which features matter?" in told.stdout
    assert "left out: 1 picture" in told.stderr and "broken.png" in told.stderr
    for file in files:
        assert f"written: {file}" in told.stderr
    assert files[0].read_text("utf-8").startswith("<!doctype html>")
    assert files[1].read_text("utf-8").startswith("## ")
    assert files[2].read_text("utf-8").startswith("truth,descriptor,")
    # The pictures are in a gallery of its own, not in the user's.
    assert not Path(os.environ["LOOKALIKE_GALLERY"]).exists()
    assert len(list((Path(os.environ["LOOKALIKE_CACHE"]) / "evaluate").iterdir())) == 1


def test_json_is_the_whole_of_standard_output(folder: Path, tmp_path: Path) -> None:
    told = lookalike(
        *("evaluate", folder, "--truth", "folders", "-d", "pixels", "--json"),
        *("--gallery", tmp_path / "own.gallery", "--metric", "l1"),
    )
    found = json.loads(told.stdout)
    assert [row["metric"] for row in found["rows"]] == ["manhattan"]
    assert found["truths"][0]["queries"] == 3  # what lies beside the folders is in none
    assert (tmp_path / "own.gallery").is_dir()
    assert not (Path(os.environ["LOOKALIKE_CACHE"]) / "evaluate").exists()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--truth", "holydays"], "did you mean 'holidays'"),
        (["--metric", "cosin"], "did you mean 'cosine'"),
        (["--reduce", "pca:5000"], "1 to 4096"),
        (["--measure", "nap"], "no measure named 'nap'"),
        (["-d", "pixel"], "did you mean 'pixels'"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(folder: Path, arguments: list[str], why: str) -> None:
    told = lookalike("evaluate", folder, *arguments)
    assert told.returncode == 2
    assert why in told.stderr
    assert told.stderr.count("\n") == 1
    assert told.stdout == ""


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    told = lookalike("evaluate", tmp_path / "nowhere")
    assert told.returncode in (1, 2)
    assert "nowhere" in told.stderr
    assert told.stderr.count("\n") == 1


def test_the_number_of_threads_is_set_before_numpy_is_there() -> None:
    code = """
import sys
import lookalike.interfaces.cli.app
assert "numpy" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_cannot_be_written_is_refused_before_the_work(folder: Path, tmp_path: Path) -> None:
    for place, why in (
        (tmp_path / "nowhere" / "x.html", "its folder is not there"),
        (tmp_path, "it is a folder"),
    ):
        told = lookalike("evaluate", folder, "--truth", "folders", "-d", "phash", "--report", place)
        assert told.returncode == 2
        assert why in told.stderr
        assert not told.stdout
        told = lookalike("selftest", "--plot", place)
        assert told.returncode == 2, "before it is seen that there is no gallery"
        assert why in told.stderr
