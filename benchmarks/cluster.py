"""Pictures through workers of Ray into Milvus, one of them killed: is it the same gallery?

    python benchmarks/cluster.py --data ../shared/data [--limit 600] [--workers "ray?workers=2"]
                                 [--server milvus+http://127.0.0.1:19530/big] [--json FILE]
                                 [--markdown docs/scale.md]

The pictures of products and caltech101 in the folder are indexed three times: by threads into a
local gallery; through Ray into Milvus, where a worker is killed (SIGKILL) when a third is done;
and once more there, which must find nothing to do. A server is started unless one is named; what
has the gallery's name there is dropped, before and after.

Then the two are compared: the same files by path and SHA-256; and of 500 pictures, searched with by
their ids, the ten nearest, those that Milvus's index finds against those that are truly nearest in
the local gallery. What is as near as the tenth counts as found. It exits with 1 if the files
differ, a worker was not killed, or less than 0.99 is found.

The table is written between `<!-- cluster -->` and `<!-- end of cluster -->`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from machine import machine
from milvus_servers import Server

from lookalike import Gallery
from lookalike.store import Progress
from search import write

SETS = ("products", "caltech101")
QUERIES, NEAREST = 500, 10
RECALL = 0.99
TIE = 1e-5  # of two distances in 32 bits, of vectors that other processes made
_PAGE = 1000
_WORKS = "ray::Worker"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--limit", type=int, help="only so many pictures, copied aside")
    parser.add_argument("--workers", default="ray?workers=2")
    parser.add_argument("--server", default="", metavar="ADDRESS", help="one that runs already")
    parser.add_argument("--json", type=Path, metavar="FILE", help="what sizing.py reads")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write the table there")
    given = parser.parse_args()

    about = f"{machine()}; {time.strftime('%Y-%m-%d')}, load {os.getloadavg()[0]:.1f} at the start."
    with tempfile.TemporaryDirectory(prefix="cluster-") as name:
        scratch = Path(name)
        folders = pictures(given.data, given.limit, scratch)
        with Server(given.server, scratch / "server") as server:
            one = indexed(str(scratch / "local"), folders, 2)
            two = indexed(server.address, folders, given.workers, kills=True)
            again = indexed(server.address, folders, given.workers)
            told = compared(str(scratch / "local"), server.address)
    runs = {"threads into a local gallery": one, f"`{given.workers}` into Milvus": two}
    text = f"{about}\n\n{table({**runs, 'once more': again})}\n\n{told.text}"
    print(text)
    wrong = [*told.wrong, *faults(two, again)]
    if given.json:
        given.json.write_text(json.dumps({"about": about, "runs": [vars(r) for r in (one, two)]}))
    if given.markdown and not wrong:
        write(given.markdown, text, "cluster")
    for one_wrong in wrong:
        print(f"WRONG: {one_wrong}", file=sys.stderr)
    sys.exit(bool(wrong))


def pictures(data: Path, limit: int | None, scratch: Path) -> list[Path]:
    """Return the folders, or one with some pictures of them."""
    folders = [data / name for name in SETS if (data / name).is_dir()]
    if not folders:
        raise SystemExit(f"none of {', '.join(SETS)} is in {data}")
    if limit is None:
        return [folder.resolve() for folder in folders]
    files = sorted(file for folder in folders for file in folder.rglob("*.jpg"))
    some = scratch / "pictures"
    for file in files[:: max(1, len(files) // limit)][:limit]:
        target = some / file.relative_to(data)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, target)
    return [some]


# -- indexing --------------------------------------------------------------------------------


@dataclass
class Run:
    """A run that brought a gallery up to date."""

    added: int
    unchanged: int
    failed: int
    seconds: float
    until_first: float
    killed: int


class Killer:
    """Looks at the progress, and kills a worker when a third is done."""

    def __init__(self, kills: bool) -> None:
        self._kills = kills
        self._began = time.perf_counter()
        self.until_first = 0.0
        self.killed = 0

    def __call__(self, progress: Progress) -> None:
        if progress.stage != "reading" or not progress.done:
            return
        self.until_first = self.until_first or time.perf_counter() - self._began
        if self._kills and not self.killed and 3 * progress.done >= (progress.total or 0):
            self.killed = next(workers(), 0)
            if self.killed:
                os.kill(self.killed, signal.SIGKILL)


def indexed(where: str, folders: list[Path], workers: int | str, *, kills: bool = False) -> Run:
    began, killer = time.perf_counter(), Killer(kills)
    with Gallery.open(where) as gallery:
        report = gallery.sync(*folders, workers=workers, progress=killer)
    seconds = time.perf_counter() - began
    counts = (report.added, report.unchanged, report.failed)
    print(f"{where}: {counts} in {seconds:.0f} s, killed {killer.killed}", file=sys.stderr)
    return Run(*counts, seconds, killer.until_first, killer.killed)


def workers() -> Iterator[int]:
    """Yield the workers of Ray that this process has started."""
    parents, titles = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            number = int(folder.name)
            titles[number] = (folder / "cmdline").read_text().replace("\0", " ")
            parents[number] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue  # it has just ended
    for number, title in titles.items():
        line, at = set(), number
        while at in parents:
            line.add(at := parents[at])
        if _WORKS in title and os.getpid() in line:
            yield number


def faults(two: Run, again: Run) -> list[str]:
    found = []
    if not two.killed:
        found.append("no worker was killed")
    if again.added:
        found.append(f"{again.added} pictures were lost by the run in which a worker was killed")
    return found


# -- comparing -------------------------------------------------------------------------------


@dataclass
class Compared:
    text: str
    wrong: list[str]


def compared(one: str, two: str) -> Compared:
    with Gallery.open(one, create=False) as local, Gallery.open(two, create=False) as far:
        there, here = files(far), files(local)
        differing = {(path, s) for path, (s, _) in here.items()} ^ {
            (path, s) for path, (s, _) in there.items()
        }
        if differing or not here:
            return Compared("", [f"{len(differing)} files differ, such as {sorted(differing)[:1]}"])
        asked = np.random.default_rng(0).permutation(sorted(here))[:QUERIES].tolist()
        found, same_set, same_order, times = 0, 0, 0, []
        wanted = 0
        for path in asked:
            truly = local.search(here[path][1], top=NEAREST, index="exact")
            began = time.perf_counter()
            near = far.search(there[path][1], top=NEAREST)
            times.append(time.perf_counter() - began)
            paths, true = [m.path for m in near], [m.path for m in truly]
            bound = truly[-1].distance + TIE
            wanted += len(true)
            found += sum(m.distance <= bound for m in near)
            same_set += set(paths) == set(true)
            same_order += paths == true
    share = found / wanted
    p50, p99 = np.percentile(times, (50, 99)) * 1000
    text = (
        f"{len(here):,} files, all with the same path and SHA-256. Searched with {len(asked)} of "
        f"them ({near.index_used}): {share:.2%} of the ten nearest were found; {same_set} answers "
        f"have the same ten paths, {same_order} in the same order. A search took {p50:.1f} ms "
        f"(median), {p99:.0f} ms (99th percentile)."
    )
    wrong = [f"only {share:.3f} of the nearest are found"] if share < RECALL else []
    return Compared(text, wrong)


def files(gallery: Gallery) -> dict[str, tuple[str, int]]:
    """Return SHA-256 and id of every picture, by its path."""
    found: dict[str, tuple[str, int]] = {}
    while page := gallery.pictures(skip=len(found), top=_PAGE).items:
        found |= {one.path: (one.sha256, one.id) for one in page}
    return found


def table(runs: dict[str, Run]) -> str:
    lines = [
        "| | pictures | failed | seconds | until the first | pictures/s | worker killed |",
        "|---|--:|--:|--:|--:|--:|---|",
    ]
    for name, run in runs.items():
        rate = f"{run.added / run.seconds:,.0f}" if run.added else ""
        cells = (f"{run.added:,}", run.failed, f"{run.seconds:.1f}", f"{run.until_first:.1f}", rate)
        killed = "yes" if run.killed else "no"
        lines.append(f"| {name} | {' | '.join(map(str, cells))} | {killed} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
