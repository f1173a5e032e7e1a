"""Answers to edited copies → a calibration, and whether its probabilities come true."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lookalike.evaluation.selftest.found import Found
from lookalike.search.calibration import PRIOR, Calibration, fit

Floats = npt.NDArray[np.float64]

FOLDS = 5
BINS = 10


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers that are shown, pooled over all copies; see `shown`.

    Attributes
    ----------
    distances : (a,) float64
    right : (a,) bool
    weights : (a,) float64
        How often each is shown, for one query by each copy.
    pictures : (a,) int
        Of which picture the copy was.
    """

    distances: Floats
    right: npt.NDArray[np.bool_]
    weights: Floats
    pictures: npt.NDArray[np.intp]

    def of(self, chosen: npt.NDArray[np.bool_]) -> Answers:
        """Return those of chosen pictures (n,)."""
        here = chosen[self.pictures]
        return Answers(
            self.distances[here], self.right[here], self.weights[here], self.pictures[here]
        )


@dataclass(frozen=True)
class Bin:
    """Answers of about one probability.

    Attributes
    ----------
    predicted : float
        Their mean probability.
    observed : float
        The share of them that was right.
    count : float
        How many; a picture that is not in the gallery half of the time counts half.
    """

    predicted: float
    observed: float
    count: float


@dataclass(frozen=True)
class Reliability:
    """Whether probabilities come true, on pictures that they were not fitted on.

    Attributes
    ----------
    bins : tuple of Bin
        Of equal width, from 0 to 1; empty ones are left out.
    ece : float
        Expected calibration error (Naeini, Cooper & Hauskrecht, 2015): by how much predicted and
        observed differ in a bin, averaged over all answers. Most answers are hopeless and known to
        be, which makes it small.
    ece_of_likely : float
        The same over the answers with a probability of at least 5 %; NaN if there are none.
    log_loss : float
        Mean of −ln of the probability that what was so was given.
    """

    bins: tuple[Bin, ...]
    ece: float
    ece_of_likely: float
    log_loss: float


def shown(found: Found, k: int) -> Answers:
    """Return the first k answers to each copy, as often as each is shown.

    A share of `PRIOR` of the queries has its original in the gallery: then that is among the
    answers, if it is near enough. To the others only the other pictures are shown.

    Parameters
    ----------
    found : Found
    k : int
    """
    own, others = found.own, found.others[..., :k]
    hit = found.hits(k)
    often = np.ones(others.shape)
    often[..., -1] = np.where(hit, 1 - PRIOR, 1.0)  # the original takes the last one's place
    picture = np.arange(len(own)).reshape(-1, 1)
    there = np.isfinite(others)
    count = int(np.count_nonzero(hit))
    return Answers(
        np.concatenate([own[hit], others[there]]).astype(np.float64),
        np.arange(count + np.count_nonzero(there)) < count,
        np.concatenate([np.full(count, PRIOR), often[there]]),
        np.concatenate(
            [
                np.broadcast_to(picture, hit.shape)[hit],
                np.broadcast_to(picture[..., np.newaxis], there.shape)[there],
            ]
        ),
    )


def first(found: Found) -> Answers:
    """Return the first answer to each copy, weighted as by `shown`."""
    nearest = Found(found.own, found.seen, found.others[..., :1], found.alone)
    return shown(nearest, 1)


def calibrated(answers: Answers, vectors: int, edits: int) -> Calibration:
    """Fit a calibration to answers.

    Parameters
    ----------
    answers : Answers
    vectors : int
        See `Calibration`.
    edits : int
        How many copies there are of each picture.
    """
    # All copies of a picture that has a double are wrong together, so n of them say as much as
    # some √n that are independent.
    imagined = float(np.sqrt(edits))
    return fit(answers.distances, answers.right, answers.weights, vectors, imagined)


def reliability(
    answers: Answers, judged: Answers, pictures: int, edits: int, seed: int
) -> Reliability:
    """Measure a calibration on pictures that it was not fitted on.

    The pictures are parted into five: each part is judged by what the other four teach.

    Parameters
    ----------
    answers : Answers
        What is learned from.
    judged : Answers
        What is judged; the same, or others about the same pictures.
    pictures : int
        At least 2.
    edits : int
        As for `calibrated`.
    seed : int
        Of how they are parted.
    """
    part = np.random.default_rng(seed).permutation(pictures) % min(FOLDS, pictures)
    probability = np.empty(len(judged.distances))
    for held_out in np.unique(part):
        learned = calibrated(answers.of(part != held_out), 1, edits)
        here = (part == held_out)[judged.pictures]
        probability[here] = learned.probability(judged.distances[here])
    return measured(probability, judged.right, judged.weights)


def measured(probability: Floats, right: npt.NDArray[np.bool_], weights: Floats) -> Reliability:
    """Tell how well probabilities come true.

    Parameters
    ----------
    probability : (a,) float64
        Above 0 and below 1.
    right : (a,) bool
    weights : (a,) float64
    """
    likely = probability >= 0.05
    given = np.where(right, probability, 1 - probability)
    bins = _bins(probability, right, weights)
    return Reliability(
        bins=bins,
        ece=_error(bins),
        ece_of_likely=_error(_bins(probability[likely], right[likely], weights[likely])),
        log_loss=float(np.average(-np.log(given), weights=weights)),
    )


def _bins(probability: Floats, right: npt.NDArray[np.bool_], weights: Floats) -> tuple[Bin, ...]:
    place = np.minimum((probability * BINS).astype(int), BINS - 1)
    count, predicted, observed = (
        np.bincount(place, weights * values, BINS) for values in (1, probability, right)
    )
    return tuple(
        Bin(float(predicted[n] / count[n]), float(observed[n] / count[n]), float(count[n]))
        for n in np.flatnonzero(count)
    )


def _error(bins: tuple[Bin, ...]) -> float:
    total = sum(one.count for one in bins)
    apart = sum(one.count * abs(one.predicted - one.observed) for one in bins)
    return apart / total if total else float("nan")
