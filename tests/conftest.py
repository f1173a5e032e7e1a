"""Pictures that several tests need: drawn here, from a seed."""

from __future__ import annotations

import importlib.util
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from PIL import Image as pillow

from lookalike import Gallery
from lookalike.descriptors import create
from lookalike.networks import glance
from lookalike.networks.session import Session

# What a shell starts in the background ignores Ctrl-C, and so would all that the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy machine is not a failure: nothing here is timed.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


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
def new_stock() -> Any:
    """The class of `stock.py`, which other processes load, too."""
    spec = importlib.util.spec_from_file_location("stock", Path(__file__).with_name("stock.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Stock


@pytest.fixture
def stock(tmp_path: Path, new_stock: Any) -> Iterator[Any]:
    made = new_stock(tmp_path / "stock")
    yield made
    made.catalog.close()


@pytest.fixture(scope="session")
def draw() -> Callable[..., Path]:
    return write


def write_edition(folder: Path, number: int, side: int) -> None:
    """Write the smallest encoder: the mean colour, and as many numbers again as its edition."""
    import onnx

    dim = 3 + number
    weights = np.random.default_rng(number).normal(size=(3, dim)).astype(np.float32)
    model = onnx.parser.parse_model(f"""
        <ir_version: 8, opset_import: ["" : 17]>
        encoder (uint8[n, {side}, {side}, 3] pictures) =>
            (float[n, 3] glance, float[n, {dim}] glance_copy)
        {{
            floats = Cast <to = 1> (pictures)
            mean = ReduceMean <axes = [1, 2], keepdims = 0> (floats)
            brighter = Add (mean, one)
            glance = LpNormalization <axis = 1> (brighter)
            more = MatMul (glance, weights)
            glance_copy = LpNormalization <axis = 1> (more)
        }}
    """)
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.float32([1]), "one"))
    model.graph.initializer.append(onnx.numpy_helper.from_array(weights, "weights"))
    onnx.save_model(model, folder / f"glance_{number}.onnx")


@pytest.fixture
def two_editions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Let the package have two small editions of the encoder, of different sizes."""
    folder = tmp_path / "weights"
    folder.mkdir()
    write_edition(folder, 1, side=16)
    write_edition(folder, 2, side=12)
    monkeypatch.setattr(glance, "WEIGHTS", folder)
    create.cache_clear()  # which descriptors there are has changed, and changes back
    yield folder
    create.cache_clear()


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pictures each pass through a network got, as the passes come."""
    counts: list[int] = []
    run = Session.run

    def counted(self, names: Sequence[str], feeds):
        counts.extend(len(array) for array in feeds.values())
        return run(self, names, feeds)

    monkeypatch.setattr(Session, "run", counted)
    return counts
