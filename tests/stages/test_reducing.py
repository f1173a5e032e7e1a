"""Many dimensions → few, against values worked out by hand and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA

from lookalike.errors import BadParameter, UnknownName
from lookalike.metrics import distances
from lookalike.stages.reducing import Reducer, Reduction, reductions, spectrum

# Four points on a cross: along (3, 4)/5 at ±10, across it at ±5.
LONG, SHORT = np.array([0.6, 0.8]), np.array([-0.8, 0.6])
CROSS = np.float32([10 * LONG, -10 * LONG, 5 * SHORT, -5 * SHORT]) + np.float32([7, 1])

# 200/3 along the one axis, 50/3 along the other.
VARIANCES = np.array([200, 50]) / 3


def reduced(kind: str, dims: int, metric: str = "euclidean", vectors=CROSS) -> np.ndarray:
    return Reducer(vectors).fitted(Reduction(kind, dims), metric)(vectors)


def test_the_axes_of_a_cross() -> None:
    found = spectrum(CROSS)
    assert np.allclose(found.centre, [7, 1])
    assert np.allclose(found.variances, VARIANCES)
    # Of (−0.8, 0.6) the larger component is made positive.
    assert np.allclose(found.axes, np.column_stack([LONG, -SHORT]))


def test_each_kind_on_a_cross() -> None:
    along = np.array([[10, 0], [-10, 0], [0, -5], [0, 5]])
    assert np.allclose(reduced("pca", 1), along[:, :1], atol=1e-5)
    # Four vectors span three directions at most, but these only two.
    assert np.allclose(reduced("pca", 2), along, atol=1e-5)
    assert np.allclose(reduced("whitening", 2), along / VARIANCES**0.5, atol=1e-5)
    assert np.allclose(reduced("half_whitening", 2), along / VARIANCES**0.25, atol=1e-5)


def test_reduced_for_cosine_all_vectors_have_length_1() -> None:
    vectors = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
    for kind in ("pca", "half_whitening", "whitening", "random_projection"):
        found = reduced(kind, 4, "cosine", vectors)
        assert found.dtype == np.float32
        assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
        # And how long they were has no say.
        longer = vectors * np.arange(1, 51, dtype=np.float32)[:, None]
        assert np.allclose(reduced(kind, 4, "cosine", longer), found, atol=1e-4)


@pytest.mark.parametrize("shape", [(60, 12), (12, 60)], ids=["tall", "wide"])
@pytest.mark.parametrize("whiten", [False, True])
def test_pca_is_that_of_scikit_learn(shape: tuple[int, int], whiten: bool) -> None:
    vectors = np.random.default_rng(1).normal(size=shape) * np.arange(1, shape[1] + 1)
    vectors = vectors.astype(np.float32)
    theirs = PCA(5, whiten=whiten, svd_solver="full")
    expected = theirs.fit_transform(vectors.astype(np.float64))
    found = reduced("whitening" if whiten else "pca", 5, vectors=vectors)
    signs = np.sign((found * expected).sum(axis=0))
    assert np.allclose(found, expected * signs, rtol=1e-4, atol=1e-4)
    assert np.allclose(spectrum(vectors).variances[:5], theirs.explained_variance_)


def test_a_whole_pca_keeps_all_euclidean_distances() -> None:
    vectors = np.random.default_rng(2).normal(size=(40, 6)).astype(np.float32)
    before, after = (
        distances(v, v, "euclidean") for v in (vectors, reduced("pca", 6, vectors=vectors))
    )
    assert np.allclose(before, after, atol=1e-4)


def test_a_random_projection_keeps_distances_about_and_is_the_same_each_time() -> None:
    vectors = np.random.default_rng(3).normal(size=(30, 2000)).astype(np.float32)
    found = reduced("random_projection", 1000, vectors=vectors)
    assert np.array_equal(found, reduced("random_projection", 1000, vectors=vectors))
    apart = ~np.eye(30, dtype=bool)
    ratio = (
        distances(found, found, "euclidean")[apart]
        / distances(vectors, vectors, "euclidean")[apart]
    )
    # Four standard deviations: a squared distance is off by √(2/1000).
    assert np.abs(ratio - 1).max() < 0.1


def test_queries_have_no_say_in_the_fit() -> None:
    fit = Reducer(CROSS).fitted(Reduction("pca", 1), "euclidean")
    assert np.allclose(fit(np.float32([[7, 1]])), 0, atol=1e-6)
    assert np.allclose(fit(np.float32([[7 + 6, 1 + 8]])), 10, atol=1e-5)


def test_what_cannot_be_is_said() -> None:
    reducer = Reducer(CROSS)
    with pytest.raises(BadParameter, match="pca:3: the vectors have 2 components only"):
        reducer.fitted(Reduction("pca", 3), "euclidean")
    with pytest.raises(BadParameter, match="4 vectors span 3 directions at most"):
        Reducer(np.ones((4, 9), np.float32)).fitted(Reduction("pca", 4), "euclidean")
    with pytest.raises(BadParameter, match="vary in 0 directions only"):
        Reducer(np.ones((4, 9), np.float32)).fitted(Reduction("half_whitening", 1), "euclidean")
    line = np.outer(np.arange(9), [1, 2, 3]).astype(np.float32)
    with pytest.raises(BadParameter, match="vary in 1 directions only"):
        Reducer(line).fitted(Reduction("whitening", 2), "euclidean")
    with pytest.raises(BadParameter, match="by cosine or euclidean, not chi2"):
        reducer.fitted(Reduction("pca", 1), "chi2")


def test_what_is_typed() -> None:
    assert reductions("none") == ()
    assert reductions("pca:64") == (Reduction("pca", 64),)
    assert reductions(" Half-Whitening:32")[0].spec == "half_whitening:32"
    series = reductions("pca")
    assert [one.dims for one in series] == [16, 32, 64, 128, 256, 512, 1024, 2048, 4096]
    assert not any(one.is_asked for one in series)
    with pytest.raises(UnknownName, match="did you mean 'whitening'"):
        reductions("whitning:3")
    for wrong in ("pca:", "pca:0", "pca:4097", "pca:1.5", "pca:-3"):
        with pytest.raises(BadParameter, match="1 to 4096"):
            reductions(wrong)
