"""Galleries that were measured → tables."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
from galleries_measure import THREADS, Place, Searches

_PLACES = (
    "| | index | filled s | indexed s | compared s | filling process MB | server MB: empty "
    "| filled | started again | disk MB |\n|---|---|--:|--:|--:|--:|--:|--:|--:|--:|"
)
_SEARCHES = (
    f"| | searched by | of the rows | p50 ms | p99 ms | queries/s | with {THREADS} threads "
    "| recall@10 | own memory MB | mapped MB |\n|---|---|---|--:|--:|--:|--:|--:|--:|--:|"
)
_WAYS = {"auto": "`Gallery`", "exact": '`Gallery`, `index="exact"`', "pymilvus": "pymilvus"}


def tables(places: Sequence[Place], searches: Sequence[Searches]) -> str:
    """Return two tables for each count: what filling costs, and what searching costs."""
    out = []
    for count, group in groupby(places, lambda place: place.count):
        out.append(f"### {count:,} vectors\n")
        out += [_PLACES, *map(_place, group), "", _SEARCHES]
        out += [_searched(one) for one in searches if one.count == count]
        out.append("")
    return "\n".join(out)


def _place(one: Place) -> str:
    if one.failure:
        return f"| {one.place} | {one.index} {'| ' * 8}| {one.failure} |"
    seconds = (number(value) for value in (one.fill, one.settle, one.check))
    sizes = (one.peak, one.server_empty, one.server_filled, one.server, one.disk)
    cells = (*seconds, *(number(size / 1e6) for size in sizes))
    return f"| {one.place} | {one.index} | {' | '.join(cells)} |"


def _searched(one: Searches) -> str:
    way, rows = _WAYS.get(one.way, one.way), "half" if one.condition else "all"
    if one.failure and np.isnan(one.recall):
        return f"| {one.place} | {way} | {rows} {'| ' * 7}| {one.failure} |"
    cells = (
        f"{way} ({one.index})",
        rows,
        *(number(1000 * value) for value in (one.p50, one.p99)),
        number(one.rate),
        number(one.rate_of_many) or "fails",
        f"{one.recall:.3f}",
        *(number(size / 1e6) for size in (one.memory, one.mapped)),
    )
    return f"| {one.place} | {' | '.join(cells)} |"


def number(value: float) -> str:
    if np.isnan(value):
        return ""
    if value < 0.001:
        return "0"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
