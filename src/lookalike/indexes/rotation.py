"""A random rotation that costs little: no component of a vector then says more than another."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from lookalike.metrics import Vectors

# The length of what is rotated is a multiple of this.
MULTIPLE = 16

_ROUNDS = 4
_LARGEST = 64

# So few vectors that are no longer than this are turned by the matrix of the rotation, at once.
_FEW, _SHORT = 8, 512


def rotated(vectors: Vectors, length: int) -> Vectors:
    """Return vectors with zeros appended, turned by a fixed random rotation.

    Signs are flipped at random and a Walsh-Hadamard transform mixes the components, a few times
    (Andoni et al. 2015, "Practical and optimal LSH for angular distance"). Here the transform mixes
    blocks of up to 64 components, and the next round's blocks take one from each of these: for any
    length, and as good as a random matrix to what one can measure.

    Parameters
    ----------
    vectors : (n, dim) float32
    length : int
        At least dim, and a multiple of `MULTIPLE`.

    Returns
    -------
    (n, length) float32
        Of the same lengths and distances.
    """
    if len(vectors) <= _FEW and length <= _SHORT:
        return np.asarray(vectors @ _matrix(length)[: vectors.shape[1]], np.float32)
    return _mixed(vectors, length)


@lru_cache(maxsize=8)
def _matrix(length: int) -> Vectors:
    return _mixed(np.eye(length, dtype=np.float32), length)


def _mixed(vectors: Vectors, length: int) -> Vectors:
    out = np.zeros((len(vectors), length), np.float32)
    out[:, : vectors.shape[1]] = vectors
    size = min(_LARGEST, length & -length)  # a power of two that divides the length
    for signs in _signs(length):
        out *= signs
        mixed = out.reshape(-1, size) @ _hadamard(size)
        out = mixed.reshape(len(vectors), length // size, size).swapaxes(1, 2)
        out = out.reshape(len(vectors), length)
    return out


@lru_cache(maxsize=8)
def _hadamard(size: int) -> Vectors:
    matrix = np.ones((1, 1), np.float32)
    while len(matrix) < size:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return np.asarray(matrix / np.sqrt(size), np.float32)


@lru_cache(maxsize=8)
def _signs(length: int) -> Vectors:
    # RandomState draws the same in every version of NumPy: what is on disk stays right.
    drawn = np.random.RandomState(0).randint(0, 2, (_ROUNDS, length))
    return np.asarray(2 * drawn - 1, np.float32)
