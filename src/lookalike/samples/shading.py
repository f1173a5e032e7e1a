"""From rays to colours."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lookalike.samples.body import Body
from lookalike.samples.camera import Camera
from lookalike.samples.places import Place, wall_ahead
from lookalike.samples.sdf import Points, Values, column, norm
from lookalike.samples.textures import Colours, colour, mixed
from lookalike.samples.tracing import ambience, march, normals, openness

_UP = column((0.0, 1.0, 0.0))
_FLOOR_BOUNCE = colour("#a99c8a")
_WALL = -2
_BACK = -3
_FLOOR = -1


@dataclass(frozen=True)
class Sun:
    """Where the light comes from, in degrees, and how strong it is."""

    azimuth: float
    elevation: float
    strength: float = 2.6

    @property
    def way(self) -> Points:
        """Unit vector towards the sun, (3, 1)."""
        flat, high = math.radians(self.azimuth), math.radians(self.elevation)
        return column(
            (math.sin(flat) * math.cos(high), math.sin(high), math.cos(flat) * math.cos(high))
        )


@dataclass(frozen=True)
class Scene:
    """Everything that is in one picture."""

    bodies: tuple[Body, ...]
    place: Place
    camera: Camera
    sun: Sun
    wall_turn: float = 0.0


@dataclass(frozen=True)
class _Skin:
    """Where rays have met a surface: points, unit normals, the rays' ways, and how it is painted.

    `points`, `facing`, `ways` and `own` are (3, n); `gloss` is (n,) or (1,).
    """

    points: Points
    facing: Points
    ways: Points
    own: Colours
    gloss: Values


def seen(scene: Scene, ways: Points) -> Colours:
    """Return what rays from the camera see.

    Parameters
    ----------
    ways : (3, n) float32, unit length

    Returns
    -------
    (3, n) float32
        Linear light, 1 is a white surface in full light.
    """
    eye = scene.camera.position
    depth = np.where(ways[1] < -1e-3, -eye[1] / np.minimum(ways[1], -1e-3), np.inf)
    what = np.where(np.isfinite(depth), _FLOOR, _BACK)
    colours = np.array(scene.place.back(ways), np.float32)
    if (wall := scene.place.wall) is not None:
        turn = math.radians(scene.camera.azimuth + scene.wall_turn)
        to_wall, own = wall_ahead(turn, eye, ways)
        before = to_wall < depth
        depth, what = np.where(before, to_wall, depth), np.where(before, _WALL, what)
        colours[:, before] = _wall_light(scene.place, wall(own[:, before]), own[:, before])
    for number, body in enumerate(scene.bodies):
        met = march(body, eye, ways)
        before = met < depth
        depth, what = np.where(before, met, depth), np.where(before, number, what)
    points = eye + ways * np.where(np.isfinite(depth), depth, 0.0).astype(np.float32)
    floor = what == _FLOOR
    colours[:, floor] = _floor_light(scene, points[:, floor], ways[:, floor], colours[:, floor])
    for number, body in enumerate(scene.bodies):
        mine = what == number
        colours[:, mine] = _body_light(scene, body, points[:, mine], ways[:, mine])
    return colours


def _floor_light(scene: Scene, points: Points, ways: Points, behind: Colours) -> Colours:
    place = scene.place
    facing = np.broadcast_to(_UP, points.shape)
    gloss = np.array([place.shine], np.float32)
    lit = _light(scene, _Skin(points, facing, ways, place.floor(points), gloss))
    if place.wall is not None:
        return lit
    # The far floor melts into what is behind it, which also hides the aliasing of its texture.
    away = norm(points[0], points[2]) / place.far
    return mixed(lit, behind, 1.0 - np.exp(-(away**2)))


def _wall_light(place: Place, paint: Colours, own: Points) -> Colours:
    light = colour(place.sky) * 0.55 + colour(place.sun) * 0.35
    corner = 0.72 + 0.28 * np.clip(own[1] / 0.7, 0.0, 1.0)
    return np.asarray(paint * light * corner * np.exp(-((own[0] / 6.0) ** 2)), np.float32)


def _body_light(scene: Scene, body: Body, points: Points, ways: Points) -> Colours:
    own, gloss = body.look(points)
    return _light(scene, _Skin(points, normals(body, points), ways, own, gloss))


def _light(scene: Scene, skin: _Skin) -> Colours:
    """Return the light that a surface sends back: of the sun, the sky and the floor."""
    sun, sky, to_sun = colour(scene.place.sun), colour(scene.place.sky), scene.sun.way
    slant = np.maximum((skin.facing * to_sun).sum(axis=0), 0.0)
    sunny, free = _reached(scene, skin, slant)
    up = 0.5 + 0.5 * skin.facing[1]
    direct = sun * (scene.sun.strength * slant * sunny)
    scattered = (sky * (0.25 + 0.75 * up) + _FLOOR_BOUNCE * (1.0 - up)) * (0.62 * free)
    half = to_sun - skin.ways
    mirror = np.maximum((skin.facing * half).sum(axis=0) / norm(*half), 0.0)
    highlight = skin.gloss * mirror ** (18.0 + 90.0 * skin.gloss) * sunny
    edge = 1.0 - np.maximum(-(skin.facing * skin.ways).sum(axis=0), 0.0)
    sheen = 0.5 * skin.gloss * edge**5 * free
    total = skin.own * (direct + scattered) * 0.5 + sun * highlight + sky * sheen
    return np.asarray(total, np.float32)


def _reached(scene: Scene, skin: _Skin, slant: Values) -> tuple[Values, Values]:
    """Return how much of the sun, and how much of the sky, reaches a surface: (n,) each."""
    start = skin.points + skin.facing * np.float32(0.004)
    sunny, free = (slant > 0.0).astype(np.float32), np.ones_like(slant)
    for body in scene.bodies:
        lit = np.flatnonzero(sunny)
        sunny[lit] *= openness(body, start[:, lit], scene.sun.way)
        free = free * ambience(body, skin.points, skin.facing)
    # The floor shades the underside of what stands on it.
    underneath = np.exp(-6.0 * skin.points[1]) * np.maximum(-skin.facing[1], 0.0)
    return sunny, free * (1.0 - 0.5 * underneath)
