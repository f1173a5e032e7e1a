"""Scores of one ranking: worked out by hand, against scikit-learn, and what always holds."""

from __future__ import annotations

from math import log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from sklearn.metrics import average_precision_score, ndcg_score

from lookalike.errors import BadParameter
from lookalike.evaluation.measures import (
    average_precision,
    average_precision_at_r,
    hit_at_k,
    ndcg_at_k,
    ns_score,
    precision_at_k,
    r_precision,
    recall_at_k,
    trapezoidal_average_precision,
)


def row(marks: str) -> np.ndarray:
    return np.array([mark == "+" for mark in marks], bool)


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ("+", 1),
        ("++--", 1),
        ("-+", 1 / 2),
        ("+-+", (1 / 1 + 2 / 3) / 2),
        ("--+-+", (1 / 3 + 2 / 5) / 2),
        ("-+++", (1 / 2 + 2 / 3 + 3 / 4) / 3),
    ],
)
def test_average_precision_by_hand(marks, expected):
    assert average_precision(row(marks)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("marks", "total", "expected"),
    [
        ("+-+", 3, (1 / 1 + 2 / 3 + 0) / 3),
        ("+", 4, 1 / 4),
        ("---", 2, 0),
        ("", 2, 0),
    ],
)
def test_what_a_cut_ranking_lacks_counts_as_never_found(marks, total, expected):
    assert average_precision(row(marks), total) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("marks", "total", "expected"),
    [
        # From (recall 0, precision 1) to (1, 1): a rectangle.
        ("+", 1, 1),
        ("++--", 2, 1),
        # One step of 1; the precision goes from 0/1 at rank 1 to 1/2 at rank 2.
        ("-+", 1, (0 / 1 + 1 / 2) / 2),
        # Steps of 1/2: 1 → 1/1, then 1/2 at rank 2 → 2/3 at rank 3.
        ("+-+", 2, (1 + 1) / 2 / 2 + (1 / 2 + 2 / 3) / 2 / 2),
        # Steps of 1/3: 1 → 1, 1/1 → 2/2, 2/4 at rank 4 → 3/5 at rank 5.
        ("++--+", 3, 1 / 3 + 1 / 3 + (2 / 4 + 3 / 5) / 2 / 3),
        # Steps of 1/4, of which the last two are never made.
        ("-+-+", 4, (0 / 1 + 1 / 2) / 2 / 4 + (1 / 3 + 2 / 4) / 2 / 4),
        ("--", 1, 0),
    ],
)
def test_trapezoidal_average_precision_by_hand(marks, total, expected):
    assert trapezoidal_average_precision(row(marks), total) == pytest.approx(expected)


# The toy example of "A Metric Learning Reality Check": ten answers, ten relevant pictures. All four
# have a Recall@1 of 1; how they differ shows in the others.
@pytest.mark.parametrize(
    ("marks", "precision", "map_at_r"),
    [
        ("+---------", 0.10, 0.10),
        ("+--------+", 0.20, 0.12),  # (1/1 + 2/10) / 10
        ("++--------", 0.20, 0.20),
        ("++++++++++", 1.00, 1.00),
    ],
)
def test_the_example_of_the_reality_check(marks, precision, map_at_r):
    assert hit_at_k(row(marks), 1) == 1
    assert r_precision(row(marks), 10) == pytest.approx(precision)
    assert average_precision_at_r(row(marks), 10) == pytest.approx(map_at_r)


@pytest.mark.parametrize(
    ("marks", "total", "precision", "map_at_r"),
    [
        # R = 2: what comes third is not looked at.
        ("+-+", None, 1 / 2, (1 / 1) / 2),
        ("-++", None, 1 / 2, (1 / 2) / 2),
        ("--++", None, 0, 0),
        # R = 3, of a ranking cut off after two.
        ("-+", 3, 1 / 3, (1 / 2) / 3),
    ],
)
def test_r_precision_and_map_at_r_by_hand(marks, total, precision, map_at_r):
    assert r_precision(row(marks), total) == pytest.approx(precision)
    assert average_precision_at_r(row(marks), total) == pytest.approx(map_at_r)


