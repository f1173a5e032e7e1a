"""How much memory, disk and how many cores so many pictures need: fitted to what was measured.

    python benchmarks/sizing.py galleries.json … [--cluster cluster.json] [--dim 256] [--rate 100]
                                [--replicas 1] [--full 0.7] [--core 0.04] [--memory 3] [--disk 0.1]
                                [--markdown docs/scale.md]

The files are what `benchmarks/galleries.py --json` and `benchmarks/cluster.py --json` have written.
The first table has the constants and where each is from; the second what follows of them. What was
measured is told apart from what is ten times more at most (fitted), and from what is beyond
(EXTRAPOLATED). Prices are assumed: of a core-hour, and of a GB of memory and of disk for a month.

The tables are written between `<!-- sizing -->` and `<!-- end of sizing -->`.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lookalike.gallery.milvus.index.choosing import planned, shards_for
from search import write

COUNTS = (10**5, 10**6, 10**7, 10**8, 10**9)
KINDS = ("local", "Lite", "hnsw", "ivf_sq8", "ivf_rabitq", "diskann")
SEGMENT = 512e6
"""Bytes of a sealed part of a collection, each with an index of its own: Milvus 2.3's default."""

# Of DiskANN's share of the raw vectors in memory: PQCodeBudgetGBRatio and SearchCacheBudgetGBRatio.
DISKANN = 0.125 + 0.1
HOURS = 730  # of a month
CORES = 2  # of the machine that figures were measured on, unless --cores tells otherwise

Figures = list[dict[str, Any]]
Pairs = list[tuple[dict[str, Any], dict[str, Any]]]


@dataclass(frozen=True)
class Constant:
    """A figure, and where it comes from."""

    value: float
    source: str


@dataclass(frozen=True)
class Kind:
    """What one way to keep a gallery needs: for each picture, and in any case."""

    name: str
    base: Constant  # bytes of memory
    row: Constant  # bytes of memory
    disk: Constant  # bytes
    write: Constant  # seconds
    first: Constant  # core-seconds of a search, besides the next
    step: Constant  # core-seconds, for each segment; local: for each root of a picture
    p99: Constant  # seconds, of the most that were measured
    most: int  # that were measured


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("measured", type=Path, nargs="+", metavar="galleries.json")
    parser.add_argument("--cluster", type=Path, metavar="FILE")
    parser.add_argument("--dim", type=int, default=256)
    parser.add_argument("--rate", type=float, default=100, help="searches a second")
    parser.add_argument("--replicas", type=int, default=1, help="of all in memory")
    parser.add_argument("--full", type=float, default=0.7, help="share of memory and cores in use")
    parser.add_argument("--describing", type=float, default=280, help="pictures/s of a core")
    parser.add_argument("--workers", type=int, default=16, help="cores that describe")
    parser.add_argument("--core", type=float, default=0.04, help="price of a core-hour")
    parser.add_argument("--memory", type=float, default=3.0, help="of a GB of memory, a month")
    parser.add_argument("--disk", type=float, default=0.1, help="of a GB of disk, a month")
    parser.add_argument("--cores", type=int, default=CORES, help="of the machine measured on")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write the tables there")
    given = parser.parse_args()

    pairs: Pairs = []
    for file in given.measured:
        pairs += paired(json.loads(file.read_text(encoding="utf-8")))
    describing = Constant(given.describing, "docs/workers.md: 560 by two workers of Ray")
    if given.cluster:
        describing = described(json.loads(given.cluster.read_text(encoding="utf-8")), given.cores)
    kinds = [kind for name in KINDS if (kind := fitted(name, pairs, given))]
    text = f"{constants(kinds, describing, given.dim)}\n\n{sizes(kinds, describing, given)}"
    print(text)
    if given.markdown:
        write(given.markdown, text, "sizing")


# -- constants -------------------------------------------------------------------------------


