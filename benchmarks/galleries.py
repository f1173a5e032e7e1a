"""The same vectors in a local gallery, in Milvus Lite and in a Milvus server: what each costs.

    python benchmarks/galleries.py [--count 100000 …] [--vectors FILE.npy | --dim 256]
                                   [--server milvus+http://127.0.0.1:19530/bench | --start]
                                   [--index hnsw …] [--lite-most 100000] [--seconds 5]
                                   [--json FILE] [--markdown docs/scale.md]

Without --vectors they are synthetic, in clusters, and the same in every run. --vectors names a
file of real ones, (edits, pictures, dim) float32: all pictures first, then all by one edit, and so
on, as benchmarks/search.py writes it. They are laid into a local gallery without pictures, and go
from there by `lookalike copy`. A server is started for each index, unless one is named: what has
its gallery's name there is dropped. One that is started is killed and started again before it is
asked, so that its memory is what it needs and not what filling left.

The tables are written between `<!-- galleries -->` and `<!-- end of galleries -->`, and with
--vectors between `<!-- real galleries -->` and `<!-- end of real galleries -->`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import numpy as np
from catalogs import fill
from galleries_measure import Place, Searches, asked, filled, least_of_half
from galleries_tables import tables
from machine import machine
from milvus_servers import Server, settled, size_of
from search_vectors import Data, real, synthetic

from search import write

Found = tuple[Place, list[Searches]]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, nargs="+", default=[100_000])
    parser.add_argument("--dim", type=int, default=256, help="of synthetic vectors")
    parser.add_argument("--vectors", type=Path, metavar="FILE", help="real ones")
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--server", default="", metavar="ADDRESS", help="a server that runs")
    group.add_argument("--start", action="store_true", help="start one; so it is without --server")
    parser.add_argument("--index", nargs="+", default=["hnsw"], help="of the server")
    parser.add_argument("--lite-most", type=int, default=100_000, help="vectors for Milvus Lite")
    parser.add_argument("--seconds", type=float, default=5.0, help="for each figure, about")
    parser.add_argument("--limit", type=float, default=7200.0, help="seconds to fill, or to ask")
    parser.add_argument("--only", nargs="+", default=["local", "Lite", "server"])
    parser.add_argument("--json", type=Path, metavar="FILE", help="what sizing.py reads")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write the tables there")
    given = parser.parse_args()

    libraries = ", ".join(f"{name} {version(name)}" for name in ("pymilvus", "milvus-lite"))
    about = f"{machine()}, {libraries}; {time.strftime('%Y-%m-%d')}, load "
    about += f"{os.getloadavg()[0]:.1f} at the start."
    places: list[Place] = []
    searches: list[Searches] = []
    told = ""
    for count in sorted(given.count):
        with tempfile.TemporaryDirectory(prefix="galleries-") as scratch:
            data = vectors(given, count, Path(scratch))
            told = data.told
            for place, rows in measured(given, data, Path(scratch)):
                places.append(place)
                searches += rows
                say(place, rows)
                if given.json:  # after each, as some take an hour
                    found = {"about": about, "places": places, "searches": searches}
                    given.json.write_text(json.dumps(found, default=asdict, indent=1))
    text = f"{told}. {about}\n\n{tables(places, searches)}"
    print(text)
    if given.markdown:
        write(given.markdown, text, "real galleries" if given.vectors else "galleries")
    sys.exit(any(one.failure for one in places))


def vectors(given: argparse.Namespace, count: int, folder: Path) -> Data:
    if given.vectors is None:
        return synthetic(count, given.dim, 0, folder)
    every = np.load(given.vectors, mmap_mode="r")
    pictures = every.shape[1]
    flat = every.reshape(-1, every.shape[-1])
    if len(flat) < count + pictures // 10:
        raise SystemExit(f"there are no {count:,} vectors in {given.vectors}")
    return real(flat, pictures, count, folder)


def measured(given: argparse.Namespace, data: Data, folder: Path) -> Iterator[Found]:
    source = folder / "source"
    fill(source, data)
    half = least_of_half(data, folder / "half.npy")
    if "local" in given.only:
        yield local(given, data, source, half, folder / "local")
    if "Lite" in given.only and data.count <= given.lite_most:
        yield lite(given, data, source, half, folder / "lite.db")
    if "server" in given.only:
        for index in given.index:
            yield server(given, data, source, half, folder / "server", index)


def local(given: argparse.Namespace, data: Data, source: Path, half: Path, target: Path) -> Found:
    place = Place("local", data.count, data.dim)
    if not filled(place, source, str(target), given.limit):
        return place, []
    place.disk = size_of(target)
    ways = ("auto", "exact")
    rows = [one for way in ways for one in ask(given, place, way, str(target), data, half)]
    shutil.rmtree(target)
    return place, rows


def lite(given: argparse.Namespace, data: Data, source: Path, half: Path, target: Path) -> Found:
    place = Place("Lite", data.count, data.dim)
    where = f"milvus:{target}"
    if not filled(place, source, where, given.limit):
        return place, []
    place.disk = size_of(target)
    ways = ("auto", "pymilvus")
    rows = [one for way in ways for one in ask(given, place, way, where, data, half)]
    shutil.rmtree(target, ignore_errors=True)
    return place, rows


def server(
    given: argparse.Namespace, data: Data, source: Path, half: Path, folder: Path, index: str
) -> Found:
    place = Place("server", data.count, data.dim, index)
    with Server(given.server, folder) as started:
        place.server_empty = settled(started)
        if not filled(place, source, f"{started.address}?index={index}", given.limit):
            return place, []
        place.server_filled, place.disk = started.memory, started.disk
        started.restarted()
        ways = ("auto", "pymilvus")
        rows = [one for way in ways for one in ask(given, place, way, started.address, data, half)]
        place.server = settled(started)
    return place, rows


def ask(
    given: argparse.Namespace, place: Place, way: str, where: str, data: Data, half: Path
) -> list[Searches]:
    return asked(place, way, where, data, half, given.seconds, given.limit)


def say(place: Place, rows: list[Searches]) -> None:
    print(f"{place.count:>9,} {place.place} {place.index}: filled in {place.fill:.0f} s, indexed "
          f"after {place.settle:.0f} s more, {len(rows)} rows", file=sys.stderr)  # fmt: skip


if __name__ == "__main__":
    main()
