"""Paints: the colour of every point of a solid, as if it were cut from one block.

A paint is a function from points (3, n) to colours (3, n), linear light in [0, 1]. All randomness
comes from an integer hash, so it is the same on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from lookalike.samples.sdf import Points, Values, norm

Colours: TypeAlias = npt.NDArray[np.floating[Any]]
"""(3, n) float32: rows red, green, blue, linear light."""

Paint: TypeAlias = Callable[[Points], Colours]

_AXES = "xyz"


def colour(written: str) -> Colours:
    """Return ``#rrggbb`` (sRGB) as (3, 1) linear light (IEC 61966-2-1)."""
    encoded = [int(written[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in encoded]
    return np.array(linear, np.float32)[:, None]


def mixed(a: Colours, b: Colours, share: Values) -> Colours:
    """Return colours between `a` (share 0) and `b` (share 1)."""
    return np.asarray(a + (b - a) * share, np.float32)


def step(edge: float, width: float, values: Values) -> Values:
    """Return 0 below an edge and 1 above it, with a smooth passage of ± `width`."""
    t = np.clip((values - edge) / (2.0 * width) + 0.5, 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), np.float32)


# Noise --------------------------------------------------------------------------------------------


def hashed(x: npt.NDArray[np.int32], y: npt.NDArray[np.int32], z: npt.NDArray[np.int32]) -> Values:
    """Return a number in [0, 1) for every cell of the integer lattice."""
    h = x.view(np.uint32) * np.uint32(0x8DA6B343)
    h = h ^ (y.view(np.uint32) * np.uint32(0xD8163841))
    h = h ^ (z.view(np.uint32) * np.uint32(0xCB1AB31F))
    h = (h ^ (h >> np.uint32(15))) * np.uint32(0x2C1B3C6D)
    h = (h ^ (h >> np.uint32(12))) * np.uint32(0x297A2D39)
    return np.asarray((h >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-24))


def noise(p: Points) -> Values:
    """Return smooth value noise in [0, 1) with features of about one unit."""
    cell = np.floor(p)
    share = p - cell
    u, v, w = share * share * (3.0 - 2.0 * share)
    x, y, z = cell.astype(np.int32)

    def edge(dy: int, dz: int) -> Values:
        low, high = hashed(x, y + dy, z + dz), hashed(x + 1, y + dy, z + dz)
        return np.asarray(low + (high - low) * u)

    def face(dz: int) -> Values:
        low, high = edge(0, dz), edge(1, dz)
        return np.asarray(low + (high - low) * v)

    near, far = face(0), face(1)
    return np.asarray(near + (far - near) * w)


def clouds(p: Points, octaves: int = 3) -> Values:
    """Return fractal noise in [0, 1): each octave twice as fine and half as strong."""
    total = np.zeros(p.shape[1], np.float32)
    for octave in range(octaves):
        total += noise(p * 2.0**octave + 17.0 * octave) * 0.5**octave
    return total / (2.0 - 0.5 ** (octaves - 1))


# Paints -------------------------------------------------------------------------------------------


def plain(tint: str) -> Paint:
    """Paint in one colour."""
    flat = colour(tint)
    return lambda p: np.broadcast_to(flat, p.shape)


def checker(a: str, b: str, size: float = 0.25) -> Paint:
    """Paint cubes of `size` in two colours."""
    first, second = colour(a), colour(b)

    def paint(p: Points) -> Colours:
        odd = np.floor(p / size + 0.001).sum(axis=0) % 2
        return mixed(first, second, odd)

    return paint


def stripes(tints: Sequence[str], width: float = 0.2, axis: str = "y") -> Paint:
    """Paint bands of `width` across an axis."""
    table = np.concatenate([colour(tint) for tint in tints], axis=1)
    row = _AXES.index(axis)

    def paint(p: Points) -> Colours:
        band = np.floor(p[row] / width + 0.001).astype(np.int32) % len(tints)
        return table[:, band]

    return paint


def segments(tints: Sequence[str], count: int) -> Paint:
    """Paint `count` slices about the y axis, as on a beach ball."""
    table = np.concatenate([colour(tint) for tint in tints], axis=1)

    def paint(p: Points) -> Colours:
        turn = np.arctan2(p[2], p[0]) / (2.0 * math.pi) + 0.5
        return table[:, np.floor(turn * count).astype(np.int32) % len(tints)]

    return paint


def wood(light: str, dark: str, axis: str = "y", rings: float = 9.0) -> Paint:
    """Paint the rings of a tree that grew along an axis, a little crooked, with fine grain."""
    pale, deep = colour(light), colour(dark)
    grow = _AXES.index(axis)
    across = [row for row in range(3) if row != grow]
    stretch = np.full((3, 1), 3.0, np.float32)
    stretch[grow] = 0.6

    def paint(p: Points) -> Colours:
        wander = clouds(p * stretch, 2)
        out = norm(p[across[0]] + 0.31, p[across[1]] - 0.23) * rings + wander * 2.2
        ring = out - np.floor(out)
        grain = noise(p * stretch * np.float32(14.0))
        return mixed(pale, deep, np.clip(ring**2 * 0.75 + grain * 0.25, 0.0, 1.0))

    return paint


def marble(base: str, vein: str, scale: float = 2.2) -> Paint:
    """Paint stone with thin veins, after K. Perlin (1985)."""
    ground, line = colour(base), colour(vein)

    def paint(p: Points) -> Colours:
        bent = (p[0] * 0.8 + p[1] + p[2] * 0.6) * scale + clouds(p * scale, 4) * 7.0
        thin = 1.0 - np.abs(np.sin(bent))
        return mixed(ground, line, thin**4)

    return paint


def bricks(brick: str, mortar: str, size: tuple[float, float] = (0.36, 0.16)) -> Paint:
    """Paint courses of bricks of (width, height), every second course shifted by half.

    Walls run along x or z, so x + z counts along either of them.
    """
    clay, joint = colour(brick), colour(mortar)
    width, height = size
    gap = 0.014

    def paint(p: Points) -> Colours:
        course = np.floor(p[1] / height)
        along = p[0] + p[2] + 0.5 * width * (course % 2)
        cell = np.floor(along / width)
        in_joint = (along - cell * width < gap) | (p[1] - course * height < gap)
        each = hashed(*np.stack([cell, course, cell * 0]).astype(np.int32))
        shade = 0.72 + 0.4 * each + 0.25 * (noise(p * 24.0) - 0.5)
        return np.where(in_joint, joint, clay * shade).astype(np.float32)

    return paint


def wrapped(paint: Paint, radius: float) -> Paint:
    """Wrap a flat paint about the y axis, as on a tower of that radius."""

    def rolled(p: Points) -> Colours:
        along = np.arctan2(p[2], p[0]) * np.float32(radius)
        return paint(np.stack([along, p[1], np.zeros_like(along)]))

    return rolled


def speckled(base: str, dots: str, size: float = 0.08, share: float = 0.5) -> Paint:
    """Paint soft grains of a second colour: leaves, granite, sand, wool."""
    ground, grain = colour(base), colour(dots)

    def paint(p: Points) -> Colours:
        fine = 0.65 * noise(p / size) + 0.35 * noise(p / (size * 0.45) + 9.0)
        return mixed(ground, grain, step(1.0 - share, 0.12, fine))

    return paint


def islands(sea: str, land: Sequence[str], size: float = 0.5) -> Paint:
    """Paint continents that rise out of a sea: shore first, then inland."""
    water, shore, inland = colour(sea), colour(land[0]), colour(land[-1])

    def paint(p: Points) -> Colours:
        height = clouds(p / size + 3.7, 4)
        ground = mixed(shore, inland, step(0.6, 0.08, height))
        return mixed(water, ground, step(0.5, 0.01, height))

    return paint


def dotted(base: str, dots: str, size: float = 0.3, radius: float = 0.09) -> Paint:
    """Paint round dots of a second colour, one in each cell of `size`, about in its middle."""
    ground, dot = colour(base), colour(dots)

    def paint(p: Points) -> Colours:
        cell = np.floor(p / size)
        jitter = hashed(*cell.astype(np.int32)) - 0.5
        away = norm(*(p - (cell + 0.5 + 0.3 * jitter) * size))
        return mixed(dot, ground, step(radius, 0.008, away))

    return paint


def layered(edges: Sequence[float], paints: Sequence[Paint], axis: str = "y") -> Paint:
    """Use one paint up to the first edge along an axis, the next up to the second edge."""
    row = _AXES.index(axis)

    def paint(p: Points) -> Colours:
        out = np.array(paints[0](p), np.float32)
        for edge, above in zip(edges, paints[1:], strict=True):
            out = np.where(p[row] >= edge, above(p), out)
        return out

    return paint


def worn(paint: Paint, amount: float = 0.25, size: float = 0.2) -> Paint:
    """Vary the brightness of a paint by soft noise, so that no surface is dead flat."""

    def varied(p: Points) -> Colours:
        return np.asarray(paint(p) * (1.0 + amount * (clouds(p / size) - 0.5)), np.float32)

    return varied


def tiles(a: str, b: str, joint: str, size: float = 0.6) -> Paint:
    """Paint a floor of square tiles in two colours, each a little different, with joints."""
    first, second, line = colour(a), colour(b), colour(joint)

    def paint(p: Points) -> Colours:
        cell = np.floor(p[[0, 2]] / size)
        off = np.abs(p[[0, 2]] / size - cell - 0.5).max(axis=0) * size
        x, z = cell.astype(np.int32)
        tone = mixed(first, second, (cell.sum(axis=0) % 2)) * (0.88 + 0.24 * hashed(x, z, x))
        return mixed(tone, line, step(size / 2 - 0.012, 0.004, off))

    return paint


def planks(light: str, dark: str, width: float = 0.32, length: float = 2.6) -> Paint:
    """Paint a floor of boards along x, each from another tree."""
    timber = wood(light, dark, axis="x", rings=4.0)

    def paint(p: Points) -> Colours:
        row = np.floor(p[2] / width)
        shift = hashed(*np.stack([row, row * 0, row * 0 + 7]).astype(np.int32)) * length
        board = np.floor((p[0] + shift) / length)
        each = hashed(*np.stack([row, board, row * 0]).astype(np.int32))
        moved = p + np.stack([each * 31, each * 17, each * 5])
        gap = (p[2] - row * width < 0.012) | (p[0] + shift - board * length < 0.012)
        tone = timber(moved.astype(np.float32)) * (0.8 + 0.4 * each)
        return np.where(gap, tone * 0.35, tone).astype(np.float32)

    return paint
