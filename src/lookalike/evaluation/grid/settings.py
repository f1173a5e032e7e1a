"""What a person asks for → every way to search that is to be measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lookalike import indexes as all_indexes
from lookalike import metrics as all_metrics
from lookalike.descriptors import Descriptor, create
from lookalike.indexes import Index
from lookalike.stages.reducing import BY, Reduction, reductions

NATURAL = "natural"
"""Stands for each descriptor's own metric."""


@dataclass(frozen=True)
class Setting:
    """One way to search.

    Attributes
    ----------
    metric : str
    reduction : Reduction or None
    index : str
        A spec.
    """

    metric: str
    reduction: Reduction | None
    index: str

    @property
    def reduced(self) -> str:
        """The reduction's spec; ``none`` if there is none."""
        return "none" if self.reduction is None else self.reduction.spec


@dataclass(frozen=True)
class Grid:
    """What is to be measured with each descriptor.

    Attributes
    ----------
    descriptors : tuple of (str, Descriptor)
        Each as it was typed; the same one only once.
    metrics : tuple of str
        ``natural``, or the name of one.
    reductions : tuple of Reduction
    indexes : tuple of str
        Those that are approximate; `exact` is always measured.
    """

    descriptors: tuple[tuple[str, Descriptor], ...]
    metrics: tuple[str, ...]
    reductions: tuple[Reduction, ...]
    indexes: tuple[str, ...]

    def settings(self, descriptor: Descriptor) -> list[Setting]:
        """Return every way to search by a descriptor, what others are compared with first."""
        found: dict[Setting, None] = {}
        for wanted in self.metrics:
            metric = descriptor.metric if wanted == NATURAL else wanted
            # Reduced vectors are no histograms and no codes: those are searched by Euclidean
            # distance, beside which the same without reduction shows what that costs.
            by = metric if metric in BY or not self.reductions else "euclidean"
            ways = [(metric, None), (by, None), *((by, one) for one in self.reductions)]
            for by_metric, reduction in ways:
                for index in ("exact", *self.indexes):
                    found[Setting(by_metric, reduction, index)] = None
        return list(found)


def grid(
    descriptors: Sequence[str],
    metrics: Sequence[str],
    reduced: Sequence[str],
    indexes: Sequence[str],
) -> Grid:
    """Return what a person asks for.

    Raises
    ------
    UnknownName, BadParameter
        There is no such descriptor, metric, reduction or index.
    """
    made: dict[str, tuple[str, Descriptor]] = {}
    for spec in descriptors:
        made.setdefault(create(spec).key, (spec.strip(), create(spec)))
    named = [m if m == NATURAL else all_metrics.canonical(m) for m in metrics or (NATURAL,)]
    created: list[Index] = [all_indexes.create(spec) for spec in indexes]
    approximate = [all_indexes.brief(one.spec) for one in created if one.name != "exact"]
    return Grid(
        tuple(made.values()),
        tuple(dict.fromkeys(named)),
        tuple(dict.fromkeys(one for spec in reduced for one in reductions(spec))),
        tuple(dict.fromkeys(approximate)),
    )
