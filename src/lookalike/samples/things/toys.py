"""Toys and pieces of games."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lookalike.samples.body import Body, Part
from lookalike.samples.sdf import (
    Points,
    Solid,
    Triple,
    around,
    blend,
    box,
    capsule,
    common,
    cone,
    cut,
    cylinder,
    ellipsoid,
    extruded,
    lathe,
    mirrored,
    moved,
    norm,
    sphere,
    torus,
    turned,
    union,
)
from lookalike.samples.textures import Colours, Paint, colour, plain, step, stripes


def die(body: str, pips: str) -> Body:
    """Build a die; opposite faces add up to seven."""
    half = 0.62
    solid = common(
        box((half, half, half), 0.06, at=(0.0, half, 0.0)), sphere(0.9, at=(0.0, half, 0.0))
    )
    return Body(
        (Part(solid, _pips(colour(body), colour(pips), half), 0.8),), middle=half, reach=0.92
    )


def _pips(ground: Colours, dot: Colours, half: float) -> Paint:
    near, far = -0.5 * half, 0.5 * half
    corners = [(near, near), (far, far), (near, far), (far, near)]
    layouts = {
        1: [(0.0, 0.0)],
        2: corners[:2],
        3: [*corners[:2], (0.0, 0.0)],
        4: corners,
        5: [*corners, (0.0, 0.0)],
        6: [*corners, (near, 0.0), (far, 0.0)],
    }

    def paint(p: Points) -> Colours:
        q = p - np.array([[0], [half], [0]], np.float32)
        face = np.argmax(np.abs(q), axis=0)
        side = np.take_along_axis(q, face[None], axis=0)[0] > 0
        away = np.full(p.shape[1], 9.0, np.float32)
        for axis, number in ((0, 3), (1, 1), (2, 2)):
            u, v = q[(axis + 1) % 3], q[(axis + 2) % 3]
            for positive, count in ((True, number), (False, 7 - number)):
                mine = (face == axis) & (side == positive)
                spots = [norm(u[mine] - a, v[mine] - b) for a, b in layouts[count]]
                away[mine] = np.min(spots, axis=0)
        return np.asarray(dot + (ground - dot) * step(0.11, 0.012, away), np.float32)

    return paint


def ring_tower(tints: Sequence[str], foot: Paint) -> Body:
    """Build a peg with rings that get smaller towards the top."""
    rings = []
    height = 0.14
    for number, tint in enumerate(tints):
        tube = 0.21 - 0.018 * number
        ring = torus(0.52 - 0.065 * number, tube, at=(0.0, height + tube, 0.0))
        rings.append(Part(ring, plain(tint), 0.7))
        height += 1.78 * tube
    peg = cone(0.2, 0.1, height / 2, at=(0.0, height / 2, 0.0))
    ball = sphere(0.2, at=(0.0, height + 0.2, 0.0))
    base = cylinder(0.7, 0.08, 0.04, at=(0.0, 0.08, 0.0))
    return Body(
        (Part(base, foot, 0.4), Part(peg, foot, 0.4), Part(ball, plain(tints[0]), 0.8), *rings),
        middle=1.0,
        reach=1.22,
    )


def blocks(tints: Sequence[str]) -> Body:
    """Build a gate of wooden blocks: two pillars, an arch and a roof."""
    pillars = mirrored(box((0.2, 0.42, 0.24), 0.03, at=(0.56, 0.42, 0.0)), "x")
    arch = cut(
        box((0.78, 0.26, 0.24), 0.03, at=(0.0, 1.1, 0.0)),
        moved(turned(cylinder(0.36, 0.5), "x", 90.0), (0.0, 0.84, 0.0)),
    )
    roof = extruded([(-0.5, 1.38), (0.5, 1.38), (0.0, 1.86)], 0.21, 0.02)
    ball = sphere(0.2, at=(0.0, 0.2, 0.42))
    return Body(
        (
            Part(pillars, plain(tints[0]), 0.4),
            Part(arch, plain(tints[1]), 0.4),
            Part(roof, plain(tints[2]), 0.4),
            Part(ball, plain(tints[3]), 0.6),
        ),
        middle=0.9,
        reach=1.24,
    )


def pawn(material: Paint) -> Body:
    """Build the pawn of a chess set."""
    stem = lathe([(0.0, 0.2), (0.44, 0.2), (0.24, 0.5), (0.16, 1.2), (0.0, 1.2)], 0.03)
    return Body(
        (
            Part(cylinder(0.6, 0.12, 0.06, at=(0.0, 0.12, 0.0)), material, 0.8),
            Part(stem, material, 0.8),
            Part(cylinder(0.36, 0.07, 0.065, at=(0.0, 1.22, 0.0)), material, 0.8),
            Part(sphere(0.34, at=(0.0, 1.5, 0.0)), material, 0.8),
        ),
        middle=0.9,
        reach=1.12,
    )


def rook(material: Paint) -> Body:
    """Build the rook of a chess set."""
    stem = lathe([(0.0, 0.2), (0.48, 0.2), (0.32, 0.5), (0.28, 1.15), (0.0, 1.15)], 0.03)
    crown = cut(
        cylinder(0.44, 0.24, 0.02, at=(0.0, 1.4, 0.0)),
        cylinder(0.29, 0.2, at=(0.0, 1.6, 0.0)),
        box((0.6, 0.12, 0.08), at=(0.0, 1.62, 0.0)),
        box((0.08, 0.12, 0.6), at=(0.0, 1.62, 0.0)),
    )
    return Body(
        (
            Part(cylinder(0.62, 0.12, 0.06, at=(0.0, 0.12, 0.0)), material, 0.8),
            Part(stem, material, 0.8),
            Part(crown, material, 0.8),
        ),
        middle=0.8,
        reach=1.06,
    )


def ball(paint: Paint, gloss: float = 0.7) -> Body:
    """Build a ball that lies on the floor."""
    return Body((Part(sphere(0.7, at=(0.0, 0.7, 0.0)), paint, gloss),), middle=0.7, reach=0.72)


def cube(paint: Paint, gloss: float = 0.2) -> Body:
    """Build a cube with soft edges."""
    return Body((Part(box((0.6, 0.6, 0.6), 0.04, at=(0.0, 0.6, 0.0)), paint, gloss),), 0.6, 1.06)


def traffic_cone(tint: str, band: str) -> Body:
    """Build a cone in stripes on a square foot."""
    return Body(
        (
            Part(cone(0.5, 0.1, 0.75, 0.03, at=(0.0, 0.85, 0.0)), stripes((tint, band), 0.36), 0.4),
            Part(box((0.62, 0.06, 0.62), 0.03, at=(0.0, 0.06, 0.0)), plain("#262626"), 0.2),
        ),
        middle=0.75,
        reach=1.16,
    )


def car(paint: str) -> Body:
    """Build a small round car, its bonnet towards +x."""
    lower = box((0.95, 0.24, 0.44), 0.18, at=(0.0, 0.42, 0.0))
    cabin = box((0.5, 0.3, 0.38), 0.2, at=(-0.1, 0.78, 0.0))
    windows = union(
        box((0.19, 0.11, 0.395), 0.03, at=(0.12, 0.84, 0.0)),
        box((0.17, 0.11, 0.395), 0.03, at=(-0.32, 0.84, 0.0)),
        box((0.515, 0.11, 0.27), 0.03, at=(-0.1, 0.84, 0.0)),
    )
    tyres = mirrored(_wheel(0.22, 0.1, (0.56, 0.22, 0.42)), "xz")
    hubs = mirrored(_wheel(0.11, 0.12, (0.56, 0.22, 0.42)), "xz")
    lamps = mirrored(sphere(0.1, at=(0.9, 0.46, 0.27)), "z")
    return Body(
        (
            Part(blend(0.1, lower, cabin), plain(paint), 0.9),
            Part(windows, plain("#27333d"), 1.0),
            Part(tyres, plain("#1d1d1f"), 0.1),
            Part(hubs, plain("#d8d8d8"), 0.9),
            Part(lamps, plain("#fff2c4"), 1.0),
        ),
        middle=0.5,
        reach=1.12,
    )


def _wheel(radius: float, half: float, at: Triple) -> Solid:
    return moved(turned(cylinder(radius, half, 0.03), "x", 90.0), at)


def engine(boiler: str, cab: str, trim: str = "#d9b13b") -> Body:
    """Build a toy steam engine, its chimney towards +x."""
    tank = moved(turned(cylinder(0.3, 0.55, 0.04), "z", 90.0), (0.25, 0.72, 0.0))
    chimney = cone(0.1, 0.17, 0.2, at=(0.6, 1.12, 0.0))
    dome = sphere(0.15, at=(0.1, 1.02, 0.0))
    house = cut(
        box((0.3, 0.5, 0.38), 0.03, at=(-0.5, 0.82, 0.0)),
        box((0.16, 0.16, 0.6), 0.02, at=(-0.5, 0.98, 0.0)),
    )
    roof = box((0.38, 0.06, 0.45), 0.03, at=(-0.5, 1.37, 0.0))
    frame = box((0.9, 0.08, 0.34), 0.02, at=(0.0, 0.36, 0.0))
    wheels = union(
        mirrored(_wheel(0.24, 0.06, (-0.5, 0.24, 0.38)), "z"),
        mirrored(_wheel(0.17, 0.06, (0.1, 0.17, 0.38)), "z"),
        mirrored(_wheel(0.17, 0.06, (0.58, 0.17, 0.38)), "z"),
    )
    return Body(
        (
            Part(tank, stripes((boiler, boiler, trim), 0.17, "x"), 0.7),
            Part(union(house, dome), plain(cab), 0.6),
            Part(chimney, plain("#2b2b2e"), 0.5),
            Part(roof, plain("#2b2b2e"), 0.3),
            Part(frame, plain("#44424a"), 0.3),
            Part(wheels, plain(trim), 0.6),
        ),
        middle=0.68,
        reach=1.26,
    )


def rocket(hull: Paint, fin: str) -> Body:
    """Build a rocket on three fins."""
    shell = cut(ellipsoid((0.42, 1.1, 0.42), at=(0.0, 1.0, 0.0)), box((1, 0.2, 1), at=(0, 0.08, 0)))
    fins = around(extruded([(0.2, 0.75), (0.72, 0.3), (0.76, 0.0), (0.3, 0.3)], 0.03, 0.03), 3)
    frame = moved(turned(torus(0.19, 0.05), "x", 90.0), (0.0, 1.25, 0.4))
    pane = sphere(0.18, at=(0.0, 1.25, 0.32))
    return Body(
        (
            Part(shell, hull, 0.7),
            Part(moved(turned(fins, "y", 90.0), (0.0, 0.03, 0.0)), plain(fin), 0.5),
            Part(frame, plain("#d7d9dd"), 0.9),
            Part(pane, plain("#4aa3c7"), 1.0),
            Part(cone(0.26, 0.17, 0.08, at=(0.0, 0.24, 0.0)), plain("#3a3a40"), 0.6),
        ),
        middle=1.02,
        reach=1.3,
    )


def duck(body: str, beak: str) -> Body:
    """Build a bath duck that looks towards +x."""
    hull = cut(
        ellipsoid((0.72, 0.5, 0.54), at=(-0.05, 0.38, 0.0)), box((2, 0.5, 2), at=(0, -0.5, 0))
    )
    tail = capsule((-0.55, 0.5, 0.0), (-0.8, 0.8, 0.0), 0.16, 0.06)
    head = sphere(0.36, at=(0.38, 1.05, 0.0))
    wings = mirrored(ellipsoid((0.36, 0.22, 0.12), at=(-0.12, 0.52, 0.5)), "z")
    bill = union(
        ellipsoid((0.22, 0.06, 0.16), at=(0.74, 1.03, 0.0)),
        ellipsoid((0.17, 0.05, 0.13), at=(0.7, 0.94, 0.0)),
    )
    eyes = mirrored(sphere(0.065, at=(0.62, 1.19, 0.19)), "z")
    return Body(
        (
            Part(blend(0.15, hull, tail, head, wings), plain(body), 0.7),
            Part(bill, plain(beak), 0.6),
            Part(eyes, plain("#17171a"), 1.0),
        ),
        middle=0.65,
        reach=1.2,
    )


def robot(skin: Paint, light: str) -> Body:
    """Build a tin robot."""
    trunk = box((0.4, 0.38, 0.28), 0.06, at=(0.0, 0.86, 0.0))
    head = box((0.3, 0.24, 0.25), 0.06, at=(0.0, 1.56, 0.0))
    limbs = mirrored(
        union(
            capsule((0.5, 1.1, 0.0), (0.62, 0.62, 0.12), 0.09),
            capsule((0.2, 0.5, 0.0), (0.2, 0.18, 0.0), 0.12),
            box((0.17, 0.08, 0.24), 0.05, at=(0.2, 0.08, 0.05)),
        ),
        "x",
    )
    eyes = mirrored(sphere(0.085, at=(0.13, 1.6, 0.23)), "x")
    details = union(
        cylinder(0.1, 0.12, at=(0.0, 1.28, 0.0)),
        capsule((0.0, 1.8, 0.0), (0.0, 2.0, 0.0), 0.025),
        mirrored(sphere(0.13, at=(0.47, 1.12, 0.0)), "x"),
    )
    lamps = union(
        eyes,
        sphere(0.07, at=(0.0, 2.06, 0.0)),
        *(sphere(0.06, at=(x, 0.95, 0.27)) for x in (-0.2, 0.0, 0.2)),
    )
    return Body(
        (
            Part(union(trunk, head), skin, 0.7),
            Part(union(limbs, details), plain("#8d9299"), 0.8),
            Part(lamps, plain(light), 1.0),
        ),
        middle=1.05,
        reach=1.22,
    )