@pytest.mark.parametrize(
    ("marks", "k", "expected"),
    [("+-+-", 1, 1), ("+-+-", 2, 1 / 2), ("+-+-", 3, 2 / 3), ("++", 10, 0.2), ("--", 5, 0)],
)
def test_precision_at_k_by_hand(marks, k, expected):
    assert precision_at_k(row(marks), k) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("marks", "k", "total", "recall", "hit"),
    [
        ("-+-+", 1, None, 0 / 2, 0),
        ("-+-+", 2, None, 1 / 2, 1),
        ("-+-+", 9, None, 2 / 2, 1),
        ("-+-+", 2, 5, 1 / 5, 1),
        ("-+-+", 4, 5, 2 / 5, 1),
    ],
)
def test_recall_is_a_share_and_a_hit_is_any(marks, k, total, recall, hit):
    assert recall_at_k(row(marks), k, total) == pytest.approx(recall)
    assert hit_at_k(row(marks), k) == hit


@pytest.mark.parametrize(
    ("marks", "k", "total", "expected"),
    [
        ("+", 1, None, 1),
        ("++-", 3, None, 1),
        # Ranks 1, 2, 3 gain 1, 1 / log2(3), 1 / 2.
        ("+-+", 3, None, (1 + 1 / 2) / (1 + 1 / log2(3))),
        ("+-+", 2, None, 1 / (1 + 1 / log2(3))),
        ("-+", 2, 3, (1 / log2(3)) / (1 + 1 / log2(3))),
        ("-+", 3, 9, (1 / log2(3)) / (1 + 1 / log2(3) + 1 / 2)),
        ("--", 2, 1, 0),
    ],
)
def test_ndcg_by_hand(marks, k, total, expected):
    assert ndcg_at_k(row(marks), k, total) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("marks", "expected"),
    [("++++", 4), ("+--+++", 2), ("-----", 0), ("-+-+", 2), ("++", 2), ("+++++", 4)],
)
def test_the_score_of_ukbench_counts_the_first_four(marks, expected):
    assert ns_score(row(marks)) == expected


WITH_TOTAL = [
    average_precision,
    trapezoidal_average_precision,
    average_precision_at_r,
    r_precision,
    lambda relevant, total=None: recall_at_k(relevant, 2, total),
    lambda relevant, total=None: ndcg_at_k(relevant, 2, total),
]


@pytest.mark.parametrize("score", WITH_TOTAL)
def test_where_nothing_is_relevant_there_is_no_such_score(score):
    with pytest.raises(BadParameter, match="leave it out"):
        score(row("---"))
    with pytest.raises(BadParameter, match="leave it out"):
        score(row("---"), 0)


@pytest.mark.parametrize("score", WITH_TOTAL)
def test_more_in_the_ranking_than_in_all_is_refused(score):
    with pytest.raises(BadParameter, match="3 answers of this ranking are relevant, but 2 in all"):
        score(row("+-++"), 2)


@pytest.mark.parametrize("score", [precision_at_k, recall_at_k, hit_at_k, ndcg_at_k])
def test_a_score_of_the_first_none_is_refused(score):
    with pytest.raises(BadParameter, match="k is at least 1, not 0"):
        score(row("+"), 0)


@pytest.mark.parametrize(
    "score", [*WITH_TOTAL, ns_score, lambda r: precision_at_k(r, 1), lambda r: hit_at_k(r, 1)]
)
@pytest.mark.parametrize("wrong", [np.array([0, 1]), np.zeros((2, 3), bool), np.array(True)])
def test_anything_but_a_row_of_booleans_is_refused(score, wrong):
    with pytest.raises(BadParameter, match="a row of booleans"):
        score(wrong)


