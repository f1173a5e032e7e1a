"""Things from the kitchen."""

from __future__ import annotations

import numpy as np

from lookalike.samples.body import Body, Part
from lookalike.samples.sdf import (
    Points,
    blend,
    capsule,
    cone,
    cut,
    cylinder,
    ellipsoid,
    lathe,
    moved,
    sphere,
    torus,
    turned,
    union,
)
from lookalike.samples.textures import (
    Colours,
    Paint,
    colour,
    hashed,
    layered,
    plain,
    speckled,
    worn,
)


def mug(glaze: Paint, inside: str = "#f6efe2") -> Body:
    """Build a mug with coffee in it."""
    hollow = cylinder(0.53, 0.62, 0.04, at=(0.0, 0.78, 0.0))
    handle = moved(turned(torus(0.32, 0.085), "x", 90.0), (0.66, 0.66, 0.0))
    outer = blend(0.06, cylinder(0.62, 0.62, 0.06, at=(0.0, 0.62, 0.0)), handle)
    lining = cut(cylinder(0.575, 0.6, 0.02, at=(0.0, 0.655, 0.0)), hollow)
    return Body(
        (
            Part(cut(outer, hollow), glaze, 0.9),
            Part(lining, plain(inside), 0.9),
            Part(cylinder(0.55, 0.42, at=(0.0, 0.55, 0.0)), plain("#3a2113"), 0.8),
        ),
        middle=0.62,
        reach=1.2,
    )


def teapot(glaze: Paint, knob: str = "#c9a24b") -> Body:
    """Build a pot-bellied teapot."""
    belly = ellipsoid((0.72, 0.58, 0.72), at=(0.0, 0.62, 0.0))
    spout = capsule((0.5, 0.45, 0.0), (1.05, 0.98, 0.0), 0.17, 0.08)
    handle = moved(turned(torus(0.32, 0.065), "x", 90.0), (-0.78, 0.66, 0.0))
    foot = cylinder(0.42, 0.06, 0.03, at=(0.0, 0.06, 0.0))
    mouth = capsule((1.0, 0.93, 0.0), (1.2, 1.13, 0.0), 0.05)
    pot = cut(blend(0.14, belly, spout, handle, foot), mouth)
    lid = cut(ellipsoid((0.42, 0.2, 0.42), at=(0.0, 1.14, 0.0)), sphere(0.5, at=(0.0, 0.62, 0.0)))
    return Body(
        (
            Part(pot, glaze, 0.9),
            Part(lid, glaze, 0.9),
            Part(sphere(0.09, at=(0.0, 1.4, 0.0)), plain(knob), 0.9),
        ),
        middle=0.72,
        reach=1.3,
    )


def vase(glaze: Paint) -> Body:
    """Build a vase turned on the wheel."""
    skin = [(0.0, 0.0), (0.34, 0.0), (0.5, 0.22), (0.6, 0.48), (0.62, 0.72), (0.54, 0.98)]
    neck = [(0.36, 1.24), (0.27, 1.42), (0.27, 1.58), (0.4, 1.78)]
    wall = [(0.34, 1.78), (0.2, 1.52), (0.0, 1.2)]
    return Body((Part(lathe(skin + neck + wall, 0.04), glaze, 0.9),), middle=0.9, reach=1.12)


def doughnut(icing: str, sprinkles: tuple[str, ...]) -> Body:
    """Build a doughnut; the icing runs down unevenly."""
    dough = torus(0.58, 0.34, at=(0.0, 0.34, 0.0))
    return Body(
        (Part(dough, _iced(worn(plain("#c98a4b"), 0.5), plain(icing), sprinkles), 0.5),),
        middle=0.34,
        reach=0.98,
    )


def _iced(dough: Paint, icing: Paint, sprinkles: tuple[str, ...]) -> Paint:
    tints = np.concatenate([colour(tint) for tint in sprinkles], axis=1)

    def paint(p: Points) -> Colours:
        turn = np.arctan2(p[2], p[0])
        edge = 0.36 + 0.06 * np.sin(5 * turn) + 0.03 * np.sin(11 * turn + 1.0)
        cell = np.floor(p[[0, 1, 2]] / 0.1).astype(np.int32)
        chance = hashed(*cell)
        lean = (chance * 37.0) % 1.0 * 3.1416
        x, z = (p[[0, 2]] / 0.1) % 1.0 - 0.5
        along = x * np.cos(lean) + z * np.sin(lean)
        across = x * np.sin(lean) - z * np.cos(lean)
        sugar = (chance < 0.45) & (np.abs(across) < 0.13) & (np.abs(along) < 0.38)
        which = (chance * 400.0).astype(np.int32) % tints.shape[1]
        top = np.where(sugar, tints[:, which], icing(p))
        return np.where(p[1] > edge, top, dough(p)).astype(np.float32)

    return paint


