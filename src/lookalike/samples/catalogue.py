"""Which things there are, how they are painted, and where they are at home."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from lookalike.samples.body import Body
from lookalike.samples.textures import (
    bricks,
    checker,
    dotted,
    islands,
    layered,
    marble,
    plain,
    segments,
    speckled,
    stripes,
    wood,
    worn,
    wrapped,
)
from lookalike.samples.things import indoors, kitchen, outdoors, toys

_OAK = wood("#d3a671", "#a87843")
_WALNUT = wood("#7a5033", "#472a18")
_PINE = wood("#e6c792", "#c79a5b", rings=7.0)
_RED_BRICK = bricks("#a8492f", "#cfc6b8")
_SLATE = stripes(("#4b535c", "#3d444c"), 0.09)
_CLAY_TILES = stripes(("#b5532f", "#9a4326"), 0.09)
_GREEN_NEEDLES = speckled("#1f5130", "#3d7a41", 0.07)
_INDOORS = ("oak room", "blue room", "walnut room", "tiled room", "white studio", "sage studio")
_ON_TABLE = (*_INDOORS, "rose studio", "cloth")
_OUTDOORS = ("meadow", "beach", "snow", "evening")
_TOYS = ("oak room", "blue room", "tiled room", "rose studio", "white studio", "meadow")

_Build = Callable[[], Body]

# Name → how to build it, and the places where it is at home. Neighbours in this table are often
# alike on purpose: two mugs, two chairs, two pawns.
_CATALOGUE: dict[str, tuple[_Build, tuple[str, ...]]] = {
    "red-mug": (lambda: kitchen.mug(plain("#b3261e")), _ON_TABLE),
    "blue-striped-mug": (
        lambda: kitchen.mug(stripes(("#f4efe6", "#2f5d9b"), 0.155)),
        _ON_TABLE,
    ),
    "oak-chair": (lambda: indoors.chair(_OAK, _OAK), _INDOORS),
    "walnut-chair": (lambda: indoors.chair(_WALNUT, plain("#c9a13b")), _INDOORS),
    "brick-house": (lambda: outdoors.house(_RED_BRICK, _SLATE, "#2f5d50"), _OUTDOORS),
    "fir-tree": (lambda: outdoors.fir(_GREEN_NEEDLES), _OUTDOORS),
    "snowman": (
        lambda: outdoors.snowman(stripes(("#c22f2f", "#f0e6d8"), 0.09, "x"), "#23252b"),
        ("snow", "evening", "meadow"),
    ),
    "sailing-boat": (
        lambda: outdoors.boat("#b0342b", stripes(("#f5f1e6", "#f5f1e6", "#3c6ea5"), 0.22)),
        ("beach", "oak room", "blue room", "rose studio"),
    ),
    "white-die": (lambda: toys.die("#f2eee4", "#1d1d20"), _ON_TABLE),
    "ivory-pawn": (lambda: toys.pawn(wood("#ead7ae", "#d2b47c")), _ON_TABLE),
    "ring-tower": (
        lambda: toys.ring_tower(("#c8342f", "#e8862b", "#f0c93a", "#4f9d4a", "#3a6fb5"), _PINE),
        _TOYS,
    ),
    "toadstool": (lambda: outdoors.mushroom("#b8201c"), ("meadow", "evening", "white studio")),
    "ebony-pawn": (lambda: toys.pawn(wood("#4a3a30", "#231a15")), _ON_TABLE),
    "red-die": (lambda: toys.die("#a81f24", "#f4efe4"), _ON_TABLE),
    "yellow-duck": (
        lambda: toys.duck("#f2c230", "#e0702a"),
        ("tiled room", "blue room", "rose studio", "beach"),
    ),
    "cactus": (
        lambda: outdoors.cactus(worn(plain("#b5623c"), 0.3), "#d6457f"),
        (*_INDOORS, "evening"),
    ),
    "lighthouse": (
        lambda: outdoors.lighthouse(stripes(("#f1ede4", "#b82f2a"), 0.28), "#8f2420"),
        ("beach", "meadow", "evening"),
    ),
    "steam-engine": (lambda: toys.engine("#2f6b45", "#b0342b"), _TOYS),
    "porcelain-teapot": (
        lambda: kitchen.teapot(islands("#f3f3f0", ("#3d5fa8", "#27407c"), 0.22), "#e9d9a0"),
        _ON_TABLE,
    ),
    "beach-ball": (
        lambda: toys.ball(
            segments(("#f4f1ea", "#d23c36", "#f4f1ea", "#f0b429", "#f4f1ea", "#2f74b8"), 6)
        ),
        ("beach", "meadow", "tiled room", "white studio"),
    ),
    "pink-doughnut": (
        lambda: kitchen.doughnut("#e389a6", ("#ffffff", "#f4d03f", "#58b6d8", "#7ac36a")),
        _ON_TABLE,
    ),
    "chocolate-doughnut": (
        lambda: kitchen.doughnut("#4a2a1a", ("#ffffff", "#f4d03f", "#e0577b", "#7ac36a")),
        _ON_TABLE,
    ),
    "red-brick-cube": (lambda: toys.cube(_RED_BRICK), (*_INDOORS, "meadow", "evening")),
    "marble-ball": (lambda: toys.ball(marble("#e9e6e0", "#4c5560"), 0.9), (*_INDOORS, "evening")),
    "rocket": (
        lambda: toys.rocket(
            layered((0.62, 1.62), (plain("#eceae4"), plain("#eceae4"), plain("#c8342f"))), "#c8342f"
        ),
        (*_TOYS, "evening"),
    ),
    "wooden-gate": (lambda: toys.blocks(("#c8442f", "#e6b43a", "#3a6fb5", "#4f9d4a")), _TOYS),
    "tin-robot": (lambda: toys.robot(worn(plain("#4f7f94"), 0.2), "#ffcf4a"), _TOYS),
    "blue-car": (lambda: toys.car("#2f69ad"), _TOYS),
    "red-car": (lambda: toys.car("#b5231f"), _TOYS),
    "pile-of-books": (
        lambda: indoors.books(("#7a2e2a", "#2f4d6b", "#c28f2c", "#3d6349", "#8a5a7a")),
        _INDOORS,
    ),
    "oak-tree": (
        lambda: outdoors.broadleaf(
            speckled("#3c6b26", "#83a83c", 0.1), worn(plain("#5f452d"), 0.7)
        ),
        _OUTDOORS,
    ),
    "maple-tree": (
        lambda: outdoors.broadleaf(
            speckled("#a8401c", "#dd8a2c", 0.1), worn(plain("#4f3a2b"), 0.7)
        ),
        _OUTDOORS,
    ),
    "windmill": (
        lambda: outdoors.windmill(wrapped(bricks("#d9d2c2", "#aaa08c"), 0.42), "#8a3b2a"),
        _OUTDOORS,
    ),
    "red-apple": (lambda: kitchen.apple(speckled("#a81e22", "#d8a23a", 0.22, 0.3)), _ON_TABLE),
    "green-apple": (lambda: kitchen.apple(speckled("#7fae3a", "#c9d37a", 0.22, 0.35)), _ON_TABLE),
    "pear": (lambda: kitchen.pear(speckled("#b7a93a", "#8a7a2c", 0.05, 0.3)), _ON_TABLE),
    "cupcake": (
        lambda: kitchen.cupcake(segments(("#6b3f2a", "#e9d3b4"), 28), "#f0c4cf"),
        _ON_TABLE,
    ),
    "reading-lamp": (lambda: indoors.lamp(plain("#3f7f78"), plain("#efdfba")), _INDOORS),
    "globe": (
        lambda: indoors.globe(islands("#2f6fa8", ("#d1b36c", "#5f8a43"), 0.4), plain("#b08a3c")),
        _INDOORS,
    ),
    "gift": (lambda: indoors.gift(dotted("#2f6b54", "#e9dfc4", 0.24, 0.05), "#c8342f"), _ON_TABLE),
    "pumpkin": (
        lambda: kitchen.pumpkin(worn(plain("#d9711c"), 0.4, 0.15)),
        ("meadow", "evening", "oak room", "walnut room"),
    ),
    "hourglass": (lambda: kitchen.hourglass(_WALNUT, "#d9b063"), _INDOORS),
    "green-bottle": (
        lambda: kitchen.bottle(
            "#1f4a2c", layered((0.5, 0.7), (plain("#efe6cf"), plain("#8f2a2a"), plain("#efe6cf")))
        ),
        _ON_TABLE,
    ),
    "striped-vase": (
        lambda: kitchen.vase(stripes(("#e0c79a", "#a8542f", "#e0c79a", "#3b2a22"), 0.13)),
        _INDOORS,
    ),
    "marble-vase": (lambda: kitchen.vase(marble("#3f6b5c", "#d8e0d4", 1.8)), _INDOORS),
    "pine-stool": (lambda: indoors.stool(_PINE, plain("#a8322f")), _INDOORS),
    "garden-table": (
        lambda: indoors.table(wood("#e6c792", "#c79a5b", "x", 7.0), "#3f74a8", "#e0577b"),
        (*_INDOORS, "meadow"),
    ),
    "wishing-well": (
        lambda: outdoors.well(wrapped(bricks("#8d8a84", "#5d5a55"), 0.58), _CLAY_TILES),
        _OUTDOORS,
    ),
    "ivory-rook": (lambda: toys.rook(wood("#ead7ae", "#d2b47c")), _ON_TABLE),
    "traffic-cone": (
        lambda: toys.traffic_cone("#e0601c", "#f3f0ea"),
        ("evening", "meadow", "white studio", "tiled room"),
    ),
    "headphones": (lambda: indoors.headphones("#2f3238", "#5d4538"), _ON_TABLE),
    "checkered-ball": (lambda: toys.ball(checker("#f0e9da", "#2b2f38", 0.28)), _TOYS),
    "timber-house": (
        lambda: outdoors.house(wood("#b98a57", "#8c5f36", "x", 12.0), _CLAY_TILES, "#6b2f2a"),
        _OUTDOORS,
    ),
    "snowy-fir": (lambda: outdoors.fir(speckled("#2f5a44", "#f2f6fa", 0.12, 0.5)), _OUTDOORS),
}

NAMES: tuple[str, ...] = tuple(_CATALOGUE)
"""Every group that there is, in the order in which they are drawn."""


@lru_cache(maxsize=64)
def body(name: str) -> Body:
    """Return the thing of that name."""
    return _CATALOGUE[name][0]()


def homes(name: str) -> tuple[str, ...]:
    """Return the names of the places where a thing may stand."""
    return _CATALOGUE[name][1]
