"""What searching costs on this machine: measured once, in less than a second, and kept."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib import metadata
from pathlib import Path

import numpy as np

from lookalike.cache import cache_folder
from lookalike.errors import MissingExtra
from lookalike.indexes.base import Index
from lookalike.indexes.choose import Costs
from lookalike.indexes.exact import Exact
from lookalike.indexes.faiss_tools import sample_size
from lookalike.indexes.ivf_sketch import IvfSketch
from lookalike.indexes.sketch import Sketch
from lookalike.indexes.sketches import more
from lookalike.metrics import Vectors, distances

# To be raised when what is measured here, or what it stands for, is another.
_VERSION = 2

_DIM = 256
_FEWEST, _FEW, _MANY = 64, 6_000, 30_000
_LISTS, _SOME = 64, 16
_NEAREST = 10
_REPEATS = 40
_TRIES = 3

# No machine is quicker: a figure below comes from its other work.
_QUICKEST = 1e-13


def costs() -> Costs | None:
    """Return what searching costs here.

    None if FAISS is not installed, or the machine too busy just now to tell.
    """
    machine = _machine()
    if not machine:
        return None
    file = _file()
    with suppress(OSError, ValueError, TypeError, KeyError):
        kept = json.loads(file.read_text(encoding="utf-8"))
        if kept.pop("machine") == machine:
            return Costs(**{name: float(value) for name, value in kept.items()})
    try:
        found = next(filter(_is_plausible, (measured() for _ in range(_TRIES))), None)
    except MissingExtra:
        return None
    if found is None:
        return None
    with suppress(OSError):  # it is measured again next time
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_name(f"{file.name}.{os.getpid()}")
        beside.write_text(
            json.dumps({"machine": machine, **dataclasses.asdict(found)}), encoding="utf-8"
        )
        beside.replace(file)
    return found


def measured() -> Costs:
    """Measure what searching costs.

    Raises
    ------
    MissingExtra
        FAISS is not installed.
    """
    vectors = np.random.default_rng(0).random((_MANY, _DIM), np.float32)
    few = vectors[:_FEW]
    sketch, coded = _built(Sketch(), vectors)
    lists, grouped = _built(IvfSketch(nlist=_LISTS), few)
    searched = (
        _built(Exact(), vectors[:_FEWEST])[0],
        _built(Exact(), vectors)[0],
        _built(Sketch(), few)[0],
        sketch,
        lists.searching_as(IvfSketch(nlist=_LISTS, nprobe=_SOME)),
        lists.searching_as(IvfSketch(nlist=_LISTS, nprobe=_LISTS)),
    )
    call, exact, quick, slow, some_lists, all_lists = _searches(searched)
    of_few, of_many = (_NEAREST * Sketch().rerank + more(count) for count in (_FEW, _MANY))
    candidate = _picking(vectors, of_many)
    truly = candidate * _DIM
    bit = (slow - quick - truly * (of_many - of_few)) / ((_MANY - _FEW) * _DIM)
    scanned = bit * _FEW * _DIM
    coding = coded / (_MANY * _DIM)
    compared = (25 * sample_size(_FEW, _DIM) + _FEW) * _LISTS * _DIM
    return Costs(
        exact_call=call,
        sketch_call=max(call, quick - scanned - truly * of_few),
        component=(exact - call) / (_MANY * _DIM),
        bit=bit,
        candidate=candidate,
        visit=max(0.0, all_lists - some_lists - scanned * (1 - _SOME / _LISTS)) / (_LISTS - _SOME),
        coding=coding,
        grouping=max(0.0, grouped - coding * _FEW * _DIM) / compared,
    )


def _is_plausible(found: Costs) -> bool:
    return min(found.component, found.bit) > _QUICKEST and found.bit < found.component


def _built(index: Index, vectors: Vectors) -> tuple[Index, float]:
    began = time.perf_counter()
    index.build(vectors, "euclidean")
    return index, time.perf_counter() - began


def _searches(indexes: tuple[Index, ...]) -> list[float]:
    """Return the least seconds of a search of each: what other work did not disturb.

    They take turns, so that such work falls on all of them.
    """
    least = [float("inf")] * len(indexes)
    for n in range(_REPEATS):
        for i, index in enumerate(indexes):
            query = index.vectors[n : n + 1] + np.float32(0.01)
            least[i] = min(least[i], _timed(partial(index.search, query, _NEAREST)))
    return least


def _picking(vectors: Vectors, count: int) -> float:
    """Return the seconds for one component of vectors that are picked out and looked at."""
    rows = np.random.default_rng(0).choice(len(vectors), count, replace=False)

    def pick() -> None:
        distances(vectors[:1], vectors[rows], "euclidean")

    return min(_timed(pick) for _ in range(_REPEATS)) / float(count * vectors.shape[1])


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _machine() -> str:
    """Return what the figures are of; nothing if FAISS is not installed."""
    try:
        libraries = [f"{name} {metadata.version(name)}" for name in ("faiss-cpu", "numpy")]
    except metadata.PackageNotFoundError:
        libraries = [f"numpy {np.__version__}"]
    with suppress(ImportError):
        import faiss

        parts = (_VERSION, platform.node(), platform.machine(), os.cpu_count(), faiss.__version__)
        return " · ".join(map(str, (*parts, *libraries)))
    return ""


def _file() -> Path:
    return cache_folder() / "costs.json"
