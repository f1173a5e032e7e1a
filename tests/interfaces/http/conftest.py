"""A small gallery, and servers of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lookalike import Gallery
from serving import Serving


@pytest.fixture(scope="session")
def indexed(tmp_path_factory: pytest.TempPathFactory, draw: Callable[..., Path]) -> Path:
    """A folder with `pictures` and their gallery `shop`, for all tests: it must not be changed."""
    root = tmp_path_factory.mktemp("indexed")
    for seed in range(3):
        draw(root / "pictures" / f"a{seed}.png", seed)
        draw(root / "pictures" / "deeper" / f"b{seed}.jpg", 10 + seed)
    with Gallery.open(root / "shop") as gallery:
        gallery.sync(root / "pictures")
    return root


@pytest.fixture
def shop(indexed: Path, tmp_path: Path) -> Path:
    """A copy of that gallery's folder; its pictures are those for all tests."""
    return Path(shutil.copytree(indexed / "shop", tmp_path / "shop"))


@pytest.fixture
def served(shop: Path) -> Iterator[Serving]:
    serving = Serving(shop)
    yield serving
    serving.close()
