"""Solids as distances: how far a point is from a solid's skin, negative inside.

A solid is a function from points to distances; solids are put together by functions of functions.
The formulas are those of J. C. Hart, "Sphere tracing" (1996), and I. Quilez's catalogue of
distance functions. Every function below that returns a `Solid` builds one in body coordinates:
y is up and the floor is at y = 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Points: TypeAlias = npt.NDArray[np.floating[Any]]
"""(3, n) float32: rows x, y, z. Rows are contiguous, which is what makes NumPy quick here."""

Values: TypeAlias = npt.NDArray[np.floating[Any]]
"""(n,) float32: one number for each point."""

Solid: TypeAlias = Callable[[Points], Values]
"""(3, n) float32 → (n,) float32: distance to the skin, at most the true one, negative inside."""

Triple: TypeAlias = tuple[float, float, float]
Pair: TypeAlias = tuple[float, float]

ORIGIN: Triple = (0.0, 0.0, 0.0)


def column(triple: Triple) -> Points:
    """Return three numbers as (3, 1) float32, to be broadcast over points."""
    return np.array(triple, np.float32)[:, None]


def norm(*parts: Values) -> Values:
    """Return the Euclidean length of vectors given by their components."""
    total = parts[0] * parts[0]
    for part in parts[1:]:
        total += part * part
    return np.asarray(np.sqrt(total, out=total))


# Solids -------------------------------------------------------------------------------------------


def sphere(radius: float, at: Triple = ORIGIN) -> Solid:
    """Build a ball."""
    centre = column(at)
    return lambda p: norm(*(p - centre)) - radius


def ellipsoid(radii: Triple, at: Triple = ORIGIN) -> Solid:
    """Build a ball stretched along the axes; the distance is a close lower bound."""
    centre, shape = column(at), column(radii)

    def distance(p: Points) -> Values:
        q = (p - centre) / shape
        k = norm(*q)
        return np.asarray(k * (k - 1.0) / np.maximum(norm(*(q / shape)), 1e-6))

    return distance


def box(half: Triple, rounding: float = 0.0, at: Triple = ORIGIN) -> Solid:
    """Build a box of the given half sizes, its edges rounded inwards."""
    centre, inner = column(at), column(half) - np.float32(rounding)

    def distance(p: Points) -> Values:
        q = np.abs(p - centre) - inner
        outside, inside = norm(*np.maximum(q, 0.0)), np.minimum(q.max(axis=0), 0.0)
        return np.asarray(outside + inside - rounding)

    return distance


def _crossed(a: Values, b: Values) -> Values:
    """Join the distances to two bounds at right angles into the distance to what both hold."""
    outside = norm(np.maximum(a, 0.0), np.maximum(b, 0.0))
    return np.asarray(outside + np.minimum(np.maximum(a, b), 0.0))


def cylinder(radius: float, half: float, rounding: float = 0.0, at: Triple = ORIGIN) -> Solid:
    """Build an upright cylinder that reaches `half` up and down, its edges rounded inwards."""
    centre = column(at)

    def distance(p: Points) -> Values:
        x, y, z = p - centre
        outwards = norm(x, z) - (radius - rounding)
        upwards = np.abs(y) - (half - rounding)
        return _crossed(outwards, upwards) - rounding

    return distance


def cone(
    bottom: float, top: float, half: float, rounding: float = 0.0, at: Triple = ORIGIN
) -> Solid:
    """Build an upright cone cut off at the top: the radii of its two ends and its half height."""
    profile = [(0.0, -half), (bottom, -half), (top, half), (0.0, half)]
    if top == 0.0:
        profile.pop()
    return moved(lathe(profile, rounding), at)


def torus(ring: float, tube: float, at: Triple = ORIGIN) -> Solid:
    """Build a ring lying flat: the radius of the ring and of its tube."""
    centre = column(at)

    def distance(p: Points) -> Values:
        x, y, z = p - centre
        return norm(norm(x, z) - ring, y) - tube

    return distance


def capsule(start: Triple, end: Triple, radius: float, end_radius: float | None = None) -> Solid:
    """Build a rod with round ends; with `end_radius` it tapers."""
    first, along = column(start), column(end) - column(start)
    square = float((along * along).sum())
    growth = 0.0 if end_radius is None else end_radius - radius

    def distance(p: Points) -> Values:
        q = p - first
        share = np.clip((q * along).sum(axis=0) / square, 0.0, 1.0)
        return np.asarray(norm(*(q - along * share)) - (radius + growth * share))

    return distance


def lathe(profile: Sequence[Pair], rounding: float = 0.0) -> Solid:
    """Turn a closed outline of (radius, height) corners about the y axis; rounding adds to it."""
    # An edge along the axis is no skin, only where the halves of the outline meet.
    skin = [edge for edge in _edges(profile) if edge[0][0] or edge[1][0]]
    return lambda p: _outline(skin, norm(p[0], p[2]), p[1]) - rounding


def extruded(profile: Sequence[Pair], half: float, rounding: float = 0.0) -> Solid:
    """Give a closed outline of (x, y) corners a thickness of 2 · `half`; rounding adds to it."""
    edges = _edges(profile)

    def distance(p: Points) -> Values:
        return _crossed(_outline(edges, p[0], p[1]), np.abs(p[2]) - half) - rounding

    return distance


def _edges(corners: Sequence[Pair]) -> list[tuple[Pair, Pair]]:
    return list(zip(corners, [*corners[1:], corners[0]], strict=True))


def _outline(edges: Sequence[tuple[Pair, Pair]], x: Values, y: Values) -> Values:
    """Return the distance to an outline in the plane, negative inside."""
    nearest = np.full(x.shape, np.inf, np.float32)
    inside = np.zeros(x.shape, bool)
    for (ax, ay), (bx, by) in edges:
        ex, ey = bx - ax, by - ay
        wx, wy = x - ax, y - ay
        share = np.clip((wx * ex + wy * ey) / (ex * ex + ey * ey), 0.0, 1.0)
        dx, dy = wx - ex * share, wy - ey * share
        nearest = np.minimum(nearest, dx * dx + dy * dy)
        if ey:
            inside ^= ((ay > y) != (by > y)) & (wx < wy * (ex / ey))
    away = np.sqrt(nearest)
    return np.where(inside, -away, away)


# Putting solids together --------------------------------------------------------------------------


def union(*solids: Solid) -> Solid:
    """Join solids."""
    return lambda p: reduce(np.minimum, (solid(p) for solid in solids))


def common(*solids: Solid) -> Solid:
    """Keep what lies in all of the solids."""
    return lambda p: reduce(np.maximum, (solid(p) for solid in solids))


def cut(solid: Solid, *away: Solid) -> Solid:
    """Take other solids away from a solid."""
    return lambda p: reduce(np.maximum, (-other(p) for other in away), solid(p))


def blend(width: float, *solids: Solid) -> Solid:
    """Join solids with a smooth seam about `width` wide."""

    def smooth(a: Values, b: Values) -> Values:
        near = np.maximum(width - np.abs(a - b), 0.0)
        return np.minimum(a, b) - near * near * (0.25 / width)

    return lambda p: reduce(smooth, (solid(p) for solid in solids))


# Moving solids ------------------------------------------------------------------------------------


def moved(solid: Solid, by: Triple) -> Solid:
    """Move a solid."""
    if by == ORIGIN:
        return solid
    shift = column(by)
    return lambda p: solid(p - shift)


def turned(solid: Solid, axis: str, degrees: float) -> Solid:
    """Turn a solid about the x, y or z axis, by the right-hand rule."""
    back = rotation(axis, -degrees)
    return lambda p: solid(back @ p)


def rotation(axis: str, degrees: float) -> Points:
    """Return the (3, 3) matrix that turns points about an axis."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    rows = {
        "x": ((1, 0, 0), (0, c, -s), (0, s, c)),
        "y": ((c, 0, s), (0, 1, 0), (-s, 0, c)),
        "z": ((c, -s, 0), (s, c, 0), (0, 0, 1)),
    }
    return np.array(rows[axis], np.float32)


def mirrored(solid: Solid, axes: str) -> Solid:
    """Show the positive side of a solid on the negative side too, for each axis named in `axes`."""
    rows = ["xyz".index(axis) for axis in axes]

    def distance(p: Points) -> Values:
        q = p.copy()
        q[rows] = np.abs(q[rows])
        return solid(q)

    return distance


def around(solid: Solid, count: int) -> Solid:
    """Repeat what a solid has near the +x axis `count` times about the y axis."""
    sector = 2.0 * math.pi / count

    def distance(p: Points) -> Values:
        angle = np.arctan2(p[2], p[0])
        angle = angle - sector * np.round(angle / sector)
        out = norm(p[0], p[2])
        return solid(np.stack([out * np.cos(angle), p[1], out * np.sin(angle)]))

    return distance
