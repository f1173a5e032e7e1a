"""Intervals and paired tests: tiny cases in full, simulations whose truth is known."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy.stats import permutation_test

from lookalike.errors import BadParameter
from lookalike.evaluation.measures import confidence, difference, interval


def test_an_interval_lies_around_the_mean():
    found = interval([0.0, 0.5, 1.0, 0.5, 0.25, 0.75, 0.5, 0.5])
    assert found.mean == 0.5 and found.n == 8
    assert 0 < found.low < 0.5 < found.high < 1


def test_an_interval_is_as_wide_as_theory_says():
    scores = np.random.default_rng(1).beta(2, 1, 400)
    found = interval(scores)
    half = 1.96 * scores.std() / math.sqrt(400)
    assert found.low == pytest.approx(scores.mean() - half, abs=half / 8)
    assert found.high == pytest.approx(scores.mean() + half, abs=half / 8)


def test_95_percent_intervals_hold_the_true_mean_about_that_often():
    random = np.random.default_rng(2)
    truth = 2 / 3  # the mean of the beta distribution with 2 and 1
    simulated = [interval(random.beta(2, 1, 40), seed=seed) for seed in range(300)]
    held = np.mean([found.low <= truth <= found.high for found in simulated])
    assert 0.88 < held < 0.99


def test_a_higher_level_gives_a_wider_interval():
    scores = np.random.default_rng(3).random(50)
    narrow, wide = interval(scores, level=0.5), interval(scores, level=0.99)
    assert wide.low < narrow.low < narrow.high < wide.high


def test_the_same_seed_draws_the_same():
    scores = np.random.default_rng(4).random(50)
    assert interval(scores) == interval(scores, seed=0) != interval(scores, seed=1)


def test_equal_scores_have_an_interval_without_width():
    found = interval([0.25] * 10)
    assert (found.mean, found.low, found.high, found.n) == (0.25, 0.25, 0.25, 10)


def test_queries_without_a_score_are_left_out():
    assert interval([math.nan, 0.0, 1.0, math.nan, 1.0]) == interval([0.0, 1.0, 1.0])


def test_they_are_left_out_in_pairs():
    a = [0.9, math.nan, 0.7, 0.2, 0.6]
    b = [0.5, 0.1, math.nan, 0.3, 0.1]
    assert difference(a, b) == difference([0.9, 0.2, 0.6], [0.5, 0.3, 0.1])


def test_methods_with_the_same_scores_do_not_differ():
    scores = np.random.default_rng(5).random(30)
    found = difference(scores, scores)
    assert (found.mean, found.low, found.high, found.p_value, found.n) == (0, 0, 0, 1, 30)


@pytest.mark.parametrize(
    ("differences", "p_value"),
    [
        ([1], 2 / 2),  # 1, −1: both as far from 0
        ([1, 2], 2 / 4),  # of the sums ±3, ±1 two are
        ([1, 2, 4], 2 / 8),  # all of them differ: ±7
        ([1, 1, -1], 8 / 8),  # the sum is 1: every one of ±1 ±1 ±1 is odd
        ([1, 2, -1], 6 / 8),  # the sum is 2; the others are 4, 2, 0 and their opposites
        ([3, 0, 1, 0], 2 / 4),  # zeros change nothing: ±4, ±2
        ([1] * 3 + [0] * 40, 2 / 8),
        ([1] * 5, 2 / 32),
        ([1] * 13, 2 / 8192),
    ],
)
def test_few_differences_are_flipped_in_all_ways(differences, p_value):
    assert difference(differences, np.zeros(len(differences))).p_value == p_value


@given(some.lists(some.integers(-9, 9), min_size=1, max_size=9))
def test_sums_that_differ_only_by_rounding_are_as_far(tenths):
    """0.1 + 0.2 is not 0.3 in floating point, but whole numbers add up exactly."""
    whole = np.array(tenths, float)
    assert difference(whole / 10, 0 * whole).p_value == difference(whole, 0 * whole).p_value


def test_exact_and_drawn_flips_agree():
    differences = np.random.default_rng(6).normal(0.3, 1, confidence._EXACT + 1)
    signs = np.array(list(itertools.product([1, -1], repeat=len(differences))))
    expected = np.mean(np.abs(signs @ differences) >= abs(differences.sum()) - 1e-9)
    assert 0.05 < expected < 0.95
    assert difference(differences, 0 * differences).p_value == pytest.approx(expected, abs=0.02)


def test_the_p_value_is_that_of_scipy():
    random = np.random.default_rng(7)
    a, b = random.random((2, 11))
    expected = permutation_test((a, b), lambda x, y: (x - y).mean(), permutation_type="samples")
    assert difference(a, b).p_value == pytest.approx(expected.pvalue)


@pytest.mark.parametrize("queries", [8, 60])
def test_swapping_the_methods_mirrors_the_difference(queries):
    a, b = np.random.default_rng(8).random((2, queries))
    one, other = difference(a, b), difference(b, a)
    assert (one.mean, one.p_value, one.n) == (-other.mean, other.p_value, other.n)
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))


def test_a_clear_difference_has_the_smallest_p_value_that_the_flips_allow():
    a = np.random.default_rng(9).uniform(0.6, 0.9, 200)
    found = difference(a, a - 0.1)
    assert found.p_value == 1 / (confidence._FLIPS + 1)
    assert found.mean == pytest.approx(0.1) and found.low > 0


def test_methods_that_are_interchangeable_rarely_look_different():
    random = np.random.default_rng(10)
    p_values = [difference(*random.random((2, 20)), seed=seed).p_value for seed in range(200)]
    assert 0.01 < np.mean(np.array(p_values) <= 0.05) < 0.1
    assert 0.35 < np.mean(np.array(p_values) <= 0.5) < 0.65


def test_more_queries_than_fit_into_a_block(monkeypatch):
    a, b = np.random.default_rng(11).random((2, 300))
    whole = interval(a), difference(a, b)
    monkeypatch.setattr(confidence, "_CELLS", 100)
    apart = interval(a), difference(a, b)
    assert apart[0].low == pytest.approx(whole[0].low, abs=0.005)
    assert apart[1].p_value == pytest.approx(whole[1].p_value, abs=0.02)


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ([], "no query has a score"),
        ([math.nan], "no query has a score"),
        ([0.5, math.inf], "infinite"),
        ([[0.5]], r"not \(1, 1\)"),
    ],
)
def test_scores_that_have_no_mean_are_refused(scores, message):
    with pytest.raises(BadParameter, match=message):
        interval(scores)


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_is_a_share(level):
    with pytest.raises(BadParameter, match="level lies between 0 and 1"):
        interval([0.5, 0.6], level=level)


def test_only_scores_of_the_same_queries_are_compared():
    with pytest.raises(BadParameter, match="2 scores cannot be paired with 3"):
        difference([0.1, 0.2], [0.1, 0.2, 0.3])
