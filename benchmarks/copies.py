"""Which descriptor finds edited copies of a picture, among pictures that only look alike.

    python benchmarks/copies.py --data FOLDER [--descriptor SPEC …] [--originals 600] [--seed 0]
                                [--no-peers] [--processes N] [--markdown FILE]

FOLDER holds one or more of the folders caltech101, holidays and products. Originals are drawn
evenly from them; every edit of `lookalike.samples.edits.EDITS` of every original is a query; all
pictures of these folders, unedited, are the references. Pictures in FOLDER/edits, a folder for each
photo, are looked up as well. Peers take part if they are installed:

    pip install imagehash pdqhash

What the tables show is told in docs/copies.md. With --markdown the tables are written to a file; if
it has a line `<!-- figures -->` and a line `<!-- end of figures -->`, in between.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from copy_methods import describe_edits, describe_file, method
from copy_scores import Rows, far, measured
from copy_tables import PRECISION, Reading, Result, tables
from machine import machine

from lookalike.descriptors import names
from lookalike.images import suffixes
from lookalike.metrics import Vectors
from lookalike.samples.edits import EDITS

SETS = ("caltech101", "holidays", "products")
SHOP = "products"
OURS = ("phash", "classic", "glance", "glance_copy")
PEERS = {"pdq": "pdqhash", "imagehash.phash": "imagehash"}
SAME = 4.0  # levels of 255, root mean square over 32 × 32 pixels: the same photograph, twice
ALIKE = 4  # bits of 64 of the pHash: from the same photograph to another black shoe
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"


@dataclass(frozen=True)
class References:
    """All n unedited pictures."""

    files: list[Path]
    sources: np.ndarray
    vectors: dict[str, Vectors]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--descriptor", nargs="+", default=[], metavar="SPEC")
    parser.add_argument("--originals", type=int, default=600, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-peers", action="store_true", help="Lookalike's descriptors alone")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), metavar="N")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write the tables there")
    given = parser.parse_args()

    files = [path for name in SETS for path in pictures(given.data / name)]
    if not files:
        parser.error(f"none of {', '.join(SETS)} is in {given.data}")
    methods = given.descriptor or [name for name in OURS if there(name, name in names())]
    if not given.no_peers:
        methods += [name for name, library in PEERS.items() if there(name, find_spec(library))]

    os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")  # of each process
    with ProcessPoolExecutor(given.processes, get_context("spawn")) as pool:
        with timed("references"):
            references = read(pool, given.data, files, {*methods, "pixels", "phash"})
        originals = drawn(references.sources, given.originals, given.seed)
        with timed("edits"):
            queries = edited(pool, [references.files[i] for i in originals], methods, given.seed)
            photos = albums(pool, given.data / "edits", methods)
    with timed("comparisons"):
        text = report(references, originals, queries, photos)
    print(text)
    if given.markdown:
        write(given.markdown, text)


def there(name: str, found: object) -> bool:
    if not found:
        print(f"{name}: not installed, left out", file=sys.stderr)
    return bool(found)


def pictures(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in suffixes())


@contextmanager
def timed(what: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    print(f"{what}: {time.perf_counter() - began:.0f} s", file=sys.stderr)


def read(pool: Executor, data: Path, files: Sequence[Path], methods: Iterable[str]) -> References:
    """Describe all pictures that can be read."""
    methods = list(methods)
    answers = pool.map(partial(describe_file, methods=methods), files, chunksize=16)
    kept: list[Path] = []
    vectors: list[list[Vectors]] = []
    for file, answer in zip(files, answers, strict=True):
        if isinstance(answer, str):
            print(f"left out: {answer}", file=sys.stderr)
        else:
            kept.append(file)
            vectors.append(answer)
    sources = np.array([file.relative_to(data).parts[0] for file in kept])
    return References(kept, sources, by_method(methods, vectors))


def drawn(sources: np.ndarray, count: int, seed: int) -> Rows:
    """Return which pictures are the originals: as many of each source, or all if it has fewer."""
    found = np.unique(sources)
    rng = np.random.default_rng(seed)
    return np.concatenate(
        [
            np.sort(rng.permutation(np.flatnonzero(sources == name))[: count // len(found)])
            for name in found
        ]
    )


def edited(
    pool: Executor, originals: Sequence[Path], methods: Sequence[str], seed: int
) -> dict[str, Vectors]:
    """Describe every edit of every original, in this order."""
    seeds = [1_000_000 * seed + i for i in range(len(originals))]
    describe = partial(describe_edits, methods=methods)
    return by_method(methods, list(pool.map(describe, originals, seeds)))


def albums(pool: Executor, folder: Path, methods: Sequence[str]) -> dict[str, dict[str, Vectors]]:
    """Describe real copies of photos: folder → method → vectors."""
    found = {}
    for album in sorted(path for path in folder.glob("*") if path.is_dir()):
        answers = pool.map(partial(describe_file, methods=methods), pictures(album))
        found[album.name] = by_method(methods, [one for one in answers if not isinstance(one, str)])
    return found


def by_method(methods: Sequence[str], answers: Sequence[Sequence[Vectors]]) -> dict[str, Vectors]:
    return {name: np.concatenate([one[i] for one in answers]) for i, name in enumerate(methods)}


def report(
    references: References,
    originals: Rows,
    queries: dict[str, Vectors],
    photos: dict[str, dict[str, Vectors]],
) -> str:
    """Compare by every method; return all that is told."""
    copies = np.repeat(np.arange(len(originals)), len(EDITS))
    edit, source = np.tile(list(EDITS), len(originals)), references.sources[originals][copies]
    readings = ways(references, originals, source)
    results = []
    for name, vectors in queries.items():
        known, metric = references.vectors[name], method(name)[0]
        junks = [one.junk for one in readings]
        found = measured(vectors, known, metric, originals, copies, junks)
        found = [d[one.queries] for d, one in zip(found, readings, strict=True)]
        limit = found[0].threshold(PRECISION)
        seen = {a: looked_up(v[name], known, metric, limit) for a, v in photos.items()}
        results.append(Result(name, metric, known.shape[1], found, seen))
    told = (
        f"{machine()}\n\n{len(copies):,} queries: {len(EDITS)} edits of {len(originals):,} "
        f"originals. {len(references.files):,} references. Threshold: the largest distance with a "
        f"precision of {PRECISION:.0%}.\n"
    )
    return "\n".join([told, *tables(results, readings, edit, source)])


def ways(references: References, originals: Rows, source: np.ndarray) -> list[Reading]:
    """Return the ways to count.

    That two pictures are the same photograph is judged by their pixels, which no method here
    compares. That they look alike is judged by a pHash, so it spares pHashes their mistakes.
    """
    pixels, hashes = references.vectors["pixels"], references.vectors["phash"]
    levels = far(pixels[originals], pixels, "euclidean") * 255 / np.sqrt(pixels.shape[1])
    same = levels <= SAME
    alike = same | (far(hashes[originals], hashes, "hamming") <= ALIKE)
    itself = np.arange(len(originals)), originals
    same[itself] = alike[itself] = False
    everything = np.ones(len(source), bool)
    readings = [
        Reading(
            f"All pictures ({same.sum():,} pairs of one photograph left out)", same, everything
        ),
        Reading(f"Look-alikes left out as well ({alike.sum():,} pairs)", alike, everything),
    ]
    if {SHOP} < set(source):
        shop = references.sources == SHOP
        told = f"Without the shop ({np.count_nonzero(~shop):,} references)"
        readings.append(Reading(told, same | shop, source != SHOP))
    return readings


def looked_up(
    vectors: Vectors, references: Vectors, metric: str, threshold: float
) -> tuple[int, int, int]:
    """Return how many ordered pairs of an album rank first, how many are found, and all."""
    nearest = far(vectors, references, metric).min(axis=1, keepdims=True)
    pairs = far(vectors, vectors, metric)
    others = ~np.eye(len(vectors), dtype=bool)
    first, found = (pairs < nearest) & others, (pairs <= threshold) & others
    return int(first.sum()), int(found.sum()), int(others.sum())


def write(file: Path, text: str) -> None:
    """Write a file, or the part of it that lies between the marks."""
    old = file.read_text(encoding="utf-8") if file.exists() else ""
    if BEGIN in old and END in old:
        before, after = old.split(BEGIN)[0], old.split(END)[1]
        text = f"{before}{BEGIN}\n{text}\n{END}{after}"
    file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
