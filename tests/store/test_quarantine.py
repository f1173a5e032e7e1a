"""A picture that brings the whole process down does so once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image as pillow
from PIL.PngImagePlugin import PngInfo

from lookalike import Gallery

# Stands for a fault in a decoder written in C: a picture with this text in it ends the process.
POISON = "the straw"
FAULTY_DECODER = f"""
import os
import lookalike.images.decoding as decoding
begin = decoding.Encoded.__init__
def faulty(self, name, data, *rest):
    if {POISON.encode()!r} in data:
        os.abort()
    begin(self, name, data, *rest)
decoding.Encoded.__init__ = faulty
"""


@pytest.fixture
def index(tmp_path: Path, folder: Path):
    """Run `lookalike index` in a process whose decoder has the fault, or has it no more."""
    (tmp_path / "faulty").mkdir()
    (tmp_path / "faulty" / "sitecustomize.py").write_text(FAULTY_DECODER)

    def run(*options: str, faulty: bool = True) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "lookalike", "index", folder, "-d", "pixels", *options],
            env=os.environ | ({"PYTHONPATH": str(tmp_path / "faulty")} if faulty else {}),
            capture_output=True,
            text=True,
        )

    return run


def test_after_a_crash_the_next_run_sets_the_culprit_apart(index, folder: Path) -> None:
    text = PngInfo()
    text.add_text("comment", POISON)
    pillow.new("RGB", (9, 9), "red").save(folder / "a1.png", pnginfo=text)
    assert index().returncode < 0
    second = index("--json")
    assert second.returncode == 0, second.stderr
    report = json.loads(second.stdout)
    assert (report["added"], report["failed"]) == (5, 1)
    with Gallery.open() as gallery:
        (failure,) = gallery.failures()
        assert (Path(failure.path).name, failure.reason) == ("a1.png", "crashes")
        assert "ends the whole program (signal 6)" in failure.message
    assert json.loads(index("--json").stdout)["unchanged"] == 6
    assert json.loads(index("--json", "--retry").stdout)["failed"] == 1
    assert json.loads(index("--json", "--retry", faulty=False).stdout)["changed"] == 1
    with Gallery.open() as gallery:
        assert gallery.failures() == []


def test_a_run_that_was_merely_killed_sets_nothing_apart(index, folder: Path) -> None:
    with Gallery.open() as gallery:
        gallery.sync(folder / "deeper", descriptors=["pixels"])
        with gallery._catalog.transaction() as db:
            db.execute("INSERT INTO reading VALUES (?)", (os.fsencode(folder / "a0.png"),))
            db.execute("INSERT INTO reading VALUES (?)", (os.fsencode(folder / "gone.png"),))
    assert json.loads(index("--json", faulty=False).stdout)["added"] == 3
    with Gallery.open() as gallery:
        assert gallery.failures() == []
        assert gallery._catalog.number("SELECT count(*) FROM reading") == 0
