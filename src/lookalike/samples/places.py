"""The places in which things stand: a floor, and a wall or the sky behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lookalike.samples.sdf import Points, Values, norm
from lookalike.samples.textures import (
    Colours,
    Paint,
    checker,
    clouds,
    colour,
    dotted,
    layered,
    mixed,
    noise,
    plain,
    planks,
    speckled,
    step,
    stripes,
    tiles,
    worn,
)

_WALL_AWAY = 3.4


@dataclass(frozen=True)
class Place:
    """A place.

    Parameters
    ----------
    floor : Paint
        Of the plane y = 0.
    back : function of directions (3, n) to colours (3, n)
        What is seen where there is no floor; out of doors, or in a studio.
    wall : Paint or None
        Of a wall behind the thing, in (along, height, 0); indoors.
    sun, sky : str
        Colours of the direct and of the scattered light.
    shine : float
        Gloss of the floor.
    far : float
        Distance at which a floor without a wall melts into what is behind it.
    under_sky : bool
        Whether it is out of doors.
    """

    floor: Paint
    back: Callable[[Points], Colours]
    wall: Paint | None = None
    sun: str = "#fff3e0"
    sky: str = "#cfe0f5"
    shine: float = 0.1
    far: float = 9.0
    under_sky: bool = False


def studio(tint: str, deep: str) -> Place:
    """Return a paper backdrop without a seam."""
    near, far = colour(tint), colour(deep)
    return Place(
        worn(plain(tint), 0.04), lambda w: mixed(near, far, step(0.25, 0.35, w[1])), sky="#e9edf5"
    )


def open_air(floor: Paint, zenith: str, haze: str, hills: tuple[str, str], sun: str) -> Place:
    """Return a place under the sky, with two ranges of hills and a few clouds."""
    back = _sky(zenith, haze, hills)
    return Place(floor, back, sun=sun, sky=haze, shine=0.02, far=26.0, under_sky=True)


def room(floor: Paint, wall: Paint, shine: float = 0.35) -> Place:
    """Return a room: a floor and a wall behind."""
    grey = colour("#8a8580")
    return Place(floor, lambda w: np.broadcast_to(grey, w.shape), wall, "#fff0d8", "#d9dde6", shine)


def _sky(zenith: str, haze: str, hills: tuple[str, str]) -> Callable[[Points], Colours]:
    high, low, white = colour(zenith), colour(haze), colour("#ffffff")
    ground = mixed(colour(hills[1]), low, np.array([0.55], np.float32))

    def back(ways: Points) -> Colours:
        height = np.maximum(ways[1], 0.0)
        out = mixed(low, high, 1.0 - (1.0 - height) ** 4)
        flat = ways / np.maximum(height + 0.12, 0.05)
        cover = step(0.55, 0.14, clouds(flat * 1.1 + 5.0, 4)) * step(0.03, 0.05, height)
        out = mixed(out, white, 0.75 * cover)
        for tint, hazy, scale, top in ((hills[0], 0.45, 6.0, 0.2), (hills[1], 0.25, 4.0, 0.11)):
            ridge = _ridge(ways, scale) * top
            slope = mixed(colour(tint), low, hazy + 0.3 * np.clip(1.0 - height / 0.06, 0.0, 1.0))
            out = mixed(slope, out, step(0.0, 0.003, ways[1] - ridge))
        return np.where(ways[1] < 0.0, ground, out)

    return back


def _ridge(ways: Points, scale: float) -> Values:
    """Return the height of a range of hills in each direction, 0 … 1, and often 0."""
    out = ways[[0, 2]] / np.maximum(norm(ways[0], ways[2]), 1e-6)
    around = np.stack([out[0], np.zeros_like(out[0]), out[1]])
    rise = 0.75 * noise(around * scale + 40.0) + 0.25 * noise(around * scale * 3.1)
    return np.maximum(rise - 0.3, 0.0)


def wall_ahead(azimuth: float, position: Points, ways: Points) -> tuple[Values, Points]:
    """Return where rays meet the wall behind the thing, and the wall's own coordinates there.

    Parameters
    ----------
    azimuth : float
        Radians about the upright axis of the direction out of which the wall looks.
    position : (3, 1) float32
        Of the camera.
    ways : (3, n) float32

    Returns
    -------
    depth : (n,) float32
        Along the ray; infinite where the wall is never met.
    own : (3, n) float32
        Rows: along the wall, height, 0.
    """
    facing = np.array([np.sin(azimuth), 0.0, np.cos(azimuth)], np.float32)
    towards = facing @ ways
    start = float((facing @ position)[0]) + _WALL_AWAY
    depth = np.where(towards < -1e-4, -start / np.minimum(towards, -1e-4), np.inf)
    points = position + ways * np.where(np.isfinite(depth), depth, 0.0)
    along = points[0] * facing[2] - points[2] * facing[0]
    return depth.astype(np.float32), np.stack([along, points[1], np.zeros_like(along)])


def island(sand: Paint, sea: str, shallow: str) -> Paint:
    """Paint a sandy floor with the sea round it."""
    deep, flat, foam = colour(sea), colour(shallow), colour("#f4f8f8")

    def paint(p: Points) -> Colours:
        swell = norm(p[0], p[2]) + 1.6 * (clouds(p / 2.2) - 0.5)
        wave = 0.5 + 0.5 * noise(p * np.array([[1.2], [1.0], [4.0]], np.float32))
        water = mixed(flat, deep, step(9.0, 4.0, swell)) * (0.85 + 0.3 * wave)
        wet = sand(p) * (1.0 - 0.35 * step(4.6, 0.5, swell))
        out = mixed(wet, foam, step(5.0, 0.06, swell))
        return mixed(out, water, step(5.3, 0.18, swell))

    return paint


_OAK = planks("#c69c6d", "#94673c")
_WALNUT = planks("#7d5538", "#4a2f1d")
_MEADOW = worn(speckled("#527a30", "#7f9d45", 0.035, 0.45), 0.6, 0.9)
_SAND = worn(speckled("#d9bd8a", "#efdcb2", 0.03, 0.5), 0.25, 0.5)
_SNOW = worn(speckled("#dfe8f2", "#ffffff", 0.06, 0.6), 0.12, 0.7)
_FLAGS = worn(tiles("#8a8a8a", "#9d9c9b", "#5d5c5b", 0.7), 0.3, 0.12)
_SKIRTING = (0.22, 0.24)


def _papered(paper: Paint, board: str = "#efe9dd") -> Paint:
    return layered(_SKIRTING, (plain(board), plain("#b9b1a2"), paper))


PLACES: dict[str, Place] = {
    "oak room": room(_OAK, _papered(worn(plain("#d8d2c2"), 0.08, 1.5))),
    "blue room": room(_OAK, _papered(stripes(("#7f9fb5", "#8aa9be"), 0.24, "x"))),
    "walnut room": room(_WALNUT, _papered(worn(plain("#7f8f7a"), 0.1, 1.5))),
    "tiled room": room(
        tiles("#e8e4da", "#39424e", "#8d8a84"),
        _papered(dotted("#e7dccb", "#c98a7a", 0.4, 0.06)),
        0.7,
    ),
    "meadow": open_air(_MEADOW, "#4f8fd0", "#cfe3f2", ("#8fa9b8", "#5f8560"), "#fff1d6"),
    "beach": open_air(
        island(_SAND, "#2b6f96", "#63b3b5"), "#3f94d1", "#dcecf2", ("#7fa6b8", "#4d8aa8"), "#fff0d0"
    ),
    "snow": open_air(_SNOW, "#7fa9d6", "#e6eef5", ("#b7c6d8", "#8da3ba"), "#fff4e4"),
    "evening": open_air(_FLAGS, "#5f78b5", "#f0cfae", ("#8f7f9a", "#6a5f7c"), "#ffdcb4"),
    "white studio": studio("#e9e6e0", "#c4c4c6"),
    "sage studio": studio("#b7c4ae", "#8a9a86"),
    "rose studio": studio("#e3bfb4", "#b98f8b"),
    "cloth": Place(
        checker("#d9473f", "#f3eee2", 0.35),
        lambda w: mixed(colour("#c9b896"), colour("#7f6a4c"), step(0.2, 0.4, w[1])),
    ),
}
