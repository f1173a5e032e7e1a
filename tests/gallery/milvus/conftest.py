"""Galleries in Milvus Lite beside ones in a folder, of the same pictures."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lookalike import LocalGallery, MilvusGallery
from twice import Both


@pytest.fixture(scope="session")
def painted(tmp_path_factory: pytest.TempPathFactory, draw: Callable[..., Path]) -> Path:
    """A folder of nine pictures, of which two are the same file, and one that is broken."""
    root = tmp_path_factory.mktemp("painted") / "pictures"
    for seed in range(4):
        draw(root / f"a{seed}.png", seed)
        draw(root / "deeper" / f"b{seed}.jpg", 10 + seed, (64, 48 + seed))
    shutil.copy(root / "a0.png", root / "deeper" / "copy.png")
    (root / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    return root


@pytest.fixture
def both(painted: Path, tmp_path: Path) -> Iterator[Both]:
    """A gallery in Milvus Lite, and one in a folder."""
    with (
        MilvusGallery.open(f"milvus:{tmp_path / 'trial.db'}") as milvus,
        LocalGallery.open(tmp_path / "local") as local,
    ):
        milvus.sync(painted)
        local.sync(painted)
        yield Both(painted, milvus, local)
