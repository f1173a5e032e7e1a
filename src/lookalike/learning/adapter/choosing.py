"""Which method with which settings: the best on parts of what may be learnt from."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from lookalike.learning.adapter.methods import contrastive, discriminants, whitening
from lookalike.learning.adapter.training import Method, Settings, Training
from lookalike.stages import Linear

Score = Callable[[Linear], float]

_CLOSED: dict[str, Method] = {"whitening": whitening, "discriminants": discriminants}
PLAIN = "as they are"

# Steps on a way that gets worse this many times in a row are not followed further.
_PATIENCE = 2


@dataclass(frozen=True)
class Recipe:
    """A method with settings.

    Attributes
    ----------
    method : str
    settings : mapping of str to float
    start : Recipe or None
        What it goes on from.
    """

    method: str
    settings: Settings
    start: Recipe | None = None

    def fit(self, training: Training) -> Linear:
        """Fit it."""
        for settings, linear in _fits(self.method, self.start, training):
            if settings == self.settings:
                return linear
        raise ValueError(f"{self.method} has no settings {self.settings}")

    @property
    def brief(self) -> str:
        """The method with its settings, in one line."""
        told = ", ".join(f"{name} {value:g}" for name, value in self.settings.items())
        return f"{self.method}: {told}" + (f", after {self.start.brief}" if self.start else "")


@dataclass(frozen=True)
class Chosen:
    """The best settings of a method.

    Attributes
    ----------
    recipe : Recipe
    inner : float
        Mean average precision on the inner folds.
    seconds : float
        That all its settings took, with measuring.
    """

    recipe: Recipe
    inner: float
    seconds: float


def choose(folds: list[tuple[Training, Score]], tell: Callable[[], None]) -> list[Chosen]:
    """Return each method with its best settings.

    Parameters
    ----------
    folds : list of (Training, Score)
        What is learnt from, and what measures the result on what was left out of it.
    tell : callable
        Called after each that was tried.
    """
    found = [_best(name, None, folds, tell) for name in _CLOSED]
    start = max(found, key=lambda one: one.inner).recipe
    return [*found, _best("contrastive", start, folds, tell, _PATIENCE)]


def _best(
    method: str,
    start: Recipe | None,
    folds: list[tuple[Training, Score]],
    tell: Callable[[], None],
    patience: int = 0,
) -> Chosen:
    began = time.perf_counter()
    tried: list[Settings] = []
    scores: list[list[float]] = []
    for training, score in folds:
        row: list[float] = []
        # How far it pays to go is seen on the first fold; the others follow.
        fits = islice(_fits(method, start, training), len(tried) or None)
        for settings, linear in fits:
            row.append(score(linear))
            tell()
            if not scores:
                tried.append(settings)
                if patience and len(row) - 1 - int(np.argmax(row)) >= patience:
                    break
        scores.append(row)
    means = np.mean(scores, axis=0)
    best = int(means.argmax())
    seconds = time.perf_counter() - began
    return Chosen(Recipe(method, tried[best], start), float(means[best]), seconds)


def _fits(
    method: str, start: Recipe | None, training: Training
) -> Iterator[tuple[Settings, Linear]]:
    if start is None:
        return _CLOSED[method](training)
    return contrastive(training, start.fit(training))
