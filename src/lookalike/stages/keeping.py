"""Stages as bytes, and back: NumPy's own format, of which nothing is ever executed."""

from __future__ import annotations

import io

import numpy as np

from lookalike.stages.base import Stage
from lookalike.stages.linear import Linear
from lookalike.stages.product import ProductCodes
from lookalike.stages.scalar import ScalarCodes

KINDS: dict[str, type[Stage]] = {kind.kind: kind for kind in (Linear, ScalarCodes, ProductCodes)}


def packed(stage: Stage) -> bytes:
    """Return the arrays of a stage as one value."""
    out = io.BytesIO()
    np.savez(out, allow_pickle=False, **stage.arrays)
    return out.getvalue()


def unpacked(kind: str, name: str, metric: str, data: bytes) -> Stage:
    """Return the stage of what `packed` gave."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return KINDS[kind].of(name, metric, {one: arrays[one] for one in arrays.files})
