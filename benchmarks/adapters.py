"""Adapters learned from half of the kinds, or of their pictures, and measured on the other half.

    python benchmarks/adapters.py --data ../shared/data

mAP in per cent over the held-out part, the mean of the seeds: of the vectors as they are, and of
each method with the settings that were chosen without looking at it. Labels that have nothing to do
with looks stand beside the true ones: whatever is learned from those should be refused.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from machine import machine

from lookalike import AdapterReport, Gallery, KeptVectors
from lookalike.descriptors import label
from lookalike.learning.adapter.labels.base import Labelled, grouped
from lookalike.learning.adapter.learn import learn


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("-d", "--descriptor", action="append")
    options.add_argument("--seeds", type=int, default=2)
    asked = options.parse_args()
    print(f"{machine()}\n")
    print(
        "| set, labels, held out | descriptor | n | as it is | whitening | discriminants | "
        "contrastive | gain of the chosen, by seed | installed | seconds |"
    )
    print("|---|---|--:|--:|--:|--:|--:|---|--:|--:|")
    for name in ("caltech101", "holidays"):
        with tempfile.TemporaryDirectory() as scratch, Gallery.open(Path(scratch) / "g") as gallery:
            gallery.sync(asked.data / name, descriptors=asked.descriptor or ["glance"])
            for stored, _ in gallery.info().descriptors:
                kept = gallery.vectors(stored.key)
                for told, how, labels in tasks(name, kept):
                    reports = [
                        learn(
                            Labelled(told, grouped(dict(enumerate(labels))), kept.vectors),
                            kept.metric,
                            hold_out=how,
                            parts=2,
                            seed=seed,
                        )[0]
                        for seed in range(asked.seeds)
                    ]
                    print(
                        row(f"{name}, {told}, {how}", label(kept.descriptor), reports), flush=True
                    )


def tasks(name: str, kept: KeptVectors) -> list[tuple[str, str, list[str]]]:
    """Return by which labels to learn, and what is held out."""
    paths = [Path(path) for path in kept.paths]
    if name == "holidays":
        return [("places", "groups", [str(int(path.stem) // 100) for path in paths])]
    folders = [path.parent.name for path in paths]
    drawn = [str(one) for one in np.random.default_rng(50).permutation(folders)]
    numbers = [path.stem for path in paths]
    return [
        ("folders", "groups", folders),
        ("folders", "pictures", folders),
        ("labels drawn at random", "groups", drawn),
        ("the number in the name", "groups", numbers),
    ]


def row(task: str, descriptor: str, reports: Sequence[AdapterReport]) -> str:
    methods = np.mean([[one.held_out for one in report.methods] for report in reports], axis=0)
    gains = ", ".join(f"{100 * report.difference.mean:+.1f}" for report in reports)
    cells = [
        task,
        f"`{descriptor}`",
        str(reports[0].units),
        *(f"{100 * mean:.1f}" for mean in methods),
        gains,
        f"{sum(report.helps for report in reports)} of {len(reports)}",
        f"{np.mean([report.seconds for report in reports]):.0f}",
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