def fitted(name: str, pairs: Pairs, given: argparse.Namespace) -> Kind | None:
    """Fit one kind to what was measured of it, or of the nearest thing; None without either."""
    found = [one for one in pairs if kind_of(one[0]) == name]
    if name == "local":  # where there are few, it is exact, and another line
        found = [one for one in found if one[0]["index"].startswith("ivf_sketch")]
    found.sort(key=lambda one: one[0]["count"])
    of_it, asked = [one for one, _ in found], [one for _, one in found]
    if not of_it and name in ("ivf_sq8", "ivf_rabitq", "diskann"):
        other = fitted("hnsw", pairs, given)
        return None if other is None else reckoned(name, other, given.dim)
    if not of_it:
        return None
    counts = [one["count"] for one in of_it]
    told = "measured: " + ", ".join(f"{count:,}" for count in counts)
    if name == "local":
        # The matrix is mapped, and what was touched of it in a short while is not all of it.
        base, row = max(one["memory"] for one in asked), given.dim * (4 + 1 / 8)
    elif name == "Lite":
        base, row = line(counts, [one["memory"] for one in asked], [])
    else:
        base, row = line(counts, [one["server"] for one in of_it], of_it)
    work = [given.cores / one["rate_of_many"] for one in asked]
    steps = [step(name, count, given.dim) for count in counts]
    first, slope = rising(steps, work)
    if name == "ivf_sq8" and len(counts) == 1 and (other := fitted("hnsw", pairs, given)):
        # One figure does not tell what there is in any case; another index of the server's does.
        base, row = other.base.value, reckoned(name, other, given.dim).row.value
        first = min(other.first.value, work[0])
        slope = (work[0] - first) / steps[0]
        told += "; what there is in any case, and fields, as hnsw"
    disk = line(counts, [one["disk"] for one in of_it], [])[1]
    write = float(np.mean([(one["fill"] + one["settle"]) / one["count"] for one in of_it]))
    return Kind(
        name,
        *(Constant(value, told) for value in (base, row, disk, write, first, slope)),
        Constant(asked[-1]["p99"], told),
        counts[-1],
    )


def paired(found: dict[str, Any]) -> Pairs:
    """Return every gallery that was filled, with what was measured of searching all of it."""
    pairs = []
    for place in found["places"]:
        for one in found["searches"]:
            same = all(one[name] == place[name] for name in ("place", "count", "index"))
            if same and one["way"] == "auto" and not one["condition"] and not one["failure"]:
                pairs.append((place, one))
    return pairs


def kind_of(place: dict[str, Any]) -> str:
    name = str(place["place"])
    return str(place["index"]).partition(":")[0] if name == "server" else name


def reckoned(name: str, hnsw: Kind, dim: int) -> Kind:
    """Return what was not measured: HNSW's figures, but with the vectors as this index has them."""
    told = "not measured: as hnsw"
    own = planned(name, "cosine", (2, 6)).memory_bytes(1, dim)
    if name == "diskann":
        own = round(DISKANN * 4 * dim)
    graph = planned("hnsw", "cosine", (2, 6)).memory_bytes(1, dim)
    row = Constant(hnsw.row.value - graph + own, f"hnsw − {graph} + {own} by Milvus's settings")
    others = (Constant(one.value, told) for one in (hnsw.disk, hnsw.write, hnsw.first, hnsw.step))
    return Kind(name, hnsw.base, row, *others, Constant(math.nan, "not measured"), 0)


def line(counts: Sequence[int], sizes: Sequence[float], places: Figures) -> tuple[float, float]:
    """Return what there is in any case, and for each row."""
    if len(set(counts)) > 1:
        slope, base = np.polyfit(counts, sizes, 1)
        return max(0.0, float(base)), float(slope)
    empty = places[0]["server_empty"] if places else 0.0
    empty = 0.0 if math.isnan(empty) else empty
    return empty, (sizes[0] - empty) / counts[0]


def rising(steps: Sequence[float], work: Sequence[float]) -> tuple[float, float]:
    """Return work in any case, and for each step; of one figure alone all is of the steps."""
    if max(steps) > 1.5 * min(steps):
        slope, first = np.polyfit(steps, work, 1)
        if slope > 0:
            return max(0.0, float(first)), float(slope)
    return 0.0, work[-1] / steps[-1]


def step(name: str, count: float, dim: int) -> float:
    """Return what a search's work grows with: segments; of lists, the root of the number."""
    if name == "local":
        return math.sqrt(count)
    if name == "Lite":
        return count
    return max(1.0, count * (4 * dim + 500) / SEGMENT)


def described(found: dict[str, Any], cores: int) -> Constant:
    run = found["runs"][1]
    rate = run["added"] / (run["seconds"] - run["until_first"]) / cores
    return Constant(rate, f"benchmarks/cluster.py: {run['added']:,} pictures, {cores} cores")