def apple(skin: Paint) -> Body:
    """Build an apple with its stalk and a leaf."""
    # A ring whose tube is thicker than its hole leaves a dimple at the top and the bottom.
    flesh = torus(0.28, 0.52, at=(0.0, 0.52, 0.0))
    stalk = capsule((0.0, 0.7, 0.0), (0.08, 1.22, 0.0), 0.035)
    leaf = moved(turned(ellipsoid((0.26, 0.03, 0.11)), "z", 25.0), (0.3, 1.17, 0.0))
    return Body(
        (
            Part(flesh, skin, 0.8),
            Part(stalk, plain("#4f3420"), 0.1),
            Part(leaf, plain("#4e8a2f"), 0.4),
        ),
        middle=0.6,
        reach=0.95,
    )


def pear(skin: Paint) -> Body:
    """Build a pear."""
    flesh = blend(0.45, sphere(0.56, at=(0.0, 0.54, 0.0)), sphere(0.3, at=(0.05, 1.2, 0.0)))
    stalk = capsule((0.05, 1.4, 0.0), (0.16, 1.75, 0.0), 0.035)
    return Body(
        (Part(flesh, skin, 0.5), Part(stalk, plain("#4f3420"), 0.1)), middle=0.85, reach=1.0
    )


def cupcake(case: Paint, icing: str, cherry: str = "#b3122a") -> Body:
    """Build a cupcake with three turns of icing and a cherry."""
    rolls = blend(
        0.08,
        torus(0.42, 0.22, at=(0.0, 0.86, 0.0)),
        torus(0.28, 0.2, at=(0.0, 1.13, 0.0)),
        sphere(0.26, at=(0.0, 1.36, 0.0)),
        sphere(0.4, at=(0.0, 0.9, 0.0)),
    )
    return Body(
        (
            Part(cone(0.42, 0.6, 0.4, 0.01, at=(0.0, 0.41, 0.0)), case, 0.1),
            Part(rolls, worn(plain(icing), 0.15, 0.1), 0.3),
            Part(sphere(0.15, at=(0.0, 1.7, 0.0)), plain(cherry), 0.9),
        ),
        middle=0.9,
        reach=1.05,
    )


def bottle(glass: str, label: Paint) -> Body:
    """Build a bottle with a label and a cork."""
    skin = [
        (0.0, 0.0),
        (0.38, 0.0),
        (0.38, 1.05),
        (0.3, 1.26),
        (0.16, 1.42),
        (0.13, 1.85),
        (0.0, 1.85),
    ]
    return Body(
        (
            Part(lathe(skin, 0.03), plain(glass), 1.0),
            Part(cylinder(0.42, 0.3, at=(0.0, 0.6, 0.0)), label, 0.1),
            Part(cylinder(0.1, 0.1, 0.02, at=(0.0, 1.95, 0.0)), plain("#c39a6b"), 0.1),
        ),
        middle=1.0,
        reach=1.13,
    )


def pumpkin(skin: Paint) -> Body:
    """Build a ribbed pumpkin."""

    def ribbed(p: Points) -> Points:
        q = p - np.array([[0], [0.55], [0]], np.float32)
        turn = np.arctan2(q[2], q[0])
        swell = 1.0 + 0.07 * np.abs(np.cos(turn * 5.0))
        return ellipsoid((0.74, 0.56, 0.74))(q / swell) * 0.9

    flesh = cut(ribbed, sphere(0.2, at=(0.0, 1.26, 0.0)))
    stalk = capsule((0.0, 0.9, 0.0), (0.12, 1.35, 0.05), 0.09, 0.06)
    return Body(
        (Part(flesh, skin, 0.4), Part(stalk, plain("#5b6b2c"), 0.1)), middle=0.6, reach=0.98
    )


def hourglass(wood: Paint, sand: str) -> Body:
    """Build an hourglass between two discs."""
    bulbs = union(
        blend(0.2, sphere(0.4, at=(0.0, 0.58, 0.0)), cylinder(0.09, 0.3, at=(0.0, 1.0, 0.0))),
        blend(0.2, sphere(0.4, at=(0.0, 1.42, 0.0)), cylinder(0.09, 0.3, at=(0.0, 1.0, 0.0))),
    )
    discs = union(
        cylinder(0.6, 0.08, 0.03, at=(0.0, 0.08, 0.0)),
        cylinder(0.6, 0.08, 0.03, at=(0.0, 1.92, 0.0)),
    )
    rods = union(
        *(
            capsule((x, 0.1, z), (x, 1.9, z), 0.05)
            for x, z in ((0.5, 0.0), (-0.25, 0.43), (-0.25, -0.43))
        )
    )
    glass = plain("#cfe3e6")
    filling = layered(
        (0.6, 1.06, 1.34), (speckled(sand, "#fff3d0", 0.05), glass, plain(sand), glass)
    )
    return Body(
        (Part(bulbs, filling, 1.0), Part(discs, wood, 0.3), Part(rods, wood, 0.3)),
        middle=1.0,
        reach=1.18,
    )
