"""What all indexes on FAISS keep on disk, and that it is the same each time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from lookalike.errors import BadParameter, GalleryDamaged
from lookalike.indexes import Index, create
from lookalike.indexes.faiss_tools import points, products
from lookalike.metrics import distances

faiss = pytest.importorskip("faiss")

NAMES = ("sketch", "ivf_sketch", "hnsw")
VECTORS = np.random.default_rng(0).standard_normal((5000, 20)).astype(np.float32)
QUERIES = VECTORS[:30] + np.float32(0.1)


def made(name: str) -> Index:
    index = create(name)
    index.build(VECTORS, "cosine")
    return index


@contextmanager
def processors(count: int) -> Iterator[None]:
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(count)
    try:
        yield
        assert faiss.omp_get_max_threads() == count, "it was put back as it had been"
    finally:
        faiss.omp_set_num_threads(before)


@pytest.fixture(scope="module", params=NAMES)
def built(request) -> Index:
    return made(request.param)


def saved(index: Index, folder: Path) -> Path:
    index.save(folder)
    return folder / "structure.faiss"


def refused(index: Index, folder: Path) -> None:
    with pytest.raises(GalleryDamaged, match="build the index again"):
        create(index.name).load(folder, VECTORS)


def signed(path: Path) -> None:
    """Write the checksum of a changed file, as someone who means harm would."""
    about = path.with_suffix(".json")
    told = json.loads(about.read_text())
    told["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    about.write_text(json.dumps(told))


def test_two_builds_are_the_same(built: Index, tmp_path: Path) -> None:
    first = saved(built, tmp_path).read_bytes()
    with processors(4):
        again = made(built.name)
    assert saved(again, tmp_path).read_bytes() == first


def test_threads_change_nothing(built: Index) -> None:
    wanted = built.search(QUERIES, 5).rows
    for count in (1, 2, 5):
        with processors(count):
            np.testing.assert_array_equal(built.search(QUERIES, 5).rows, wanted)
            alone = [built.search(query[np.newaxis], 5).rows[0] for query in QUERIES]
            np.testing.assert_array_equal(alone, wanted)


def test_a_path_that_is_not_ascii(built: Index, tmp_path: Path) -> None:
    folder = tmp_path / "Großmutter 写真"
    folder.mkdir()
    saved(built, folder)
    create(built.name).load(folder, VECTORS)


def test_a_changed_byte_is_seen(built: Index, tmp_path: Path) -> None:
    path = saved(built, tmp_path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    refused(built, tmp_path)


@pytest.mark.parametrize("part", [0.0, 0.001, 0.5, 0.999])
def test_a_file_cut_short_is_refused(built: Index, tmp_path: Path, part: float) -> None:
    path = saved(built, tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    refused(built, tmp_path)
    signed(path)
    refused(built, tmp_path)


def test_a_file_that_announces_too_much_is_refused(built: Index, tmp_path: Path) -> None:
    path = saved(built, tmp_path)
    content = path.read_bytes()
    for place in range(8, 200, 8):
        path.write_bytes(content[:place] + (2**39).to_bytes(8, "little") + content[place + 8 :])
        signed(path)
        try:
            create(built.name).load(tmp_path, VECTORS)
        except GalleryDamaged:
            continue


@pytest.mark.parametrize("told", ["", "[]", "{}", '{"sha256": 1, "numbers": {"learnt": "x"}}'])
def test_what_is_told_about_it_is_checked(built: Index, tmp_path: Path, told: str) -> None:
    saved(built, tmp_path).with_suffix(".json").write_text(told)
    refused(built, tmp_path)


def test_a_file_of_another_kind_is_refused(built: Index, tmp_path: Path) -> None:
    path = saved(built, tmp_path)
    for other in (faiss.IndexFlatL2(20), faiss.IndexHNSWFlat(32, 8)):
        faiss.write_index(other, str(path))
        signed(path)
        refused(built, tmp_path)


def test_zero_vectors_stand_aside() -> None:
    vectors = np.array([[3, 4, 0, 0], [0, 0, 0, 0]], np.float32)
    aims = points(vectors, "cosine")
    np.testing.assert_allclose(aims, [[0.6, 0.8, 0, 0], [0.5, -0.5, 0.5, -0.5]])
    np.testing.assert_array_equal(vectors[1], 0)
    np.testing.assert_array_equal(points(vectors, "euclidean"), vectors)


def test_a_graph_finds_what_was_not_like_what_it_was_built_of(monkeypatch) -> None:
    monkeypatch.setattr("lookalike.indexes.base._FEW", 8)
    index = create("hnsw")
    index.build(VECTORS[:2], "euclidean")
    for count in (3, 2000, 5000):
        index.add(VECTORS[:count])
    near = np.sort(distances(QUERIES, VECTORS, "euclidean"), axis=1)[:, 4:5]
    assert (index.search(QUERIES, 5).distances <= near + 1e-6).mean() > 0.95


@pytest.mark.parametrize("spec", ["hnsw:m=1", "hnsw:ef=0", "hnsw:ef_construction=0"])
def test_nonsense_is_refused(spec: str) -> None:
    with pytest.raises(BadParameter, match="at least"):
        create(spec)


def test_products_of_one_query_are_those_of_many(tmp_path: Path) -> None:
    np.save(tmp_path / "vectors.npy", VECTORS)
    mapped = np.asarray(np.load(tmp_path / "vectors.npy", mmap_mode="r"))  # cannot be written to
    for vectors in (mapped, mapped[7:90], mapped[::2], mapped[:0], VECTORS.astype(np.float64)):
        right = QUERIES.astype(np.float64) @ vectors.astype(np.float64).T
        for n in (0, 3):
            np.testing.assert_allclose(
                products(QUERIES[n : n + 1], vectors)[0], right[n], atol=1e-4
            )
        np.testing.assert_allclose(products(QUERIES, vectors), right, atol=1e-4)
