"""Which descriptor finds what: P@10 and mAP on labelled pictures, and how fast it is.

    python benchmarks/quality.py --data FOLDER [--descriptor SPEC …] [--metric NAME …] [--peers]
                                 [--markdown FILE]

FOLDER holds one or more of these sets, each in a folder of its name:

- search-by-image: the letters that start a file's name are its group, whatever their case; every
  picture is a query
- caltech101: the folder is the group; every picture is a query
- holidays: id // 100 is the group; the first id of a group is its query

Protocol: the query itself is junk; mAP over the whole ranking; ties keep the order of the files.
Speeds are of one process, from file to vector: "a second" on these sets, "2 MP a second" on a
1600 × 1200 JPEG.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from machine import machine
from peers import installed_peers
from PIL import Image as pillow

from lookalike.descriptors import DESCRIPTORS, create
from lookalike.errors import PictureError
from lookalike.evaluation.measures import average_precision, precision_at_k
from lookalike.images import Source, load, load_views, suffixes
from lookalike.metrics import Vectors, canonical, distances

BATCH = 32
LARGE = (1600, 1200)
LARGE_SECONDS = 2.0


@dataclass(frozen=True)
class Labelled:
    """Pictures with known groups."""

    name: str
    files: list[Path]
    groups: np.ndarray
    queries: np.ndarray


@dataclass(frozen=True)
class Method:
    """Something that turns pictures into vectors."""

    name: str
    metric: str
    describe: Callable[[Sequence[Source]], Vectors]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--descriptor", nargs="+", default=[], metavar="SPEC")
    parser.add_argument("--metric", nargs="+", default=["natural"], metavar="NAME")
    parser.add_argument("--peers", action="store_true", help="also other libraries, if installed")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write the table there")
    given = parser.parse_args()

    sets = [found for read in SETS if (found := read(given.data)) is not None]
    if not sets:
        parser.error(f"none of the sets is in {given.data}; python {sys.argv[0]} --help names them")
    methods = [ours(spec) for spec in given.descriptor or ready()]
    methods += [Method(*peer) for peer in installed_peers()] if given.peers else []

    head = ["descriptor", "metric", "dim"]
    head += [f"{one.name} {score}" for one in sets for score in ("mAP", "P@10")]
    head += ["mean mAP", "a second", "2 MP a second"]
    told = ", ".join(f"{s.name}: {len(s.files)} pictures, {len(s.queries)} queries" for s in sets)
    table = [machine(), "", told, "", line(head), line(["---"] + ["--:"] * (len(head) - 1))]
    print("\n".join(table), flush=True)
    for method in methods:
        for row in rows(method, sets, given.metric):
            table.append(line(row))
            print(table[-1], flush=True)
    if given.markdown:
        given.markdown.write_text("\n".join(table) + "\n", encoding="utf-8")


def rows(method: Method, sets: list[Labelled], metrics: list[str]) -> Iterator[list[str]]:
    """Describe all sets once; yield a row of the table for each metric."""
    began = time.perf_counter()
    described = [in_batches(method, one.files) for one in sets]
    speed = sum(len(one.files) for one in sets) / (time.perf_counter() - began)
    large = large_speed(method, sets[0].files[0])
    for wanted in metrics:
        metric = method.metric if wanted == "natural" else canonical(wanted)
        scores = [score(v, one, metric) for v, one in zip(described, sets, strict=True)]
        mean = np.mean([100 * ap for ap, _ in scores])
        yield [
            f"`{method.name}`",
            metric,
            str(described[0].shape[1]),
            *(f"{100 * value:.1f}" for pair in scores for value in pair),
            f"{mean:.1f}",
            f"{speed:.0f}",
            f"{large:.0f}",
        ]


def score(vectors: Vectors, labelled: Labelled, metric: str) -> tuple[float, float]:
    """Return mAP and mean P@10."""
    far = distances(vectors[labelled.queries], vectors, metric)
    precisions = []
    for query, row in zip(labelled.queries, far, strict=True):
        ranking = np.argsort(row, kind="stable")
        ranking = ranking[ranking != query]
        relevant = labelled.groups[ranking] == labelled.groups[query]
        if relevant.any():
            precisions.append((average_precision(relevant), precision_at_k(relevant, 10)))
    ap, p10 = np.mean(precisions, axis=0)
    return float(ap), float(p10)


def ready() -> list[str]:
    """Return every descriptor that needs neither a parameter nor a download."""
    names = [name for name in DESCRIPTORS.names() if name not in ("combined", "network")]
    return [name for name in names if create(name).is_ready()]


def ours(spec: str) -> Method:
    descriptor = create(spec)
    descriptor.prepare()

    def describe(sources: Sequence[Source]) -> Vectors:
        return descriptor.describe_views([load_views(one, descriptor.views) for one in sources])

    return Method(spec, descriptor.metric, describe)


def in_batches(method: Method, sources: Sequence[Source]) -> Vectors:
    starts = range(0, len(sources), BATCH)
    return np.concatenate([method.describe(sources[i : i + BATCH]) for i in starts])


def large_speed(method: Method, file: Path) -> float:
    """Return how many JPEGs of 2 MP become vectors in a second."""
    memory = io.BytesIO()
    pillow.fromarray(load(file)).resize(LARGE).save(memory, "JPEG", quality=90)
    jpegs = [memory.getvalue()] * 8
    method.describe(jpegs)  # caches fill once
    began, done = time.perf_counter(), 0
    while time.perf_counter() - began < LARGE_SECONDS:
        method.describe(jpegs)
        done += len(jpegs)
    return done / (time.perf_counter() - began)


def search_by_image(data: Path) -> Labelled | None:
    files = pictures(data / "search-by-image")
    starts = [re.match(r"[a-z]*", file.stem.lower()) for file in files]
    return labelled("search-by-image", files, [found[0] if found else "" for found in starts])


def caltech101(data: Path) -> Labelled | None:
    files = pictures(data / "caltech101")
    return labelled("caltech101", files, [file.parent.name for file in files])


def holidays(data: Path) -> Labelled | None:
    files = pictures(data / "holidays")
    groups = [int(file.stem) // 100 for file in files]
    found = labelled("holidays", files, groups)
    if found is None:
        return None
    _, first = np.unique(groups, return_index=True)  # of each group; files are sorted by id
    return Labelled(found.name, files, found.groups, first)


SETS = (search_by_image, caltech101, holidays)


def labelled(name: str, files: list[Path], groups: Sequence[object]) -> Labelled | None:
    if not files:
        print(f"{name}: not there, left out", file=sys.stderr)
        return None
    return Labelled(name, files, np.array(groups), np.arange(len(files)))


def pictures(folder: Path) -> list[Path]:
    """Return the pictures below a folder that can be read, sorted by path."""
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in suffixes())
    return [path for path in found if readable(path)]


def readable(path: Path) -> bool:
    try:
        load(path)
    except PictureError as error:
        print(f"left out: {error}", file=sys.stderr)
        return False
    return True


def line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
