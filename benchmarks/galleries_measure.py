"""One gallery, filled and asked, in processes of its own, so that memory is its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from catalogs import HALF, number_of
from milvus_servers import resident
from search_measure import FailedError, apart
from search_vectors import NEAREST, Data, recall

from lookalike import Gallery
from lookalike.errors import LookalikeError
from lookalike.gallery.copying import copy
from lookalike.gallery.milvus.kept.itself import Kept
from lookalike.gallery.milvus.link.address import parsed
from lookalike.gallery.milvus.link.engine import Engine
from lookalike.search import upkeep
from lookalike.store.catalog import Catalog

THREADS = 8
_WARM = 3.0  # seconds: a server that was just started is slow at first
_BLOCK = 20_000

Ask = Callable[[np.ndarray, str], list[str]]


@dataclass
class Place:
    """A gallery that was filled; seconds, and bytes. `peak` is that of the filling process."""

    place: str
    count: int
    dim: int
    index: str = ""
    fill: float = np.nan
    settle: float = np.nan
    check: float = np.nan
    peak: float = np.nan
    server_empty: float = np.nan
    server_filled: float = np.nan
    server: float = np.nan
    disk: float = np.nan
    failure: str = ""


@dataclass
class Searches:
    """What was asked of it in one way, of all rows or of half of them; seconds, and bytes."""

    place: str
    count: int
    way: str
    condition: str
    index: str = ""
    p50: float = np.nan
    p99: float = np.nan
    rate: float = np.nan
    rate_of_many: float = np.nan
    recall: float = np.nan
    memory: float = np.nan
    mapped: float = np.nan
    failure: str = ""


def filled(place: Place, source: Path, target: str, limit: float) -> bool:
    """Copy a gallery there, and let it be indexed; tell whether it went well."""
    try:
        told = apart(_filling, (str(source), target), limit, {})
    except FailedError as error:
        place.failure = str(error)
        return False
    place.fill, place.settle, place.check, place.peak, place.index = told
    return True


def _filling(source: str, target: str) -> tuple[float, float, float, int, str]:
    report = copy(source, target)
    settled = report.settled_seconds
    if not target.startswith("milvus"):
        began = time.perf_counter()
        catalog = Catalog(Path(target))
        upkeep.keep_up(catalog, lambda _: None)  # the last thing that `Gallery.sync` does
        catalog.close()
        settled += time.perf_counter() - began
    with Gallery.open(target, create=False) as gallery:
        found = gallery.search(vector=np.ones(_dim(gallery), np.float32), top=1)
    peak = resident(field="VmHWM")
    return report.seconds, settled, report.checked_seconds, peak, found.index_used


def _dim(gallery: Any) -> int:
    (stored,) = gallery._descriptors()
    return int(stored.dim)


def asked(
    place: Place, way: str, where: str, data: Data, half: Path, seconds: float, limit: float
) -> list[Searches]:
    """Search a gallery in one way: ``auto``, ``exact`` or ``pymilvus``."""
    try:
        return list(apart(_asking, (place, way, where, data, half, seconds), limit, {}))
    except FailedError as error:
        return [Searches(place.place, place.count, way, "", failure=str(error))]


def _asking(
    place: Place, way: str, where: str, data: Data, half: Path, seconds: float
) -> list[Searches]:
    queries = np.load(data.queries)
    ask, used = _opened(way, where)
    rows = []
    for condition, least in (("", data.least), (HALF, half)):
        known = replace(data, least=least)
        row = Searches(place.place, place.count, way, condition, used)
        rows.append(row)
        try:
            _warm(queries, lambda q, c=condition: ask(q, c))
            _one_by_one(row, known, queries, lambda q, c=condition: ask(q, c), seconds)
            _many(row, queries, lambda q, c=condition: ask(q, c), seconds)
        except LookalikeError as error:
            row.failure = str(error)
    for row in rows:
        row.memory, row.mapped = resident(field="RssAnon"), resident(field="RssFile")
    return rows


def _warm(queries: np.ndarray, ask: Callable[[np.ndarray], list[str]]) -> None:
    end = time.perf_counter() + _WARM
    for query in queries[::-1]:
        ask(query)
        if time.perf_counter() > end:
            return


def _one_by_one(
    row: Searches,
    data: Data,
    queries: np.ndarray,
    ask: Callable[[np.ndarray], list[str]],
    seconds: float,
) -> None:
    times, found = [], []
    while len(times) < len(queries) and sum(times) < seconds:
        began = time.perf_counter()
        paths = ask(queries[len(times)])
        times.append(time.perf_counter() - began)
        found.append(np.array([number_of(path) for path in paths]))
    if row.condition and any((numbers % 2).any() for numbers in found):
        raise AssertionError("a match does not meet the condition")
    row.p50, row.p99 = np.percentile(times, (50, 99)).tolist()
    row.rate = len(times) / sum(times)
    row.recall = recall(data, np.arange(len(found)), found)


def _many(
    row: Searches, queries: np.ndarray, ask: Callable[[np.ndarray], list[str]], seconds: float
) -> None:
    lot = queries[: int(np.clip(seconds * row.rate / 4, 2 * THREADS, len(queries)))]
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(ask, lot[:THREADS]))
        began, done = time.perf_counter(), 0
        while done == 0 or time.perf_counter() - began < seconds:
            done += len(list(pool.map(ask, lot)))
        row.rate_of_many = done / (time.perf_counter() - began)


def _opened(way: str, where: str) -> tuple[Ask, str]:
    """Return what searches a gallery, and by what index."""
    if way.startswith("pymilvus"):
        return _by_pymilvus(where)
    gallery = Gallery.open(where, create=False)
    index = "exact" if way == "exact" else None

    def ask(query: np.ndarray, condition: str) -> list[str]:
        found = gallery.search(vector=query, top=NEAREST, index=index, where=condition or ())
        return [match.path for match in found]

    used = gallery.search(vector=np.ones(_dim(gallery), np.float32), top=1, index=index).index_used
    return ask, used


def _by_pymilvus(where: str) -> tuple[Ask, str]:
    """Search as pymilvus's documentation shows, with the index and `ef` of the gallery."""
    from pymilvus import MilvusClient

    engine = Engine(parsed(where))
    kept = Kept(engine, create=False)
    (stored,) = kept.descriptors()
    plan, collection = kept.plan(stored), kept.collection(stored)
    engine.close()
    client = MilvusClient(engine.address.uri)
    client.load_collection(collection)
    params = {"params": plan.search_params(NEAREST)}

    def ask(query: np.ndarray, condition: str) -> list[str]:
        (hits,) = client.search(
            collection,
            data=[query.tolist()],
            limit=NEAREST,
            filter=condition,
            output_fields=["path"],
            search_params=params,
        )
        return [hit["entity"]["path"] for hit in hits]

    return ask, plan.spec


def least_of_half(data: Data, file: Path) -> Path:
    """Write the similarity of each query's tenth nearest among those that meet the condition."""
    vectors, queries = np.load(data.vectors, mmap_mode="r"), np.load(data.queries)
    best = np.full((len(queries), NEAREST), -np.inf, np.float32)
    for start in range(0, data.count, _BLOCK):  # which is even
        part = np.asarray(vectors[start : start + _BLOCK : 2])
        alike = np.concatenate([best, queries @ part.T], axis=1)
        best = np.partition(alike, -NEAREST, axis=1)[:, -NEAREST:]
    np.save(file, best.min(axis=1))
    return file
