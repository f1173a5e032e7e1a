"""Things from outdoors: buildings, plants, a boat."""

from __future__ import annotations

import numpy as np

from lookalike.samples.body import Body, Part
from lookalike.samples.sdf import (
    Solid,
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
    mirrored,
    moved,
    sphere,
    torus,
    turned,
    union,
)
from lookalike.samples.textures import Paint, dotted, layered, plain, speckled, stripes, worn


def house(walls: Paint, roof: Paint, door: str) -> Body:
    """Build a house with a gable, a door and windows with white frames."""
    gable = extruded([(-0.62, 0.0), (0.62, 0.0), (0.62, 0.9), (0.0, 1.42), (-0.62, 0.9)], 0.52)
    slope = turned(box((0.5, 0.045, 0.66), 0.02), "z", -40.0)
    eaves = mirrored(moved(slope, (0.37, 1.2, 0.0)), "x")
    chimney = box((0.1, 0.3, 0.1), at=(0.34, 1.42, -0.2))
    frames = union(
        mirrored(box((0.16, 0.17, 0.03), 0.01, at=(0.34, 0.56, 0.53)), "xz"),
        mirrored(box((0.03, 0.17, 0.17), 0.01, at=(0.63, 0.56, 0.0)), "x"),
    )
    panes = union(
        mirrored(box((0.06, 0.13, 0.05), at=(0.27, 0.56, 0.53)), "xz"),
        mirrored(box((0.055, 0.13, 0.05), at=(0.415, 0.56, 0.53)), "xz"),
        mirrored(box((0.05, 0.13, 0.13), at=(0.63, 0.56, 0.0)), "x"),
    )
    return Body(
        (
            Part(gable, walls, 0.05),
            Part(eaves, roof, 0.1),
            Part(chimney, walls, 0.05),
            Part(frames, plain("#f4f1ea"), 0.2),
            Part(panes, plain("#31465c"), 1.0),
            Part(box((0.15, 0.28, 0.03), 0.01, at=(0.0, 0.28, 0.53)), plain(door), 0.4),
        ),
        middle=0.75,
        reach=1.15,
    )


def fir(needles: Paint, trunk: str = "#5d4029") -> Body:
    """Build a fir of four cones."""
    tiers = union(
        *(
            cone(radius, 0.02, 0.32, 0.03, at=(0.0, height, 0.0))
            for radius, height in ((0.74, 0.68), (0.6, 1.02), (0.45, 1.36), (0.3, 1.7))
        )
    )
    return Body(
        (
            Part(tiers, needles, 0.05),
            Part(cylinder(0.13, 0.25, at=(0.0, 0.25, 0.0)), worn(plain(trunk), 0.6), 0.05),
        ),
        middle=1.02,
        reach=1.1,
    )


def broadleaf(leaves: Paint, trunk: Paint) -> Body:
    """Build a tree with a round crown."""
    crown = blend(
        0.2,
        *(
            sphere(radius, at=at)
            for radius, at in (
                (0.52, (0.0, 1.4, 0.0)),
                (0.36, (0.44, 1.2, 0.1)),
                (0.36, (-0.42, 1.25, 0.12)),
                (0.34, (0.05, 1.2, 0.42)),
                (0.36, (0.0, 1.25, -0.42)),
                (0.32, (0.1, 1.78, 0.0)),
            )
        ),
    )
    stem = blend(
        0.15,
        capsule((0.0, 0.0, 0.0), (0.0, 1.0, 0.0), 0.14, 0.1),
        capsule((0.0, 0.7, 0.0), (0.35, 1.1, 0.0), 0.06),
        cylinder(0.26, 0.05, 0.03),
    )
    return Body((Part(crown, leaves, 0.1), Part(stem, trunk, 0.05)), middle=1.05, reach=1.14)


