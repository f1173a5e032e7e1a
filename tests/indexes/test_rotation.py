"""A rotation: it keeps distances, and leaves no component out."""

from __future__ import annotations

import numpy as np
import pytest

from lookalike.indexes.rotation import rotated
from lookalike.metrics import distances


@pytest.mark.parametrize("dim, length", [(1, 16), (3, 16), (24, 256), (300, 304), (1030, 1040)])
def test_it_keeps_distances(dim: int, length: int) -> None:
    vectors = np.random.default_rng(0).standard_normal((20, dim)).astype(np.float32)
    turned = rotated(vectors, length)
    assert turned.shape == (20, length) and turned.dtype == np.float32
    np.testing.assert_allclose(
        distances(turned, turned, "euclidean"), distances(vectors, vectors, "euclidean"), atol=1e-4
    )


@pytest.mark.parametrize("length", [256, 304, 512, 1040, 2304, 4096])
def test_it_spreads_each_component_over_all_like_a_random_one(length: int) -> None:
    turned = rotated(np.eye(length, dtype=np.float32), length) * np.sqrt(length)
    assert np.abs(turned).max() < 6  # of a normal distribution: about 4.5 among so many
    kurtosis = (turned**4).mean(1)
    assert 2.9 < kurtosis.mean() < 3.1  # 3
    assert kurtosis.max() < 5


def test_it_is_the_same_for_ever() -> None:
    # Signs drawn by NumPy's frozen generator, then the 16 × 16 Hadamard matrix, four times.
    rng = np.random.RandomState(0)
    signs = rng.randint(0, 2, (4, 16)) * 2 - 1
    parity = [[bin(i & j).count("1") % 2 for i in range(16)] for j in range(16)]
    wanted = np.eye(16)
    for flips in signs:
        wanted = wanted * flips @ (1 - 2 * np.array(parity)) / 4
    np.testing.assert_allclose(rotated(np.eye(16, dtype=np.float32), 16), wanted, atol=1e-6)
