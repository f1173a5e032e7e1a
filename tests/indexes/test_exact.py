"""The reference: it must find what sorting all distances finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lookalike.indexes.exact
from lookalike.indexes import Exact
from lookalike.metrics import METRICS, distances


def test_by_hand() -> None:
    vectors = np.array([[0, 0], [3, 4], [0, 1], [0, -1]], np.float32)
    found = Exact(vectors, "l2").search(np.array([[0, 0], [3, 3]], np.float32), 3)
    # From the origin rows 2 and 3 are equally near: the earlier row comes first.
    assert found.rows.tolist() == [[0, 2, 3], [1, 2, 0]]
    np.testing.assert_allclose(found.distances, [[0, 1, 1], [1, 13**0.5, 18**0.5]], rtol=1e-6)


@pytest.mark.parametrize("metric", METRICS)
@given(
    count=st.integers(1, 40), dim=st.integers(1, 6), k=st.integers(1, 50), seed=st.integers(0, 99)
)
def test_it_finds_what_sorting_finds_in_blocks_of_any_size(metric, count, dim, k, seed) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.integers(0, 4, (count, dim)).astype(np.float32)
    queries = rng.integers(0, 4, (3, dim)).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lookalike.indexes.exact, "_BLOCK_FLOATS", 7 * dim)
        found = Exact(vectors, metric).search(queries, k)
    everything = np.sort(distances(queries, vectors, metric), axis=1)
    assert found.rows.shape == found.distances.shape == (3, k)
    within = min(k, count)
    np.testing.assert_allclose(found.distances[:, :within], everything[:, :within], atol=1e-5)
    for query, rows in zip(queries, found.rows[:, :within], strict=True):
        assert len(set(rows.tolist())) == within
        own = distances(query[None], vectors[rows], metric)[0]
        assert (np.diff(own) >= -1e-5).all()


def test_fewer_vectors_than_asked_for_are_padded() -> None:
    found = Exact(np.ones((2, 3), np.float32), "cosine").search(np.ones((1, 3), np.float32), 4)
    assert found.rows.tolist() == [[0, 1, -1, -1]]
    assert found.distances[0, 2:].tolist() == [np.inf, np.inf]


def test_no_vectors_at_all() -> None:
    found = Exact(np.empty((0, 3), np.float32), "manhattan").search(np.ones((2, 3), np.float32), 1)
    assert found.rows.tolist() == [[-1], [-1]]
