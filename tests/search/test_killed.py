"""Killed while it builds, brings forward or searches: what is found is still what is there."""

from __future__ import annotations

import random
import subprocess
import sys
import textwrap
import time
from contextlib import suppress
from pathlib import Path

import pytest

from lookalike import Gallery
from lookalike.errors import NotIndexed
from lookalike.search import upkeep

pytest.importorskip("faiss")

WORK = textwrap.dedent(
    """
    import importlib.util, random, sys
    from contextlib import suppress
    from pathlib import Path
    import lookalike.store.matrix
    from lookalike import LocalGallery
    from lookalike.errors import NotIndexed
    from lookalike.search import upkeep
    spec = importlib.util.spec_from_file_location("stock", sys.argv[1])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    lookalike.store.matrix._WORTH_FILES = 0
    upkeep._FEW_LACKING = 5
    stock, chance = module.Stock(Path(sys.argv[2])), random.Random(int(sys.argv[3]))
    gallery = LocalGallery(stock.catalog)
    while True:
        stock.add(*chance.sample(range(1, 400), 30))
        stock.remove(*chance.sample(range(1, 400), chance.choice([3, 90])))
        for index in ["hnsw", "sketch"]:
            if chance.random() < 0.5:
                gallery.build_index(index)
        upkeep.keep_up(stock.catalog, lambda _: None)
        for index in ["exact", "hnsw", "sketch"]:
            with suppress(NotIndexed):
                gallery.search(vector=stock.vector(7), index=index)
        print("round", flush=True)
    """
)


def test_what_is_found_is_what_is_there(
    stock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("lookalike.store.matrix._WORTH_FILES", 0)
    stock.add(*range(1, 300))
    chance = random.Random(5)
    helper = Path(__file__).parents[1] / "stock.py"
    for seed in range(5):
        values = [str(helper), str(stock.folder), str(seed)]
        process = subprocess.Popen(
            [sys.executable, "-c", WORK, *values], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "round\n", "it has come to do something"
        time.sleep(chance.uniform(0.05, 0.6))
        assert process.poll() is None, "it ended by itself"
        process.kill()
        process.communicate()
        paths = {path for (path,) in stock.catalog.rows("SELECT path FROM files")}
        with Gallery.open(stock.folder) as gallery:
            for brought_forward in (False, True):
                if brought_forward:
                    upkeep.keep_up(stock.catalog, lambda _: None)
                for index in ("exact", "hnsw", "sketch"):
                    with suppress(NotIndexed):
                        found = gallery.search(vector=stock.vector(7), within=2, index=index)
                        assert {match.path.encode() for match in found} == paths
    with Gallery.open(stock.folder) as gallery:
        gallery.build_index("hnsw")
        gallery.build_index("sketch")
    (place,) = stock.folder.glob("cache/*/indexes")
    folders = [path for path in place.iterdir() if path.is_dir()]
    assert sum(not path.name.startswith("making-") for path in folders) == 2
