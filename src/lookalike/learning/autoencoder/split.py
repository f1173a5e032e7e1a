"""Which pictures are trained on and which are held out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lookalike.errors import UsageError

LEAST = 16
"""Different pictures without which nothing can be learned and measured."""


@dataclass(frozen=True, eq=False)
class Split:
    """Two parts of the pictures, each in the order of their contents' digests.

    Attributes
    ----------
    trained, held_out : (n,) int64
        Places in what was split.
    """

    trained: npt.NDArray[np.int64]
    held_out: npt.NDArray[np.int64]


def split(digests: Sequence[bytes], share: float, seed: int) -> Split:
    """Part pictures by their contents: a picture is on the same side however many there are.

    Parameters
    ----------
    digests : sequence of bytes
        SHA-256 of each picture's bytes; all different.
    share : float
        Which share is held out, roughly; at least one picture is.
    seed : int

    Raises
    ------
    UsageError
        There are fewer than `LEAST` pictures.
    """
    if len(digests) < LEAST:
        raise UsageError(
            f"{len(digests)} different pictures that can be read are too few to train on: an "
            f"autoencoder needs at least {LEAST}, and some thousand to be of use"
        )
    order = np.array(sorted(range(len(digests)), key=digests.__getitem__), np.int64)
    drawn = np.array([_drawn(digests[place], seed) for place in order])
    held_out = drawn < max(share, drawn.min() + 2**-53)
    return Split(order[~held_out], order[held_out])


def _drawn(digest: bytes, seed: int) -> float:
    """Return a number from 0 to 1 that only the content and the seed decide."""
    told = hashlib.sha256(seed.to_bytes(8, "big") + digest).digest()
    return int.from_bytes(told[:6], "big") / 2**48
