"""A gallery moves to a real server, and the mover is shot on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from lookalike.gallery.copying import copy
from lookalike.gallery.copying.milvus import MilvusSource
from lookalike.gallery.milvus.link.address import parsed
from lookalike.gallery.milvus.link.engine import Engine
from moved import everything

pytestmark = pytest.mark.engines

FILES = 1100  # of 1024 and more, Milvus builds an index
COPYING = """
import sys
from lookalike.gallery.copying import copy, plan
plan.MOST_ROWS = 100
def tell(progress):
    print(progress.stage, progress.done, flush=True)
copy(sys.argv[1], sys.argv[2], progress=tell)
"""


@pytest.fixture
def address(milvus: str, request: pytest.FixtureRequest) -> Iterator[str]:
    where = f"milvus+{milvus}/moving"
    yield where
    with closing(Engine(parsed(where))) as engine:
        for collection in engine.collections():
            if collection.startswith("moving__"):
                engine.drop(collection)


def killed_at(done: int, source: str | Path, target: str | Path) -> None:
    """Copy in a process of its own, which ends as by a power cut when so many are written."""
    command = [sys.executable, "-c", COPYING, str(source), str(target)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as copying:
        assert copying.stdout is not None
        for line in copying.stdout:
            stage, count = line.split()
            if stage == "copying" and int(count) >= done:
                os.kill(copying.pid, signal.SIGKILL)
                break
    assert copying.returncode == -signal.SIGKILL


def test_killed_midway_it_goes_on(stock: Any, address: str, tmp_path: Path) -> None:
    stock.add(*range(FILES))
    stock.copy(7)
    source = Path(stock.folder)
    killed_at(0, source, address)
    killed_at(400, source, address)
    killed_at(700, source, address)
    report = copy(source, address)
    assert report.resumed and not report.merged
    assert 700 <= report.skipped < FILES and report.files + report.skipped == FILES + 1
    assert [one.recall for one in report.checks.searches] == [pytest.approx(1, abs=0.02)] * 2
    assert everything(address) == everything(str(source))
    with closing(MilvusSource.open(address)) as gallery:  # nothing is doubled
        counts = [gallery.count_vectors(one) for one in gallery.descriptors()]
    assert counts == [FILES + 1] * 2

    back = tmp_path / "back"
    killed_at(300, address, back)  # the same the other way round
    assert copy(address, back).resumed
    assert everything(str(back)) == everything(str(source))
