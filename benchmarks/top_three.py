"""The three nearest of the same ten products by several descriptors, side by side as one figure.

    python benchmarks/top_three.py --data ../shared/data/products -d autoencoder:RUN -d glance

Ten pictures, spread evenly over the folder in the order of the names, are searched for among all of
it. How many of the three nearest two descriptors have in common is printed; which are better is
for the eye: the folder has no labels.
"""

from __future__ import annotations

import argparse
import tempfile
from itertools import combinations
from pathlib import Path

from machine import machine
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lookalike import Gallery, Matches
from lookalike.descriptors import label
from lookalike.images import load

ASKED, SHOWN = 10, 3
INCHES = 1.1


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True, help="folder of pictures")
    options.add_argument("-d", "--descriptor", action="append", required=True)
    options.add_argument("--out", type=Path, default=Path("top-three.png"))
    asked = options.parse_args()
    found = answers(asked.data, asked.descriptor)
    drawn(found).savefig(asked.out, dpi=130)
    print(machine())
    for (one, first), (other, second) in combinations(found.items(), 2):
        same = [
            len({m.path for m in a} & {m.path for m in b})
            for a, b in zip(first, second, strict=True)
        ]
        print(f"{one} and {other}: {sum(same)} of {SHOWN * len(same)} answers in common")
    print(f"drawn into {asked.out}")


def answers(folder: Path, descriptors: list[str]) -> dict[str, list[Matches]]:
    """Return the answers to the ten by each descriptor."""
    with tempfile.TemporaryDirectory() as scratch, Gallery.open(Path(scratch) / "g") as gallery:
        gallery.sync(folder, descriptors=descriptors)
        paths = gallery.vectors().paths
        queries = [paths[n * len(paths) // ASKED] for n in range(ASKED)]
        return {
            label(stored.key): [
                gallery.search(query, top=SHOWN, descriptor=stored.key) for query in queries
            ]
            for stored, _ in gallery.info().descriptors
        }


def drawn(found: dict[str, list[Matches]]) -> Figure:
    columns = 1 + len(found) * (SHOWN + 1)
    figure = Figure(figsize=(INCHES * columns, INCHES * (ASKED + 0.5)), layout="tight")
    grid = figure.subplots(ASKED, columns)
    for axes in grid.ravel():
        axes.axis("off")
    for group, (name, answered) in enumerate(found.items()):
        first = 2 + group * (SHOWN + 1)
        grid[0, first].set_title(name, loc="left", fontsize=9)
        for row, matches in enumerate(answered):
            draw(grid[row, 0], str(matches.query.path))
            for column, match in enumerate(matches):
                draw(grid[row, first + column], match.path)
    grid[0, 0].set_title("query", loc="left", fontsize=9)
    return figure


def draw(axes: Axes, path: str) -> None:
    axes.imshow(load(path))


if __name__ == "__main__":
    main()
