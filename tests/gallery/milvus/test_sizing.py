"""Index and shards go by how many pictures there are to be, and by the memory there is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from lookalike import LocalGallery
from lookalike.descriptors import create
from lookalike.errors import BadParameter, GalleryError, GalleryUnreachable, UsageError
from lookalike.gallery.milvus import MilvusGallery
from lookalike.gallery.milvus.index import sizing
from lookalike.gallery.milvus.index.choosing import planned
from lookalike.gallery.milvus.link import machines
from lookalike.gallery.milvus.link.address import parsed
from lookalike.gallery.milvus.link.engine import Engine
from lookalike.gallery.milvus.link.machines import Memory
from lookalike.store.catalog import StoredDescriptor

SERVER = "milvus+http://127.0.0.1:1/shop"


def node(kind: str, memory: object, used: object) -> dict[str, object]:
    """A node as Milvus 2.3.5 tells of it, with what is passed over left out."""
    hardware = {"ip": "127.0.0.1:28103", "memory": memory, "memory_usage": used, "disk": 104857600}
    infos = {"has_error": False, "hardware_infos": hardware, "type": kind, "id": 1}
    return {"identifier": 1, "connected": None, "infos": infos}


# One machine with all that there is of Milvus, and a cluster of three machines.
ALONE = [node(kind, 25276502016, 36483072) for kind in ("querynode", "querycoord", "rootcoord")]
CLUSTER = [node("querynode", 64, 5), node("datanode", 128, 9), node("querynode", 32, 7)]


class Told:
    """An engine that is asked for its figures only, and answers with these or fails."""

    version = (2, 3, 5)

    def __init__(self, options: str = "", answer: str | Exception = "") -> None:
        self.address = parsed(f"{SERVER}{options}")
        self.answer = answer
        self.asked: list[str] = []

    def call(self, ask: Callable[[Any], str], patience: float) -> str:
        assert patience <= 3  # nobody waits long for what can be done without
        return ask(self)

    def metrics(self, kind: str) -> str:
        self.asked.append(kind)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def engine(options: str = "", answer: str | Exception = "") -> Engine:
    return cast(Engine, Told(options, answer))


# -- what Milvus tells -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nodes", "memory"),
    [
        (ALONE, Memory(25276502016, 36483072)),
        (CLUSTER, Memory(96, 12)),
        ([], None),
        ([node("datanode", 128, 9)], None),
        ([node("querynode", "64", None)], None),
        ([node("querynode", 64, None), {}, None, {"infos": [1]}], Memory(64, 0)),
        ([{"infos": {"type": "querynode"}}], None),
    ],
)
def test_the_memory_of_query_nodes_is_added_up(nodes: list[object], memory: Memory | None) -> None:
    assert machines.parsed(json.dumps({"nodes_info": nodes})) == memory


@pytest.mark.parametrize("told", ["", "no JSON", "null", "[]", "{}", '{"nodes_info": 3}'])
def test_an_answer_that_says_nothing_of_it_is_none(told: str) -> None:
    assert machines.parsed(told) is None


@pytest.mark.parametrize("why", [GalleryError("refused"), GalleryUnreachable("UNIMPLEMENTED"), ""])
def test_who_is_refused_does_not_know(why: str | Exception) -> None:
    assert machines.memory(engine("", why)) is None
    assert sizing.room(engine("", why)) is None


# -- what is told in the address -------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "memory", "pictures"),
    [
        ("", 0, 0),
        ("?memory=64GB", 64_000_000_000, 0),
        ("?memory=1.5TB&pictures=10M", 1_500_000_000_000, 10_000_000),
        ("?memory=512mb&pictures=500k", 512_000_000, 500_000),
        ("?memory=2GiB&pictures=10000000", 2_147_483_648, 10_000_000),
        ("?pictures=1.5M", 0, 1_500_000),
    ],
)
def test_memory_and_pictures_are_told_in_the_address(
    options: str, memory: int, pictures: int
) -> None:
    address = parsed(f"{SERVER}{options}")
    assert (address.memory, address.pictures) == (memory, pictures)


@pytest.mark.parametrize("value", ["", "64", "0GB", "-1GB", "64XB", "lots", "1e9GB", "٣GB", "1.GB"])
def test_memory_that_is_none(value: str) -> None:
    with pytest.raises(BadParameter, match="memory is written like 512MB, 64GB"):
        parsed(f"{SERVER}?memory={value}")


@pytest.mark.parametrize("value", ["", "0", "0.1", "1.5", "-3", "10MB", "many", "1,000", "9" * 16])
def test_pictures_that_are_none(value: str) -> None:
    with pytest.raises(BadParameter, match="pictures is a number like 10000000, 500k or 10M"):
        parsed(f"{SERVER}?pictures={value}")


@pytest.mark.parametrize(
    ("options", "shards"),
    [
        ("", 1),
        ("?pictures=50M", 1),
        ("?pictures=100M", 2),
        ("?pictures=100M&shards=5", 5),
        ("?shards=3", 3),
    ],
)
def test_shards_go_by_the_number_of_pictures(options: str, shards: int) -> None:
    assert sizing.shards(parsed(f"{SERVER}{options}")) == shards
    assert sizing.shards(parsed(f"milvus:trial.db{options}")) == (
        parsed(f"{SERVER}{options}").shards or 1
    )


def test_room_is_what_is_told_else_a_share_of_what_there_is() -> None:
    there = json.dumps({"nodes_info": [node("querynode", 1000, 5)]})
    assert sizing.room(engine("", there)) == 700
    assert sizing.room(engine("?replicas=2", there)) == 350
    assert sizing.room(engine("?memory=3MB&replicas=2", there)) == 1_500_000


# -- what fits -------------------------------------------------------------------------------

# Of a million vectors of 256 numbers, each with 2,500 bytes beside it, in bytes:
# hnsw      4 · 256 + 8 · 16 = 1,152    3,652,000,000
# ivf_sq8                256            2,756,000,000
# diskann         0.6 · 256 = 153.6     2,653,600,000
ONE, TWO = (
    StoredDescriptor(number, f"{number}@1", str(number), "cosine", 256) for number in (1, 2)
)
CHI = StoredDescriptor(3, "3@1", "3", "chi2", 256)


@pytest.mark.parametrize(
    ("memory", "kinds"),
    [
        (8000, ["hnsw", "hnsw"]),
        (7000, ["ivf_sq8", "hnsw"]),  # half is 3,500; beside 2,756 there are 4,244
        (6000, ["ivf_sq8", "ivf_sq8"]),
        (5500, ["diskann", "ivf_sq8"]),  # half is 2,750; beside 2,653.6 there are 2,846.4
        (1, ["diskann", "diskann"]),
    ],
)
def test_what_comes_together_shares_the_memory(memory: int, kinds: list[str]) -> None:
    found = sizing.fitting(engine(f"?pictures=1M&memory={memory}MB"), [ONE, TWO], {})
    assert [found[one][0].kind for one in (ONE, TWO)] == kinds


def test_what_is_there_already_is_left_room_for() -> None:
    others = {TWO: planned("hnsw", "cosine", (2, 3, 5))}
    alone = sizing.fitting(engine("?pictures=1M&memory=4GB"), [ONE], {})
    beside = sizing.fitting(engine("?pictures=1M&memory=7GB"), [ONE], others)  # 3,348 are left
    assert (alone[ONE][0].kind, beside[ONE][0].kind) == ("hnsw", "ivf_sq8")
    assert alone[ONE][1] == "for 1,000,000 pictures hnsw needs 3.4 GiB of 3.7 GiB"
    assert beside[ONE][1] == (
        "for 1,000,000 pictures ivf_sq8 needs 2.6 GiB of 3.1 GiB; hnsw with 3.4 GiB would not fit"
    )
    # What Milvus does not search by has all its vectors in memory: 4 · 256 + 2,500 bytes each.
    mixed = sizing.fitting(engine("?pictures=1M&memory=7GB"), [CHI, ONE], {})  # 3,476 are left
    assert list(mixed) == [ONE]
    assert mixed[ONE][0].kind == "ivf_sq8"


def test_more_than_was_foreseen_is_what_counts() -> None:
    found = sizing.fitting(engine("?pictures=1M&memory=4GB"), [ONE], {}, 1_200_000)
    assert found[ONE][1].startswith("for 1,200,000 pictures ivf_sq8")


@pytest.mark.parametrize("options", ["", "?memory=4GB", "?pictures=1M"])
def test_where_count_or_memory_is_unknown_nothing_is_chosen(options: str) -> None:
    assert sizing.fitting(engine(options), [ONE], {}) == {}


def test_nothing_is_asked_where_no_count_is_known() -> None:
    told = Told()
    assert sizing.fitting(cast(Engine, told), [ONE], {}) == {}
    assert told.asked == []


def test_a_file_of_lite_stays_as_it_was(tmp_path: Path) -> None:
    where = f"milvus:{tmp_path / 'trial.db'}?pictures=100M&memory=1GB"
    with MilvusGallery.open(where) as gallery:
        gallery._kept.register(create("glance"))
        (index,) = gallery.indexes()
        assert (index.spec.partition(":")[0], index.chosen, index.why) == ("hnsw", "auto", "")
        assert machines.memory(gallery._engine) is None


def test_a_folder_chooses_by_itself(tmp_path: Path) -> None:
    with (
        LocalGallery.open(tmp_path) as gallery,
        pytest.raises(UsageError, match="chooses its index by itself"),
    ):
        gallery._catalog.register(create("glance"), "glance")
        gallery.build_index("auto")
