"""What every thing in the catalogue promises."""

import numpy as np
import pytest

from lookalike.samples import GROUPS, catalogue, scenes
from lookalike.samples.places import PLACES
from lookalike.samples.tracing import march


def scattered(count, spread, seed=0):
    points = np.random.default_rng(seed).uniform(-spread, spread, (3, count))
    points[1] = np.abs(points[1])
    return points.astype(np.float32)


@pytest.mark.parametrize("name", GROUPS)
def test_thing_lies_within_its_ball(name):
    body = catalogue.body(name)
    ways = np.random.default_rng(1).normal(size=(3, 4000)).astype(np.float32)
    rim = body.centre + body.radius * ways / np.linalg.norm(ways, axis=0)
    assert (body.distance(rim[:, rim[1] >= 0]) > 0).all()


@pytest.mark.parametrize("name", GROUPS)
def test_thing_stands_on_the_floor(name):
    body = catalogue.body(name)
    x, z = np.mgrid[-1.2:1.2:61j, -1.2:1.2:61j].reshape(2, -1).astype(np.float32)
    floor = np.stack([x, np.zeros_like(x), z])
    assert body.distance(floor).min() < 0.03, "it floats"


@pytest.mark.parametrize("name", GROUPS)
def test_distance_never_promises_too_much(name):
    # Sphere tracing is safe while the distance changes no faster than the point moves.
    body = catalogue.body(name)
    here = scattered(3000, 1.4)
    there = here + scattered(3000, 0.05, seed=2) - np.float32(0.025)
    before, after = body.distance(here), body.distance(there)
    outside = (before > 0) & (after > 0)
    change, moved = np.abs(before - after)[outside], np.linalg.norm(here - there, axis=0)[outside]
    # Flat ellipsoids are a little bolder than that, in a few places.
    assert (change <= 1.05 * moved + 1e-5).mean() > 0.97
    assert (change <= 1.5 * moved + 1e-5).mean() > 0.995


@pytest.mark.parametrize("name", GROUPS)
def test_everything_is_single_precision_and_in_range(name):
    body = catalogue.body(name)
    points = scattered(200, 1.0)
    colours, gloss = body.look(points)
    assert body.distance(points).dtype == np.float32
    assert colours.dtype == gloss.dtype == np.float32
    assert colours.min() >= 0.0 and colours.max() <= 1.6
    assert gloss.min() >= 0.0 and gloss.max() <= 1.0


@pytest.mark.parametrize("name", GROUPS)
def test_thing_fills_a_fair_part_of_its_pictures(name):
    x, y = (a.ravel() + 0.5 for a in np.meshgrid(np.arange(32.0), np.arange(24.0)))
    for view in range(3):
        scene = scenes.compose(name, view, seed=1)
        met = march(scene.bodies[0], scene.camera.position, scene.camera.rays(x, y, (32, 24)))
        assert 0.03 < np.isfinite(met).mean() < 0.6


def test_homes_are_known_places():
    for name in GROUPS:
        assert set(catalogue.homes(name)) <= PLACES.keys()


def test_every_other_view_is_at_another_place_or_side():
    views = [scenes.compose("red-mug", view, seed=1) for view in range(5)]
    assert len({id(scene.place) for scene in views}) >= 2
    azimuths = sorted(scene.camera.azimuth for scene in views)
    assert np.diff(azimuths).min() > 5.0
