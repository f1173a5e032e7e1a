"""Indexing a folder, beside the way of the tutorials, in one run.

    python benchmarks/indexing.py FOLDER [--descriptor SPEC] [--tutorial 1000] [--photos N]

The tutorials' way: for each file `Image.open`, `convert`, full decoding, resize, describe, one at
a time, nothing kept on disk. Ours: `lookalike index` in a process of its own, then again with
nothing changed, then after the whole folder was renamed. With ``--photos N``, N of the pictures are
enlarged to 4000 × 3000 first, with noise, as a camera would give them.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from machine import machine
from PIL import Image as pillow

from lookalike.descriptors import DEFAULT, create
from lookalike.images import fit, load, suffixes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--descriptor", default=DEFAULT)
    parser.add_argument("--tutorial", type=int, default=1000, metavar="N", help="pictures")
    parser.add_argument("--photos", type=int, default=0, metavar="N", help="of 12 megapixels")
    given = parser.parse_args()

    with tempfile.TemporaryDirectory() as scratch:
        pictures = Path(scratch) / "pictures"
        if given.photos:
            enlarge(given.folder, pictures, given.photos)
        else:
            shutil.copytree(given.folder, pictures)
        files = sorted(p for p in pictures.rglob("*") if p.suffix.lower() in suffixes())
        print(f"{machine()}\n{len(files):,} pictures, {given.descriptor}\n")
        tutorial = tutorials_way(files[: given.tutorial], given.descriptor)
        gallery = Path(scratch) / "gallery"
        rows = [("the tutorials' way", min(given.tutorial, len(files)), *tutorial)]
        rows.append(("lookalike index", len(files), *index(gallery, pictures, given.descriptor)))
        rows.append(("again, nothing changed", len(files), *index(gallery, pictures)))
        renamed = pictures.rename(pictures.with_name("renamed"))
        rows.append(("after renaming the folder", len(files), *index(gallery, renamed)))
        kept = sum(f.stat().st_size for f in gallery.rglob("*") if f.is_file())

    print(f"{'':28}{'pictures':>10}{'seconds':>10}{'a second':>10}{'peak MB':>10}")
    for what, count, seconds, peak in rows:
        print(f"{what:28}{count:>10,}{seconds:>10.2f}{count / seconds:>10,.0f}{peak:>10.0f}")
    ratio = (rows[1][1] / rows[1][2]) / (rows[0][1] / rows[0][2])
    print(f"\nlookalike : tutorials' way = {ratio:.1f} : 1; the gallery takes {kept / 1e6:.1f} MB")


def enlarge(folder: Path, into: Path, count: int) -> None:
    """Write JPEGs of 12 megapixels, each with its own noise."""
    into.mkdir()
    random = np.random.default_rng(0)
    sources = sorted(p for p in folder.rglob("*") if p.suffix.lower() in suffixes())
    for number in range(count):
        source = pillow.fromarray(load(sources[number % len(sources)]))
        large = np.asarray(source.resize((4000, 3000), pillow.Resampling.BICUBIC), np.int16)
        large = large + random.integers(-8, 9, large.shape, np.int16)
        photo = pillow.fromarray(np.clip(large, 0, 255).astype(np.uint8))
        photo.save(into / f"{number:04}.jpg", quality=90)


def tutorials_way(files: list[Path], spec: str) -> tuple[float, float]:
    """Describe one after the other; return seconds and the peak memory of this process in MB."""
    descriptor = create(spec)
    vectors = []
    began = time.perf_counter()
    for file in files:
        array = np.array(pillow.open(file).convert("RGB"))
        views = {view: fit(array, view) for view in descriptor.views}
        vectors.append(descriptor.describe_views([views])[0])
    seconds = time.perf_counter() - began
    assert np.isfinite(np.stack(vectors)).all()
    return seconds, high_water(os.getpid())


def index(gallery: Path, folder: Path, spec: str | None = None) -> tuple[float, float]:
    """Run `lookalike index`; return its seconds and its peak memory in MB."""
    command = [sys.executable, "-m", "lookalike", "index", str(folder), "--gallery", str(gallery)]
    command += ["--descriptor", spec] if spec else []
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    peak = 0.0
    # Asked while it runs: what wait4 tells of a child's memory includes that of its parent.
    while process.poll() is None:
        peak = max(peak, high_water(process.pid))
        time.sleep(0.02)
    seconds = time.perf_counter() - began
    out = process.stdout.read() if process.stdout else ""
    assert process.returncode == 0, out
    print("   ", re.sub(r"\n.*", "", out))
    return seconds, peak


def high_water(pid: int) -> float:
    """Return the most memory that a process has had resident, in MB (Linux)."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


if __name__ == "__main__":
    main()
