"""Distances that anyone can work out by hand."""

import math

import numpy as np
import pytest

from lookalike.samples import sdf


def at(*points):
    return np.array(points, np.float32).T


def test_sphere():
    solid = sdf.sphere(1.0, at=(0.0, 2.0, 0.0))
    np.testing.assert_allclose(solid(at((0, 2, 0), (0, 0, 0), (3, 2, 0))), [-1, 1, 2])


def test_box_measures_to_face_edge_and_corner():
    solid = sdf.box((1.0, 2.0, 3.0))
    found = solid(at((2, 0, 0), (4, 6, 0), (2, 3, 5), (0, 0, 0)))
    np.testing.assert_allclose(found, [1, 5, math.sqrt(6), -1], rtol=1e-6)


def test_rounding_of_a_box_takes_only_its_corners():
    sharp, soft = sdf.box((1.0, 1.0, 1.0)), sdf.box((1.0, 1.0, 1.0), 0.5)
    face, corner = at((2, 0, 0)), at((1, 1, 1))
    assert sharp(face) == pytest.approx(soft(face))
    assert soft(corner) == pytest.approx(0.5 * math.sqrt(3) - 0.5)


def test_torus():
    solid = sdf.torus(2.0, 0.5)
    np.testing.assert_allclose(solid(at((2, 0, 0), (0, 0, 0), (0, 1, 2))), [-0.5, 1.5, 0.5])


def test_cylinder():
    solid = sdf.cylinder(1.0, 2.0)
    np.testing.assert_allclose(solid(at((0, 3, 0), (3, 0, 0), (4, 6, 0))), [1, 2, 5], rtol=1e-6)


def test_cone_is_steep_as_drawn():
    # Half height 1, from radius 1 to a point: its side runs from (1, -1) to (0, 1).
    solid = sdf.cone(1.0, 0.0, 1.0)
    assert solid(at((1, 1, 0)))[0] == pytest.approx(2 / math.sqrt(5), rel=1e-5)
    assert solid(at((0, 2, 0)))[0] == pytest.approx(1.0)
    assert solid(at((0, -0.9, 0)))[0] < 0


def test_capsule_tapers():
    solid = sdf.capsule((0, 0, 0), (0, 2, 0), 1.0, 0.5)
    np.testing.assert_allclose(solid(at((3, 0, 0), (3, 2, 0), (0, 4, 0))), [2, 2.5, 1.5])


def test_outline_knows_the_outside_of_a_notch():
    # An L: the notch in its upper right is outside.
    solid = sdf.extruded([(0, 0), (2, 0), (2, 1), (1, 1), (1, 2), (0, 2)], 9.0)
    found = solid(at((0.5, 0.5, 0), (1.5, 1.5, 0), (3, 0.5, 0)))
    np.testing.assert_allclose(found, [-0.5, 0.5, 1.0])


def test_lathe_has_no_skin_along_its_axis():
    can = sdf.lathe([(0, 0), (1, 0), (1, 4), (0, 4)])
    np.testing.assert_allclose(can(at((0, 2, 0), (0, 5, 0), (0, 2, 3))), [-1, 1, 2])


def test_extruded_has_a_front_and_a_side():
    solid = sdf.extruded([(-1, -1), (1, -1), (1, 1), (-1, 1)], 0.5)
    np.testing.assert_allclose(solid(at((0, 0, 2), (3, 0, 0))), [1.5, 2.0])


def test_cut_leaves_a_hollow():
    shell = sdf.cut(sdf.sphere(2.0), sdf.sphere(1.0))
    assert (shell(at((0, 0, 0), (1.5, 0, 0), (3, 0, 0))) > 0).tolist() == [True, False, True]


def test_common_keeps_the_overlap():
    lens = sdf.common(sdf.sphere(1.0, at=(-0.5, 0, 0)), sdf.sphere(1.0, at=(0.5, 0, 0)))
    assert (lens(at((0, 0, 0), (1, 0, 0))) > 0).tolist() == [False, True]


def test_blend_fills_the_seam_and_nothing_else():
    pair = sdf.sphere(1.0, at=(-1, 0, 0)), sdf.sphere(1.0, at=(1, 0, 0))
    seam, away = at((0, 0.2, 0)), at((-3, 0, 0))
    assert sdf.blend(0.5, *pair)(seam) < sdf.union(*pair)(seam)
    assert sdf.blend(0.5, *pair)(away) == sdf.union(*pair)(away)


def test_turned_follows_the_right_hand_rule():
    rod = sdf.capsule((0, 0, 0), (1, 0, 0), 0.1)
    assert sdf.turned(rod, "z", 90.0)(at((0, 1, 0)))[0] == pytest.approx(-0.1, abs=1e-6)


def test_mirrored_shows_both_sides():
    pair = sdf.mirrored(sdf.sphere(0.5, at=(2, 0, 0)), "x")
    np.testing.assert_allclose(pair(at((2, 0, 0), (-2, 0, 0))), [-0.5, -0.5])


def test_around_repeats_in_a_circle():
    ring = sdf.around(sdf.sphere(0.25, at=(2, 0, 0)), 4)
    found = ring(at((2, 0, 0), (0, 0, 2), (-2, 0, 0), (0, 0, -2)))
    np.testing.assert_allclose(found, -0.25, atol=1e-6)
