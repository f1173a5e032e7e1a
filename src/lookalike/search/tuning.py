"""Indexes measured on a gallery's own vectors, and the best of them chosen.

The queries are vectors of the gallery that are held out: each index is built without them, since a
graph finds a vector that is part of it more easily than one that is not.
"""

from __future__ import annotations

import dataclasses
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from typing import IO

import numpy as np

from lookalike import indexes
from lookalike.errors import GalleryError, LookalikeError, MissingExtra, NotIndexed, UsageError
from lookalike.indexes import INDEXES, Index, Neighbours
from lookalike.indexes.choose import SMALL
from lookalike.metrics import Vectors
from lookalike.search import choice, upkeep
from lookalike.search.choice import Choice
from lookalike.search.fitting import fitted
from lookalike.search.searcher import described
from lookalike.search.trials import Trial, Tuning, best, recall_of, told, with_frontier
from lookalike.store.catalog import Catalog, StoredDescriptor
from lookalike.store.matrix import Matrix, matrix
from lookalike.store.sync import Progress

# Each parameter of a search is tried at its default times these.
_FACTORS = (0.25, 0.5, 1, 2, 4)

# Tried only if asked for: other scans of everything, a tree that few dimensions only are good for,
# and a graph that takes long to build and long to search.
_ONLY_IF_ASKED = frozenset({"kdtree", "nndescent", "sql"})

# One setting is measured for no longer than this, but with so many queries at least.
_SECONDS, _LEAST_QUERIES = 5.0, 20

_BLOCK = 8192

Tell = Callable[[Progress], None]


@dataclasses.dataclass(frozen=True)
class Aim:
    """What is to be found out.

    Attributes
    ----------
    recall : float
        Share of the nearest that is to be found, above 0 and up to 1.
    k : int
        How many nearest.
    queries : int
        How many are asked.
    specs : tuple of str
        Indexes to measure; none for all that are at hand.
    """

    recall: float = 0.99
    k: int = 10
    queries: int = 200
    specs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 < self.recall <= 1:
            raise UsageError(f"recall is a share above 0 and up to 1, not {self.recall}")
        if self.k < 1 or self.queries < 1:
            raise UsageError(f"k and queries are at least 1, not {self.k} and {self.queries}")


def tune(catalog: Catalog, stored: StoredDescriptor, metric: str, aim: Aim, tell: Tell) -> Tuning:
    """Measure indexes, choose one, build it, and let searches go by it.

    Raises
    ------
    NotIndexed
        There are fewer than two vectors.
    UnknownName, BadParameter, UsageError
        There is no such index, or it cannot search by the metric.
    MissingExtra
        An index that was asked for is not installed.
    GalleryError
        The disk is full or read-only.
    """
    models = [described(spec, metric) for spec in aim.specs]
    present = matrix(catalog, stored, on_disk=True, tidy=True)
    if len(present) < 2:
        raise NotIndexed(
            f"there are {len(present)} vectors of {stored.key}, too few to measure with; bring the "
            "gallery up to date: lookalike index"
        )
    if not present.token:
        raise GalleryError(f"nothing can be kept in {catalog.folder}; is the disk full?")
    try:
        trials, missing = _measured(present, metric, aim, models, tell)
    except OSError as error:
        raise GalleryError(f"no room to measure in {catalog.folder}: {error}") from error
    found = best(trials, aim.recall)
    tuning = Tuning(
        descriptor=stored.key,
        metric=metric,
        vectors=len(present),
        queries=max(trial.queries for trial in trials),
        k=aim.k,
        recall=aim.recall,
        trials=with_frontier(trials),
        chosen=found.spec,
        why=told(trials, found, aim.recall, aim.k),
        missing=tuple(missing),
    )
    _keep(catalog, stored, tuning, found, tell)
    return tuning


def _keep(
    catalog: Catalog, stored: StoredDescriptor, tuning: Tuning, found: Trial, tell: Tell
) -> None:
    """Build what was found, and only then let searches go by it."""
    former = choice.chosen(catalog, stored, tuning.metric)
    if found.index != "exact":
        upkeep.build(catalog, stored, tuning.metric, found.spec, tell)
    about = {
        "by": "tune",
        "vectors": tuning.vectors,
        "queries": tuning.queries,
        "k": tuning.k,
        "p50_ms": found.p50_ms,
        "why": tuning.why,
    }
    kept = choice.keep(catalog, stored, tuning.metric, Choice(found.spec, found.recall, about))
    upkeep.drop_superseded(catalog, stored, tuning.metric, former, kept)


# -- measuring ---------------------------------------------------------------------------------


