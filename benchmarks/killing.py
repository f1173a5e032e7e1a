"""kill -9 at random moments: does every run end with the vectors of an undisturbed one?

    python benchmarks/killing.py FOLDER [--times 20] [--descriptor SPEC]

Each round indexes the folder into a fresh gallery, is killed at a random moment, is run again to
its end, and is held against an undisturbed gallery, vector by vector.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import machine

from lookalike import Gallery
from lookalike.descriptors import DEFAULT


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--descriptor", default=DEFAULT)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    chance = random.Random(given.seed)

    with tempfile.TemporaryDirectory() as scratch:
        began = time.perf_counter()
        run(Path(scratch) / "undisturbed", given).wait()
        whole = time.perf_counter() - began
        wanted = vectors(Path(scratch) / "undisturbed")
        print(f"{machine()}\n{len(wanted):,} vectors, {whole:.1f} s undisturbed\n")
        print(f"{'killed after':>14}{'kept':>10}{'in the end':>12}   the same")
        same = 0
        for number in range(given.times):
            gallery = Path(scratch) / f"killed-{number}"
            moment = chance.uniform(0, whole)
            process = run(gallery, given)
            time.sleep(moment)
            process.kill()
            process.wait()
            kept = len(vectors(gallery)) if (gallery / "catalog.sqlite").exists() else 0
            assert run(gallery, given).wait() == 0
            found = vectors(gallery)
            same += found == wanted
            print(f"{moment:>12.2f} s{kept:>10,}{len(found):>12,}   {found == wanted}")
    print(f"\n{same} of {given.times} the same")
    sys.exit(same != given.times)


def run(gallery: Path, given: argparse.Namespace) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "lookalike", "index", str(given.folder), "-g", str(gallery)]
    return subprocess.Popen(
        [*command, "-d", given.descriptor], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def vectors(gallery: Path) -> dict[tuple[str, str], bytes]:
    with Gallery.open(gallery) as opened:
        rows = opened._catalog.rows(
            "SELECT path, key, vector FROM files JOIN vectors USING (content_id) "
            "JOIN descriptors ON descriptors.id = descriptor_id"
        )
    return {(os.fsdecode(path), key): vector for path, key, vector in rows}


if __name__ == "__main__":
    main()
