"""Paints: what colour is where."""

import numpy as np
import pytest

from lookalike.samples import textures
from lookalike.samples.places import PLACES


def at(*points):
    return np.array(points, np.float32).T


def test_colour_is_linear_light():
    np.testing.assert_allclose(textures.colour("#ff0000").ravel(), [1, 0, 0])
    # Half the code value is about a fifth of the light.
    np.testing.assert_allclose(textures.colour("#808080").ravel(), [0.2159] * 3, atol=1e-4)


def test_checker_alternates_in_every_direction():
    paint = textures.checker("#000000", "#ffffff", 1.0)
    found = paint(at((0.5, 0.5, 0.5), (1.5, 0.5, 0.5), (1.5, 1.5, 0.5), (1.5, 1.5, 1.5)))[0]
    assert found.tolist() == [0, 1, 0, 1]


def test_stripes_repeat():
    paint = textures.stripes(("#000000", "#ffffff"), 1.0)
    assert paint(at((0, 0.5, 0), (0, 1.5, 0), (0, 2.5, 0)))[0].tolist() == [0, 1, 0]


def test_layered_changes_at_its_edges():
    paint = textures.layered(
        (1.0, 2.0), [textures.plain(c) for c in ("#000000", "#ffffff", "#000000")]
    )
    assert paint(at((0, 0.9, 0), (0, 1.0, 0), (0, 2.5, 0)))[0].tolist() == [0, 1, 0]


def test_hash_is_the_same_on_every_machine():
    cells = np.array([0, 1, 2, -1], np.int32)
    found = textures.hashed(cells, cells + 1, cells - 1)
    np.testing.assert_allclose(found, HASHED, rtol=1e-6)


HASHED = [0.1564657, 0.98618024, 0.72217118, 0.52929174]


def test_noise_is_smooth_and_fills_its_range():
    line = np.zeros((3, 4001), np.float32)
    line[0] = np.linspace(-200, 200, 4001)
    found = textures.noise(line)
    assert found.dtype == np.float32
    assert 0.0 <= found.min() < 0.1 and 0.9 < found.max() < 1.0
    assert np.abs(np.diff(found)).max() < 0.2


def test_noise_meets_the_lattice():
    cells = np.array([[3], [-4], [5]], np.int32)
    at_cell = textures.noise(cells.astype(np.float32))
    np.testing.assert_allclose(at_cell, textures.hashed(*cells), rtol=1e-6)


@pytest.mark.parametrize("name", PLACES)
def test_every_place_has_a_floor_and_a_back_in_range(name):
    place = PLACES[name]
    rng = np.random.default_rng(0)
    floor = rng.uniform(-20, 20, (3, 500)).astype(np.float32)
    floor[1] = 0
    ways = rng.normal(size=(3, 500)).astype(np.float32)
    ways /= np.linalg.norm(ways, axis=0)
    for colours in (place.floor(floor), place.back(ways)):
        assert colours.dtype == np.float32
        assert colours.min() >= 0.0 and colours.max() <= 1.3
