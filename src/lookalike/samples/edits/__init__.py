"""The same picture, edited: what people do to pictures before they pass them on.

Every edit is a pure function from (H, W, 3) uint8 sRGB to (h, w, 3) uint8 with its strength as a
parameter, on NumPy and Pillow alone. Where it needs chance it takes a seed: the same picture,
strength and seed give the same result, on the same versions of NumPy and Pillow.

`EDITS` names them at stated strengths, which is what copies are measured with. They are close to
those of the Image Similarity Challenge (Douze et al., DISC21, 2021) and of Copydays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from lookalike.images import Image
from lookalike.samples.edits.frames import framed, letterboxed, screenshot
from lookalike.samples.edits.losses import blurred, noisy, recompressed
from lookalike.samples.edits.overlays import captioned, covered, stickered
from lookalike.samples.edits.shapes import cropped, mirrored, scaled, squeezed, tilted, turned
from lookalike.samples.edits.tones import contrasted, grey, recoloured, relit, saturated, tinted

__all__ = [
    "EDITS",
    "Edit",
    "blurred",
    "captioned",
    "contrasted",
    "covered",
    "cropped",
    "edits",
    "framed",
    "grey",
    "letterboxed",
    "mirrored",
    "noisy",
    "recoloured",
    "recompressed",
    "relit",
    "reposted",
    "saturated",
    "scaled",
    "screenshot",
    "squeezed",
    "stickered",
    "tilted",
    "tinted",
    "turned",
]


@dataclass(frozen=True)
class Edit:
    """An edit at a stated strength.

    Parameters
    ----------
    name : str
        What `EDITS` calls it.
    strength : {"mild", "strong"}
        ``mild``: most of the picture is there, where it was. ``strong``: much of it is missing,
        covered, changed beyond a doubt, or only a part of what is shown.
    told : str
        What is done, in words.
    apply : callable
        From a picture, (H, W, 3) uint8 sRGB, and a seed to the edited picture, (h, w, 3) uint8.
    """

    name: str
    strength: Literal["mild", "strong"]
    told: str
    apply: Callable[[Image, int], Image]


def edits(image: Image, seed: int = 0) -> dict[str, Image]:
    """Return a copy of a picture for each of `EDITS`.

    Parameters
    ----------
    image : (H, W, 3) uint8, sRGB
        Never changed.
    seed : int
        At least 0, of what is left to chance.

    Returns
    -------
    dict of str to (h, w, 3) uint8
    """
    return {name: edit.apply(image, seed) for name, edit in EDITS.items()}


def reposted(image: Image, seed: int) -> Image:
    """Do what happens on the way through two apps: cut, write on it, tint, shrink, compress.

    Parameters
    ----------
    image : (H, W, 3) uint8, sRGB
    seed : int
        Of what is cut, and of the words.

    Returns
    -------
    (h, w, 3) uint8
    """
    cut = cropped(image, 0.7, seed)
    return recompressed(scaled(tinted(captioned(cut, 0.1, seed), 0.15), 0.5), 30)


def _either_way(degrees: float, seed: int) -> float:
    return degrees if np.random.default_rng(seed).integers(2) else -degrees


_MILD = (
    Edit("cropped", "mild", "cut to 80 % of its area", lambda i, s: cropped(i, 0.8, s)),
    Edit("mirrored", "mild", "left and right exchanged", lambda i, _: mirrored(i)),
    Edit("recompressed", "mild", "JPEG of quality 20", lambda i, _: recompressed(i, 20)),
    Edit("brighter", "mild", "gamma 0.6", lambda i, _: relit(i, 0.6)),
    Edit("darker", "mild", "gamma 1.6", lambda i, _: relit(i, 1.6)),
    Edit("contrasted", "mild", "contrast × 1.5", lambda i, _: contrasted(i, 1.5)),
    Edit("saturated", "mild", "saturation × 1.8", lambda i, _: saturated(i, 1.8)),
    Edit("tinted", "mild", "red + 20 %, blue − 20 %", lambda i, _: tinted(i, 0.2)),
    Edit("grey", "mild", "without colour", lambda i, _: grey(i)),
    Edit("smaller", "mild", "half as wide and high", lambda i, _: scaled(i, 0.5)),
    Edit("squeezed", "mild", "three quarters as wide", lambda i, _: squeezed(i, 0.75)),
    Edit("blurred", "mild", "Gaussian, 0.5 % of the longer side", lambda i, _: blurred(i, 0.005)),
    Edit("noisy", "mild", "noise of 12 levels", lambda i, s: noisy(i, 12, s)),
    Edit("captioned", "mild", "a line of words", lambda i, s: captioned(i, 0.1, s)),
    Edit("stickered", "mild", "a badge over 10 %", lambda i, s: stickered(i, 0.1, s)),
    Edit("framed", "mild", "white border, a twelfth", lambda i, _: framed(i, 1 / 12)),
    Edit("turned", "mild", "5 degrees either way", lambda i, s: turned(i, _either_way(5, s))),
)

_STRONG = (
    Edit("closeup", "strong", "cut to 40 % of its area", lambda i, s: cropped(i, 0.4, s)),
    Edit("crushed", "strong", "JPEG of quality 8", lambda i, _: recompressed(i, 8)),
    Edit("thumbnail", "strong", "a sixth as wide and high", lambda i, _: scaled(i, 1 / 6)),
    Edit("blurry", "strong", "Gaussian, 2.5 % of the longer side", lambda i, _: blurred(i, 0.025)),
    Edit("recoloured", "strong", "hues turned by 60 degrees", lambda i, _: recoloured(i, 60)),
    Edit("covered", "strong", "another picture over 30 %", lambda i, s: covered(i, 0.3, s)),
    Edit("letterboxed", "strong", "bars of 40 % each", lambda i, _: letterboxed(i, 0.4)),
    Edit("screenshot", "strong", "in an app on a phone", screenshot),
    Edit("tilted", "strong", "corners moved by up to 20 %", lambda i, s: tilted(i, 0.2, s)),
    Edit("askew", "strong", "15 degrees either way", lambda i, s: turned(i, _either_way(15, s))),
    Edit(
        "reposted",
        "strong",
        "cut to 70 %, a line of words, tinted, half as large, JPEG of quality 30",
        reposted,
    ),
)

EDITS: Mapping[str, Edit] = MappingProxyType({edit.name: edit for edit in (*_MILD, *_STRONG)})
"""Name → edit, the mild ones first."""
