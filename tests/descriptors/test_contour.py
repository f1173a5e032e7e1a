"""`contour`: moments by hand, against OpenCV, and what must not change them."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from lookalike.descriptors import create
from lookalike.descriptors.contour import Contour, hu_moments, zernike_moments
from lookalike.errors import BadParameter


def blob(side: int = 90, scale: float = 1.0) -> np.ndarray:
    """Return a lopsided shape (side, side) bool that no rotation or mirror maps to itself."""
    y, x = (np.mgrid[:side, :side] - side / 2) / scale
    angle, radius = np.arctan2(y, x), np.hypot(x, y)
    return radius < 22 + 5 * np.cos(2 * angle + 1) + 4 * np.sin(3 * angle) + 3 * np.cos(angle)


def picture(region: np.ndarray) -> np.ndarray:
    return np.where(region[:, :, np.newaxis], (200, 30, 30), (250, 250, 250)).astype(np.uint8)


def disc(side: int) -> np.ndarray:
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    return np.hypot(x, y) < side / 2 - 1


def test_zernike_of_a_disc_by_hand():
    found = zernike_moments(disc(1201), 8)
    # It fills its circle; all other polynomials have mean 0 over the circle.
    np.testing.assert_allclose(found, [1] + [0] * 24, atol=0.015)


def test_zernike_of_half_a_disc_by_hand():
    half = disc(801)
    centre = 400
    # A half disc of radius 1 about the middle of its straight side, not about its own centre, would
    # be awkward by hand; a disc cut by a cross keeps its centre: two opposite quarters.
    y, x = np.mgrid[:801, :801] - centre
    found = zernike_moments(half & (x * y > 0), 2)
    # Z(0,0) = area share = 1/2; Z(1,1) = 0 about the centre of mass; Z(2,0) = 0 as over the disc;
    # |Z(2,2)| = 3/π · |∫ r² e^(−2iθ) r dr dθ| = 3/π · ¼ · |2 · ∫₀^(π/2) e^(−2iθ) dθ| = 3/(2π)
    np.testing.assert_allclose(found, [0.5, 0, 0, 3 / (2 * math.pi)], atol=0.01)


def test_hu_of_a_square_by_hand():
    square = np.zeros((300, 300), bool)
    square[40:240, 70:270] = True
    # η20 = η02 = 1/12 of a square, (n² − 1) / (12 n²) of one of n pixels a side; the rest is 0.
    expected = -math.log10(2 * (200**2 - 1) / (12 * 200**2))
    np.testing.assert_allclose(hu_moments(square), [expected, 0, 0, 0, 0, 0, 0], atol=1e-9)


@pytest.mark.parametrize("shape", [blob(), blob()[:, :50], disc(41)[:30, :25]])
def test_hu_agrees_with_opencv(shape):
    theirs = cv2.HuMoments(cv2.moments(shape.astype(np.uint8), binaryImage=True)).ravel()
    expected = np.where(np.abs(theirs) > 1e-12, -np.sign(theirs) * np.log10(np.abs(theirs)), 0)
    np.testing.assert_allclose(hu_moments(shape), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("moments", ["zernike", "hu"])
@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("place", lambda shape: np.roll(shape, (9, -7), axis=(0, 1))),
        ("quarter turn", np.rot90),
        ("half turn", lambda shape: shape[::-1, ::-1]),
        ("background", np.invert),
    ],
)
def test_what_changes_nothing(moments, what, change):
    a, b = Contour(moments).describe([picture(blob()), picture(change(blob()))])
    np.testing.assert_allclose(a, b, atol=1e-4, err_msg=what)


def test_mirroring_changes_only_the_sign_of_the_last_of_hu():
    a, b = Contour("hu").describe([picture(blob()), picture(blob()[:, ::-1])])
    np.testing.assert_allclose(a[:6], b[:6], atol=1e-4)
    assert a[6] == pytest.approx(-b[6], abs=1e-4)
    assert a[6] != 0
    np.testing.assert_allclose(
        *Contour().describe([picture(blob()), picture(blob()[:, ::-1])]), atol=1e-4
    )


def test_size_hardly_matters_and_another_shape_does():
    shapes = [blob(), blob(scale=0.6), disc(70)]
    a, smaller, other = Contour().describe([picture(shape) for shape in shapes])
    assert np.linalg.norm(a - smaller) < 0.3 * np.linalg.norm(a - other)


@pytest.mark.parametrize("moments", ["zernike", "hu"])
def test_one_colour_gives_zeros(moments):
    flat = np.full((20, 20, 3), 90, np.uint8)
    np.testing.assert_array_equal(Contour(moments).describe([flat]), 0)


def test_how_many_moments():
    assert Contour().dim == 25
    assert Contour(order=12).dim == 49
    assert Contour("hu").dim == 7


@pytest.mark.parametrize("spec", ["order=1", "order=21", "moments=legendre"])
def test_unknown_moments_are_refused(spec):
    with pytest.raises(BadParameter):
        create(f"contour:{spec}")
