"""How quickly, and how truly, every index finds the nearest; beside other libraries, in one run.

    python benchmarks/search.py [--counts 10000 100000 1000000] [--dim 256] [--data FOLDER]
                                [--vectors FILE] [--seconds 5] [--limit 900] [--shared]
                                [--only NAME …] [--markdown FILE] [--plot FILE]

Without --data the vectors are synthetic, in clusters, and the same in every run. With --data they
are `glance` vectors of the pictures in FOLDER (caltech101, holidays, products) and of edited copies
of them; --vectors names a file that keeps them, as describing takes a while. Peers take part if
they are installed:

    pip install annoy hnswlib usearch lancedb sqlite-vec apsw

What the columns mean is told in docs/search-speed.md. With --markdown the tables are written to a
file; if it has the lines `<!-- figures -->` and `<!-- end of figures -->`, in between, and with
--data between `<!-- real figures -->` and `<!-- end of real figures -->`.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from machine import machine
from search_measure import Row, measured
from search_ours import ours
from search_peers import Contestant, peers
from search_tables import plot, tables
from search_vectors import Data, described, real, synthetic

LIBRARIES = ("faiss-cpu", "annoy", "hnswlib", "usearch", "lancedb", "sqlite-vec")

SHARED = (
    "The machine was doing other work as well. Seconds and milliseconds are processor time, of all "
    "threads together; queries/s are by the clock, and too few."
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--counts", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--dim", type=int, default=256, help="of synthetic vectors")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="real vectors of its pictures")
    parser.add_argument("--vectors", type=Path, metavar="FILE", help="keeps the real vectors")
    parser.add_argument("--seconds", type=float, default=5.0, help="for each figure, about")
    parser.add_argument("--limit", type=float, default=900.0, help="seconds to build, or to search")
    parser.add_argument(
        "--shared", action="store_true", help="count processor time, as the machine is not idle"
    )
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write the tables there")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw cost against count")
    given = parser.parse_args()

    runners = [(who, False) for who in ours()] + [(who, True) for who in peers()]
    names = [who.name for who, _ in runners]
    if unknown := set(given.only) - set(names):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are: {'; '.join(names)}")
    runners = [(who, peer) for who, peer in runners if who.name in (given.only or names)]

    began = time.strftime("%Y-%m-%d")
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    rows: list[Row] = []
    told = ""
    for count in sorted(given.counts):
        with tempfile.TemporaryDirectory(prefix="search-") as scratch:
            data = vectors(given, count, Path(scratch))
            if data is None:
                print(f"there are no {count:,} vectors, so they are left out", file=sys.stderr)
                continue
            told = data.told
            for who, peer in runners:
                rows += run(who, peer, data, Path(scratch), given)
    text = f"{told}. {machine()}, {libraries()}; {began}, load {load:.1f} at the start.\n\n"
    if given.shared:
        text += f"{SHARED}\n\n"
    text += "\n".join(tables(rows))
    print(text)
    if given.markdown:
        write(given.markdown, text, "real figures" if given.data else "figures")
    if given.plot:
        plot(rows, given.plot, told)


def vectors(given: argparse.Namespace, count: int, folder: Path) -> Data | None:
    if given.data is None:
        return synthetic(count, given.dim, given.seed, folder)
    every, pictures = described(given.data, max(given.counts), given.vectors)
    return real(every, pictures, count, folder) if len(every) >= count + pictures // 10 else None


def run(
    who: Contestant, peer: bool, data: Data, folder: Path, given: argparse.Namespace
) -> list[Row]:
    began = time.perf_counter()
    rows = measured(who, peer, data, folder, given.seconds, given.limit, given.shared)
    print(f"{data.count:>9,} {who.name}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
    return rows


def libraries() -> str:
    found = []
    for name in LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"no {name}")
    return ", ".join(found)


def write(file: Path, text: str, marks: str) -> None:
    """Write a file, or the part of it that lies between the marks."""
    begin, end = f"<!-- {marks} -->\n", f"<!-- end of {marks} -->\n"
    old = file.read_text(encoding="utf-8") if file.exists() else ""
    if begin in old and end in old:
        before, after = old.split(begin)[0], old.split(end)[1]
        text = f"{before}{begin}\n{text}\n{end}{after}"
    file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
