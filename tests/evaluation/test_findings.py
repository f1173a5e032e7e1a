"""What the numbers say, and what they do not."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lookalike.evaluation.grid.result import Lengths
from lookalike.evaluation.report.findings import (
    DIMENSIONS,
    DISTANCE,
    FEATURES,
    FITTED,
    SPEED,
    findings,
)

_spec = importlib.util.spec_from_file_location("made", Path(__file__).with_name("made.py"))
made = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made)

RANDOM = np.random.default_rng(0)
SCORES = RANDOM.uniform(0.3, 0.7, 200)
NOISE = RANDOM.normal(0, 0.05, 200)
NOISE -= NOISE.mean()


def said(about: str, *rows, lengths=None) -> list[str]:
    found = findings(made.evaluation(*rows, lengths=lengths))
    texts = [one.text for one in found if one.about == about]
    if about == DIMENSIONS:
        assert texts.pop() == FITTED
    return texts


def test_the_best_is_named_with_how_much_it_is_better() -> None:
    (text,) = said(
        FEATURES,
        made.row("worse", SCORES),
        made.row("better", SCORES + 0.1 + NOISE),
        made.row("worst", SCORES - 0.2),
    )
    assert text.startswith("The best is better by cosine distance: mAP 6")
    assert "10.0 ± 0.7 points more than the next, worse (mAP " in text


def test_where_it_may_be_chance_no_difference_is_claimed() -> None:
    (text,) = said(FEATURES, made.row("one", SCORES), made.row("other", SCORES + 0.002 + NOISE))
    assert text.startswith("other by cosine distance: mAP ")
    assert "no difference to speak of between them (0.2 ± 0.7 points)" in text


def test_one_descriptor_is_compared_with_nothing() -> None:
    (text,) = said(FEATURES, made.row("one", SCORES))
    assert text.endswith("No other descriptor was measured.")


def test_cosine_against_euclidean() -> None:
    def by(cosine, euclidean, **more):
        rows = made.row("d", cosine), made.row("d", euclidean, metric="euclidean")
        return said(DISTANCE, *rows, **more)

    assert by(SCORES + 0.031 + NOISE, SCORES) == [
        "Cosine beats Euclidean distance by 3.1 ± 0.7 points for d."
    ]
    assert by(SCORES, SCORES + 0.031 + NOISE) == [
        "Euclidean distance beats cosine by 3.1 ± 0.7 points for d."
    ]
    assert by(SCORES, SCORES + NOISE) == [
        "For d cosine or Euclidean: no difference to speak of (0.0 ± 0.7 points)."
    ]
    # Said of the lengths of the vectors, though the scores differ.
    (text,) = by(SCORES + 0.1, SCORES, lengths={("made", "d"): Lengths(1.0, 1.000001)})
    assert text.startswith("For d cosine and Euclidean distance rank the same: its vectors all")
    (text,) = by(SCORES + 0.1, SCORES, lengths={("made", "d"): Lengths(0.9, 1.1)})
    assert text.startswith("Cosine beats")


def test_those_that_rank_the_same_are_told_in_one_sentence() -> None:
    lengths = {("made", name): Lengths(1.0, 1.0) for name in "abc"}
    (text,) = said(DISTANCE, *(made.row(name, SCORES) for name in "abc"), lengths=lengths)
    assert text.startswith(
        "For a, b and c cosine and Euclidean distance rank the same: the vectors"
    )


def test_vectors_of_one_length_are_told_by_their_lengths() -> None:
    assert Lengths(3.0, 3.0).are_equal
    assert not Lengths(0.0, 0.0).are_equal
    assert not Lengths(0.999, 1.0).are_equal


def test_a_further_metric() -> None:
    rows = made.row("d", SCORES), made.row("d", SCORES + 0.05 + NOISE, metric="chi2")
    assert said(DISTANCE, *rows) == ["For d chi2 beats cosine by 5.0 ± 0.7 points."]
    rows = made.row("d", SCORES), made.row("d", SCORES - 0.05 + NOISE, metric="chi2")
    assert said(DISTANCE, *rows) == ["For d chi2 loses to cosine by 5.0 ± 0.7 points."]


def test_the_fewest_dimensions_that_surely_lose_no_more_than_a_point() -> None:
    quiet = NOISE / 10
    rows = [
        made.row("d", SCORES),
        made.row("d", SCORES - 0.05 + quiet, reduction="pca:8", dims=8),
        made.row("d", SCORES - 0.002 + quiet, reduction="pca:16", dims=16),
        made.row("d", SCORES + quiet, reduction="pca:32", dims=32),
    ]
    assert said(DIMENSIONS, *rows) == [
        "d, cosine: PCA to 16 of 64 dimensions loses no more than 1 point; it costs 0.2 ± 0.1 "
        "points."
    ]
    # Of a loss of 0.5 ± 0.7 points it is not certain that it is no more than one.
    (text,) = said(
        DIMENSIONS, rows[0], made.row("d", SCORES - 0.005 + NOISE, reduction="pca:8", dims=8)
    )
    assert text == (
        "d, cosine: from so few queries it is not certain what PCA to 8 of 64 dimensions costs "
        "(−0.5 ± 0.7 points)."
    )
    (text,) = said(DIMENSIONS, *rows[:2])
    assert text == "d, cosine: PCA to 8 of 64 dimensions costs 5.0 ± 0.1 points."


def test_what_half_whitening_brings() -> None:
    def against(change):
        return said(
            DIMENSIONS,
            made.row("d", SCORES),
            made.row("d", SCORES, reduction="pca:8", dims=8),
            made.row("d", SCORES + change, reduction="half_whitening:8", dims=8),
        )[-1]

    assert against(0.02 + NOISE) == (
        "d, cosine: half-whitening brings 2.0 ± 0.7 points over plain PCA at 8 dimensions."
    )
    assert against(NOISE - 0.02) == (
        "d, cosine: half-whitening costs 2.0 ± 0.7 points against plain PCA, at 8 dimensions."
    )
    assert "no difference to speak of (0.0 ± 0.7 points at 8 dimensions)" in against(NOISE)


def test_where_half_whitening_brings_most() -> None:
    def at(dims, change):
        return (
            made.row("d", SCORES, reduction=f"pca:{dims}", dims=dims),
            made.row("d", SCORES + change, reduction=f"half_whitening:{dims}", dims=dims),
        )

    mixed = said(DIMENSIONS, made.row("d", SCORES), *at(8, 0.02 + NOISE), *at(16, NOISE - 0.09))
    assert mixed[-1].endswith("brings 2.0 ± 0.7 points over plain PCA at 8 dimensions.")
    bad = said(DIMENSIONS, made.row("d", SCORES), *at(8, NOISE - 0.04), *at(16, NOISE - 0.02))
    assert bad[-1].endswith("costs at least 2.0 ± 0.7 points against plain PCA, at 16 dimensions.")


def test_the_best_number_of_dimensions() -> None:
    rows = [
        made.row("d", SCORES),
        made.row("d", SCORES, reduction="pca:8", dims=8),
        made.row("d", SCORES + 0.03 + NOISE, reduction="pca:16", dims=16),
    ]
    (text,) = said(DIMENSIONS, *rows)
    assert text.endswith("; 16 dimensions are best and bring 3.0 ± 0.7 points.")


def test_an_index_is_compared_with_exact_answers_as_deep() -> None:
    exact = made.row("d", SCORES)
    rough = made.row("d", SCORES - 0.05, index="hnsw", recall=1.0)
    cut = replace(exact, to_depth=rough.scores)
    assert "costs 5.0 ± 0.0 points" in said(SPEED, exact, rough)[0]
    assert "no difference to speak of" in said(SPEED, cut, rough)[0]


def test_what_rounds_to_nothing_is_none() -> None:
    rows = made.row("d", SCORES), made.row("d", SCORES - 1e-4, index="hnsw", recall=1.0)
    assert "no difference to speak of" in said(SPEED, *rows)[0]


def test_what_an_index_costs_and_gains() -> None:
    exact = made.row("d", SCORES, query_ms=10)
    rough = made.row("d", SCORES - 0.05 + NOISE, index="hnsw", query_ms=0.5, recall=0.901)
    assert said(SPEED, exact, rough) == [
        "d, cosine, hnsw: finds 90.1% of the ten nearest in 0.50 ms where exact takes 10 ms "
        "(20.0 times as fast); costs 5.0 ± 0.7 points."
    ]
    slow = made.row("d", SCORES, index="hnsw", query_ms=20, recall=1.0)
    assert said(SPEED, exact, slow)[0].endswith(
        "(2.0 times as slow); no difference to speak of in mAP."
    )


def test_a_score_up_to_four_is_not_in_points() -> None:
    rows = [
        made.row(name, 4 * scores, measure="N-S", largest=4.0)
        for name, scores in (("one", SCORES), ("other", SCORES - 0.1 + NOISE))
    ]
    (text,) = said(FEATURES, *rows)
    assert "0.40 ± 0.03 of N-S more than the next" in text


def test_a_measure_of_all_queries_together_is_not_compared() -> None:
    whole = made.row("d", SCORES)
    score = replace(whole.scores[0], measure="µAP", interval=None, of_queries=None)
    found = findings(replace(made.evaluation(whole), rows=(replace(whole, scores=(score,)),)))
    assert len(found) == 1
    assert found[0].text.startswith("µAP is of all queries together")


def test_queries_without_a_score_are_left_out_in_pairs() -> None:
    one, other = SCORES.copy(), SCORES - 0.1 + NOISE
    one[:50] = np.nan
    (text,) = said(FEATURES, made.row("one", one), made.row("other", other))
    assert text.startswith("The best is one")
    assert pytest.approx(10, abs=0.5) == float(text.partition(", ")[2].partition(" ±")[0])