rankings = some.lists(some.booleans(), min_size=1, max_size=30).map(lambda r: np.array(r, bool))
ks = some.integers(1, 40)


def all_scores(k: int) -> dict[str, tuple]:
    """Return of each score how it is computed of a ranking and a total, and the most it can be."""
    return {
        "AP": (average_precision, 1),
        "trapezoidal AP": (trapezoidal_average_precision, 1),
        "AP@R": (average_precision_at_r, 1),
        "R-precision": (r_precision, 1),
        "precision": (lambda relevant, total: precision_at_k(relevant, k), min(k, 30) / k),
        "recall": (lambda relevant, total: recall_at_k(relevant, k, total), 1),
        "hit": (lambda relevant, total: hit_at_k(relevant, k), 1),
        "nDCG": (lambda relevant, total: ndcg_at_k(relevant, k, total), 1),
        "N-S": (lambda relevant, total: ns_score(relevant), 4),
    }


@given(rankings, ks, some.integers(0, 5))
def test_scores_stay_in_their_bounds(relevant, k, beyond):
    total = max(1, int(relevant.sum()) + beyond)
    for name, (score, most) in all_scores(k).items():
        assert 0 <= score(relevant, total) <= most + 1e-12, name


@given(some.integers(1, 10), some.integers(0, 10), ks)
def test_nothing_beats_a_ranking_with_all_relevant_answers_first(right, wrong, k):
    relevant = np.arange(right + wrong) < right
    expected = dict.fromkeys(all_scores(k), 1.0) | {
        "precision": min(right, k) / k,
        "recall": min(right, k) / right,
        "N-S": min(right, 4),
    }
    for name, (score, _) in all_scores(k).items():
        assert score(relevant, right) == pytest.approx(expected[name]), name


@given(rankings, ks, some.integers(0, 5))
def test_a_wrong_answer_in_front_never_raises_a_score(relevant, k, beyond):
    total = max(1, int(relevant.sum()) + beyond)
    behind = np.concatenate([[False], relevant])
    for name, (score, _) in all_scores(k).items():
        assert score(behind, total) <= score(relevant, total) + 1e-12, name


@given(rankings, some.integers(0, 30), ks)
def test_a_cut_lowers_a_score_or_leaves_it(relevant, depth, k):
    total = max(1, int(relevant.sum()))
    for name, (score, _) in all_scores(k).items():
        assert score(relevant[:depth], total) <= score(relevant, total) + 1e-12, name


@given(rankings.filter(np.any))
def test_trapezoids_never_hold_more_than_plain_average_precision(relevant):
    assert trapezoidal_average_precision(relevant) <= average_precision(relevant) + 1e-12


@given(rankings.filter(np.any))
def test_trapezoids_as_the_oxford_program_adds_them(relevant):
    """It goes through all ranks, not only those of relevant answers, and adds what recall gains."""
    recall, precision, area = 0.0, 1.0, 0.0
    for rank in range(1, len(relevant) + 1):
        found = relevant[:rank].sum()
        area += (found / relevant.sum() - recall) * (precision + found / rank) / 2
        recall, precision = found / relevant.sum(), found / rank
    assert trapezoidal_average_precision(relevant) == pytest.approx(area)


@given(rankings.filter(np.any))
def test_average_precision_is_that_of_scikit_learn(relevant):
    expected = average_precision_score(relevant, -np.arange(len(relevant)))
    assert average_precision(relevant) == pytest.approx(expected)


@given(rankings.filter(lambda relevant: relevant.any() and len(relevant) > 1), ks)
def test_ndcg_is_that_of_scikit_learn(relevant, k):
    expected = ndcg_score(relevant[None].astype(int), -np.arange(len(relevant))[None], k=k)
    assert ndcg_at_k(relevant, k) == pytest.approx(expected)


@given(rankings.filter(np.any))
def test_at_rank_r_precision_is_recall(relevant):
    r = int(relevant.sum())
    assert r_precision(relevant) == pytest.approx(recall_at_k(relevant, r))
