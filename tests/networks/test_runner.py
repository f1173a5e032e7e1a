"""Nothing is told to anybody about what networks run here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

DESCRIBE = "import sys; from lookalike import describe; print(describe([sys.argv[1]]).shape)"


@pytest.mark.skipif(sys.platform != "linux", reason="where reports are kept is known for Linux")
def test_no_report_is_prepared(folder: Path, tmp_path: Path) -> None:
    """ONNX Runtime notes a session, an identifier and its reports before it sends any."""
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    for made in (home, temporary):
        made.mkdir()
    result = subprocess.run(
        [sys.executable, "-c", DESCRIBE, folder / "a0.png"],
        env={k: v for k, v in os.environ.items() if not k.startswith(("ORT_", "XDG_", "CI"))}
        | {"HOME": str(home), "TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
    )
    assert result.stdout == "(1, 256)\n", result.stderr
    assert [*temporary.iterdir(), *home.rglob("*")] == []
