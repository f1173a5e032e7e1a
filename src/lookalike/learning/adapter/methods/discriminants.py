"""Linear discriminants: what varies among pictures that are alike is made quieter."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lookalike.learning.adapter.told import Floats
from lookalike.learning.adapter.training import Settings, Training, shrunk
from lookalike.stages import Linear

_POWERS = (0.5, 0.25)
_SHRINKAGES = (0.01, 0.1, 0.3, 0.6, 0.9)


def discriminants(training: Training) -> Iterator[tuple[Settings, Linear]]:
    """Fit discriminants with shrinkage: Fisher's, or learnt whitening.

    In W, the covariance of what is alike (within the groups, or half the mean product of the
    differences of pairs), stands what does not matter to the person who told. With its axes V and
    variances w a vector x becomes diag(w̃^−p) Vᵀ (x − mean), w̃ = (1 − λ) w + λ · mean(w). With
    p = ½ distances are then Mahalanobis distances by W: "learned whitening" (Mikolajczyk & Matas,
    2007; Radenović, Tolias & Chum, 2018, who learn it from pairs). Fewer dimensions are left by
    the principal axes of all pictures after that: with λ = 0, and one less than there are groups,
    that is linear discriminant analysis (Fisher, 1936; Rao, 1948).

    All dimensions are left unless asked otherwise. Among those of Fisher's known groups are told
    apart best; groups that were never seen differ in others.

    Parameters
    ----------
    training : Training

    Yields
    ------
    settings : {"power": p, "shrinkage": λ}
    linear : Linear
    """
    variances, axes = training.within
    for power in _POWERS:
        for share in _SHRINKAGES:
            quiet = axes * quieted(variances, share, power)
            yield {"power": power, "shrinkage": share}, training.linear(_leading(training, quiet))


def quieted(variances: Floats, share: float, power: float) -> Floats:
    """Return what the axes of what is alike are multiplied by: (dim,)."""
    values = shrunk(variances, share, len(variances))
    floor = np.finfo(np.float64).eps * len(values) * values.max()
    return np.asarray(np.maximum(values, floor) ** -power)


def _leading(training: Training, axes: Floats) -> Floats:
    """Return the directions of the largest variance of all pictures, after these axes."""
    if training.dims >= axes.shape[1]:
        return axes
    spread = (training.total.axes * np.sqrt(training.total.variances)).T @ axes
    _, turned = np.linalg.eigh(spread.T @ spread)
    return np.asarray(axes @ turned[:, ::-1][:, : training.dims])
