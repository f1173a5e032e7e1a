"""Stage 1. Public pictures → packs: one array of equally large pictures a source.

Looks for the sources under ``--pictures``, one folder each, as git archives of the commits that
README.md names, and writes ``mp.npy``, ``mini.npy`` and ``in1k.npy`` into ``--work``.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]
CROPS = 12  # of each full-size picture: the whole, and parts of 25 to 100 % of its area
SHARP = 224


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    places = args.pictures / "rathull+CTFs/data/images"
    train = [*places.glob("train/*/*/*.jpg"), *places.glob("train/*/*/*/*.jpg")]
    found = sorted(train, key=str) + sorted(places.glob("test/*.jpg"), key=str)
    _pack(args.work / "mp.npy", _shuffled(found), 128)
    objects = sorted((args.pictures / "Deo0330+split_minidataset").glob("*/*/*.jpg"))
    _pack(args.work / "mini.npy", _shuffled(objects), 84)
    samples = sorted((args.pictures / "EliSchwartz+imagenet-sample-images").glob("*.JPEG"))
    _pack_crops(args.work / "in1k.npy", samples)


def _shuffled(paths: list[Path]) -> list[Path]:
    if not paths:
        raise SystemExit("a source is missing below --pictures; training/README.md says which")
    np.random.default_rng(0).shuffle(paths)  # type: ignore[arg-type]
    return paths


def _pack(to: Path, paths: list[Path], side: int) -> None:
    _write(to, len(paths), side, (_resized(path, side) for path in paths))


def _resized(path: Path, side: int) -> Pixels:
    with Image.open(path) as picture:
        rgb = picture.convert("RGB")
    return np.asarray(rgb if rgb.size == (side, side) else rgb.resize((side, side), Image.BICUBIC))


def _pack_crops(to: Path, paths: list[Path]) -> None:
    """Picture by picture all its crops, laid down crop by crop: whole pictures come first."""
    rng = np.random.default_rng(3)
    made = np.lib.format.open_memmap(
        to.with_suffix(".new"), "w+", np.uint8, (len(paths) * CROPS, SHARP, SHARP, 3)
    )
    for i, path in enumerate(paths):
        with Image.open(path) as picture:
            rgb = picture.convert("RGB")
        for crop, pixels in enumerate(_crops(rgb, rng)):
            made[crop * len(paths) + i] = pixels
    made.flush()
    to.with_suffix(".new").replace(to)
    print(to, made.shape)


def _crops(rgb: Image.Image, rng: np.random.Generator) -> Iterator[Pixels]:
    w, h = rgb.size
    for crop in range(CROPS):
        side = np.sqrt(rng.uniform(0.25, 1)) if crop else 1.0
        aspect = np.exp(rng.uniform(-0.25, 0.25)) if crop else 1.0
        wide, high = min(w, w * side * aspect), min(h, h * side / aspect)
        x, y = rng.uniform(0, w - wide + 1e-6), rng.uniform(0, h - high + 1e-6)
        box = (x, y, x + wide, y + high)
        yield np.asarray(rgb.resize((SHARP, SHARP), Image.BICUBIC, box=box))


def _write(to: Path, count: int, side: int, pixels: Iterator[Pixels]) -> None:
    made = np.lib.format.open_memmap(to.with_suffix(".new"), "w+", np.uint8, (count, side, side, 3))
    for i, picture in enumerate(pixels):
        made[i] = picture
    made.flush()
    to.with_suffix(".new").replace(to)
    print(to, made.shape)


if __name__ == "__main__":
    main()
