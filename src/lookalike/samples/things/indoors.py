"""Furniture and what lies about in a room."""

from __future__ import annotations

from collections.abc import Sequence

from lookalike.samples.body import Body, Part
from lookalike.samples.sdf import (
    Solid,
    blend,
    box,
    capsule,
    cone,
    cut,
    cylinder,
    mirrored,
    moved,
    sphere,
    torus,
    turned,
    union,
)
from lookalike.samples.textures import Paint, plain, stripes


def chair(timber: Paint, seat: Paint) -> Body:
    """Build a kitchen chair that faces +z."""
    legs = mirrored(capsule((0.4, 0.0, 0.4), (0.36, 0.8, 0.36), 0.055), "xz")
    posts = mirrored(capsule((0.38, 0.8, -0.36), (0.38, 1.85, -0.5), 0.05), "x")
    rails = union(
        *(
            box((0.38, 0.07, 0.03), 0.02, at=(0.0, height, back))
            for height, back in ((1.2, -0.42), (1.46, -0.455), (1.72, -0.49))
        )
    )
    rungs = union(
        mirrored(capsule((0.38, 0.35, -0.37), (0.38, 0.35, 0.37), 0.03), "x"),
        capsule((-0.38, 0.35, 0.0), (0.38, 0.35, 0.0), 0.03),
    )
    return Body(
        (
            Part(union(legs, posts, rungs), timber, 0.3),
            Part(rails, timber, 0.3),
            Part(box((0.48, 0.05, 0.46), 0.04, at=(0.0, 0.85, 0.0)), seat, 0.25),
        ),
        middle=0.92,
        reach=1.18,
    )


def stool(timber: Paint, seat: Paint) -> Body:
    """Build a round stool on three legs."""
    legs = union(
        *(
            capsule((x, 0.0, z), (0.5 * x, 1.1, 0.5 * z), 0.06)
            for x, z in ((0.62, 0.0), (-0.31, 0.54), (-0.31, -0.54))
        )
    )
    ring = torus(0.5, 0.03, at=(0.0, 0.42, 0.0))
    return Body(
        (
            Part(union(legs, ring), timber, 0.3),
            Part(cylinder(0.58, 0.09, 0.06, at=(0.0, 1.15, 0.0)), seat, 0.3),
        ),
        middle=0.62,
        reach=0.98,
    )


def table(timber: Paint, glaze: str, blossom: str) -> Body:
    """Build a table with a flower on it."""
    legs = mirrored(box((0.06, 0.42, 0.06), 0.01, at=(0.68, 0.42, 0.46)), "xz")
    top = box((0.82, 0.05, 0.6), 0.02, at=(0.0, 0.88, 0.0))
    petals = union(
        sphere(0.12, at=(0.1, 1.72, 0.0)),
        sphere(0.12, at=(-0.08, 1.66, 0.1)),
        sphere(0.12, at=(0.0, 1.62, -0.12)),
    )
    return Body(
        (
            Part(union(legs, top), timber, 0.35),
            Part(cone(0.13, 0.2, 0.2, 0.03, at=(0.0, 1.13, 0.0)), plain(glaze), 0.9),
            Part(capsule((0, 1.3, 0), (0.02, 1.62, 0), 0.03), plain("#3f7d3a"), 0.1),
            Part(petals, plain(blossom), 0.1),
        ),
        middle=0.85,
        reach=1.24,
    )


def lamp(foot: Paint, shade: Paint) -> Body:
    """Build a table lamp."""
    hood = cut(
        cone(0.68, 0.42, 0.36, at=(0.0, 1.5, 0.0)), cone(0.66, 0.4, 0.42, at=(0.0, 1.5, 0.0))
    )
    stem = blend(
        0.1,
        cylinder(0.36, 0.06, 0.04, at=(0.0, 0.06, 0.0)),
        cylinder(0.05, 0.7, at=(0.0, 0.75, 0.0)),
        sphere(0.22, at=(0.0, 0.42, 0.0)),
        sphere(0.14, at=(0.0, 0.78, 0.0)),
    )
    return Body(
        (
            Part(stem, foot, 0.8),
            Part(hood, shade, 0.05),
            Part(sphere(0.15, at=(0.0, 1.48, 0.0)), plain("#fff4cf"), 1.0),
        ),
        middle=0.98,
        reach=1.15,
    )


