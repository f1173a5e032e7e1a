"""Pictures and captions to show."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike import samples
from lookalike.show import Shown

HOSTILE = (
    "<script>alert(1)</script>.jpg",
    "\"><img src=x onerror='alert(1)'>.png",
    "$\\frac{1}{0}$ _a_ ^b^ $.jpg",
    "写真_東京 صورة שלום 🐈 ௵.jpg",
    "turned\u202egpj.exe\nsecond line\x00.jpg",
    "javascript:alert(1)",
    "%2e%2e#?&amp;.jpg",
    "bytes\udcff\udcfe.jpg",
    "long " * 60 + "end.jpg",
)


@pytest.fixture(params=range(len(HOSTILE)))
def hostile(request):
    return HOSTILE[request.param]


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    return samples.render(tmp_path_factory.mktemp("samples"), groups=2, views=3, size=(64, 48))


@pytest.fixture
def shown(pictures):
    """Make a picture to show, by its number."""

    def make(number: int = 0, title: str | None = None) -> Shown:
        path = pictures[number % len(pictures)].path
        name = path.name if title is None else title
        return Shown(str(path), path, name, (f"{number + 1}. 90.0% alike", "distance 0.25"))

    return make


@pytest.fixture
def missing(tmp_path: Path) -> Shown:
    path = tmp_path / "gone.jpg"
    return Shown(str(path), path, "gone.jpg", ("1. 50.0% alike",))


@pytest.fixture
def odd_shapes(tmp_path: Path) -> list[Shown]:
    """A strip that lies, one that stands, a single pixel, and one in grey."""
    made = []
    for shape in ((5, 500, 3), (500, 5, 3), (1, 1, 3), (20, 30)):
        path = tmp_path / f"{shape[0]}x{shape[1]}.png"
        Image.fromarray(np.full(shape, 120, np.uint8)).save(path)
        made.append(Shown(str(path), path, path.name, ("1. 50.0% alike",)))
    return made
