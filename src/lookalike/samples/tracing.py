"""Where rays meet bodies: sphere tracing, normals, soft shadows, occlusion.

Every function works on the rays of many pixels at once and drops those that are done, so that a
step costs only as much as there are rays still on their way.
"""

from __future__ import annotations

import numpy as np

from lookalike.samples.body import Body
from lookalike.samples.sdf import Points, Values, column, norm

_STEPS = 72
_TOUCH = 0.0012
_TETRAHEDRON = ((1, -1, -1), (-1, -1, 1), (-1, 1, -1), (1, 1, 1))


def within(body: Body, origins: Points, ways: Points, margin: float = 0.0) -> tuple[Values, Values]:
    """Return where rays enter and leave the ball round a body; leaving ≤ 0 or NaN-free −1 if never.

    Parameters
    ----------
    origins : (3, n) or (3, 1) float32
    ways : (3, n) float32, unit length
    margin : float
        Added to the ball's radius.

    Returns
    -------
    enter, leave : (n,) float32
        Lengths along the rays; a ray that misses has leave = −1.
    """
    to = origins - body.centre
    along = (to * ways).sum(axis=0)
    room = along * along - (to * to).sum(axis=0) + np.float32((body.radius + margin) ** 2)
    half = np.sqrt(np.maximum(room, 0.0))
    return np.maximum(-along - half, 0.0), np.where(room > 0.0, -along + half, -1.0)


def march(body: Body, origin: Points, ways: Points) -> Values:
    """Return how far along each ray the body is first met; infinite if never.

    Sphere tracing (Hart, 1996): the distance function says how far it is safe to go.

    Parameters
    ----------
    origin : (3, 1) float32
    ways : (3, n) float32, unit length

    Returns
    -------
    (n,) float32
    """
    enter, leave = within(body, origin, ways)
    met = np.full(ways.shape[1], np.inf, np.float32)
    live = np.flatnonzero(leave > 0.0)
    depth, ways = enter[live], ways[:, live]
    for _ in range(_STEPS):
        if not live.size:
            break
        gap = body.distance(origin + ways * depth)
        touched = gap < _TOUCH * depth
        met[live[touched]] = depth[touched]
        depth = depth + gap * np.float32(0.95)
        going = ~touched & (depth < leave[live])
        live, depth, ways = live[going], depth[going], ways[:, going]
    return met


def normals(body: Body, points: Points) -> Points:
    """Return the outward unit normals (3, n) of points on a body's skin."""
    total = np.zeros_like(points)
    for corner in _TETRAHEDRON:
        way = column(corner)
        total += way * body.distance(points + way * np.float32(0.0012))
    return total / np.maximum(norm(*total), 1e-9)


def openness(body: Body, points: Points, to_sun: Points, sharpness: float = 9.0) -> Values:
    """Return how much of the sun a body leaves to points: 0 in its shadow, 1 in the open.

    The narrowest passage on the way to the sun gives the half shadow (Quilez, 2010).

    Parameters
    ----------
    points : (3, n) float32
    to_sun : (3, 1) float32, unit length
    sharpness : float
        Large for a small sun.

    Returns
    -------
    (n,) float32 in [0, 1]
    """
    enter, leave = within(body, points, to_sun, margin=0.25)
    lit = np.ones(points.shape[1], np.float32)
    live = np.flatnonzero(leave > 0.0)
    depth = np.maximum(enter[live], 0.02)
    points, leave = points[:, live], leave[live]
    for _ in range(32):
        if not live.size:
            break
        gap = body.distance(points + to_sun * depth)
        lit[live] = np.minimum(lit[live], np.maximum(sharpness * gap / depth, 0.0))
        depth = depth + np.clip(gap, 0.025, 0.5)
        going = (lit[live] > 0.01) & (depth < leave)
        live, depth, leave, points = live[going], depth[going], leave[going], points[:, going]
    return lit * lit * (3.0 - 2.0 * lit)


def ambience(body: Body, points: Points, facing: Points) -> Values:
    """Return how much of the sky a body leaves to points, from a few steps along the normal.

    Parameters
    ----------
    points, facing : (3, n) float32
        Points and their unit normals.

    Returns
    -------
    (n,) float32 in [0, 1]
    """
    away = norm(*(points - body.centre)) - body.radius
    near = np.flatnonzero(away < 0.5)
    free = np.ones(points.shape[1], np.float32)
    points, facing = points[:, near], np.broadcast_to(facing, points.shape)[:, near]
    lost = np.zeros(near.size, np.float32)
    for reach, weight in ((0.05, 1.0), (0.16, 0.55), (0.38, 0.3)):
        gap = body.distance(points + facing * np.float32(reach))
        lost += np.clip((reach - gap) / reach, 0.0, 1.0) * weight
    free[near] = np.clip(1.0 - 0.55 * lost, 0.0, 1.0)
    return free
