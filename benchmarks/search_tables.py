"""Measured rows → tables, a comparison, a plot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
from search_measure import RECALL, Row

HEAD = (
    "| | search | build s | memory MB | mapped MB | disk MB | p50 ms | p99 ms | queries/s "
    "| recall@10 |\n|---|---|--:|--:|--:|--:|--:|--:|--:|--:|"
)


def tables(rows: Sequence[Row]) -> list[str]:
    """Return a table for each count: what reaches the recall first, the fastest on top."""
    out = []
    for count, group in groupby(sorted(rows, key=lambda row: row.count), lambda row: row.count):
        here = sorted(group, key=_order)
        lines = [f"### {count:,} vectors\n", HEAD, *map(_line, here)]
        out.append("\n".join([*lines, "", *_verdict(here)]))
    return out


def _order(row: Row) -> tuple[bool, bool, float]:
    return bool(row.failure), not row.recall >= RECALL, row.p50


def _line(row: Row) -> str:
    name = row.name if row.peer else f"**{row.name}**"
    setting = (
        row.used
        if row.name == "auto"
        else ", ".join(f"{key}={value}" for key, value in row.setting.items())
    )
    if row.failure:
        return f"| {name} | {setting} | {_number(row.build)} {'| ' * 6}| {row.failure} |"
    megabytes = (_number(size / 1e6) for size in (row.memory, row.mapped, row.disk))
    cells = (
        _number(row.build),
        *megabytes,
        _number(1000 * row.p50),
        _number(1000 * row.p99),
        f"{row.per_second:,.0f}",
        f"{row.recall:.3f}",
    )
    return f"| {name} | {setting} | {' | '.join(cells)} |"


def _number(value: float) -> str:
    if np.isnan(value):
        return ""
    if value < 0.001:
        return "0"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _verdict(rows: Iterable[Row]) -> list[str]:
    """Say how `auto` compares with the quickest bare library that finds as many."""
    done = [row for row in rows if not row.failure]
    auto = next((row for row in done if row.name == "auto"), None)
    if auto is None:
        return []
    level = min(auto.recall, RECALL)
    able = [row for row in done if row.peer and row.recall >= level]
    if not able:
        return [f"No bare library that was measured has a recall of {level:.3f}.\n"]
    best = min(able, key=lambda row: row.p50)
    dominating = [
        row.name
        for row in able
        if row.p50 < auto.p50
        and row.recall >= auto.recall
        and row.build <= auto.build
        and row.memory + row.mapped <= auto.memory + auto.mapped
    ]
    worse = ", ".join(dict.fromkeys(dominating)) or "none"
    as_true = [row for row in able if round(row.recall, 3) >= round(auto.recall, 3)]
    peer = min(as_true, key=lambda row: row.p50, default=None)
    same = ""
    if peer is not None:
        same = f", and {auto.p50 / peer.p50:.2f} times as long as {peer.name}, the quickest as true"
    return [
        f"`auto` ({auto.used}) takes {auto.p50 / best.p50:.2f} times as long as {best.name}, the "
        f"quickest peer with a recall of at least {level:.3f}{same} "
        f"(recall {auto.recall:.3f}). Quicker, as true, built as soon and in no more memory: "
        f"{worse}.\n"
    ]


def plot(rows: Sequence[Row], file: Path, told: str) -> None:
    """Draw time and memory of what reaches the recall against the number of vectors."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(1, 2, figsize=(13, 6), layout="constrained")
    good = [row for row in rows if not row.failure and row.recall >= RECALL]
    names = list(dict.fromkeys((row.peer, row.name) for row in good))
    colours = plt.get_cmap("tab20").colors  # type: ignore[attr-defined]
    for n, (peer, name) in enumerate(sorted(names)):
        best: dict[int, Row] = {}
        for row in sorted(good, key=lambda row: -row.p50):
            if row.name == name:
                best[row.count] = row
        counts = sorted(best)
        style = {
            "color": "black" if name == "auto" else colours[n % 20],
            "marker": "so"[not peer],
            "ms": 4,
        }
        style |= {"ls": "--" if peer else "-", "lw": 2.5 if name == "auto" else 1.3}
        panels[0].plot(counts, [1000 * best[c].p50 for c in counts], label=name, **style)
        sizes = [(best[c].memory + best[c].mapped) / 1e6 for c in counts]
        panels[1].plot(counts, np.maximum(sizes, 1), **style)
    for panel, title in zip(
        panels, ("One query on one thread, ms (p50)", "Resident memory, mapped files too, MB"),
        strict=True,
    ):  # fmt: skip
        panel.set(xscale="log", yscale="log", xlabel="vectors", title=title)
        panel.grid(True, which="major", alpha=0.3)
    figure.legend(loc="outside right upper", fontsize=8, title="ours –, peers - -")
    figure.suptitle(f"At a recall@10 of {RECALL} or more; {told}", fontsize=10)
    figure.savefig(file, dpi=120)
