"""The index of a descriptor's vectors is chosen, built anew and measured."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from lookalike import Gallery, metrics
from lookalike.descriptors import create
from lookalike.errors import (
    BadParameter,
    GalleryBusy,
    GalleryError,
    GalleryUnreachable,
    NotIndexed,
    UnknownName,
    UsageError,
)
from lookalike.gallery.milvus import MilvusGallery
from lookalike.gallery.milvus.browse import telling
from lookalike.gallery.milvus.index import measuring
from lookalike.gallery.milvus.index.choosing import (
    IndexPlan,
    names_effort,
    planned,
    shards_for,
    suggested,
)
from lookalike.gallery.milvus.kept import schema
from lookalike.gallery.milvus.kept.rows import FileRow
from lookalike.gallery.milvus.link.engine import Engine
from lookalike.gallery.milvus.link.text import id_of
from lookalike.store import Progress
from lookalike.store.catalog import StoredDescriptor
from program import done, failed
from twice import Both

GIB = 2**30


def test_an_index_is_built_and_searched_by(both: Both) -> None:
    gallery = both.milvus
    seen: list[Progress] = []
    built = gallery.build_index("hnsw:m=8,ef=64", progress=seen.append)
    assert (built.spec, built.vectors, built.recall) == ("hnsw:m=8,ef_construction=200,ef=64", 9, 1)
    assert (built.metric, built.memory_bytes) == ("cosine", 9 * (4 * 256 + 64))
    assert [(one.stage, one.done, one.total) for one in seen] == [
        ("building", 0, 9),
        ("building", 9, 9),
    ]
    told = {(one.descriptor.split("@")[0]): one for one in gallery.indexes()}
    assert (told["glance"].spec, told["glance"].recall) == (built.spec, 1.0)
    assert (told["glance"].chosen, told["glance_copy"].chosen) == ("told", "auto")
    assert tuple(gallery.indexes()) == gallery.info().indexes
    query = both.folder / "a0.png"
    assert [m.path for m in gallery.search(query)] == [m.path for m in both.local.search(query)]

    exact = gallery.build_index("exact", descriptor="glance_copy")
    assert (exact.spec, exact.metric, exact.recall) == ("flat", "euclidean", 1.0)
    assert gallery.info().indexes[1].spec == "exact"
    assert gallery.search(query, descriptor="glance_copy").index_used == "exact"


def test_indexes_that_are_none(both: Both, tmp_path: Path) -> None:
    build = both.milvus.build_index
    with pytest.raises(UnknownName, match="no index of Milvus named 'hnws'; did you mean 'hnsw'"):
        build("hnws")
    with pytest.raises(BadParameter, match="ivf_rabitq needs a Milvus server; Milvus Lite has"):
        build("ivf_rabitq")
    # Milvus would refuse these when the former index is gone.
    with pytest.raises(BadParameter, match="m of hnsw is from 2 to 2,048, not 99999"):
        build("hnsw:m=99999")
    with pytest.raises(BadParameter, match="nlist of ivf_flat is from 1 to 65,536, not 65537"):
        build("ivf_flat:nlist=65537")
    with pytest.raises(UsageError, match="by cosine distance; a search by manhattan distance"):
        build("hnsw", metric="manhattan")
    assert len(both.milvus.search(both.folder / "a0.png")) == 8  # as before
    both.milvus.sync(descriptors=["hsv_histogram"])
    with pytest.raises(UsageError, match="looked at one by one"):
        build("hnsw", descriptor="hsv_histogram")
    with (
        MilvusGallery.open(f"milvus:{tmp_path / 'empty.db'}") as empty,
        pytest.raises(NotIndexed, match="is empty"),
    ):
        empty.build_index("hnsw")


def test_the_former_index_comes_back_where_another_cannot_be_built(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    gallery = both.milvus
    gallery.build_index("hnsw:m=8")
    before = gallery.indexes()
    made = schema._index

    def refused(engine: Any, collection: Any, field: Any, plan: Any, metric: Any) -> None:
        if plan.kind == "ivf_flat":
            raise GalleryError("all IndexNodes do not support it")
        made(engine, collection, field, plan, metric)

    monkeypatch.setattr(schema, "_index", refused)
    with pytest.raises(
        GalleryError,
        match="^all IndexNodes do not support it; its former index, hnsw:m=8,.* is there again$",
    ):
        gallery.build_index("ivf_flat")
    assert gallery.indexes() == before
    found = gallery.search(both.folder / "a0.png")
    assert found.index_used.startswith("hnsw:m=8")
    assert [m.path for m in found] == [m.path for m in both.local.search(both.folder / "a0.png")]


def test_a_descriptor_is_preferred(both: Both) -> None:
    both.milvus.use("glance_copy")
    assert both.milvus.search(both.folder / "a0.png").descriptor.startswith("glance_copy")
    with pytest.raises(UnknownName):
        both.milvus.use("glnce")


def test_at_the_command_line(both: Both, tmp_path: Path) -> None:
    address = both.milvus.address
    both.milvus.close()
    told = done("index", "--index", "ivf_flat:nlist=4", "--gallery", address)
    assert "ivf_flat:nlist=4,nprobe=64 of glance by cosine built in" in told
    assert "chosen by hand" in done("info", "--gallery", address)
    told = done("index", "--index", "auto", "--gallery", address)
    assert "hnsw:m=16,ef_construction=200,ef=128 of glance by cosine built in" in told
    assert "chosen by size: what a file of Milvus Lite has anyway" in told
    told = done("index", "--index", "auto", "--gallery", address)
    assert "of glance by cosine was there already: 9 vectors" in told
    assert "chosen by size: what a file" in done("info", "--gallery", address)
    done("use", "glance_copy", "--gallery", address)
    assert "no index of Milvus" in failed(2, "index", "--index", "hnws", "--gallery", address)
    with Gallery.open(address, create=False) as gallery:
        assert gallery.info().descriptors[0][0].key.startswith("glance_copy")


# -- recall ----------------------------------------------------------------------------------


@pytest.fixture
def many(tmp_path: Path) -> Iterator[MilvusGallery]:
    """A gallery of 3,000 vectors that are hard to index."""
    with MilvusGallery.open(f"milvus:{tmp_path / 'many.db'}") as gallery:
        kept = gallery._kept
        (stored,) = kept.register(create("glance"), index="ivf_flat:nlist=64,nprobe=1")
        vectors = np.random.default_rng(0).normal(size=(3000, stored.dim)).astype(np.float32)
        rows = [
            FileRow(f"/p/{n}.png", id_of(f"/p/{n}.png"), sha256=b"%032d" % n) for n in range(3000)
        ]
        kept.engine.upsert(
            kept.collection(stored),
            [row.as_vector_row(v) for row, v in zip(rows, vectors, strict=True)],
        )
        kept.engine.flush(kept.collection(stored))
        gallery.vectors_of_test = dict(zip([r.id for r in rows], vectors, strict=True))
        yield gallery


def by_hand(gallery: MilvusGallery, nprobe: int) -> float:
    """Return the recall of the first 200 ids, worked out plainly."""
    kept, (stored,) = gallery._kept, gallery._descriptors()
    vectors = gallery.vectors_of_test
    ids = sorted(vectors)
    everything = np.stack([vectors[id] for id in ids])
    found = 0
    for row, id in enumerate(ids[:200]):
        away = metrics.distances(everything[row : row + 1], everything, "cosine")[0]
        away[row] = np.inf
        right = {ids[n] for n in np.argsort(away)[:10]}
        (hits,) = kept.engine.search(
            kept.collection(stored),
            everything[row : row + 1],
            11,
            params={"nprobe": nprobe} if nprobe else {},
        )
        found += len(right & set([hit["id"] for hit in hits if hit["id"] != id][:10]))
    return found / 2000


def test_recall_is_measured_against_all(many: MilvusGallery) -> None:
    built = many.build_index("ivf_flat:nlist=64,nprobe=4")
    assert built.vectors == 3000
    assert 0.05 < built.recall < 0.9
    assert built.recall == pytest.approx(by_hand(many, 4), abs=0.002)
    built = many.build_index("ivf_flat:nlist=64,nprobe=32")
    assert built.recall == pytest.approx(by_hand(many, 32), abs=0.002)
    assert many.build_index("flat").recall == by_hand(many, 0) == 1.0


def test_recall_among_many_is_measured_against_a_harder_search(
    many: MilvusGallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    truth = many.build_index("ivf_flat:nlist=64,nprobe=8").recall
    monkeypatch.setattr(measuring, "ALL", 1000)
    kept, (stored,) = many._kept, many._descriptors()
    # What even the harder search does not find goes unnoticed.
    assert truth <= measuring.recall(kept, stored, kept.plan(stored)) < truth + 0.2


def test_an_index_is_searched_as_hard_as_is_needed(many: MilvusGallery) -> None:
    told = many.build_index("ivf_flat:nlist=512,nprobe=64")
    assert told.spec == "ivf_flat:nlist=512,nprobe=64"  # as a person wants it
    assert told.recall < 0.9
    built = many.build_index("ivf_flat:nlist=512")
    # Of so few vectors Lite makes 128 lists, and looks into all of them now.
    assert (built.spec, built.recall) == ("ivf_flat:nlist=512,nprobe=128", 1.0)
    (info,) = many.indexes()
    assert (info.spec, info.recall) == (built.spec, built.recall)


def test_searches_look_as_hard_as_was_told(both: Both) -> None:
    query = both.folder / "a0.png"
    both.milvus.build_index("hnsw:m=8,ef=77")
    found = both.milvus.search(query)
    assert (found.index_used, found.recall) == ("hnsw:m=8,ef_construction=200,ef=77", 1.0)
    assert both.milvus.search(query, index="hnsw").index_used == found.index_used
    harder = both.milvus.search(query, index="hnsw:ef=99")
    assert (harder.index_used, harder.recall) == ("hnsw:m=8,ef_construction=200,ef=99", None)


def test_how_hard_it_ever_is() -> None:
    efforts = []
    plan = planned("hnsw", "cosine", (2, 6))
    while not plan.is_hard:
        efforts.append(plan.search["ef"])
        plan = plan.harder()
    assert [*efforts, plan.search["ef"]] == [128, 256, 512]
    # An eighth of 4096 lists; and never more lists than there are.
    assert not planned("ivf_sq8:nlist=4096,nprobe=511", "cosine", (2, 6)).is_hard
    assert planned("ivf_sq8:nlist=4096,nprobe=512", "cosine", (2, 6)).is_hard
    few = planned("ivf_sq8:nlist=100,nprobe=64", "cosine", (2, 6))
    assert few.harder() == planned("ivf_sq8:nlist=100,nprobe=100", "cosine", (2, 6))
    assert few.harder().is_hard
    assert planned("flat", "cosine", (2, 6)).is_hard


@pytest.mark.parametrize(
    ("spec", "does"),
    [
        ("hnsw", False),
        ("hnsw:m=32", False),
        ("hnsw:m=32, ef = 64", True),
        (" HNSW:EF=64", True),
        ("diskann:search_list=64", True),
        ("flat", False),
        ("", False),
    ],
)
def test_who_says_how_hard_to_search(spec: str, does: bool) -> None:
    assert names_effort(spec) == does


# -- what to choose --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "memory", "version", "kind"),
    [
        (1_000_000, 16 * GIB, (2, 3, 5), "hnsw"),
        (10_000_000, 64 * GIB, (2, 6, 0), "hnsw"),
        (100_000_000, 300 * GIB, (2, 3, 5), "ivf_sq8"),
        (100_000_000, 300 * GIB, (2, 6, 0), "ivf_rabitq"),
        (100_000_000, 8 * GIB, (2, 6, 0), "diskann"),
    ],
)
def test_what_fits_is_suggested(
    count: int, memory: int, version: tuple[int, ...], kind: str
) -> None:
    plan, why = suggested(count, 256, memory, version)
    assert plan.kind == kind
    assert plan == planned(plan.spec, "cosine", version)
    assert "GiB" in why
    assert kind in why


def test_memory_and_shards() -> None:
    assert planned("hnsw:m=16", "cosine", (2, 6)).memory_bytes(10**6, 256) == 10**6 * (1024 + 128)
    assert planned("ivf_sq8", "cosine", (2, 6)).memory_bytes(10**6, 256) == 256 * 10**6
    assert [shards_for(n) for n in (0, 10**6, 10**8, 10**10)] == [1, 1, 2, 16]


def test_a_large_index_is_pointed_out(both: Both) -> None:
    info = both.milvus.info()
    assert telling.hints(info) == []
    large = [(dataclasses.replace(s, dim=512), 10**8) for s, _ in info.descriptors[:1]]
    (hint,) = telling.hints(
        dataclasses.replace(info, descriptors=tuple(large), indexes=info.indexes[:1])
    )
    assert "the index hnsw of glance takes about 435 GiB of the query nodes' memory; " in hint
    assert "lookalike index --descriptor glance --index auto" in hint
    assert isinstance(large[0][0], StoredDescriptor)


def test_memory_that_is_known_is_what_indexes_are_held_against(both: Both) -> None:
    # Two descriptors of 256 numbers: 8 · (4 · 256 + 8 · 16 + 2500) = 29,216 bytes each.
    info = both.milvus.info()
    assert telling.hints(info, 58_432) == both.milvus.hints(info) == []
    first, second = telling.hints(info, 58_431)
    assert "of glance takes about 0.0 MiB" in first
    assert "of which this gallery may take 0.1 MiB" in first
    assert "--descriptor glance_copy --index auto" in second


def test_what_nothing_can_be_done_about_is_not_pointed_out(both: Both) -> None:
    info = both.milvus.info()
    first, second = info.indexes
    others = dataclasses.replace(first, metric="chi2"), dataclasses.replace(second, spec="diskann")
    assert telling.hints(dataclasses.replace(info, indexes=others), 1) == []


# -- interrupted -----------------------------------------------------------------------------


@pytest.mark.parametrize("there", ["", "IVF_FLAT", "HNSW"])
def test_what_was_interrupted_is_loaded_by_the_next_that_writes(
    both: Both, monkeypatch: pytest.MonkeyPatch, there: str
) -> None:
    gallery, done = both.milvus, []
    monkeypatch.setattr(schema, "_state", lambda *_: "Loaded" if "load" in done else "NotLoad")
    monkeypatch.setattr(schema, "_built", lambda *_: there)
    monkeypatch.setattr(schema, "_drop_index", lambda *_: None)
    monkeypatch.setattr(schema, "_index", lambda *_: done.append("index"))
    monkeypatch.setattr(schema, "_load", lambda *_: done.append("load"))
    gallery.sync()
    # The first is helped; then all here seem to be loaded.
    assert done == (["load"] if there == "HNSW" else ["index", "load"])


def test_another_that_puts_its_index_there_meanwhile_is_told_of(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    gallery, (stored, _) = both.milvus, both.milvus._kept.descriptors()
    real = schema.rebuild

    def rebuilt(engine: Engine, collection: str, metric: str, plan: IndexPlan) -> None:
        real(engine, collection, metric, plan)
        other = planned("ivf_flat:nlist=4", metric, engine.version)
        real(engine, collection, metric, other)
        gallery._kept.change(stored, index=other.spec)

    monkeypatch.setattr(schema, "rebuild", rebuilt)
    with pytest.raises(GalleryBusy, match="run it again"):
        gallery.build_index("hnsw")
    assert gallery._kept.plan(stored).kind == "ivf_flat"


class Killed(BaseException):
    """Ends what is being done, as a signal would."""


def test_what_is_being_built_is_noted_before(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    gallery, (stored, _) = both.milvus, both.milvus._kept.descriptors()
    gallery.build_index("hnsw")

    def killed(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(schema, "rebuild", killed)
    with pytest.raises(Killed):
        gallery.build_index("ivf_flat:nlist=4")
    assert gallery._kept.plan(stored).kind == "ivf_flat"
    assert gallery._kept.told(stored)["recall"] is None


@pytest.mark.parametrize("spec", ["ivf_flat:nlist=4,nprobe=4", "hnsw"])
def test_what_was_interrupted_anywhere_is_put_right_by_auto(
    spec: str, both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    gallery, left = both.milvus, [0]
    kept, engine = gallery._kept, gallery._engine
    (stored, _), real = kept.descriptors(), engine.call

    def call(*args: Any, **values: Any) -> Any:
        if not left[0]:
            raise Killed
        left[0] -= 1
        return real(*args, **values)

    steps, again = 0, []
    while True:
        left[0] = steps
        monkeypatch.setattr(engine, "call", call)
        try:
            gallery.build_index(spec)
        except Killed:
            monkeypatch.undo()
        else:
            break
        again.append(not gallery.build_index("auto").was_there)
        assert kept.plan(stored).kind == "hnsw"
        assert schema.is_built(engine, kept.collection(stored), kept.plan(stored))
        assert len(gallery.search(both.folder / "a0.png")) == 8
        steps += 1
    assert again[0] is False  # nothing had been touched yet
    assert True in again


def test_effort_that_a_person_has_told_stays(
    many: MilvusGallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    (stored,) = many._descriptors()
    many._kept.change(stored, index="hnsw:ef=11", effort="told", recall=None)
    schema.rebuild(many._engine, many._kept.collection(stored), "cosine", many._kept.plan(stored))
    monkeypatch.setattr(measuring, "LEAST_RECALL", 1.1)
    built = many.build_index("auto")
    assert (built.was_there, built.spec) == (True, "hnsw:m=16,ef_construction=200,ef=11")


# -- waiting for it --------------------------------------------------------------------------


class Building:
    """An engine that tells, each time it is asked, how far it is; the last for ever."""

    def __init__(self, *told: dict[str, object]) -> None:
        self.told = list(told)

    def call(self, ask: Callable[[Any], object]) -> object:
        return ask(self)

    def describe_index(self, collection: str, field: str) -> dict[str, object]:
        return self.told.pop(0) if len(self.told) > 1 else self.told[0]


def far(left: int, state: str = "Finished") -> dict[str, object]:
    return {"state": state, "total_rows": 50_000, "pending_index_rows": left}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "_PAUSE", 0.001)
    monkeypatch.setattr(schema, "_SETTLED", 0.01)
    monkeypatch.setattr(schema, "_STANDS", 0.05)


@pytest.mark.usefixtures("impatient")
def test_an_index_is_waited_for_as_long_as_it_grows() -> None:
    seen: list[tuple[int, int]] = []
    building = Building(far(40_000), far(20_000), far(0))
    schema.wait_for_index(cast(Engine, building), "c", lambda *told: seen.append(told))
    assert seen == [(10_000, 50_000), (30_000, 50_000), (50_000, 50_000)]


@pytest.mark.usefixtures("impatient")
def test_what_is_too_little_to_be_indexed_is_not_waited_for() -> None:
    schema.wait_for_index(cast(Engine, Building(far(40_000), far(900))), "c")


class Loading(Building):
    def get_load_state(self, collection: str) -> dict[str, object]:
        return self.describe_index(collection, "")


def states(*names: str) -> Engine:
    return cast(Engine, Loading(*({"state": name} for name in names)))


@pytest.mark.usefixtures("impatient")
def test_what_is_being_loaded_is_waited_for() -> None:
    schema.wait_until_loaded(states("NotLoad", *["Loading"] * 50, "Loaded"), "c")


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("last", ["NotLoad", "NotExist"])
def test_what_is_loaded_no_more_is_not_waited_for(last: str) -> None:
    with pytest.raises(GalleryUnreachable, match="c is not loaded"):
        schema.wait_until_loaded(states("Loading", last), "c")


@pytest.mark.usefixtures("impatient")
def test_an_index_that_fails_or_stands_still_is_told() -> None:
    failed = {**far(40_000, "Failed"), "index_state_fail_reason": "no such index"}
    with pytest.raises(GalleryError, match="no such index"):
        schema.wait_for_index(cast(Engine, Building(failed)), "c")
    with pytest.raises(GalleryUnreachable, match="40,000 vectors of c"):
        schema.wait_for_index(cast(Engine, Building(far(40_000))), "c")
