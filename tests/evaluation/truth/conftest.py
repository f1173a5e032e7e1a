"""Miniatures of data sets: the loaders look at names, so the pictures are empty files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from lookalike.evaluation.truth import GroundTruth

Lay = Callable[..., Path]


@pytest.fixture
def lay(tmp_path: Path) -> Lay:
    """Return a function that makes empty pictures and texts in a folder, and returns it."""

    def lay(*pictures: str, texts: Mapping[str, str] | None = None) -> Path:
        root = tmp_path / "data"
        for name, text in {**dict.fromkeys(pictures, ""), **(texts or {})}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, "utf-8")
        return root

    return lay


@pytest.fixture
def told() -> Callable[[GroundTruth, Path], dict[str, object]]:
    """Return a function that says a ground truth in names instead of rows."""

    def told(truth: GroundTruth, root: Path) -> dict[str, object]:
        names = [file.relative_to(root).as_posix() for file in truth.files]
        queries = [names[row] for row in truth.queries]
        return {
            "searched": [
                name for name, is_searched in zip(names, truth.searched, strict=True) if is_searched
            ],
            "queries": queries,
            "relevant": [[names[row] for row in rows] for rows in truth.relevant],
            "junk": [[names[row] for row in rows] for rows in truth.junk],
        }

    return told
