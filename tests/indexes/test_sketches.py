"""Beyond what every index is asked: odd dimensions, scales, few lists, what one bit can go by."""

from __future__ import annotations

import numpy as np
import pytest

from lookalike.errors import BadParameter
from lookalike.indexes import Index, create
from lookalike.metrics import distances

pytest.importorskip("faiss")

NAMES = ("sketch", "ivf_sketch")


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let few vectors be searched for in the structure, and not one by one."""
    monkeypatch.setattr("lookalike.indexes.base._FEW", 8)


def normal(count: int, dim: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, dim)).astype(np.float32)


def recall(index: Index, queries: np.ndarray, k: int = 5) -> float:
    near = np.sort(distances(queries, np.asarray(index.vectors), index.metric), axis=1)[
        :, k - 1 : k
    ]
    return float((index.search(queries, k).distances <= near + 1e-6).mean())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dim", [1, 2, 3, 7, 9, 63, 65, 257, 300, 1030, 4096])
@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_any_dimension(name: str, dim: int, metric: str) -> None:
    vectors = normal(700, dim)
    index = create(name)
    index.build(vectors, metric)
    queries = vectors[:6] + 0.1 * normal(6, dim, 1)
    assert recall(index, queries) >= 0.9


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scale", [1e-7, 1e7])
def test_any_scale(name: str, scale: float) -> None:
    vectors = normal(2000, 40) + 30
    index = create(name)
    index.build(np.asarray(vectors * scale, np.float32), "euclidean")
    found = index.search(np.asarray(vectors[:8] * scale, np.float32), 1)
    assert found.rows.ravel().tolist() == list(range(8))


@pytest.mark.parametrize("name", NAMES)
def test_one_bit_is_enough_where_few_components_say_it_all(name: str) -> None:
    vectors = normal(3000, 300)
    vectors[:, 3:] *= 0.01  # without the rotation all would hang on 3 signs
    index = create(name)
    index.build(vectors, "euclidean")
    assert recall(index, vectors[:20] + 0.01) > 0.95


@pytest.mark.parametrize("name", NAMES)
def test_zero_vectors_do_not_crowd_out_what_is_nearer(name: str) -> None:
    vectors = normal(3000, 64)
    vectors[100:1500] = 0  # at a cosine distance of 1 from everything
    index = create(name)
    index.build(vectors, "cosine")
    assert recall(index, normal(20, 64, 1)) > 0.9


@pytest.mark.parametrize("name", NAMES)
def test_what_was_learnt_from_little_is_learnt_again(name: str) -> None:
    vectors = normal(3000, 32)
    vectors[:3] += 100
    index = create(name)
    index.build(vectors[:3], "euclidean")
    for count in (4, 600, 3000):
        index.add(vectors[:count])
    assert index.tail == 0
    assert recall(index, vectors[50:70] + 0.1) > 0.95


@pytest.mark.parametrize("name", NAMES)
def test_many_are_asked_for(name: str) -> None:
    vectors = normal(5000, 32)
    index = create(name)
    index.build(vectors, "cosine")
    assert recall(index, vectors[:4] + 0.1, 100) > 0.95
    everything = index.search(vectors[:2], 5000).rows
    assert (np.sort(everything, axis=1) == np.arange(5000)).all()


def test_more_lists_than_vectors_and_empty_ones() -> None:
    vectors = np.repeat(normal(2, 16), 400, 0)
    index = create("ivf_sketch:nlist=1000,nprobe=1000")
    index.build(vectors, "euclidean")
    found = index.search(vectors[-1:], 400)
    assert set(found.rows[0].tolist()) == set(range(400, 800))


def test_lists_that_a_filter_empties_are_passed_over() -> None:
    vectors = normal(2000, 8)
    vectors[:1000] += 50
    index = create("ivf_sketch:nlist=20,nprobe=1")
    index.build(vectors, "euclidean")
    allowed = np.arange(2000) >= 1000  # none of them in the lists beside the query
    found = index.search(vectors[:3], 5, allowed)
    assert (found.rows >= 1000).all()


@pytest.mark.parametrize("spec", ["sketch:bits=0", "ivf_sketch:rerank=0", "ivf_sketch:nlist=-1"])
def test_nonsense_is_refused(spec: str) -> None:
    with pytest.raises(BadParameter, match="at least"):
        create(spec)
