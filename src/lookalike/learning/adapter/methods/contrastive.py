"""Contrastive learning: right answers are pulled nearer than wrong ones, by gradients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from lookalike.learning.adapter.told import Batch
from lookalike.learning.adapter.training import Settings, Training
from lookalike.stages import Linear

Reals: TypeAlias = npt.NDArray[Any]

_TEMPERATURE = 0.15
_CHECKED_AT = (20, 40, 80, 160, 320)
# Of all entries of M, whose effect on a vector grows with the root of the dimension.
_RATE = 3e-3
_PULL = 5.0
_BETAS = (0.9, 0.99)


def contrastive(training: Training, start: Linear) -> Iterator[tuple[Settings, Linear]]:
    """Go on from a projection by mini-batches, with Adam; few steps, so that it stays near.

    A vector y that comes out of the start becomes z = (I + M)ᵀ y, M = 0 at first. Each asked
    picture i is to find its right answers P among all A that something is known of:

        L = − mean over i of 1/|P(i)| Σ_p∈P(i) log softmax_a∈A(i) (−‖z_i − z_a‖² / 2τ) at p

    With z of length 1, as for cosine, that is the supervised contrastive loss (Khosla et al., 2020)
    over cosine similarities; without, it is that of neighbourhood components analysis (Goldberger
    et al., 2004) with the logarithm inside of the sum. Adam (Kingma & Ba, 2015) changes M, which is
    pulled back to 0 beside the gradient (Loshchilov & Hutter, 2019). When to stop is what the
    settings are about: early for kinds never seen, later for more pictures of known ones.

    Parameters
    ----------
    training : Training
    start : Linear

    Yields
    ------
    settings : {"steps": int}
    linear : Linear
    """
    rows = training.told.pictures
    centred = training.vectors[rows].astype(np.float64) - start.centre
    outside = centred @ start.axes
    scale = np.sqrt(max(np.square(outside).sum(axis=1).mean(), np.finfo(np.float64).tiny))
    inputs = np.asarray(outside / scale, np.float32)
    place = np.zeros(len(training.vectors), np.int64)
    place[rows] = np.arange(len(rows))
    for steps, moved in _descent(training, inputs, place):
        axes = start.axes @ (np.eye(len(moved)) + moved)
        yield {"steps": steps}, training.linear(axes)


def _descent(
    training: Training, inputs: Reals, place: npt.NDArray[np.int64]
) -> Iterator[tuple[int, Reals]]:
    """Yield M after some numbers of steps."""
    random = np.random.default_rng(0)
    moved = np.zeros((inputs.shape[1], inputs.shape[1]), inputs.dtype)
    mean, square = np.zeros_like(moved), np.zeros_like(moved)
    one = np.eye(len(moved), dtype=moved.dtype)
    rate = _RATE / np.sqrt(len(moved))
    for step, batch in enumerate(training.told.batches(random), 1):
        _, slope = loss(one + moved, inputs, place, batch, _TEMPERATURE, training.metric)
        mean += (1 - _BETAS[0]) * (slope - mean)
        square += (1 - _BETAS[1]) * (slope * slope - square)
        even, size = mean / (1 - _BETAS[0] ** step), square / (1 - _BETAS[1] ** step)
        # The root of all squares together, not of each: a step turns no noise into a direction.
        moved -= rate * (even / (np.sqrt(size.mean()) + 1e-12) + _PULL * moved)
        if step in _CHECKED_AT:
            yield step, moved.astype(np.float64)
        if step >= _CHECKED_AT[-1]:
            return


def loss(
    matrix: Reals,
    inputs: Reals,
    place: npt.NDArray[np.int64],
    batch: Batch,
    temperature: float,
    metric: str,
) -> tuple[float, Reals]:
    """Return the loss of one batch, and how it changes with the matrix.

    With s_ia = −‖z_i − z_a‖² / 2τ, ∂L/∂s_ia = softmax_ia − [a right] / |P(i)|, over the number of
    questions; ∂s_ia/∂z_i = (z_a − z_i) / τ; and for z = h / ‖h‖, ∂L/∂h = (g − (g·z) z) / ‖h‖.

    Parameters
    ----------
    matrix : (dim, dim)
        I + M.
    inputs : (n, dim)
    place : (rows,) int64
        Where in the inputs each row is.
    batch : Batch
    temperature : float
    metric : {"cosine", "euclidean"}

    Returns
    -------
    loss : float
    gradient : (dim, dim)
    """
    known = batch.same.any(axis=1) & (batch.counted & ~batch.same).any(axis=1)
    same, counted = batch.same[known], batch.counted[known]
    if not len(same):
        return 0.0, np.zeros_like(matrix)
    rows, where = np.unique(np.append(batch.asked[known], batch.found), return_inverse=True)
    given = inputs[place[rows]]
    sent, sizes = _sent(given @ matrix, metric)
    asked, found = where[: len(same)], where[len(same) :]
    first, second = sent[asked], sent[found]
    lengths = np.add.outer(np.square(first).sum(1), np.square(second).sum(1))
    scores = np.where(counted, (first @ second.T - lengths / 2) / temperature, -np.inf)
    scores -= scores.max(axis=1, keepdims=True)
    logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    weights = same / same.sum(axis=1, keepdims=True)
    value = -float((weights * np.where(same, logs, 0)).sum() / len(same))
    slope = ((np.exp(logs) - weights) / (len(same) * temperature)).astype(inputs.dtype)
    along = np.zeros_like(sent)
    along[asked] += slope @ second - slope.sum(1)[:, None] * first
    along[found] += slope.T @ first - slope.sum(0)[:, None] * second
    if metric == "cosine":
        along = (along - (along * sent).sum(axis=1, keepdims=True) * sent) / sizes
    return value, given.T @ along


def _sent(out: Reals, metric: str) -> tuple[Reals, Reals]:
    """Return vectors as they are compared, and how long they were."""
    lengths = np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)
    return (out / lengths if metric == "cosine" else out), lengths