def _measured(
    present: Matrix, metric: str, aim: Aim, models: Sequence[Index], tell: Tell
) -> tuple[list[Trial], list[str]]:
    """Return what was measured, `exact` first, and which indexes are not installed."""
    asked = models or list(_at_hand(metric))
    if len(present) <= SMALL:
        asked = []
    settings = [(model, _settings(model)) for model in asked if model.name != "exact"]
    total = 1 + sum(len(each) + _is_fitted(each) for _, each in settings)
    missing: list[str] = []
    with tempfile.TemporaryFile(dir=present.folder) as file:
        vectors, queries = _held_out(present, aim.queries, file)
        tell(Progress("tuning", 0, total))
        exact, built = _built(indexes.create("exact"), vectors, metric)
        right = exact.search(queries, aim.k)
        trials = [_trial(exact, built, queries, right, aim.k)]
        tell(Progress("tuning", 1, total))
        for model, each in settings:
            try:
                index, built = _built(indexes.create(model.spec), vectors, metric)
            except MissingExtra:
                if models:
                    raise
                missing.append(model.name)
                total -= len(each) + _is_fitted(each)
                continue
            if _is_fitted(each):
                each.append(fitted(index, aim.recall).index)
            for setting in each:
                trials.append(_trial(index.searching_as(setting), built, queries, right, aim.k))
                tell(Progress("tuning", len(trials), total))
            del index  # before the next is built beside it
    return trials, missing


def _at_hand(metric: str) -> Iterator[Index]:
    """Yield the indexes that can search by a metric and are tried unasked."""
    for name in INDEXES.names():
        if name in _ONLY_IF_ASKED:
            continue
        try:
            yield described(name, metric)
        except LookalikeError:
            continue  # it cannot search by the metric, or its package is broken


def _settings(model: Index) -> list[Index]:
    """Return an index with one of its search parameters after the other tried.

    One that differs from its default was asked for: then the index is tried as it is.
    """
    settings = {model.spec: model}
    fields = [f for f in dataclasses.fields(model) if f.metadata.get("at") == "search"]
    if any(getattr(model, field.name) != field.default for field in fields):
        return [model]
    for field in fields:
        if type(field.default) is not int:
            continue
        for factor in _FACTORS:
            tried = max(1, int(field.default * factor))
            other = dataclasses.replace(model, **{field.name: tried})
            settings.setdefault(other.spec, other)
    return list(settings.values())


def _is_fitted(settings: Sequence[Index]) -> bool:
    """Tell whether to look for a setting in which several parameters are other than by default."""
    return len(settings) > 1 and len(settings[0].effort) > 1


def _held_out(present: Matrix, wanted: int, file: IO[bytes]) -> tuple[Vectors, Vectors]:
    """Return all vectors but some, in a file that goes when it is closed, and those that are not.

    Returns
    -------
    vectors : (n − q, dim) float32
    queries : (q, dim) float32
    """
    there = np.ones(len(present.ids), bool)
    there[present.gone] = False
    rows = np.flatnonzero(there)
    drawn = np.random.default_rng(0).choice(rows, min(wanted, len(rows) // 2), replace=False)
    queries = np.asarray(present.vectors[np.sort(drawn)])
    there[drawn] = False
    kept = np.flatnonzero(there)
    for start in range(0, len(kept), _BLOCK):
        file.write(np.asarray(present.vectors[kept[start : start + _BLOCK]]).data)
    file.flush()
    shape = (len(kept), present.vectors.shape[1])
    return np.asarray(np.memmap(file, np.float32, "r", shape=shape)), queries


def _built(index: Index, vectors: Vectors, metric: str) -> tuple[Index, float]:
    began = time.monotonic()
    index.build(vectors, metric)
    return index, time.monotonic() - began


def _trial(index: Index, built: float, queries: Vectors, right: Neighbours, k: int) -> Trial:
    """Ask one query after the other, as people do."""
    index.search(queries[:1], k)  # the first one brings what is needed into memory
    times: list[float] = []
    rows, away = [], []
    until = time.monotonic() + _SECONDS
    for n in range(len(queries)):
        began = time.perf_counter()
        found = index.search(queries[n : n + 1], k)
        times.append(time.perf_counter() - began)
        rows.append(found.rows)
        away.append(found.distances)
        if time.monotonic() > until and len(times) >= _LEAST_QUERIES:
            break
    asked = len(times)
    answers = Neighbours(np.concatenate(rows), np.concatenate(away))
    truth = Neighbours(right.rows[:asked], right.distances[:asked])
    p50, p99 = np.percentile(times, [50, 99]) * 1000
    return Trial(
        spec=index.spec,
        recall=recall_of(answers, truth),
        p50_ms=float(p50),
        p99_ms=float(p99),
        build_seconds=built,
        memory_bytes=index.memory_bytes,
        queries=asked,
    )
