"""`covariance`: its steps by hand and against SciPy, and what it is good for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import linalg
from scipy.ndimage import gaussian_filter

from lookalike.descriptors import covariance
from lookalike.descriptors.covariance import Covariance
from lookalike.metrics import distances


@pytest.fixture(scope="module")
def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)


def test_features_of_one_colour_by_hand():
    features = covariance._features(np.full((64, 64, 3), 255, np.uint8))
    one, side, height, lightness, *others = features
    assert (one == 1).all()
    # Half a pixel of 64 from the middle axis to 63 halves of one, on both sides alike.
    np.testing.assert_allclose(side[5, [0, 31, 32, 63]], np.array([31.5, 0.5, 0.5, 31.5]) / 64)
    np.testing.assert_allclose(height[[0, 31, 32, 63], 5], np.array([-31.5, -0.5, 0.5, 31.5]) / 64)
    np.testing.assert_allclose(lightness, 1, atol=1e-5)
    np.testing.assert_allclose(others, 0, atol=1e-3)  # white: no a*, no b*, no edges


def test_edges_of_a_ramp_by_hand():
    plane = np.arange(64, dtype=np.float32)[:, np.newaxis] * np.ones(64, np.float32)
    strength, turn = covariance._edges(plane)
    np.testing.assert_allclose(strength[1:-1], 2)
    np.testing.assert_allclose(turn[1:-1], 0.5)  # downwards: a quarter of a full turn


@pytest.mark.parametrize(
    ("turn", "shares"),
    [
        (0, [1, 0, 0, 0]),
        (0.25, [0, 1, 0, 0]),
        (0.375, [0, 0.5, 0.5, 0]),
        (0.9, [0.6, 0, 0, 0.4]),
        (1, [1, 0, 0, 0]),
    ],
)
def test_directions_by_hand(turn, shares):
    found = covariance._directions(np.full((1, 1), turn, np.float32))
    np.testing.assert_allclose(found[:, 0, 0], shares, atol=1e-6)


def test_blur_agrees_with_scipy_away_from_the_edge():
    plane = np.random.default_rng(1).random((1, 64, 64), np.float32)
    found = covariance._blurred(plane, 2)[0]
    expected = gaussian_filter(plane[0], 2, truncate=8)
    np.testing.assert_allclose(found[16:-16, 16:-16], expected[16:-16, 16:-16], atol=1e-5)
    np.testing.assert_allclose(covariance._blurred(np.ones_like(plane), 2), 1, rtol=1e-5)


def test_moments_of_tiles_add_up_to_those_of_the_picture(noise):
    features = covariance._features(noise)
    pixels = features.reshape(18, -1).astype(np.float64)
    found = covariance._moments(features)
    np.testing.assert_allclose(found.mean(axis=(0, 1)), pixels @ pixels.T / 64**2, rtol=1e-4)
    first = features[:, :16, 16:32].reshape(18, -1).astype(np.float64)
    np.testing.assert_allclose(found[0, 1], first @ first.T / 16**2, rtol=1e-4)


def test_the_logarithm_agrees_with_scipy():
    factors = np.random.default_rng(2).normal(size=(18, 40)) * 0.1
    moments = factors @ factors.T
    expected = linalg.logm(np.eye(18) + moments / covariance._NOISE)
    rows, columns = np.triu_indices(18)
    weights = np.where(rows == columns, 1, covariance._OFF_DIAGONAL)
    found = covariance._logarithm(moments[np.newaxis])[0]
    np.testing.assert_allclose(found, expected[rows, columns] * weights, rtol=1e-6, atol=1e-9)


def test_the_cosine_is_the_mean_cosine_of_differences_by_hand():
    a, b = covariance._on_circles(np.array([[0.0, 1.0], [0.5, 4.0]]))
    np.testing.assert_allclose(a @ b, (np.cos(0.5) + np.cos(3)) / 2)


def test_the_middle_counts_half_as_much_as_the_whole(noise):
    other = noise.copy()
    other[:16] = 0  # the whole changes, the middle, pixels 16 to 47, hardly: edges are blurred
    small, large = Covariance(centre=False), Covariance()
    whole = distances(*np.split(small.describe([noise, other]), 2), "cosine")[0, 0]
    both = distances(*np.split(large.describe([noise, other]), 2), "cosine")[0, 0]
    assert whole / 1.5 < both < 1.2 * whole / 1.5


@pytest.mark.parametrize("centre", [True, False])
def test_unit_norm(noise, centre):
    found = Covariance(centre).describe([noise, np.zeros_like(noise)])
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)


def test_a_shifted_picture_is_nearer_than_another(draw, tmp_path):
    from lookalike.images import load

    whole, other = (load(draw(tmp_path / f"{seed}.png", seed, (300, 200))) for seed in (1, 2))
    a, shifted, far = Covariance().describe_arrays([whole[:180, :270], whole[20:, 30:], other])
    near, not_near = distances(a[None], np.stack([shifted, far]), "cosine")[0]
    assert near < not_near / 2
