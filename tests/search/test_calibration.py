"""Distances become probabilities that come true."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lookalike.search.calibration import Calibration, fit

GRID = np.linspace(0, 3, 301)


def truth(distances: np.ndarray) -> np.ndarray:
    """How probably an answer is right, in a world made up here."""
    return 1 / (1 + np.exp(6 * (distances - 1)))


def world(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    distances = rng.uniform(0, 2.5, count)
    return distances, rng.random(count) < truth(distances), np.ones(count)


def test_a_known_probability_is_found_again() -> None:
    made = fit(*world(20_000, 0), vectors=100)
    inside = GRID[(GRID > 0.05) & (GRID < 2.4)]
    assert np.abs(made.probability(inside) - truth(inside)).max() < 0.06
    assert np.abs(made.probability(inside) - truth(inside)).mean() < 0.015


def test_what_it_says_comes_true_on_answers_it_was_not_fitted_on() -> None:
    made = fit(*world(5_000, 1), vectors=100)
    distances, right, _ = world(50_000, 2)
    said = made.probability(distances)
    place = np.minimum((said * 10).astype(int), 9)
    apart = np.bincount(place, said - right, 10)
    assert np.abs(apart).sum() / len(said) < 0.02


def test_a_curve_worked_out_by_hand() -> None:
    # One right at 1, one wrong at 2, and what is imagined: two wrong ones at 0 make 1/3 of the
    # first, half a right one beyond makes 1/3 of the last; equal neighbours are one block.
    made = fit([1.0, 2.0], [True, False], [1.0, 1.0], vectors=7, imagined=2.0)
    assert made.probabilities == pytest.approx((1 / 3, 1 / 3))
    assert made.distances == (1.0, 2.0)
    # Two right at 1, two wrong at 3: 2/3 and 0.5/2.5; halfway between them the mean of both.
    made = fit([1, 1, 3, 3], [True, True, False, False], np.ones(4), vectors=7, imagined=1.0)
    assert made.probabilities == pytest.approx((2 / 3, 0.2))
    assert made.probability([0, 1, 2, 3, 9]) == pytest.approx([2 / 3, 2 / 3, 13 / 30, 0.2, 0.2])


def test_perfectly_separated_distances() -> None:
    distances = np.r_[np.linspace(0.1, 0.5, 500), np.linspace(1.0, 2.0, 5000)]
    made = fit(distances, distances < 0.7, np.ones(len(distances)), vectors=100)
    assert made.probability(0.4) > 0.99
    assert made.probability(1.2) < 0.01
    assert 0.5 < made.distance(0.5) < 1.0


def test_distances_that_tell_nothing() -> None:
    rng = np.random.default_rng(0)
    made = fit(rng.uniform(0, 1, 4000), rng.random(4000) < 0.1, np.ones(4000), vectors=100)
    middle = made.probability(np.linspace(0.05, 0.95, 50))
    assert np.abs(middle - 0.1).max() < 0.06
    same = fit(np.full(50, 0.3), np.arange(50) < 10, np.ones(50), vectors=100)
    assert same.probability([0, 0.3, 5]) == pytest.approx([10.5 / 51.5] * 3)


def test_weights_count_like_answers() -> None:
    distances, right = [0.5, 1, 1, 1, 2], [True, True, False, False, False]
    twice = fit([0.5, 1, 1, 2], [True, True, False, False], [1, 1, 2, 1], vectors=9)
    assert fit(distances, right, np.ones(5), vectors=9) == twice


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(st.floats(0, 1e6, width=32), st.booleans(), st.floats(0.01, 10)),
        min_size=1,
        max_size=40,
    ),
    st.integers(1, 10_000),
)
def test_nearer_is_never_less_probable_and_nothing_is_certain(answers: list, now: int) -> None:
    distances, right, weights = zip(*answers, strict=True)
    made = fit(distances, right, weights, vectors=100)
    asked = np.unique([0, *distances, *np.mean([distances, distances[::-1]], axis=0), 2e6])
    for vectors in (None, now):
        said = made.probability(asked, vectors)
        assert (np.diff(said) <= 1e-12).all()
        assert said.min() > 0 and said.max() < 1
        for wanted in (0.05, 0.5, 0.95):
            limit = made.distance(wanted, vectors)
            enough = asked[said >= wanted]
            assert (limit is None) == (said[0] < wanted)
            assert limit is None or enough.max() <= limit * (1 + 1e-6) + 1e-9
            assert limit is None or made.probability(min(limit, 2e6), vectors) >= wanted - 1e-6


def test_in_a_gallery_that_has_doubled_the_odds_are_halved() -> None:
    made = Calibration((1.0, 2.0), (0.8, 0.2), vectors=100)
    assert made.probability([1, 2], vectors=200) == pytest.approx([2 / 3, 1 / 9])
    assert made.probability([1, 2], vectors=50) == pytest.approx([8 / 9, 1 / 3])
    assert made.distance(0.5) == pytest.approx(1.5)
    assert made.distance(2 / 3, vectors=200) == pytest.approx(1.0)
    assert made.distance(0.7, vectors=200) is None
    assert made.distance(0.1) == np.inf


def test_it_survives_being_written() -> None:
    made = fit(*world(300, 3), vectors=42)
    assert Calibration.from_dict(made.as_dict()) == made
