"""Distances against values worked out by hand and against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from lookalike import metrics
from lookalike.errors import UnknownName
from lookalike.metrics import METRICS, canonical, distances, similarity, unit

A = np.array([[3.0, 4.0, 0.0]], np.float32)
B = np.array([[0.0, 4.0, 3.0], [3.0, 4.0, 0.0], [0.0, 0.0, 0.0]], np.float32)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("cosine", [1 - 16 / 25, 0, 1]),  # a zero vector has no direction
        ("euclidean", [np.sqrt(18), 0, 5]),
        ("manhattan", [6, 0, 7]),
        ("chi2", [0.5 * (9 / 3 + 0 / 8 + 9 / 3), 0, 0.5 * (3 + 4)]),
        ("hamming", [2, 0, 2]),
    ],
)
def test_worked_out_by_hand(metric, expected):
    found = distances(A, B, metric)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [expected], rtol=1e-6)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("cosine", [16 / 25, 1, 0]),
        ("euclidean", [1 - np.sqrt(18) / 10, 1, 0.5]),  # halfway to the opposite of A
        ("manhattan", [1 - 6 / 14, 1, 0.5]),
        ("chi2", [1 - 3 / 7, 1, 0.5]),
        ("hamming", [1 - 2 / 3, 1, 1 / 3]),
    ],
)
def test_similarity_worked_out_by_hand(metric, expected):
    found = similarity(distances(A, B, metric), A, metric)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [expected], atol=1e-6)


@pytest.mark.parametrize("metric", METRICS)
def test_two_zero_vectors_are_equal_but_for_their_direction(metric):
    nothing = np.zeros((1, 5), np.float32)
    far = distances(nothing, nothing, metric)
    assert far[0, 0] == (1 if metric == "cosine" else 0)
    assert similarity(far, nothing, metric)[0, 0] == (0 if metric == "cosine" else 1)


def reference(queries, vectors, metric):
    if metric == "chi2":
        q, v = queries[:, None].astype(float), vectors[None].astype(float)
        return 0.5 * ((q - v) ** 2 / (q + v)).sum(2)
    name = {"manhattan": "cityblock"}.get(metric, metric)
    far = cdist(queries.astype(float), vectors.astype(float), name)
    return far * queries.shape[1] if metric == "hamming" else far  # SciPy gives the share


@pytest.mark.parametrize("queries", [1, 3, 20])
@pytest.mark.parametrize("metric", METRICS)
def test_agrees_with_scipy(metric, queries):
    rng = np.random.default_rng(0)
    a = rng.random((queries, 37), np.float32) + np.float32(0.01)
    b = rng.random((50, 37), np.float32) + np.float32(0.01)
    if metric == "hamming":
        a, b = (a > 0.5).astype(np.float32), (b > 0.5).astype(np.float32)
    np.testing.assert_allclose(distances(a, b, metric), reference(a, b, metric), rtol=2e-5)


@pytest.mark.parametrize("metric", METRICS)
def test_blocks_give_the_same_as_one(metric, monkeypatch):
    rng = np.random.default_rng(1)
    a, b = rng.random((12, 7), np.float32), rng.random((23, 7), np.float32)
    b[5] = a[3]
    whole = distances(a, b, metric)
    monkeypatch.setattr(metrics, "_TEMPORARY_FLOATS", 21)
    np.testing.assert_array_equal(distances(a, b, metric), whole)


@pytest.mark.parametrize("queries", [1, 20])
@pytest.mark.parametrize("metric", METRICS)
def test_a_vector_is_at_zero_from_itself(metric, queries):
    vectors = np.random.default_rng(2).random((queries, 1000), np.float32) * 1e6
    np.testing.assert_array_equal(np.diag(distances(vectors, vectors, metric)), 0)


@pytest.mark.parametrize("queries", [1, 20])
def test_near_counts_of_large_pictures_keep_their_euclidean_distance(queries):
    counts = np.full((queries, 256), 40_000, np.float32)
    other = counts[:1].copy()
    other[0, 7] += 3
    other[0, 9] -= 4
    np.testing.assert_allclose(distances(counts, other, "euclidean"), 5)


def test_near_directions_keep_their_cosine_distance():
    a = np.array([[1, 0]], np.float32)
    b = np.array([[1, 1e-4]], np.float32)
    # ½ · 10⁻⁸ is less than 1 − x can tell in 32 bits.
    np.testing.assert_allclose(distances(a, b, "cosine"), 0.5e-8, rtol=1e-3)


def test_opposite_directions():
    np.testing.assert_allclose(distances(A, -A, "cosine"), 2)
    np.testing.assert_allclose(similarity(distances(A, -A, "cosine"), A, "cosine"), -1)


def test_chi2_of_negative_components_is_no_negative_distance():
    np.testing.assert_allclose(distances(A, -A, "chi2"), 0.5 * (36 / 6 + 64 / 8))


@pytest.mark.parametrize("metric", METRICS)
def test_no_queries_and_no_vectors(metric):
    assert distances(A[:0], B, metric).shape == (0, 3)
    assert distances(A, B[:0], metric).shape == (1, 0)


@pytest.mark.parametrize("metric", METRICS)
def test_arguments_are_left_as_they_were(metric):
    a, b = A.copy(), B.copy()
    a.flags.writeable = b.flags.writeable = False
    similarity(distances(a, b, metric), a, metric)
    np.testing.assert_array_equal(a, A)
    np.testing.assert_array_equal(b, B)


def test_unit():
    expected = [[0.6, 0.8, 0], [0, 0, 0]]
    np.testing.assert_allclose(unit(np.vstack([A, np.zeros_like(A)])), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("L2", "euclidean"),
        (" cos ", "cosine"),
        ("cityblock", "manhattan"),
        ("chi-squared", "chi2"),
        *((metric, metric) for metric in METRICS),
    ],
)
def test_names_are_made_canonical(typed, meant):
    assert canonical(typed) == meant


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(UnknownName, match="did you mean 'euclidean'"):
        distances(A, B, "euclidian")


@pytest.mark.parametrize("dim", [1, 3, 7, 25, 100, 236, 255, 257, 684, 1023, 4097])
def test_a_vector_is_at_exactly_0_from_itself_whatever_its_length(dim: int) -> None:
    vectors = np.random.default_rng(dim).standard_normal((9, dim)).astype(np.float32)
    for count in (1, 2, 9):
        for row in range(count):
            found = distances(vectors[row : row + 1], vectors[:count], "cosine")[0]
            assert found[row] == 0
    many = distances(vectors, vectors[::-1], "cosine")
    assert (np.diagonal(many[:, ::-1]) == 0).all()
