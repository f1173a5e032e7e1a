"""Measures by their names, and the one that is of all queries together."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra import numpy as arrays
from sklearn.metrics import average_precision_score

from lookalike.errors import BadParameter, UnknownName
from lookalike.evaluation.measures import MEASURES, measure, micro_average_precision

RANKING = np.array([False, True, False, True])


@pytest.mark.parametrize(
    ("name", "depth", "expected"),
    [
        # Of the ranking -+-+, with three relevant in all.
        ("mAP", None, (1 / 2 + 2 / 4) / 3),
        ("mAP-trapezoid", None, ((0 + 1 / 2) / 2 + (1 / 3 + 2 / 4) / 2) / 3),
        ("mAP@R", None, (1 / 2) / 3),
        ("R-precision", None, 1 / 3),
        ("P@2", 2, 1 / 2),
        ("recall@2", 2, 1 / 3),
        ("hit@1", 1, 0),
        ("hit@2", 2, 1),
        ("nDCG@2", 2, (1 / math.log2(3)) / (1 + 1 / math.log2(3))),
        ("N-S", 4, 2),
    ],
)
def test_a_measure_by_its_name(name, depth, expected):
    found = measure(name)
    assert (found.name, found.depth) == (name, depth)
    assert found.of_query(RANKING, 3) == pytest.approx(expected)


@pytest.mark.parametrize("known", MEASURES)
def test_every_measure_tells_itself_and_scores_a_perfect_ranking_with_its_largest(known):
    found = measure(known.replace("@k", "@4"))
    assert len(found.told) > 20 and "{" not in found.told
    if found.of_query:
        assert found.of_query(np.ones(4, bool), 4) == pytest.approx(found.largest)
        assert math.isnan(found.of_query(np.zeros(4, bool), 0))


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("map", "mAP"),
        (" MAP@r ", "mAP@R"),
        ("ndcg@5", "nDCG@5"),
        ("p@010", "P@10"),
        ("precision@10", "P@10"),
        ("uAP", "µAP"),
        ("µAP", "µAP"),  # the micro sign
        ("μap", "µAP"),  # the Greek letter
    ],
)
def test_names_are_read_as_people_type_them(typed, name):
    assert measure(typed).name == name


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        ("recal@5", "recall@5"),
        ("hit", "hit@10"),
        ("nDCG", "nDCG@10"),
        ("mAP-trapez", "mAP-trapezoid"),
        ("P@-1", "P@1"),
        ("R-precison", "R-precision"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(typed, nearest):
    with pytest.raises(UnknownName, match=f"did you mean '{nearest}'"):
        measure(typed)


def test_a_number_of_absurd_length_is_no_name():
    with pytest.raises(UnknownName):
        measure("P@" + "9" * 5000)


def test_the_first_none_is_refused():
    with pytest.raises(BadParameter, match="k is at least 1, not 0"):
        measure("hit@0")


def test_micro_average_precision_has_no_score_of_one_query():
    assert measure("µAP").of_query is None


def test_micro_average_precision_by_hand():
    # Query 1: right at 0.1, wrong at 0.4; query 2: wrong at 0.2, right at 0.3. Each has an average
    # precision of 1 and 1/2; ranked together they are + - + -.
    distances = np.array([0.1, 0.4, 0.2, 0.3])
    right = np.array([True, False, False, True])
    assert micro_average_precision(distances, right, 2) == pytest.approx((1 + 2 / 3) / 2)
    # A third right pair exists and was not found.
    assert micro_average_precision(distances, right, 3) == pytest.approx((1 + 2 / 3) / 3)


def test_answers_at_the_same_distance_are_ranked_wrong_ones_first():
    distances = np.array([0.5, 0.5, 0.5, 0.1])
    right = np.array([True, False, True, False])
    # - - + +
    assert micro_average_precision(distances, right, 2) == pytest.approx((1 / 3 + 2 / 4) / 2)


def test_no_answers_find_nothing():
    assert micro_average_precision(np.empty(0), np.empty(0, bool), 5) == 0


@pytest.mark.parametrize(
    ("distances", "right", "total", "message"),
    [
        ([0.1, 0.2], [True], 1, "cannot have"),
        ([0.1, math.nan], [True, False], 1, "NaN"),
        ([0.1, 0.2], [True, True], 1, "2 answers of this ranking are relevant, but 1 in all"),
        ([0.1], [False], 0, "nothing is relevant"),
        ([0.1], [1], 1, "a row of booleans"),
    ],
)
def test_what_micro_average_precision_cannot_be_of(distances, right, total, message):
    with pytest.raises(BadParameter, match=message):
        micro_average_precision(np.array(distances), np.array(right), total)


pooled = some.integers(1, 40).flatmap(
    lambda n: some.tuples(
        some.permutations(range(n)).map(lambda order: np.array(order, np.float32)),
        arrays.arrays(bool, n).filter(np.any),
    )
)


@given(pooled, some.integers(0, 5))
def test_micro_average_precision_is_that_of_scikit_learn_on_pooled_pairs(pairs, missing):
    distances, right = pairs
    found = int(right.sum())
    expected = average_precision_score(right, -distances) * found / (found + missing)
    assert micro_average_precision(distances, right, found + missing) == pytest.approx(expected)


@given(pooled.map(lambda pairs: (pairs[0] // 4, pairs[1])), some.randoms())
def test_the_order_in_which_ties_are_given_does_not_matter(pairs, random):
    distances, right = pairs
    order = list(range(len(right)))
    random.shuffle(order)
    total = int(right.sum())
    assert micro_average_precision(distances, right, total) == micro_average_precision(
        distances[order], right[order], total
    )
