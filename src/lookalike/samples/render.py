"""From scenes to pictures, and from pictures to files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from lookalike.errors import BadParameter, UnknownName, UsageError
from lookalike.images import Image
from lookalike.samples.catalogue import NAMES
from lookalike.samples.scenes import compose
from lookalike.samples.sdf import Values
from lookalike.samples.shading import Scene, seen
from lookalike.samples.textures import Colours

Progress: TypeAlias = Callable[[int, int], None]
"""Called with how many pictures are done, and of how many."""

SEED = 1
SIZE = (320, 240)
_QUALITY = 90
_EXPOSURE = 1.35
# Rays are followed in bands of this many: their arrays then stay in the processor's cache.
_BAND_RAYS = 24_000
# A turned square spreads four rays so that edges of any direction come out smooth.
_IN_A_PIXEL = ((0.375, 0.875, 0.625, 0.125), (0.125, 0.375, 0.875, 0.625))
_VISIBLE = 0.07


@dataclass(frozen=True)
class Sample:
    """A picture that was drawn.

    Parameters
    ----------
    path : Path
        Its file.
    group : str
        The thing in it; pictures of one group are relevant to each other.
    view : int
        Which picture of the thing, from 0.
    """

    path: Path
    group: str
    view: int


def render(
    folder: str | os.PathLike[str],
    *,
    groups: int = 12,
    views: int = 5,
    size: tuple[int, int] = SIZE,
    seed: int = SEED,
    keep: bool = False,
    progress: Progress | None = None,
) -> list[Sample]:
    """Draw pictures of things into a folder, several of each thing.

    Parameters
    ----------
    folder : path
        Made if it is not there. A file of the same name as a new picture is replaced.
    groups : int
        How many things, 1 … ``len(samples.GROUPS)``.
    views : int
        How many pictures of each: from another side, in another light, often at another place.
    size : (width, height)
        Pixels.
    seed : int
        Another seed takes other pictures of the same things.
    keep : bool
        Leave pictures that are there already, by their names, as they are.
    progress : function of (done, total), optional
        Called in the caller's thread after each picture.

    Returns
    -------
    list of Sample
        By group, then view. Files are named ``GROUP_NUMBER.jpg``, the number counting from 1.

    Raises
    ------
    BadParameter
        Too few or too many groups, views or pixels.
    UsageError
        The folder cannot be written to.
    """
    _check(groups, views, size)
    place = Path(folder)
    wanted = [
        Sample(place / f"{group}_{view + 1}.jpg", group, view)
        for group in NAMES[:groups]
        for view in range(views)
    ]
    try:
        place.mkdir(parents=True, exist_ok=True)
        missing = [one for one in wanted if not (keep and one.path.exists())]
        there = len(wanted) - len(missing)
        for done, _ in enumerate(_drawn(missing, size, seed), start=there + 1):
            if progress is not None:
                progress(done, len(wanted))
    except OSError as error:
        raise UsageError(
            f"cannot write sample pictures to {place}: {error.strerror or error}; "
            "choose a folder that you may write to"
        ) from error
    return wanted


def scene(group: int | str, view: int = 0, size: tuple[int, int] = SIZE, seed: int = SEED) -> Image:
    """Draw one picture.

    Parameters
    ----------
    group : int or str
        The thing: its number or its name in ``samples.GROUPS``.
    view : int
        Which picture of it, from 0.
    size : (width, height)
        Pixels.
    seed : int

    Returns
    -------
    (H, W, 3) uint8, sRGB

    Raises
    ------
    UnknownName, BadParameter
        There is no such group, or the size is not positive.
    """
    if isinstance(group, str):
        if group not in NAMES:
            raise UnknownName("sample group", group, NAMES)
        name = group
    else:
        _check(group + 1, 1, size)
        name = NAMES[group]
    _check(1, view + 1, size)
    return picture(compose(name, view, seed), size)


def picture(scene: Scene, size: tuple[int, int]) -> Image:
    """Take a picture of a scene: one ray for each pixel, four more where neighbours differ.

    Parameters
    ----------
    scene : Scene
    size : (width, height)

    Returns
    -------
    (H, W, 3) uint8, sRGB
    """
    width, height = size
    row, col = np.divmod(np.arange(width * height), width)
    pixels = _exposed(scene, col + 0.5, row + 0.5, size)
    edge = np.flatnonzero(_uneven(pixels.reshape(3, height, width)))
    x, y = (
        np.add.outer(shift, at[edge]) for shift, at in zip(_IN_A_PIXEL, (col, row), strict=True)
    )
    finer = _exposed(scene, x.ravel(), y.ravel(), size)
    pixels[:, edge] = finer.reshape(3, 4, edge.size).mean(axis=1)
    developed = np.rint(255.0 * _srgb(pixels)).astype(np.uint8)
    return np.ascontiguousarray(developed.reshape(3, height, width).transpose(1, 2, 0))  # CHW → HWC


def _exposed(scene: Scene, x: Values, y: Values, size: tuple[int, int]) -> Colours:
    """Return the light that falls on places of the picture, (3, n) in [0, 1)."""
    out = np.empty((3, x.size), np.float32)
    for start in range(0, x.size, _BAND_RAYS):
        band = slice(start, start + _BAND_RAYS)
        light = seen(scene, scene.camera.rays(x[band], y[band], size))
        out[:, band] = 1.0 - np.exp(-_EXPOSURE * light)
    return out


def _uneven(pixels: Colours) -> npt.NDArray[np.bool_]:
    """Return where a pixel differs visibly from its right or lower neighbour, or they from it.

    Parameters
    ----------
    pixels : (3, H, W) float32, linear light

    Returns
    -------
    (H, W) bool
    """
    # The square root is close to how bright a light looks.
    seen_as = np.sqrt(pixels)
    out = np.zeros(pixels.shape[1:], bool)
    across = np.abs(np.diff(seen_as, axis=2)).max(axis=0) > _VISIBLE
    down = np.abs(np.diff(seen_as, axis=1)).max(axis=0) > _VISIBLE
    out[:, 1:] |= across
    out[:, :-1] |= across
    out[1:] |= down
    out[:-1] |= down
    return out


def _srgb(linear: Values) -> Values:
    """Encode linear light in [0, 1] as sRGB in [0, 1] (IEC 61966-2-1)."""
    low, high = linear * 12.92, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055
    return np.clip(np.where(linear <= 0.0031308, low, high), 0.0, 1.0)


def _drawn(wanted: list[Sample], size: tuple[int, int], seed: int) -> Iterator[None]:
    """Draw and save the pictures on all processors; NumPy lets threads run side by side."""

    def draw(sample: Sample) -> None:
        _save(picture(compose(sample.group, sample.view, seed), size), sample.path)

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        tasks = [pool.submit(draw, sample) for sample in wanted]
        try:
            for task in tasks:
                yield task.result()
        finally:
            for task in tasks:
                task.cancel()


def _save(image: Image, path: Path) -> None:
    from PIL import Image as Pillow

    unfinished = path.with_name(f".{path.name}.part")
    Pillow.fromarray(image).save(unfinished, "JPEG", quality=_QUALITY, optimize=True)
    unfinished.replace(path)  # so that no half of a picture is taken for a whole one


def _check(groups: int, views: int, size: tuple[int, int]) -> None:
    if not 1 <= groups <= len(NAMES):
        raise BadParameter(f"{groups} groups of samples; there are 1 to {len(NAMES)}")
    if views < 1:
        raise BadParameter(f"{views} views of each sample; ask for at least 1")
    if min(size) < 1:
        raise BadParameter(f"sample pictures of {size[0]}×{size[1]} pixels; ask for at least 1×1")
