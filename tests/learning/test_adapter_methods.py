"""The maths of each method, against definitions and against others' work."""

import numpy as np
import pytest

from lookalike.learning.adapter.groups import Groups
from lookalike.learning.adapter.judged import Judged
from lookalike.learning.adapter.methods import contrastive, discriminants, whitening
from lookalike.learning.adapter.methods.contrastive import loss
from lookalike.learning.adapter.methods.discriminants import _leading, quieted
from lookalike.learning.adapter.training import Training, shrunk
from lookalike.metrics import unit


def training(metric="euclidean", dims=None, count=120, dim=6, groups=4) -> Training:
    random = np.random.default_rng(0)
    group = np.arange(count) % groups
    vectors = random.standard_normal((count, dim)) * np.arange(1, dim + 1)
    vectors += random.standard_normal((groups, dim))[group] * 3
    told = Groups(np.arange(count), group)
    vectors = vectors.astype(np.float32)
    vectors = unit(vectors) if metric == "cosine" else vectors
    return Training(vectors, np.arange(count), told, metric, dims or dim)


def test_shrinking_keeps_the_sum_of_the_variances():
    assert shrunk(np.array([6.0, 2, 1, 0, 0]), 0.5, 5) == pytest.approx([3.9, 1.9, 1.4, 0.9, 0.9])
    assert shrunk(np.zeros(3), 0.5, 3) == pytest.approx([1, 1, 1])


def test_whitening_is_what_its_formula_says():
    given = training()
    found = {tuple(settings.values()): linear for settings, linear in whitening(given)}
    covariance = np.cov(given.vectors.astype(np.float64).T)
    mixed = 0.7 * covariance + 0.3 * np.trace(covariance) / 6 * np.eye(6)
    out = found[0.5, 0.3](given.vectors).astype(np.float64)
    back = found[0.5, 0.3].axes
    assert np.cov(out.T) == pytest.approx(back.T @ covariance @ back, abs=1e-5)
    assert back.T @ mixed @ back == pytest.approx(np.eye(6), abs=1e-9)
    assert out.mean(axis=0) == pytest.approx(np.zeros(6), abs=1e-5)
    half = found[0.25, 0.3].axes
    assert np.linalg.norm(half, axis=0) == pytest.approx(np.linalg.norm(back, axis=0) ** 0.5)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_fewest_dimensions_are_those_of_the_discriminant_analysis_of_scikit_learn(metric):
    sklearn = pytest.importorskip("sklearn.discriminant_analysis")
    given = training(metric, dims=3)
    variances, axes = given.within
    ours = given.vectors @ _leading(given, axes * quieted(variances, 0.0, 0.5))
    theirs = sklearn.LinearDiscriminantAnalysis(solver="eigen").fit(
        given.vectors.astype(np.float64), given.told.group
    )
    theirs = theirs.transform(given.vectors)
    for mine, other in zip(ours.T, theirs.T, strict=True):
        assert abs(np.corrcoef(mine, other)[0, 1]) == pytest.approx(1, abs=1e-6)
    apart = [np.linalg.norm(out[:, None] - out, axis=2) for out in (ours, theirs)]
    # Theirs divides the scatter by the number of pictures, not by its degrees of freedom.
    assert apart[0] == pytest.approx(apart[1] * np.sqrt(116 / 120), rel=1e-4, abs=1e-4)


def test_discriminants_make_what_is_alike_vary_the_same_in_all_directions():
    given = training()
    found = {tuple(settings.values()): linear for settings, linear in discriminants(given)}
    axes, within = found[0.5, 0.1].axes, given.told.within(given.vectors)
    mixed = 0.9 * within + 0.1 * np.trace(within) / 6 * np.eye(6)
    assert axes.T @ mixed @ axes == pytest.approx(np.eye(6), abs=1e-9)


def test_where_nothing_alike_varies_vectors_stay_as_they_are():
    vectors = np.repeat(np.eye(4, dtype=np.float32), 3, axis=0)
    told = Groups(np.arange(12), np.repeat(np.arange(4), 3))
    for _, linear in discriminants(Training(vectors, np.arange(12), told, "euclidean", 4)):
        out = linear(vectors)
        assert np.linalg.norm(out[0] - out[3]) == pytest.approx(np.sqrt(2))


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("kind", ["groups", "judged"])
def test_the_gradient_is_that_of_finite_differences(metric, kind):
    random = np.random.default_rng(1)
    inputs = random.standard_normal((14, 5))
    if kind == "groups":
        told = Groups(np.arange(14), np.array([0, 0, 0, 1, 1, 2, 2, 2, 2, 3, 4, 4, 5, 5]))
    else:
        asked, found = random.integers(0, 7, 40), random.integers(4, 14, 40)
        pairs = np.unique(np.stack([asked, found])[:, asked != found], axis=1)
        same = random.random(pairs.shape[1]) < 0.5
        told = Judged(*pairs, same, np.stack([pairs[0], pairs[0]], axis=1))
    batch = next(told.batches(random))
    matrix = np.eye(5) + 0.3 * random.standard_normal((5, 5))

    def at(changed):
        return loss(changed, inputs, np.arange(14), batch, 0.4, metric)

    value, slope = at(matrix)
    assert value > 0.1
    for place in np.ndindex(5, 5):
        step = np.zeros((5, 5))
        step[place] = 1e-6
        numeric = (at(matrix + step)[0] - at(matrix - step)[0]) / 2e-6
        assert slope[place] == pytest.approx(numeric, rel=1e-5, abs=1e-7)


def test_the_loss_is_that_of_the_paper():
    # One question with a right answer at cosine 0.6 and a wrong one at 0: by hand.
    inputs = np.array([[1.0, 0], [0.6, 0.8], [0, 1]])
    told = Judged(
        np.array([0, 0]), np.array([1, 2]), np.array([True, False]), np.zeros((2, 2), np.int64)
    )
    batch = next(told.batches(np.random.default_rng(0)))
    value, _ = loss(np.eye(2), inputs, np.arange(3), batch, 0.5, "cosine")
    assert value == pytest.approx(np.log(1 + np.exp(-1.2)))


def test_a_question_without_a_wrong_answer_teaches_nothing():
    told = Groups(np.arange(4), np.zeros(4, np.int64))
    batch = next(told.batches(np.random.default_rng(0)))
    value, slope = loss(np.eye(2), np.ones((4, 2)), np.arange(4), batch, 0.5, "cosine")
    assert value == 0 and not slope.any()


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_contrastive_steps_lessen_the_loss_and_stay_near(metric):
    given = training(metric)
    start = given.linear(np.eye(6))
    before = start(given.vectors)
    batch = next(given.told.batches(np.random.default_rng(5)))
    rows = np.arange(len(before))
    scale = np.sqrt(np.square(before.astype(np.float64)).sum(1).mean())
    fits = list(contrastive(given, start))
    assert [settings["steps"] for settings, _ in fits] == [20, 40, 80, 160, 320]
    losses = [
        loss(np.eye(6), made(given.vectors) / scale, rows, batch, 0.15, metric)[0]
        for _, made in [({}, start), *fits]
    ]
    assert losses[-1] < losses[1] < losses[0]
    assert np.linalg.norm(fits[1][1].axes - np.eye(6)) < 0.3


def test_fitting_twice_gives_the_same():
    given = training("cosine")
    first, second = (
        [linear.axes for _, linear in contrastive(given, given.linear(np.eye(6)))] for _ in "ab"
    )
    assert all(np.array_equal(one, other) for one, other in zip(first, second, strict=True))
