"""How long a gallery takes from a folder into Milvus, and how well it is searched there.

    python benchmarks/copying.py ADDRESS [--count 1000000] [--dim 256] [--folder FOLDER] [--keep]

ADDRESS is that of a server, such as milvus+http://127.0.0.1:19530/moving: a gallery of that name is
dropped there first, and afterwards. The local gallery has no pictures: its vectors are synthetic,
in clusters, and the same in every run; --folder names where to keep it for the next one.

What is measured: `lookalike copy`, as a process of its own, with its memory; the server's memory
before and after, if it runs on this machine; the wait until all is indexed; what comparing the two
takes; and then searches by 1,000 vectors that are not in the gallery, one after the other: the
share of the ten nearest that they find, and how long they take.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from catalogs import fill, number_of
from machine import machine
from milvus_servers import listening, resident
from search_vectors import NEAREST, TIE, Data, synthetic

from lookalike.gallery.milvus.kept.itself import Kept
from lookalike.gallery.milvus.link.address import parsed
from lookalike.gallery.milvus.link.engine import Engine


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("address", help="milvus+http://HOST:PORT/NAME; what is there is dropped")
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--dim", type=int, default=256)
    parser.add_argument("--folder", type=Path, help="keep the local gallery there")
    parser.add_argument("--keep", action="store_true", help="do not drop the copy at the end")
    given = parser.parse_args()
    print(f"{machine()}; {time.strftime('%Y-%m-%d')}")
    with tempfile.TemporaryDirectory(prefix="copying-") as scratch:
        folder = given.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        data = synthetic(given.count, given.dim, 0, folder)
        gallery = folder / f"gallery-{given.count}-{given.dim}"
        began = time.perf_counter()
        fill(gallery, data)
        print(f"{given.count:,} rows entered in {time.perf_counter() - began:.0f} s")
        engine = Engine(parsed(given.address))
        print(f"Milvus {'.'.join(map(str, engine.version))}")
        drop(engine)
        measure(gallery, given.address)
        searches(engine, data)
        if not given.keep:
            drop(engine)
        engine.close()


def drop(engine: Engine) -> None:
    for collection in engine.collections():
        if collection.startswith(f"{engine.address.name}__"):
            engine.drop(collection)


def measure(gallery: Path, address: str) -> None:
    program = "from lookalike.interfaces.cli.app import main; main()"
    port = urlsplit(parsed(address).uri).port or 0
    before = memory_of(port)
    began = time.perf_counter()
    command = [sys.executable, "-c", program, "copy", str(gallery), address, "--json"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    report = json.loads(done.stdout)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    written = report["seconds"]
    print(
        f"copied: {report['files']:,} files and {report['vectors']:,} vectors in {written:.0f} s "
        f"({report['files'] / written:,.0f} a second); indexed after "
        f"{report['settled_seconds']:.0f} s more; compared in "
        f"{report['checked_seconds']:.0f} s; all in all {seconds:.0f} s"
    )
    print(f"memory: of the copying process {size(peak)} at most; ", end="")
    print(f"of the server {size(before)} before, {size(memory_of(port))} after")
    for one in report["checks"]["searches"]:
        print(f"as the copy itself measured: {one['recall']:.1%} of {one['queries']} searches")


def searches(engine: Engine, data: Data) -> None:
    kept = Kept(engine, create=False)
    (stored,) = kept.descriptors()
    vectors = np.load(data.vectors, mmap_mode="r")
    queries, least = np.load(data.queries), np.load(data.least)
    params = kept.plan(stored).search_params(NEAREST)
    collection = kept.collection(stored)
    for query in queries[:20]:
        engine.search(collection, query[None], NEAREST, params=params)
    times, found = [], 0
    for query, bound in zip(queries, least, strict=True):
        began = time.perf_counter()
        (hits,) = engine.search(collection, query[None], NEAREST, fields=("name",), params=params)
        times.append(time.perf_counter() - began)
        numbers = [number_of(hit["name"]) for hit in hits]
        found += int((vectors[numbers] @ query >= bound - TIE).sum())
    middle, most = np.percentile(times, [50, 99]) * 1000
    print(
        f"searches by {len(queries):,} other vectors ({kept.plan(stored).spec}): "
        f"{found / (NEAREST * len(queries)):.2%} of the ten nearest; "
        f"median {middle:.1f} ms, 99th percentile {most:.1f} ms"
    )


def memory_of(port: int) -> int:
    """Return what the server on a port of this machine holds, in bytes; 0 if it is elsewhere."""
    process = listening(port)
    return resident(process) if process else 0


def size(count: float) -> str:
    return f"{count / 2**20:,.0f} MB" if count else "unknown"


if __name__ == "__main__":
    main()
