"""The queries that a descriptor answers worst, with what it answers, as one picture to look at.

    python benchmarks/worst.py --data FOLDER --to SHEET.png [--descriptor glance] [--rows 12]

FOLDER is as for quality.py. A row is a query with its average precision and its six nearest; those
of another group have a red edge. Of one group at most one query is shown.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image as pillow
from PIL import ImageDraw, ImageFont
from quality import SETS, Labelled, in_batches, ours

from lookalike.evaluation.measures import average_precision
from lookalike.images import View, load
from lookalike.metrics import distances

SIDE, GAP, TEXT, ANSWERS = 120, 6, 18, 6
RED, GREEN = (200, 30, 30), (40, 140, 60)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--to", type=Path, required=True, metavar="SHEET.png")
    parser.add_argument("--descriptor", default="glance", metavar="SPEC")
    parser.add_argument("--rows", type=int, default=12, metavar="N", help="of each set")
    given = parser.parse_args()
    sets = [found for read in SETS if (found := read(given.data)) is not None]
    columns = [column(one, given.descriptor, given.rows) for one in sets]
    sheet = pillow.new("RGB", (sum(c.width for c in columns), max(c.height for c in columns)))
    sheet.paste((255, 255, 255), (0, 0, *sheet.size))
    left = 0
    for one in columns:
        sheet.paste(one, (left, 0))
        left += one.width
    sheet.save(given.to)
    print(f"{given.to}: {sheet.width} × {sheet.height}")


def column(labelled: Labelled, spec: str, rows: int) -> pillow.Image:
    """Draw the worst queries of one set."""
    method = ours(spec)
    vectors = in_batches(method, labelled.files)
    far = distances(vectors[labelled.queries], vectors, method.metric)
    far[np.arange(len(far)), labelled.queries] = np.inf
    rankings = far.argsort(axis=1, kind="stable")[:, :-1]
    scores = [
        average_precision(labelled.groups[ranking] == labelled.groups[query])
        if np.count_nonzero(labelled.groups == labelled.groups[query]) > 1
        else 1.0
        for query, ranking in zip(labelled.queries, rankings, strict=True)
    ]
    width = (ANSWERS + 1) * (SIDE + GAP) + 4 * GAP
    out = pillow.new("RGB", (width, rows * (SIDE + TEXT + GAP) + 2 * TEXT), (255, 255, 255))
    write = ImageDraw.Draw(out)
    write.text((GAP, GAP), f"{spec} on {labelled.name}", 0, ImageFont.load_default(14))
    for place, n in enumerate(worst(labelled, scores, rows)):
        top = 2 * TEXT + place * (SIDE + TEXT + GAP)
        shown = [labelled.queries[n], *rankings[n, :ANSWERS]]
        group = labelled.groups[shown[0]]
        write.text((GAP, top), f"{group}: average precision {100 * scores[n]:.0f}", 0)
        for i, picture in enumerate(shown):
            edge = GREEN if labelled.groups[picture] == group else RED
            left = GAP + i * (SIDE + GAP) + (2 * GAP if i else 0)
            draw(out, labelled.files[picture], (left, top + TEXT - 4), None if i == 0 else edge)
    return out


def worst(labelled: Labelled, scores: Sequence[float], rows: int) -> list[int]:
    """Return the positions of the worst queries, each of another group."""
    kept: dict[object, int] = {}
    for n in np.argsort(scores, kind="stable").tolist():
        kept.setdefault(labelled.groups[labelled.queries[n]], n)
    return list(kept.values())[:rows]


def draw(
    sheet: pillow.Image, file: Path, place: tuple[int, int], edge: tuple[int, int, int] | None
) -> None:
    picture = pillow.fromarray(load(file, View.within(SIDE)))
    x = place[0] + (SIDE - picture.width) // 2
    y = place[1] + (SIDE - picture.height) // 2
    sheet.paste(picture, (x, y))
    if edge is not None:
        box = (x, y, x + picture.width - 1, y + picture.height - 1)
        ImageDraw.Draw(sheet).rectangle(box, outline=edge, width=3)


if __name__ == "__main__":
    main()
