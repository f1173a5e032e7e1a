"""Pictures that several tests need: drawn here, from a seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as pillow

from lookalike import Gallery


def picture(seed: int, size: tuple[int, int] = (48, 36)) -> np.ndarray:
    """Return smooth coloured noise (H, W, 3) uint8: no two seeds look alike."""
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), np.uint8)
    return np.array(pillow.fromarray(coarse).resize(size, pillow.Resampling.BICUBIC))


def write(path: Path, seed: int, size: tuple[int, int] = (48, 36)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pillow.fromarray(picture(seed, size)).save(path)
    return path


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the galleries and networks of whoever runs it."""
    monkeypatch.setenv("LOOKALIKE_GALLERY", str(tmp_path / "default.gallery"))
    monkeypatch.setenv("LOOKALIKE_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six different pictures in two folders, as PNG and JPEG."""
    root = tmp_path / "pictures"
    for seed in range(3):
        write(root / f"a{seed}.png", seed)
        write(root / "deeper" / f"b{seed}.jpg", 10 + seed)
    return root


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[Gallery]:
    with Gallery.open(tmp_path / "test.gallery") as opened:
        yield opened


@pytest.fixture(scope="session")
def draw() -> Callable[..., Path]:
    return write