def snowman(scarf: Paint, hat: str) -> Body:
    """Build a snowman who looks towards +z."""
    snow = blend(
        0.06,
        sphere(0.56, at=(0.0, 0.5, 0.0)),
        sphere(0.42, at=(0.0, 1.16, 0.0)),
        sphere(0.31, at=(0.0, 1.7, 0.0)),
    )
    coal = union(
        mirrored(sphere(0.045, at=(0.11, 1.8, 0.275)), "x"),
        *(sphere(0.05, at=at) for at in ((0.0, 1.34, 0.38), (0.0, 1.14, 0.42), (0.0, 0.8, 0.48))),
    )
    carrot = moved(turned(cone(0.06, 0.0, 0.17), "x", 90.0), (0.0, 1.7, 0.46))
    arms = mirrored(capsule((0.36, 1.24, 0.0), (0.82, 1.5, 0.12), 0.035), "x")
    top_hat = union(
        cylinder(0.34, 0.025, 0.02, at=(0.0, 1.93, 0.0)),
        cylinder(0.2, 0.17, 0.02, at=(0.0, 2.1, 0.0)),
    )
    shawl = union(
        torus(0.28, 0.085, at=(0.0, 1.46, 0.0)),
        capsule((0.2, 1.4, 0.26), (0.26, 1.02, 0.42), 0.07),
    )
    return Body(
        (
            Part(snow, speckled("#eef3f8", "#ffffff", 0.05), 0.1),
            Part(coal, plain("#1b1b1d"), 0.3),
            Part(carrot, plain("#e8731a"), 0.3),
            Part(arms, plain("#5b3d24"), 0.05),
            Part(top_hat, layered((1.99,), (plain(hat), plain(hat))), 0.3),
            Part(shawl, scarf, 0.05),
        ),
        middle=1.1,
        reach=1.22,
    )


def boat(hull: str, sail: Paint) -> Body:
    """Build a sailing boat, its bow towards +x."""
    outer = common(
        ellipsoid((0.95, 0.5, 0.4), at=(0.0, 0.48, 0.0)), box((1, 0.3, 1), at=(0.0, 0.28, 0.0))
    )
    inner = common(
        ellipsoid((0.86, 0.44, 0.33), at=(0.0, 0.52, 0.0)), box((1, 0.3, 1), at=(0.0, 0.42, 0.0))
    )
    main = moved(extruded([(-0.62, 0.75), (-0.06, 0.7), (-0.04, 1.85)], 0.012, 0.01), (0, 0, 0))
    jib = extruded([(0.08, 0.75), (0.72, 0.72), (0.06, 1.62)], 0.012, 0.01)
    return Body(
        (
            Part(cut(outer, inner), layered((0.34,), (plain(hull), plain("#f3eee3"))), 0.6),
            Part(capsule((0.0, 0.2, 0.0), (0.0, 1.98, 0.0), 0.035), plain("#8a5f38"), 0.3),
            Part(union(main, jib), sail, 0.05),
            Part(extruded([(0.0, 1.86), (0.0, 2.04), (0.26, 1.95)], 0.01), plain("#d0342c"), 0.1),
        ),
        middle=0.95,
        reach=1.2,
    )


def lighthouse(tower: Paint, roof: str) -> Body:
    """Build a lighthouse on a rock."""
    rock = blend(
        0.1,
        ellipsoid((0.62, 0.2, 0.55), at=(0.0, 0.08, 0.0)),
        ellipsoid((0.3, 0.16, 0.34), at=(0.36, 0.08, 0.2)),
    )
    deck = union(
        cylinder(0.34, 0.035, at=(0.0, 1.52, 0.0)),
        torus(0.33, 0.015, at=(0.0, 1.66, 0.0)),
        _rails(),
    )
    return Body(
        (
            Part(cone(0.4, 0.24, 0.7, at=(0.0, 0.82, 0.0)), tower, 0.3),
            Part(
                cut(rock, box((1, 0.5, 1), at=(0, -0.5, 0))), speckled("#6d6a66", "#9a958c", 0.09)
            ),
            Part(deck, plain("#33383d"), 0.3),
            Part(cylinder(0.17, 0.15, at=(0.0, 1.7, 0.0)), plain("#ffe9a8"), 1.0),
            Part(cone(0.26, 0.02, 0.12, at=(0.0, 1.96, 0.0)), plain(roof), 0.5),
            Part(sphere(0.04, at=(0.0, 2.11, 0.0)), plain(roof), 0.5),
        ),
        middle=1.05,
        reach=1.25,
    )


def _rails() -> Solid:
    return around(capsule((0.33, 1.52, 0.0), (0.33, 1.66, 0.0), 0.014), 10)


def mushroom(cap: str, dots: str = "#fbf4e6") -> Body:
    """Build a toadstool."""
    shield = cut(
        ellipsoid((0.82, 0.66, 0.82), at=(0.0, 0.82, 0.0)),
        box((1.0, 0.5, 1.0), at=(0.0, 0.32, 0.0)),
        ellipsoid((0.72, 0.3, 0.72), at=(0.0, 0.8, 0.0)),
    )
    stem = blend(
        0.12,
        capsule((0.0, 0.0, 0.0), (0.0, 1.0, 0.0), 0.25, 0.17),
        torus(0.2, 0.05, at=(0.0, 0.66, 0.0)),
    )
    return Body(
        (
            Part(shield, dotted(cap, dots, 0.36, 0.11), 0.7),
            Part(cut(stem, box((1, 0.5, 1), at=(0, -0.5, 0))), worn(plain("#f0e4cd"), 0.2), 0.1),
        ),
        middle=0.75,
        reach=1.0,
    )