def books(covers: Sequence[str]) -> Body:
    """Build a pile of books, each turned a little."""
    parts = []
    height = 0.0
    for number, cover in enumerate(covers):
        half = 0.09 + 0.03 * ((number * 7) % 3)
        wide = 0.72 - 0.05 * number
        turn = (-14.0, 9.0, -4.0, 17.0, -9.0)[number % 5]
        parts += _book(wide, half, height + half, turn, cover)
        height += 2.0 * half
    return Body(tuple(parts), middle=0.5, reach=1.05)


def _book(wide: float, half: float, height: float, turn: float, cover: str) -> list[Part]:
    deep = wide * 0.7
    boards = cut(
        box((wide, half, deep), 0.02), box((wide, half - 0.035, deep), at=(0.05, 0.0, 0.06))
    )
    pages = box((wide - 0.04, half - 0.03, deep - 0.04))

    def placed(solid: Solid) -> Solid:
        return moved(turned(solid, "y", turn), (0.0, height, 0.0))

    leaves = stripes(("#f3ead6", "#e2d6bb"), 0.018)
    return [Part(placed(boards), plain(cover), 0.3), Part(placed(pages), leaves, 0.0)]


def gift(paper: Paint, ribbon: str) -> Body:
    """Build a wrapped present with a bow."""
    band = union(
        box((0.115, 0.515, 0.615), 0.01, at=(0.0, 0.505, 0.0)),
        box((0.615, 0.515, 0.115), 0.01, at=(0.0, 0.505, 0.0)),
    )
    loop = moved(turned(turned(torus(0.17, 0.055), "x", 90.0), "z", 30.0), (0.2, 1.2, 0.0))
    bow = union(
        mirrored(loop, "x"),
        moved(turned(mirrored(turned(loop, "y", 0.0), "x"), "y", 90.0), (0.0, 0.0, 0.0)),
        sphere(0.1, at=(0.0, 1.06, 0.0)),
    )
    return Body(
        (
            Part(box((0.6, 0.5, 0.6), 0.02, at=(0.0, 0.5, 0.0)), paper, 0.4),
            Part(union(band, bow), plain(ribbon), 0.5),
        ),
        middle=0.65,
        reach=1.06,
    )


def headphones(shell: str, cushion: str) -> Body:
    """Build headphones that lie on their cups, the band upright."""
    band = cut(
        moved(turned(torus(0.62, 0.055), "x", 90.0), (0.0, 0.68, 0.0)),
        box((1.0, 0.3, 1.0), at=(0.0, 0.16, 0.0)),
    )
    cups = mirrored(moved(turned(cylinder(0.32, 0.12, 0.06), "z", 90.0), (0.64, 0.32, 0.0)), "x")
    pads = mirrored(moved(turned(torus(0.22, 0.1), "z", 90.0), (0.48, 0.32, 0.0)), "x")
    return Body(
        (
            Part(union(band, cups), plain(shell), 0.8),
            Part(pads, plain(cushion), 0.1),
        ),
        middle=0.66,
        reach=1.0,
    )


def globe(surface: Paint, stand: Paint) -> Body:
    """Build a globe on its stand."""
    arc = moved(turned(torus(0.66, 0.035), "x", 90.0), (0.0, 1.08, 0.0))
    foot = union(
        cylinder(0.42, 0.06, 0.04, at=(0.0, 0.06, 0.0)), cylinder(0.07, 0.2, at=(0.0, 0.25, 0.0))
    )
    return Body(
        (
            Part(sphere(0.58, at=(0.0, 1.08, 0.0)), surface, 0.7),
            Part(union(arc, foot), stand, 0.6),
        ),
        middle=0.9,
        reach=1.0,
    )
