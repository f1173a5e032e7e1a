"""A search in Milvus answers as the gallery in a folder does, of the same pictures."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from lookalike import LocalGallery, Part
from lookalike.descriptors import create
from lookalike.errors import NotIndexed, UnknownName, UsageError
from lookalike.gallery.milvus import MilvusGallery
from lookalike.gallery.milvus.kept.rows import FACTS, FileRow
from lookalike.gallery.milvus.link.text import id_of
from lookalike.gallery.milvus.search import counts, finding
from questions import ASKED, check_same, copied, drawn, fill

pytest.importorskip("milvus_lite")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, draw: Callable[..., Path]) -> Path:
    """A folder with `pictures`, and two galleries of them."""
    return drawn(tmp_path_factory.mktemp("asked"), draw).parent


@pytest.fixture(scope="module")
def local(home: Path) -> Iterator[LocalGallery]:
    with LocalGallery.open(home / "shop") as gallery:
        fill(gallery, home / "pictures")
        yield gallery


@pytest.fixture(scope="module")
def gallery(home: Path, local: LocalGallery) -> Iterator[MilvusGallery]:
    with MilvusGallery.open(f"milvus:{home}/lite.db?index=flat") as gallery:
        copied(local, gallery._kept)
        yield gallery


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_searches_by_path_and_by_id_are_the_same(
    gallery: MilvusGallery, local: LocalGallery, home: Path, asked: dict[str, object]
) -> None:
    for name in ("deeper/00.png", "higher/07.jpg"):
        file = home / "pictures" / name
        check_same(gallery.search(file, **asked), local.search(file, **asked))
        (here,) = local.pictures(f"path = {name}").items
        check_same(gallery.search(id_of(str(file)), **asked), local.search(here.id, **asked))


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_several_searches_are_as_each_of_them(
    gallery: MilvusGallery, local: LocalGallery, home: Path, asked: dict[str, object]
) -> None:
    if "box" in asked:
        pytest.skip("of each part its own")
    files = [home / "pictures" / "deeper" / f"{n:02}.png" for n in (0, 6, 12)]
    for found, file in zip(gallery.search_many(files, **asked), files, strict=True):
        check_same(found, local.search(file, **asked))


def test_parts_words_vectors_and_marks(
    gallery: MilvusGallery, local: LocalGallery, home: Path
) -> None:
    one, two, three = (home / "pictures" / "deeper" / f"{n:02}.png" for n in (0, 6, 12))
    vector = local.vectors_of([one], descriptor="glance").vectors[0]
    for asked in (
        {"vector": vector},
        {"parts": [Part(one), Part(two, weight=-0.5)]},
        {"parts": [Part(one.read_bytes()), Part(vector=vector, weight=2)]},
        {"picture": one, "like": [two], "unlike": [three]},
        {"like": [one, two]},
        {"picture": one, "unlike": [home / "pictures" / "copy1.png"], "descriptor": "phash"},
        {"picture": one.read_bytes(), "place": str(one)},
    ):
        check_same(gallery.search(**asked), local.search(**asked))
    with pytest.raises(UsageError, match="words"):
        gallery.search(words="a red shirt")


def test_more_is_asked_for_where_much_is_no_answer(
    gallery: MilvusGallery, local: LocalGallery, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    search = gallery._engine.search

    def counted(collection, vectors, limit, **rest):
        asked.append(limit)
        return search(collection, vectors, limit, **rest)

    monkeypatch.setattr(gallery._engine, "search", counted)
    monkeypatch.setattr(finding, "_SPARE", 1)
    file, where = home / "pictures" / "deeper" / "00.png", "path like **/higher/*.jpg"
    check_same(gallery.search(file, top=2, where=where), local.search(file, top=2, where=where))
    assert asked[0] == 12 and asked == sorted(asked)
    asked.clear()
    monkeypatch.setattr(finding, "MOST", 4)
    check_same(gallery.search(file, top=4, where=where), local.search(file, top=4, where=where))
    check_same(gallery.search(file, top=30), local.search(file, top=30))
    check_same(gallery.search(file, within=0.5), local.search(file, within=0.5))
    assert max(asked) == 4


def test_files_at_the_same_distance_are_in_order_of_their_paths(
    gallery: MilvusGallery, home: Path
) -> None:
    for index in (None, "exact"):
        found = gallery.search(home / "pictures" / "deeper" / "00.png", top=4, index=index)
        assert [Path(one.path).name for one in found] == [f"copy{n}.png" for n in range(4)]
        assert all(one.identical and one.distance == pytest.approx(0, abs=1e-6) for one in found)


def test_what_was_searched_through_is_told(home: Path, local: LocalGallery) -> None:
    file = home / "pictures" / "deeper" / "00.png"
    with MilvusGallery.open(f"milvus:{home}/hnsw.db?index=hnsw:m=8") as gallery:
        copied(local, gallery._kept)
        found = gallery.search(file)
        assert (found.index_used, found.recall) == ("hnsw:m=8,ef_construction=200,ef=128", None)
        assert "by hnsw" in found.heading
        stored, *_ = gallery._descriptors()
        gallery._kept.change(stored, recall=0.99)
        assert gallery.search(file).recall == 0.99
        finer = gallery.search(file, index="hnsw:ef=256")
        assert (finer.index_used, finer.recall) == ("hnsw:m=8,ef_construction=200,ef=256", None)
        exact = gallery.search(file, index="exact")
        assert (exact.index_used, exact.recall) == ("exact", 1.0)
        assert [one.path for one in exact] == [one.path for one in finer]
        with pytest.raises(NotIndexed, match=r"but hnsw:m=8.*index --index \"hnsw:m=16"):
            gallery.search(file, index="hnsw:m=16")
        with pytest.raises(NotIndexed, match="no index ivf_flat of glance is built"):
            gallery.search(file, index="ivf_flat")
        with pytest.raises(NotIndexed, match="search through all vectors"):
            gallery.search(file, index="hnsw", metric="euclidean")
        with pytest.raises(UnknownName, match="hnsw"):
            gallery.search(file, index="hnws")


def test_what_was_written_a_moment_ago_is_counted_and_found(
    gallery: MilvusGallery, home: Path
) -> None:
    file = home / "pictures" / "deeper" / "06.png"
    before = gallery.search(file, top=1)
    stored, *_ = gallery._descriptors()
    path = os.fsdecode(b'/odd \xff"\\.png')
    row = FileRow(path, id_of(path), sha256=bytes(32), format="PNG", width=1, height=1, bytes=1)
    described = np.ones(stored.dim, np.float32)
    collection = gallery._kept.collection(stored)
    try:
        gallery._engine.upsert(collection, [row.as_vector_row(described)])
        found = gallery.search(vector=described, top=1)
        assert (found[0].path, found[0].id) == (path, row.id)
        assert found.searched == before.searched + 1
    finally:
        gallery._engine.delete(collection, [row.id])
    assert gallery.search(file, top=1).searched == before.searched


def test_ids_that_there_are_not(gallery: MilvusGallery) -> None:
    for id in (1, -1, 2**80):
        with pytest.raises(NotIndexed, match=f"no picture with the id {id}"):
            gallery.search(id)
        with pytest.raises(NotIndexed, match=f"no picture with the id {id}"):
            gallery.search_many([id])


def test_a_descriptor_that_nothing_is_described_by(tmp_path: Path, home: Path) -> None:
    with MilvusGallery.open(f"milvus:{tmp_path}/empty.db") as gallery:
        with pytest.raises(NotIndexed, match="is empty; fill it"):
            gallery.search(home / "pictures" / "copy0.png")
        gallery._kept.register(create("pixels:size=4"))
        with pytest.raises(NotIndexed, match="no picture has a vector of pixels"):
            gallery.search(home / "pictures" / "copy0.png")


def test_of_many_it_is_estimated_how_many_there_are(
    gallery: MilvusGallery, local: LocalGallery, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = home / "pictures" / "deeper" / "06.png"
    sieved = "path like **/deeper/*"
    assert gallery.search(file, where=sieved, top=1).searched == 12
    gallery._counts = counts.Counts(gallery._engine)
    monkeypatch.setattr(counts, "MOST", 39)
    monkeypatch.setattr(counts, "_SAMPLE", 30)
    monkeypatch.setattr(counts, "_SIEVED", 20)
    assert 25 <= gallery.search(file, top=1).searched <= 40
    wide = gallery.search(file, where="width > 0", top=1)
    assert 25 <= wide.searched <= 40
    assert 3 <= gallery.search(file, where=sieved, top=3).searched <= 25


def test_a_picture_without_a_vector_is_described_anew(
    gallery: MilvusGallery, local: LocalGallery, home: Path
) -> None:
    file = home / "pictures" / "deeper" / "06.png"
    stored, *_ = gallery._descriptors()
    collection, id = gallery._kept.collection(stored), id_of(str(file))
    (row,) = gallery._engine.query(collection, f"id == {id}", ["id", *FACTS, "vector"], strong=True)
    gallery._engine.delete(collection, [id])
    try:
        check_same(gallery.search(id, top=5), gallery.search(file, top=5))
        found = gallery.search(home / "pictures" / "copy0.png", like=[file], top=5)
        assert str(file) not in {match.path for match in found}
    finally:
        gallery._engine.upsert(collection, [row])
