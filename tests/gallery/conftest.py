"""The same gallery, wherever it is kept. A further kind is one more line in `KINDS`."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest

from lookalike import Gallery, LocalGallery
from serving import Serving


@contextmanager
def _local(folder: Path) -> Iterator[Gallery]:
    with Gallery.open(folder) as gallery:
        yield gallery


@contextmanager
def _http(folder: Path) -> Iterator[Gallery]:
    LocalGallery.open(folder).close()
    serving = Serving(folder)
    try:
        with Gallery.open(serving()) as gallery:
            yield gallery
    finally:
        serving.close()


@contextmanager
def _milvus(folder: Path) -> Iterator[Gallery]:
    pytest.importorskip("milvus_lite")
    folder.mkdir(parents=True, exist_ok=True)
    with Gallery.open(f"milvus:{folder}/{IN_MILVUS}?files={folder}&index=flat") as gallery:
        yield gallery


IN_MILVUS = "trial.db"
"""What a gallery of Milvus Lite is called, in the folder of the local one that has the same."""

KINDS: dict[str, Callable[[Path], AbstractContextManager[Gallery]]] = {
    "local": _local,
    "http": _http,
    "milvus": _milvus,
}
"""What opens a gallery whose folder is told; it is made there if it is not."""


@pytest.fixture(params=KINDS)
def opened(request: pytest.FixtureRequest) -> Iterator[Callable[[Path], Gallery]]:
    """Opens a gallery's folder, as a gallery of each kind."""
    with ExitStack() as stack:
        yield lambda folder: stack.enter_context(KINDS[request.param](folder))


@pytest.fixture(scope="session")
def stocked(tmp_path_factory: pytest.TempPathFactory, draw: Callable[..., Path]) -> Path:
    """A folder with `pictures` and their gallery `shop`; no test changes them."""
    root = tmp_path_factory.mktemp("stocked")
    for seed in range(4):
        draw(root / "pictures" / f"a{seed}.png", seed)
        draw(root / "pictures" / "deeper" / f"b{seed}.jpg", 10 + seed, (64, 48))
    shutil.copy(root / "pictures" / "a0.png", root / "pictures" / "deeper" / "copy.png")
    (root / "pictures" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    with LocalGallery.open(root / "shop") as gallery:
        gallery.sync(root / "pictures")
    if importlib.util.find_spec("milvus_lite"):
        with _milvus(root / "shop") as gallery:
            gallery.sync(root / "pictures")
    return root
