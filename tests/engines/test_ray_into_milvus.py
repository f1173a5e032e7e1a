"""Pictures in a bucket and in a folder, taken into Milvus by two machines of Ray."""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from in_milvus import assert_kept_once, drop, files
from lookalike import Gallery
from lookalike.gallery.milvus import MilvusGallery
from pictures_at import Bucket
from ray_machines import WORKERS, Machines, Once

pytestmark = [
    pytest.mark.engines,
    # Ray leaves files open that it started its servers with.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

PICTURES = 240  # of which the bucket and the folder have a half each
SPECS = ["pixels:size=8", "hog"]
QUERIES = 20
SHOP = "s3://pictures/shop"


@pytest.fixture
def places(tmp_path: Path, bucket: Bucket, draw: Callable[..., Path]) -> list[str]:
    drawn = [
        draw(tmp_path / "drawn" / f"{seed:03}.png", seed, (96, 72)) for seed in range(PICTURES)
    ]
    (tmp_path / "folder").mkdir()
    for file in drawn[1::2]:
        file.rename(tmp_path / "folder" / file.name)
    bucket.fill({f"shop/{file.stem[-1]}/{file.name}": file.read_bytes() for file in drawn[::2]})
    return [SHOP, str(tmp_path / "folder")]


@pytest.fixture
def in_milvus(milvus: str) -> Iterator[MilvusGallery]:
    with MilvusGallery.open(f"milvus+{milvus}/ray_{secrets.token_hex(4)}") as gallery:
        yield gallery
        drop(gallery)


def test_a_killed_worker_loses_and_doubles_nothing(
    machines: Machines, places: list[str], in_milvus: MilvusGallery, gallery: Gallery
) -> None:
    kill = Once(lambda: os.kill(machines.workers()[0], signal.SIGKILL))
    report = in_milvus.sync(*places, descriptors=SPECS, workers=WORKERS, progress=kill)
    assert kill.done
    assert report.failed == 0
    # What a worker had written when it died was there already for who did it again.
    assert PICTURES - 2 * 64 <= report.added <= PICTURES

    gallery.sync(*places, descriptors=SPECS, workers=2)
    wanted = dict(
        gallery._catalog.rows(
            "SELECT path, hex(sha256) FROM files JOIN contents ON contents.id = files.content_id"
        )
    )
    assert len(wanted) == PICTURES
    assert {row.path: row.sha256.hex().upper() for row in files(in_milvus)} == {
        os.fsdecode(path): sha256 for path, sha256 in wanted.items()
    }
    assert_kept_once(in_milvus, map(os.fsdecode, wanted))

    asked = sorted(Path(places[1]).iterdir())[:QUERIES]
    for spec in SPECS:
        one, two = (g.search_many(asked, top=10, descriptor=spec) for g in (in_milvus, gallery))
        for found, right in zip(one, two, strict=True):
            assert len(right) == 10
            assert [match.path for match in found] == [match.path for match in right]

    assert in_milvus.sync(workers=WORKERS).unchanged == PICTURES
