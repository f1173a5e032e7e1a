"""How long things take that a person waits for: describing a picture, searching for it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lookalike.descriptors import Descriptor
from lookalike.errors import PictureError
from lookalike.images import load_views
from lookalike.indexes import Index
from lookalike.metrics import Vectors

_PICTURES = 8
_QUERIES = 30
_NEAREST = 10

# Slow ones are measured less often, but twice.
_SECONDS, _LEAST = 2.0, 2


def seconds_to_describe(descriptor: Descriptor, files: Sequence[Path]) -> float:
    """Return the seconds in which half of some pictures were described, one after the other.

    From the file to the vector; NaN if none of them can be read. The first picture does not count,
    as it brings into memory what is needed.
    """
    drawn = [files[int(n)] for n in np.linspace(0, len(files) - 1, min(_PICTURES, len(files)))]
    times: list[float] = []
    for file in [*drawn[:1], *drawn]:
        began = time.perf_counter()
        try:
            descriptor.describe_views([load_views(file, set(descriptor.views))])
        except PictureError:
            continue
        times.append(time.perf_counter() - began)
        if len(times) > _LEAST and sum(times) > _SECONDS:
            break
    return float(np.median(times[1:])) if len(times) > 1 else float("nan")


def milliseconds_to_search(index: Index, queries: Vectors) -> float:
    """Return the milliseconds in which half of some queries got their ten nearest, one by one."""
    drawn = np.unique(np.linspace(0, len(queries) - 1, _QUERIES).astype(int))
    index.search(queries[:1], _NEAREST)
    times: list[float] = []
    for n in drawn.tolist():
        began = time.perf_counter()
        index.search(queries[n : n + 1], _NEAREST)
        times.append(time.perf_counter() - began)
        if len(times) >= _LEAST and sum(times) > _SECONDS:
            break
    return float(np.median(times)) * 1000
