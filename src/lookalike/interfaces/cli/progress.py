"""How long work shows how far it is: a bar on a terminal, a line now and then anywhere else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lookalike.interfaces.cli.terminal import messages

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar

    from lookalike.store import Progress

_SECONDS_BETWEEN_LINES = 10.0

# What each stage is called, and what it counts: the unit, and how many make one.
_STAGES = {
    "fetching": ("fetching the network", "MB", 1_000_000),
    "looking": ("looking through the folders", "files", 1),
    "reading": ("reading", "pictures", 1),
    "deriving": ("applying what was learnt", "vectors", 1),
    "building": ("building the index", "vectors", 1),
    "learning": ("trying what helps", "settings", 1),
    "tuning": ("measuring indexes", "settings", 1),
    "editing": ("editing pictures", "pictures", 1),
    "asking": ("searching for the copies", "copies", 1),
    "copying": ("copying", "files", 1),
    "checking": ("comparing", "files", 1),
    "training": ("training", "pictures", 1),
    "ranking": ("searching with known answers", "queries", 1),
}


@contextmanager
def shown() -> Iterator[Callable[[Progress], None]]:
    """Give the function that `Gallery.sync` is to tell its progress to."""
    console = messages()
    if not console.is_terminal:
        yield _Lines(console)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(compact=True),
    )
    with Bar(*columns, console=console, transient=True) as bar:
        yield _OnTerminal(bar)


class _Clock:
    """Measures each stage from its own beginning, which need not be at 0: some go on."""

    def __init__(self) -> None:
        self.stage = ""
        self.began = time.monotonic()
        self.first = 0

    def entered(self, progress: Progress) -> bool:
        """Tell whether a stage has just begun."""
        if progress.stage == self.stage:
            return False
        self.stage, self.began, self.first = progress.stage, time.monotonic(), progress.done
        return True

    def rate(self, progress: Progress) -> float:
        """Return bytes or files a second."""
        return (progress.done - self.first) / max(1e-9, time.monotonic() - self.began)


class _OnTerminal:
    def __init__(self, bar: Bar) -> None:
        self.bar = bar
        self.task = bar.add_task("", total=None, rate="")
        self.clock = _Clock()

    def __call__(self, progress: Progress) -> None:
        name, unit, one = _STAGES[progress.stage]
        total = progress.total // one or None
        if self.clock.entered(progress):
            done = progress.done // one
            self.bar.reset(self.task, description=name, total=total, completed=done)
        rate = self.clock.rate(progress) / one
        told = f"{rate:,.0f} {unit}/s" if rate else ""
        self.bar.update(self.task, completed=progress.done // one, total=total, rate=told)


class _Lines:
    def __init__(self, console: Console) -> None:
        self.console = console
        self.clock = _Clock()
        self.told = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        self.clock.entered(progress)
        now = time.monotonic()
        if now - self.told < _SECONDS_BETWEEN_LINES or not progress.done:
            return
        self.told = now
        name, unit, one = _STAGES[progress.stage]
        line = f"{name}: {progress.done // one:,}"
        if progress.total:
            line += f" of {progress.total // one:,} {unit}"
            if rate := self.clock.rate(progress):
                left = (progress.total - progress.done) / rate
                line += f", {rate / one:,.0f} a second, {left:.0f} s left"
        self.console.print(line)