def cactus(pot: Paint, flower: str) -> Body:
    """Build a cactus with two arms, in a pot."""
    plant = blend(
        0.06,
        capsule((0.0, 0.5, 0.0), (0.0, 1.6, 0.0), 0.26),
        capsule((0.2, 0.95, 0.0), (0.5, 1.0, 0.0), 0.13),
        capsule((0.5, 1.0, 0.0), (0.52, 1.36, 0.0), 0.13),
        capsule((-0.2, 1.15, 0.0), (-0.44, 1.2, 0.0), 0.12),
        capsule((-0.44, 1.2, 0.0), (-0.46, 1.5, 0.0), 0.12),
    )
    rim = cylinder(0.5, 0.08, 0.03, at=(0.0, 0.55, 0.0))
    return Body(
        (
            Part(plant, _ribs(), 0.15),
            Part(union(cone(0.32, 0.44, 0.28, at=(0.0, 0.28, 0.0)), rim), pot, 0.3),
            Part(
                cylinder(0.42, 0.05, at=(0.0, 0.6, 0.0)), speckled("#3d2a1c", "#6b4a30", 0.05), 0.0
            ),
            Part(sphere(0.12, at=(0.0, 1.9, 0.0)), plain(flower), 0.2),
        ),
        middle=1.0,
        reach=1.1,
    )


def _ribs() -> Paint:
    rib = stripes(("#2f7a3d", "#4c9a4f"), 0.065, "x")
    return lambda p: rib(np.stack([np.arctan2(p[2], p[0] % 0.5) * np.float32(0.3), p[1], p[2]]))


def windmill(tower: Paint, cap: str) -> Body:
    """Build a windmill, its sails towards +z."""
    blade = union(
        box((0.44, 0.02, 0.015), at=(0.46, 0.0, 0.0)),
        box((0.33, 0.08, 0.008), at=(0.56, 0.07, 0.0)),
    )
    sails = turned(turned(around(turned(blade, "x", -90.0), 4), "x", 90.0), "z", 20.0)
    return Body(
        (
            Part(cone(0.5, 0.32, 0.68, at=(0.0, 0.68, 0.0)), tower, 0.1),
            Part(cone(0.38, 0.04, 0.22, 0.02, at=(0.0, 1.55, 0.0)), plain(cap), 0.2),
            Part(moved(sails, (0.0, 1.35, 0.5)), plain("#e9dfc8"), 0.1),
            Part(capsule((0.0, 1.35, 0.0), (0.0, 1.35, 0.54), 0.06), plain("#4a3524"), 0.1),
            Part(box((0.13, 0.24, 0.06), 0.01, at=(0.0, 0.24, 0.45)), plain("#6a3b22"), 0.1),
        ),
        middle=1.1,
        reach=1.28,
    )


def well(stone: Paint, roof: Paint) -> Body:
    """Build a draw well with a roof."""
    ring = cut(cylinder(0.58, 0.3, 0.03, at=(0, 0.3, 0)), cylinder(0.44, 0.4, at=(0, 0.45, 0)))
    posts = mirrored(box((0.06, 0.5, 0.06), at=(0.5, 0.95, 0.0)), "x")
    beam = turned(capsule((0.0, -0.62, 0.0), (0.0, 0.62, 0.0), 0.05), "z", 90.0)
    slope = turned(box((0.72, 0.035, 0.36), 0.02), "x", 38.0)
    tops = mirrored(moved(slope, (0.0, 1.55, 0.27)), "z")
    return Body(
        (
            Part(ring, stone, 0.05),
            Part(union(posts, moved(beam, (0.0, 1.15, 0.0))), plain("#6e4a2c"), 0.1),
            Part(tops, roof, 0.1),
            Part(cone(0.11, 0.15, 0.12, at=(0.0, 0.8, 0.0)), plain("#8b9096"), 0.8),
            Part(capsule((0, 0.9, 0), (0, 1.15, 0), 0.014), plain("#d9c39a"), 0.0),
            Part(cylinder(0.46, 0.02, at=(0, 0.2, 0)), plain("#24445c"), 1.0),
        ),
        middle=0.9,
        reach=1.2,
    )
