"""Whitening: what varies most among all pictures is made quieter. Nothing told is used."""

from __future__ import annotations

from collections.abc import Iterator

from lookalike.learning.adapter.training import Settings, Training, shrunk
from lookalike.stages import Linear

_POWERS = (0.25, 0.5)
_SHRINKAGES = (0.1, 0.3, 0.6)


def whitening(training: Training) -> Iterator[tuple[Settings, Linear]]:
    """Fit (half-)whitening with shrinkage: the baseline that any teaching has to beat.

    With the principal axes U and variances v of all vectors a vector x becomes
    diag(ṽ^−p) Uᵀ (x − mean), where ṽ = (1 − λ) v + λ · mean(v). p = ½ is whitening (Jégou & Chum,
    2012), p = ¼ is half of the way. λ keeps directions in which next to nothing varies, and which
    are mostly noise, from being blown up.

    Parameters
    ----------
    training : Training

    Yields
    ------
    settings : {"power": p, "shrinkage": λ}
    linear : Linear
    """
    found = training.total
    takes = found.axes.shape[0]
    for power in _POWERS:
        for share in _SHRINKAGES:
            factors = shrunk(found.variances, share, takes) ** -power
            axes = (found.axes * factors)[:, : training.dims]
            yield {"power": power, "shrinkage": share}, training.linear(axes)
