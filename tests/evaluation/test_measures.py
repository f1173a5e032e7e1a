"""Measures, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from lookalike.errors import BadParameter
from lookalike.evaluation import average_precision, precision_at_k


def row(marks: str) -> np.ndarray:
    return np.array([mark == "+" for mark in marks])


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


def test_average_precision_needs_a_relevant_answer():
    with pytest.raises(BadParameter, match="leave it out"):
        average_precision(row("---"))


@pytest.mark.parametrize(
    ("marks", "k", "expected"),
    [("+-+-", 1, 1), ("+-+-", 2, 1 / 2), ("+-+-", 3, 2 / 3), ("++", 10, 0.2), ("--", 5, 0)],
)
def test_precision_at_k_by_hand(marks, k, expected):
    assert precision_at_k(row(marks), k) == pytest.approx(expected)


def test_precision_at_nothing_is_refused():
    with pytest.raises(BadParameter, match="k is at least 1, not 0"):
        precision_at_k(row("+"), 0)


@pytest.mark.parametrize("wrong", [np.array([0, 1]), np.zeros((2, 3), bool), np.array(True)])
def test_anything_but_a_row_of_booleans_is_refused(wrong):
    with pytest.raises(BadParameter, match="a row of booleans"):
        average_precision(wrong)
