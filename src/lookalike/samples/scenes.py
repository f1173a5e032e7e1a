"""How each picture of a thing is taken: place, company, camera and light."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import replace

from lookalike.samples import catalogue
from lookalike.samples.body import Body
from lookalike.samples.camera import Camera
from lookalike.samples.places import PLACES, Place
from lookalike.samples.shading import Scene, Sun
from lookalike.samples.textures import plain
from lookalike.samples.things import toys

_TOY_TINTS = ("#c8442f", "#e6b43a", "#3a6fb5", "#4f9d4a", "#efe9dd", "#8a5a7a")
_GOLDEN = 0.618034

_Dice = Callable[[], float]


def compose(name: str, view: int, seed: int) -> Scene:
    """Arrange one picture of a thing.

    Parameters
    ----------
    name : str
        One of `catalogue.NAMES`.
    view : int
        Number of the picture, from 0.
    seed : int

    Returns
    -------
    Scene
        The same for the same arguments, on every machine.
    """
    dice, steady = _dice(seed, name, view), _dice(seed, name)
    thing = catalogue.body(name)
    place = _place(name, view, steady)
    # Golden ratio steps spread any number of views evenly over the front and the sides.
    azimuth = -80.0 + 160.0 * ((steady() + _GOLDEN * view) % 1.0) + _spread(dice(), 8.0)
    camera = _camera(thing, place, azimuth, dice)
    side = 1.0 if dice() < 0.5 else -1.0
    sun = Sun(azimuth + side * (25.0 + 60.0 * dice()), 28.0 + 32.0 * dice(), 2.2 + 1.0 * dice())
    bodies = (thing, *_company(thing, azimuth, dice))
    return Scene(bodies, place, camera, sun, wall_turn=_spread(dice(), 24.0))


def _dice(*seeds: object) -> _Dice:
    """Return a source of numbers in [0, 1) that is the same in every version of Python."""
    return random.Random(":".join(map(str, seeds))).random  # noqa: S311


def _spread(share: float, width: float) -> float:
    return (2.0 * share - 1.0) * width


def _place(name: str, view: int, steady: _Dice) -> Place:
    """Choose a place: every second view is at the thing's first home, the others go about."""
    homes = list(catalogue.homes(name))
    first = homes.pop(int(steady() * len(homes)))
    away = [first, *homes][(view // 2 + 1) % (len(homes) + 1)]
    return PLACES[first if view % 2 == 0 else away]


def _camera(thing: Body, place: Place, azimuth: float, dice: _Dice) -> Camera:
    lowest, span = (5.0, 21.0) if place.under_sky else (11.0, 23.0)
    return Camera(
        target=(_spread(dice(), 0.16), thing.middle * (0.86 + 0.2 * dice()), _spread(dice(), 0.1)),
        azimuth=azimuth,
        elevation=lowest + span * dice(),
        distance=(0.35 + 0.72 * thing.reach) * (3.1 + 1.7 * dice()),
        opening=38.0,
        roll=_spread(dice(), 2.0),
    )


def _company(thing: Body, azimuth: float, dice: _Dice) -> tuple[Body, ...]:
    """Return a small toy that lies beside the thing in some of the pictures."""
    if dice() < 0.55:
        return ()
    tint = _TOY_TINTS[int(dice() * len(_TOY_TINTS))]
    toy = toys.ball(plain(tint)) if dice() < 0.5 else toys.cube(plain(tint))
    side = 1.0 if dice() < 0.5 else -1.0
    way = math.radians(azimuth + side * (75.0 + 45.0 * dice()))
    away = thing.reach * (1.05 + 0.25 * dice())
    at = (away * math.sin(way), away * math.cos(way))
    return (replace(toy, at=at, turn=360.0 * dice(), size=0.2 + 0.15 * dice()),)
