"""One contestant, measured in processes of its own, so that memory and threads are its own."""

from __future__ import annotations

import importlib
import os
import shutil
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from search_peers import Contestant, Setting
from search_vectors import NEAREST, Data, recall

RECALL = 0.99
TRIED = 200  # queries, to find the setting that has this recall
LEAST = 5  # queries, however slow
ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "RAYON_NUM_THREADS",
        "LANCE_CPU_THREADS",
        "NUMBA_NUM_THREADS",
    ),
    "1",
)

Clock = Callable[[], float]


@dataclass
class Row:
    """What was measured of one contestant with one setting; memory and disk in bytes."""

    name: str
    peer: bool
    count: int
    setting: Setting = field(default_factory=dict)
    build: float = np.nan
    memory: float = np.nan
    mapped: float = np.nan
    disk: float = np.nan
    p50: float = np.nan
    p99: float = np.nan
    per_second: float = np.nan
    recall: float = np.nan
    used: str = ""
    failure: str = ""


class FailedError(Exception):
    """A process did not end well, or not in time."""


def measured(
    who: Contestant,
    peer: bool,
    data: Data,
    folder: Path,
    seconds: float,
    limit: float,
    shared: bool,
) -> list[Row]:
    """Measure; a row for the default setting, and one for the first with a recall of 0.99.

    On a machine that others share, time is what the processors spent on it.
    """
    clock = time.process_time if shared else time.perf_counter
    blank = Row(who.name, peer, data.count)
    missing = [name for name in who.needs if not _there(name)]
    if missing:
        blank.failure = f"{missing[0]} is not installed"
        return [blank]
    place = folder / "contestant"
    place.mkdir()
    rows = [blank]
    try:
        blank.build = apart(_building, (who, data, place, clock), limit, {})
        blank.disk = sum(file.stat().st_size for file in place.rglob("*") if file.is_file())
        rows = apart(_searching, (who, data, place, blank, seconds, clock), limit, ONE_THREAD)
        rates = apart(_searching_many, (who, data, place, rows, seconds), limit, {})
        for row, rate in zip(rows, rates, strict=True):
            row.per_second = rate
    except FailedError as error:
        for row in rows:
            row.failure = str(error)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return rows


def _there(module: str) -> bool:
    try:
        importlib.import_module(module)
    except ImportError:
        return False
    return True


def apart(
    work: Callable[..., Any], values: tuple[Any, ...], limit: float, env: dict[str, str]
) -> Any:
    """Do something in a new process, with variables that are set before it loads anything."""
    context = get_context("spawn")
    here, there = context.Pipe(duplex=False)
    before = {name: os.environ.get(name) for name in env}
    os.environ.update(env)
    process = context.Process(target=_told, args=(there, work, values), daemon=True)
    try:
        process.start()
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
    there.close()
    try:
        if not here.poll(limit):
            raise FailedError(
                f"took more than {limit:.0f} s {work.__name__.strip('_').replace('_', ' ')}"
            )
        went_well, answer = here.recv()
    except EOFError:
        process.join()
        raise FailedError(f"ended with code {process.exitcode}") from None
    finally:
        if process.is_alive():
            process.join(5)
            process.terminate()
        process.join()
    if not went_well:
        raise FailedError(answer)
    return answer


def _told(there: Connection, work: Callable[..., Any], values: tuple[Any, ...]) -> None:
    try:
        there.send((True, work(*values)))
    except BaseException as error:
        traceback.print_exc()
        there.send((False, f"{type(error).__name__}: {str(error).splitlines()[0][:120]}"))


def _building(who: Contestant, data: Data, folder: Path, clock: Clock) -> float:
    vectors = np.asarray(np.load(data.vectors, mmap_mode="r"))
    vectors.sum()  # read into the system's cache
    who.prepare(vectors, folder)
    for module in who.needs:
        importlib.import_module(module)
    began = clock()
    who.make(vectors, folder)
    return clock() - began


def _searching(
    who: Contestant, data: Data, folder: Path, blank: Row, seconds: float, clock: Clock
) -> list[Row]:
    for module in who.needs:
        importlib.import_module(module)
    queries = np.load(data.queries)
    before = _resident()
    who.open(folder)
    rows = [_timed(who, data, queries, blank, who.default, seconds, clock)]
    after = _resident()
    better = _good_enough(who, data, queries, blank, seconds, clock)
    if better is not None and better.setting != who.default:
        rows.append(better)
    for row in rows:
        row.memory, row.mapped = np.maximum(0, np.subtract(after, before)).tolist()
    return rows


def _good_enough(
    who: Contestant, data: Data, queries: np.ndarray, blank: Row, seconds: float, clock: Clock
) -> Row | None:
    """Measure the first setting with the recall wanted, or the last; None if there is no choice."""
    row = None
    for setting in who.ladder:
        who.set(setting)
        began, found = time.perf_counter(), []
        for query in queries[:TRIED]:
            found.append(who.one(query, NEAREST))
            if len(found) >= LEAST and time.perf_counter() - began > seconds:
                break
        if recall(data, np.arange(len(found)), found) < RECALL and setting is not who.ladder[-1]:
            continue
        row = _timed(who, data, queries, blank, setting, seconds, clock)
        if row.recall >= RECALL:
            break
    return row


def _timed(
    who: Contestant,
    data: Data,
    queries: np.ndarray,
    blank: Row,
    setting: Setting,
    seconds: float,
    clock: Clock,
) -> Row:
    who.set(setting)
    for query in queries[-3:]:
        who.one(query, NEAREST)
    found, times = [], []
    for query in queries:
        began = clock()
        found.append(who.one(query, NEAREST))
        times.append(clock() - began)
        if len(times) >= LEAST and sum(times) > seconds:
            break
    p50, p99 = np.percentile(times, (50, 99)).tolist()
    share = recall(data, np.arange(len(found)), found)
    used = getattr(who, "used", "")
    return Row(
        blank.name, blank.peer, blank.count, setting, blank.build, disk=blank.disk,
        p50=p50, p99=p99, recall=share, used=used,
    )  # fmt: skip


def _searching_many(
    who: Contestant, data: Data, folder: Path, rows: list[Row], seconds: float
) -> list[float]:
    """Return queries a second of each row, many at once and on all processors."""
    queries = np.load(data.queries)
    who.open(folder)
    out = []
    for row in rows:
        who.set(row.setting)
        list(who.many(queries[-3:], NEAREST))
        most = int(np.clip(seconds / row.p50, 2 * (os.cpu_count() or 1), len(queries)))
        began, done = time.perf_counter(), 0
        while done == 0 or time.perf_counter() - began < seconds / 2:
            done += len(list(who.many(queries[:most], NEAREST)))
        out.append(done / (time.perf_counter() - began))
    return out


def _resident() -> tuple[int, int]:
    """Return what this process holds: memory of its own, and mapped files; in bytes."""
    status = Path("/proc/self/status")
    if not status.exists():
        raise OSError("memory is read from /proc, which only Linux has")
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
    own, shared, files = (int(lines[n].split()[0]) for n in ("RssAnon", "RssShmem", "RssFile"))
    return 1024 * (own + shared), 1024 * files