def constants(kinds: Sequence[Kind], describing: Constant, dim: int) -> str:
    lines = [
        "| | memory in any case, MB | a picture, bytes | disk a picture, bytes "
        "| written, pictures/s | a search, core-ms | and a segment | from |",
        "|---|--:|--:|--:|--:|--:|--:|---|",
    ]
    for one in kinds:
        cells = (
            f"{one.base.value / 1e6:,.0f}",
            f"{one.row.value:,.0f}",
            f"{one.disk.value:,.0f}",
            f"{1 / one.write.value:,.0f}",
            f"{1000 * one.first.value:.2f}",
            f"{1000 * one.step.value:.2g}",
            one.row.source,
        )
        lines.append(f"| {one.name} | {' | '.join(cells)} |")
    fields = ""
    for one in kinds:
        if one.name == "hnsw":
            graph = planned("hnsw", "cosine", (2, 6)).memory_bytes(1, dim)
            fields = (
                f"Of hnsw's bytes {graph:,} are vectors and graph by the formula; the other "
                f"{one.row.value - graph:,.0f} are fields, and what Milvus takes besides. "
            )
    return (
        "\n".join(lines)
        + f"\n\n{fields}Describing: {describing.value:,.0f} pictures a second and core "
        f"({describing.source}). A segment has {SEGMENT / 1e6:,.0f} MB; in the row of local it is "
        "the root of a picture, in that of Lite a picture."
    )


# -- sizes -----------------------------------------------------------------------------------


def sizes(kinds: Sequence[Kind], describing: Constant, given: argparse.Namespace) -> str:
    lines = [
        f"{given.dim} dimensions, {given.rate:g} searches a second, {given.replicas} in memory, "
        f"memory and cores {given.full:.0%} full; {given.workers} cores describe. Assumed prices: "
        f"{given.core:g} for a core-hour, {given.memory:g} for a GB of memory and {given.disk:g} "
        "for a GB of disk a month.\n",
        "| pictures | | memory GB | disk GB | cores | describing h | writing h | p99 ms | a month "
        "| how far known |",
        "|--:|---|--:|--:|--:|--:|--:|--:|--:|---|",
    ]
    lines += [line for count in COUNTS for one in kinds if (line := size(one, count, given,
                                                                        describing))]  # fmt: skip
    return "\n".join(lines)


def size(one: Kind, count: int, given: argparse.Namespace, describing: Constant) -> str:
    if count > {"local": 10, "Lite": 1}.get(one.name, math.inf) * one.most:
        return ""
    replicas = 1 if one.name in ("local", "Lite") else given.replicas
    memory = replicas * (one.base.value + one.row.value * count) / given.full / 1e9
    disk = one.disk.value * count / 1e9
    steps = step(one.name, count, given.dim)
    work = one.first.value + one.step.value * steps
    cores = max(1, math.ceil(given.rate * work / given.full))
    told = f"{cores:,}"
    if one.name == "Lite":  # one process, and most of it Python
        cores, told = 1, f"1; at most {given.cores / work:.0f} searches/s"
    beyond = one.step.value * max(0.0, steps - step(one.name, one.most, given.dim))
    p99 = one.p99.value + beyond / (cores * given.full)
    price = given.core * HOURS * cores + given.memory * memory + given.disk * disk
    cells = (
        f"{memory:,.1f}",
        f"{disk:,.1f}",
        told,
        hours(count / describing.value / given.workers),
        hours(
            count * one.write.value / (1 if one.name in ("local", "Lite") else shards_for(count))
        ),
        "" if math.isnan(p99) else f"{1000 * p99:,.0f}",
        f"{price:,.0f}",
        known(one, count),
    )
    return f"| {count:,} | {one.name} | {' | '.join(cells)} |"


def hours(seconds: float) -> str:
    return f"{seconds / 3600:,.0f}" if seconds > 36_000 else f"{seconds / 3600:.2g}"


def known(one: Kind, count: int) -> str:
    if not one.most:
        return "reckoned, not measured" if count <= 10**7 else "EXTRAPOLATION, not measured"
    if count <= one.most:
        return "measured"
    return "fitted" if count <= 10 * one.most else "EXTRAPOLATION"


if __name__ == "__main__":
    main()
