"""Filling a gallery on a real Milvus server: killed at any moment, and twice at once."""

from __future__ import annotations

import os
import random
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from in_milvus import assert_kept_once, drop
from lookalike.descriptors import label
from lookalike.gallery.milvus import MilvusGallery

pytestmark = pytest.mark.engines

PICTURES = 300
INDEXING = """
import sys
from lookalike.gallery.milvus import MilvusGallery
def tell(progress):
    print(progress.stage, progress.done, flush=True)
with MilvusGallery.open(sys.argv[1]) as gallery:
    print("opened 0", flush=True)
    gallery.sync(sys.argv[2], descriptors=["pixels"], progress=tell)
"""


@pytest.fixture
def address(milvus: str) -> Iterator[str]:
    name = f"filling_{secrets.token_hex(4)}"
    where = f"milvus+{milvus}/{name}"
    MilvusGallery.open(where).close()
    yield where
    with MilvusGallery.open(where) as gallery:
        drop(gallery)


@pytest.fixture
def many(tmp_path: Path, draw: Callable[..., Path]) -> Path:
    for seed in range(PICTURES):
        draw(tmp_path / "many" / f"{seed % 7}" / f"{seed:03}.png", seed)
    return tmp_path / "many"


def index(address: str, *rest: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "lookalike", "index", *rest, "--gallery", address]
    return subprocess.Popen(
        [*command, "-d", "pixels"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


def ended(process: subprocess.Popen[bytes]) -> None:
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said.decode()


def killed_after(stage: str, done: int, pause: float, *arguments: str) -> None:
    """Index in a process of its own, which ends as by a power cut so long after it came so far."""
    command = [sys.executable, "-c", INDEXING, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            told, count = line.split()
            if told == stage and int(count) >= done:
                time.sleep(pause)
                os.kill(process.pid, signal.SIGKILL)
                break
        else:
            pytest.fail(f"it did not come to {stage}")


def check(address: str, folder: Path) -> None:
    """Check that every picture is there once, with its vector, and nothing else."""
    expected = {str(path) for path in folder.rglob("*.png")}
    with MilvusGallery.open(address, create=False) as gallery:
        assert_kept_once(gallery, expected)
        assert gallery.sync().unchanged == len(expected)


def test_several_make_the_same_gallery_at_once(
    milvus: str, tmp_path: Path, draw: Callable[..., Path]
) -> None:
    address = f"milvus+{milvus}/making_{secrets.token_hex(4)}"
    for seed in range(6):
        draw(tmp_path / "few" / f"{seed}.png", seed)

    def make(_: int) -> None:
        with MilvusGallery.open(address) as gallery:
            gallery.sync(tmp_path / "few", descriptors=["phash", "pixels"])

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(make, range(3)))
    check(address, tmp_path / "few")
    with MilvusGallery.open(address) as gallery:
        assert [label(one.key) for one in gallery._kept.descriptors()] == ["phash", "pixels"]
        drop(gallery)


def test_killed_at_any_moment_and_run_again_it_is_complete(
    address: str, many: Path, draw: Callable[..., Path]
) -> None:
    moments = random.Random(0)
    gone = 0
    # While it makes the collections, and after it has committed a first part.
    for stage, done, longest in [("opened", 0, 3), ("reading", 1, 0.3)] * 2:
        for seed in range(PICTURES + 20 * gone, PICTURES + 20 * gone + 80):
            draw(many / "more" / f"{seed}.png", seed)
        killed_after(stage, done, moments.uniform(0, longest), address, str(many))
        for file in sorted(many.rglob("*.png"))[gone : gone + 5]:
            file.unlink()  # also of those that were being written
        gone += 7
    ended(index(address, str(many)))
    check(address, many)


def test_two_runs_at_once_do_what_one_does(address: str, many: Path) -> None:
    runs = [index(address, str(many)) for _ in range(2)]
    for run in runs:
        ended(run)
    check(address, many)
    for file in sorted(many.rglob("*.png"))[:40]:
        file.unlink()
    runs = [index(address), index(address, "--shard", "1/2")]
    for run in runs:
        ended(run)
    check(address, many)


def test_parts_at_once_make_the_whole(address: str, many: Path) -> None:
    runs = [index(address, str(many), "--shard", f"{number}/3") for number in (1, 2, 3)]
    for run in runs:
        ended(run)
    check(address, many)


def test_two_pictures_of_one_name_added_at_once_are_both_there(
    address: str, tmp_path: Path, draw: Callable[..., Path]
) -> None:
    pictures = [draw(tmp_path / "drawn" / f"{seed}.png", seed).read_bytes() for seed in range(4)]
    where = f"{address}?files={tmp_path / 'shared'}"
    galleries = [MilvusGallery.open(where) for _ in pictures]
    galleries[0].add(pictures[0], name="photo.png")
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda g, data: g.add(data, name="photo.png"), galleries, pictures))
    for gallery, picture, data in zip(galleries, found, pictures, strict=True):
        assert gallery.original(picture.id) == data
        gallery.close()
    assert len({picture.path for picture in found}) == len(pictures)
