"""What was measured of indexes, which of them is best, and why. Numbers in, words out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lookalike.descriptors import label
from lookalike.indexes import Neighbours, brief
from lookalike.indexes.neighbours import Rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# An index must be so many times as fast as `exact` to be worth having.
_WORTH = 1.5

# Differences that are no more than chance: then the one that is built sooner is better.
_SAME = 1.1

_ROUNDING = 2e-6


@dataclass(frozen=True)
class Trial:
    """An index with its parameters, as it was measured.

    Attributes
    ----------
    spec : str
    recall : float
        Share of the nearest that it found, from 0 to 1.
    p50_ms, p99_ms : float
        Milliseconds within which half of the queries were answered, and 99 of 100, one at a time.
    build_seconds : float
    memory_bytes : int
        That searching needs, besides the vectors.
    queries : int
        How many were asked.
    on_frontier : bool
        Whether no other trial was at least as good and quicker, or better and as quick.
    """

    spec: str
    recall: float
    p50_ms: float
    p99_ms: float
    build_seconds: float
    memory_bytes: int
    queries: int
    on_frontier: bool = False

    @property
    def index(self) -> str:
        """Its name, without parameters."""
        return self.spec.partition(":")[0]

    @property
    def brief(self) -> str:
        """Its spec with only what is not by default."""
        return brief(self.spec)


@dataclass(frozen=True)
class Tuning:
    """What was measured on a gallery, and what searches go by since.

    Attributes
    ----------
    descriptor : str
        Key of the descriptor whose vectors were searched.
    metric : str
    vectors : int
        How many.
    queries : int
        So many of them were held out and asked.
    k : int
        How many nearest were to be found.
    recall : float
        What share of them at least.
    trials : tuple of Trial
        `exact` first.
    chosen : str
        The spec of one of them.
    why : str
        In a sentence.
    missing : tuple of str
        Indexes that could not be tried, as their libraries are not installed.
    """

    descriptor: str
    metric: str
    vectors: int
    queries: int
    k: int
    recall: float
    trials: tuple[Trial, ...]
    chosen: str
    why: str
    missing: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """Return all of it as the JSON output spells it."""
        return asdict(self)

    @property
    def heading(self) -> str:
        """What was measured, in one line."""
        return (
            f"{label(self.descriptor)}, {self.metric} distance, {self.vectors:,} vectors, "
            f"the {self.k} nearest of {self.queries} held out"
        )

    def plot(self, file: str | os.PathLike[str] | None = None) -> Figure:
        """Draw recall against milliseconds, with the frontier.

        Parameters
        ----------
        file : path, optional
            Also save the figure there: ``.png``, ``.svg``, ``.pdf`` or ``.jpg``.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        MissingExtra
            Matplotlib is not installed.
        """
        from lookalike.show import plot, tradeoff

        points = [
            tradeoff.Point(t.index, t.p50_ms, t.recall, t.on_frontier, t.spec == self.chosen)
            for t in self.trials
        ]
        figure = tradeoff.drawn(points, self.recall, self.k, self.heading)
        if file is not None:
            plot.save(figure, Path(file))
        return figure


def recall_of(found: Neighbours, right: Neighbours) -> float:
    """Return the share of the nearest that was found, from 0 to 1.

    A found one counts if it is no further away than the last of the right ones, so that equally
    near ones may stand for each other.

    Parameters
    ----------
    found, right : Neighbours
        (n_queries, k)
    """
    return float(hits(found, right).sum() / max(1, (right.rows >= 0).sum()))


def hits(found: Neighbours, right: Neighbours) -> Rows:
    """Return how many of the nearest were found for each query; see `recall_of`."""
    furthest = np.where(right.rows >= 0, right.distances, -1).max(1, keepdims=True)
    # The last digit of a distance depends on what stands beside the vector when it is computed.
    furthest += np.where(furthest >= 0, _ROUNDING * (1 + furthest), 0)
    return np.asarray(((found.rows >= 0) & (found.distances <= furthest)).sum(1))


def with_frontier(trials: Sequence[Trial]) -> tuple[Trial, ...]:
    """Return trials, of which those are marked that no other beats."""
    return tuple(
        replace(one, on_frontier=not any(_beats(other, one) for other in trials)) for one in trials
    )


def _beats(one: Trial, other: Trial) -> bool:
    better = one.recall > other.recall or one.p50_ms < other.p50_ms
    return better and one.recall >= other.recall and one.p50_ms <= other.p50_ms


def best(trials: Sequence[Trial], recall: float) -> Trial:
    """Return the quickest that finds enough; of equally quick ones that which is built soonest.

    Parameters
    ----------
    trials : sequence of Trial
        The first is `exact`, which is taken unless another is worth it.
    recall : float
    """
    exact = trials[0]
    able = [one for one in trials[1:] if _is_able(one, exact, recall)]
    if not able:
        return exact
    quickest = min(one.p50_ms for one in able)
    close = [one for one in able if one.p50_ms <= _SAME * quickest]
    return min(close, key=lambda one: (one.build_seconds, -one.recall, one.p50_ms))


def _is_able(one: Trial, exact: Trial, recall: float) -> bool:
    return one.recall >= recall and one.p50_ms * _WORTH <= exact.p50_ms


def told(trials: Sequence[Trial], found: Trial, recall: float, k: int) -> str:
    """Say in one sentence what was chosen and why."""
    exact = trials[0]
    takes = f"exact takes {milliseconds(exact.p50_ms)}"
    if found is not exact:
        return (
            f"{found.brief} is chosen: of those that find at least {recall:.4g} of the {k} nearest "
            f"it is the quickest, or as quick and sooner built; it finds {found.recall:.4g} in "
            f"{milliseconds(found.p50_ms)}, {exact.p50_ms / found.p50_ms:.1f} times as fast as "
            "exact"
        )
    if len(trials) == 1:
        return f"{takes}, and with so few vectors nothing else is worth it"
    enough = [one for one in trials[1:] if one.recall >= recall]
    if not enough:
        most = max(one.recall for one in trials[1:])
        return (
            f"{takes} and finds all; nothing else found {recall:.4g} of the {k} nearest, but "
            f"{most:.4g} at most"
        )
    quickest = min(one.p50_ms for one in enough)
    return (
        f"{takes}, and nothing else is worth it: the quickest that finds {recall:.4g} of the {k} "
        f"nearest takes {milliseconds(quickest)}"
    )


def milliseconds(count: float) -> str:
    """Write a time for people: ``0.31 ms``, ``12 ms``."""
    return f"{count:.2f} ms" if count < 10 else f"{count:,.0f} ms"
