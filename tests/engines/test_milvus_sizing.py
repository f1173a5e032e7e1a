"""A server tells its memory, and a gallery's index and shards are chosen by it and by size."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from in_milvus import drop
from lookalike.descriptors import create
from lookalike.gallery.copying import copy
from lookalike.gallery.milvus import MilvusGallery
from lookalike.gallery.milvus.link import machines
from program import done

pytestmark = pytest.mark.engines


@pytest.fixture
def address(milvus: str) -> Iterator[str]:
    where = f"milvus+{milvus}/sizing_{secrets.token_hex(4)}"
    yield where
    with MilvusGallery.open(where) as gallery:
        drop(gallery)


def shards(gallery: MilvusGallery, collection: str) -> int:
    told: Any = gallery._engine.call(lambda client: client.describe_collection(collection))
    return int(told["num_shards"])


def test_what_is_to_be_large_is_made_for_it(address: str) -> None:
    # 100 million of 256 numbers: hnsw takes 365.2 GB with what lies beside, ivf_sq8 275.6.
    with MilvusGallery.open(f"{address}?pictures=100000000&memory=300GB") as gallery:
        (stored,) = gallery._kept.register(create("glance"))
        (index,) = gallery.indexes()
        assert index.spec == "ivf_sq8:nlist=40000,nprobe=1250"
        assert index.chosen == "size"
        assert index.why == (
            "for 100,000,000 pictures ivf_sq8 needs 257 GiB of 279 GiB; "
            "hnsw with 340 GiB would not fit"
        )
        collection = gallery._kept.collection(stored)
        assert shards(gallery, collection) == shards(gallery, gallery._kept.files) == 2
        built: Any = gallery._engine.call(
            lambda client: client.describe_index(collection, "vector")
        )
        assert (built["index_type"], built["nlist"]) == ("IVF_SQ8", "40000")
    told = " ".join(done("info", "--gallery", address).split())
    assert f"chosen by size: {index.why}" in told


def test_an_index_that_is_named_stays(address: str) -> None:
    with MilvusGallery.open(f"{address}?pictures=100M&memory=300GB&index=hnsw") as gallery:
        gallery._kept.register(create("glance"))
        (index,) = gallery.indexes()
        assert (index.spec.partition(":")[0], index.why) == ("hnsw", "")


def test_copied_and_then_chosen_anew_by_the_memory_of_the_server(stock: Any, address: str) -> None:
    # 390 of 4 numbers: hnsw takes 390 · 2,644 = 1,031,160 bytes, ivf_sq8 390 · 2,504 = 976,560.
    stock.add(*range(390))
    copy(Path(stock.folder), f"{address}?memory=1MB", descriptors=["one"])
    with MilvusGallery.open(address) as gallery:
        memory = machines.memory(gallery._engine)
        assert memory is not None and 0 < memory.used < memory.total
        (index,) = gallery.indexes()
        assert (index.spec.partition(":")[0], index.chosen) == ("ivf_sq8", "size")
        assert index.why == (
            "for 390 pictures ivf_sq8 needs 0.9 MiB of 1.0 MiB; hnsw with 1.0 MiB would not fit"
        )

        built = gallery.build_index("auto")
        assert (built.spec.partition(":")[0], built.was_there) == ("hnsw", False)
        assert built.why.startswith("for 390 pictures hnsw needs 1.0 MiB of ")
        again = gallery.build_index("auto")
        assert (again.spec, again.was_there, again.seconds) == (built.spec, True, 0)
        (index,) = gallery.indexes()
        assert (index.spec, index.why, index.recall) == (built.spec, built.why, built.recall)
