"""What every stage promises, whatever it was fitted to."""

from __future__ import annotations

import numpy as np
import pytest

from lookalike.errors import BadParameter, UnknownName
from lookalike.stages import Linear, Stage, chain, packed, unpacked
from lookalike.stages.fitting import fitted
from lookalike.stages.keeping import KINDS

DIM = 12
RANDOM = np.random.default_rng(3)
# Some directions vary more than others, one not at all.
VECTORS = (RANDOM.normal(size=(400, DIM)) * np.linspace(0, 3, DIM) + 1).astype(np.float32)
OTHERS = (RANDOM.normal(size=(30, DIM)) * 4).astype(np.float32)

SPECS = ["pca:5", "half_whitening:5", "whitening:5", "random_projection:5", "sq8", "pq:4"]


@pytest.fixture(scope="module", params=SPECS)
def spec(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module", params=["cosine", "euclidean"])
def stage(request: pytest.FixtureRequest, spec: str) -> Stage:
    return fitted(spec, VECTORS, request.param)


def test_every_kind_is_asked() -> None:
    assert {fitted(spec, VECTORS, "cosine").kind for spec in SPECS} == set(KINDS)


def test_shapes_and_types(stage: Stage, spec: str) -> None:
    found = stage(OTHERS)
    assert (stage.name, stage.takes) == (spec, DIM)
    assert found.shape == (30, stage.dim)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    assert stage(OTHERS[:0]).shape == (0, stage.dim)
    assert stage.decoded([]).shape == (0, stage.dim)


def test_a_vector_does_not_depend_on_the_batch(stage: Stage) -> None:
    alone = np.concatenate([stage(one[None]) for one in OTHERS])
    np.testing.assert_allclose(stage(OTHERS), alone, rtol=1e-5, atol=1e-6)


def test_what_is_kept_is_what_came_out(stage: Stage) -> None:
    out = stage(OTHERS)
    codes = stage.coded(out)
    assert len({len(code) for code in codes}) == 1
    np.testing.assert_allclose(stage.decoded(codes), out, rtol=1e-5, atol=1e-5)
    assert stage.coded(stage.decoded(codes)) == codes


def test_kept_as_bytes_and_made_again(stage: Stage) -> None:
    again = unpacked(stage.kind, stage.name, stage.metric, packed(stage))
    assert (again.key, again.dim, again.takes) == (stage.key, stage.dim, stage.takes)
    np.testing.assert_array_equal(again(OTHERS), stage(OTHERS))


def test_the_digest_is_of_all_that_was_fitted(stage: Stage, spec: str) -> None:
    others = {fitted(spec, VECTORS, metric).digest for metric in ("cosine", "euclidean")}
    assert len(others) == 2
    assert stage.digest in others
    # Fitted to other vectors; a random projection is not fitted to any.
    changed = fitted(spec, VECTORS[::-1] * np.float32(1.1) + 1, stage.metric).digest
    assert (changed == stage.digest) == spec.startswith("random")


def test_for_cosine_only_directions_count(spec: str) -> None:
    stage = fitted(spec, VECTORS, "cosine")
    np.testing.assert_allclose(stage(OTHERS * 7), stage(OTHERS), rtol=1e-4, atol=1e-5)


def test_neighbours_mostly_stay() -> None:
    """One byte a component is almost exact; four bytes of twelve components keep half and more."""
    whole = np.linalg.norm(VECTORS[:, None] - VECTORS, axis=2).argsort(axis=1)[:, 1:11]
    for spec, least in (("sq8", 0.97), ("pq:12", 0.8), ("pq:4", 0.5), ("pca:11", 0.99)):
        out = fitted(spec, VECTORS, "euclidean")(VECTORS)
        less = np.linalg.norm(out[:, None] - out, axis=2).argsort(axis=1)[:, 1:11]
        same = np.mean([np.isin(a, b).mean() for a, b in zip(whole, less, strict=True)])
        assert same >= least, (spec, same)


def test_bytes_by_hand() -> None:
    low, high = [0.0, -1.0], [2.55, 1.55]
    stage = fitted("sq8", np.float32([low, high]), "euclidean")
    (code,) = stage.coded(np.float32([[0.1, -0.5]]))
    assert list(code) == [10, 50]  # (0.1 − 0) / 0.01 and (−0.5 + 1) / 0.01
    np.testing.assert_allclose(stage.decoded([code]), [[0.1, -0.5]], atol=1e-6)
    # Beyond what it was fitted to there is nothing.
    np.testing.assert_allclose(stage(np.float32([[9, -9]])), [[2.55, -1.0]], atol=1e-6)
    constant = fitted("sq8", np.float32([[3, 1], [3, 2]]), "euclidean")
    np.testing.assert_allclose(constant(np.float32([[8, 1.5]])), [[3, 1.5]], atol=0.003)


def test_a_linear_one_by_hand() -> None:
    axes = np.array([[1.0, 0], [0, 2], [0, 0]])
    plain = Linear("one", "euclidean", np.array([1.0, 1, 1]), axes)
    np.testing.assert_allclose(plain(np.float32([[3, 2, 9]])), [[2, 2]])
    angular = Linear("one", "cosine", np.zeros(3), axes)
    # (3, 0, 4) / 5 → (0.6, 0) → length 1.
    np.testing.assert_allclose(angular(np.float32([[3, 0, 4]])), [[1, 0]])


def test_one_after_the_other() -> None:
    first = fitted("pca:5", VECTORS, "euclidean")
    second = fitted("sq8", first(VECTORS), "euclidean")
    np.testing.assert_array_equal(chain((first, second), OTHERS), second(first(OTHERS)))
    np.testing.assert_array_equal(chain((), OTHERS), OTHERS)


@pytest.mark.parametrize(
    ("spec", "metric", "why"),
    [
        ("pcb:5", "cosine", "did you mean"),
        ("", "cosine", "no stage"),
        ("pca", "cosine", "say how many"),
        ("pca:0", "cosine", "1 to 4096"),
        ("pca:13", "cosine", "12 components only"),
        ("pca:5", "chi2", "--metric euclidean"),
        ("sq8:3", "cosine", "takes no number"),
        ("pq", "cosine", "such as pq:32"),
        ("pq:x", "cosine", "such as pq:32"),
        ("pq:5", "cosine", "possible are 1, 2, 3, 4, 6, 12"),
        ("pq:24", "cosine", "cannot be"),
    ],
)
def test_what_does_not_fit_is_said(spec: str, metric: str, why: str) -> None:
    with pytest.raises((UnknownName, BadParameter), match=why):
        fitted(spec, VECTORS, metric)


def test_too_few_vectors() -> None:
    with pytest.raises(BadParameter, match="no vectors to learn from"):
        fitted("pca:2", VECTORS[:0], "cosine")
    with pytest.raises(BadParameter, match="take sq8"):
        fitted("pq:4", VECTORS[:255], "cosine")
    assert fitted("sq8", VECTORS[:1], "cosine")(VECTORS).shape == VECTORS.shape
