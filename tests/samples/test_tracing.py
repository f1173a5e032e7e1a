"""Rays against a ball, where geometry gives the answer."""

import numpy as np
import pytest

from lookalike.samples import sdf, tracing
from lookalike.samples.body import Body, Part
from lookalike.samples.camera import Camera
from lookalike.samples.textures import plain

RED, BLUE = plain("#ff0000"), plain("#0000ff")
BALL = Body((Part(sdf.sphere(1.0, at=(0, 1, 0)), RED, 0.5),), middle=1.0, reach=1.1)
UP = sdf.column((0.0, 1.0, 0.0))


def at(*points):
    return np.array(points, np.float32).T


def test_march_meets_the_near_side():
    eye = sdf.column((0.0, 1.0, 5.0))
    depth = tracing.march(BALL, eye, at((0, 0, -1), (0, 1, 0), (0, 0, 1)))
    assert depth[0] == pytest.approx(4.0, abs=0.01)
    assert np.isinf(depth[1:]).all()


def test_march_of_grazing_rays_agrees_with_the_quadratic_formula():
    eye = sdf.column((0.0, 1.0, 5.0))
    slopes = np.linspace(0.0, 0.19, 20)  # tan of the rim is 1 / sqrt(24) = 0.204
    ways = np.stack([slopes, 0 * slopes, -np.ones(20)]) / np.sqrt(1 + slopes**2)
    depth = tracing.march(BALL, eye, ways.astype(np.float32))
    along = 5 / np.sqrt(1 + slopes**2)
    np.testing.assert_allclose(depth, along - np.sqrt(along**2 - 24), atol=0.03)


def test_normals_of_a_ball_point_away_from_its_centre():
    skin = at((1, 1, 0), (0, 2, 0), (0, 1, -1))
    np.testing.assert_allclose(tracing.normals(BALL, skin), skin - at((0, 1, 0)), atol=0.02)


def test_shadow_falls_under_the_ball_and_not_beside_it():
    lit = tracing.openness(BALL, at((0, 0.01, 0), (0, 0.01, 4)), UP)
    assert lit[0] < 0.01
    assert lit[1] == 1.0


def test_half_shadow_lies_between():
    lit = tracing.openness(BALL, at((1.02, 0, 0), (1.1, 0, 0), (1.24, 0, 0)), UP)
    assert 0.0 < lit[0] < lit[1] < lit[2] <= 1.0


def test_corners_are_darker_than_open_floor():
    free = tracing.ambience(BALL, at((0.2, 0, 0), (0.8, 0, 0), (5, 0, 0)), UP)
    assert free[0] < free[1] < free[2] == 1.0


def test_body_can_be_placed_turned_and_scaled():
    parts = (Part(sdf.sphere(0.5, at=(1, 0.5, 0)), RED),)
    body = Body(parts, at=(10.0, 0.0), turn=90.0, size=2.0)
    # (1, ½, 0) turned by 90° about y is (0, ½, −1), doubled (0, 1, −2), moved by 10 along x.
    assert body.distance(at((10, 1, -2)))[0] == pytest.approx(-1.0, abs=1e-5)


def test_look_takes_the_paint_of_the_nearest_part():
    two = Body(
        (
            Part(sdf.sphere(1.0, at=(-2, 1, 0)), RED, 0.1),
            Part(sdf.sphere(1.0, at=(2, 1, 0)), BLUE, 0.9),
        )
    )
    colours, gloss = two.look(at((-1, 1, 0), (1, 1, 0)))
    assert colours.T.tolist() == [[1, 0, 0], [0, 0, 1]]
    np.testing.assert_allclose(gloss, [0.1, 0.9])


def test_camera_looks_at_its_target():
    camera = Camera((1.0, 2.0, 3.0), azimuth=40.0, elevation=20.0, distance=5.0)
    middle = camera.rays(np.float32([50]), np.float32([40]), (100, 80))
    np.testing.assert_allclose(camera.position + 5.0 * middle, [[1], [2], [3]], atol=1e-5)


def test_camera_has_up_above_and_right_to_the_right():
    camera = Camera((0.0, 0.0, 0.0), azimuth=0.0, elevation=0.0, distance=5.0)
    upper, right = camera.rays(np.float32([50, 100]), np.float32([0, 40]), (100, 80)).T
    assert upper[1] > 0 and upper[0] == pytest.approx(0)
    assert right[0] > 0 and right[1] == pytest.approx(0)
