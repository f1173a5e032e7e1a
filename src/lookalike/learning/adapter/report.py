"""What learning an adapter came to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from lookalike.evaluation.measures import Difference, Interval

ENOUGH = 0.05
"""An adapter helps if its gain has at most this p-value …"""

LEAST_GAIN = 0.005
"""… and is at least this, in mean average precision.

Labels that have nothing to do with looks may still go with them a little, and be learnt: by the
number in the name of its file, caltech101 gains 0.001, beyond chance. That is no reason to search
by it.
"""


@dataclass(frozen=True)
class MethodFound:
    """How good one method was.

    Attributes
    ----------
    method : str
        With its best settings.
    inner : float
        Mean average precision on parts of what was learnt from, by which it was chosen.
    held_out : float
        On what was held out.
    seconds : float
    is_chosen : bool
    """

    method: str
    inner: float
    held_out: float
    seconds: float
    is_chosen: bool


@dataclass(frozen=True)
class AdapterReport:
    """What an adapter was learnt from, what it gains on what was held out, and what became of it.

    Attributes
    ----------
    descriptor : str
        What its vectors go into.
    metric : str
        What the results are compared by.
    dims : int
        Components of the results.
    labels : str
        Where what was told is from.
    pictures : int
        That something was told of.
    unknown : int
        How much was told of pictures that are not in the gallery.
    held_out : {"groups", "pictures", "queries"}
        What was kept back.
    units : int
        How many groups or queries were asked for at the end; each weighs the same.
    methods : tuple of MethodFound
        The first are the vectors as they are.
    before, after : Interval
        Mean average precision over the groups or queries that were held out.
    difference : Difference
        After − before.
    helps : bool
        Whether that is more than chance, and worth it.
    installed : str
        What to type for it; empty if it was not installed.
    seconds : float
    """

    descriptor: str
    metric: str
    dims: int
    labels: str
    pictures: int
    unknown: int
    held_out: str
    units: int
    methods: tuple[MethodFound, ...]
    before: Interval
    after: Interval
    difference: Difference
    helps: bool
    installed: str
    seconds: float

    @property
    def heading(self) -> str:
        """The result in one sentence."""
        gain = self.difference
        told = (
            f"mAP {self.before.mean:.1%} → {self.after.mean:.1%} on {self.units} "
            f"{self._asked} that it never saw: {100 * gain.mean:+.1f} points "
            f"({100 * gain.low:+.1f} to {100 * gain.high:+.1f}, p = {gain.p_value:.2g})"
        )
        if self.helps:
            return f"It helps. {told}"
        if gain.mean > 0 and gain.p_value <= ENOUGH:
            return f"It helps, but too little to search by it. {told}"
        return f"It does not help beyond chance. {told}"

    @property
    def _asked(self) -> str:
        return "groups with pictures" if self.held_out == "pictures" else self.held_out

    def as_dict(self) -> dict[str, Any]:
        """Return all of it, as JSON can say it."""
        return {**asdict(self), "heading": self.heading}

    @property
    def about(self) -> dict[str, Any]:
        """What is kept beside an adapter that is installed."""
        chosen = next(one for one in self.methods if one.is_chosen)
        return {
            "told": self.heading,
            "learnt": "adapter",
            "method": chosen.method,
            "labels": self.labels,
            "pictures": self.pictures,
            "held_out": self.held_out,
            "units": self.units,
            "mAP_before": self.before.mean,
            "mAP_after": self.after.mean,
            "difference": [self.difference.mean, self.difference.low, self.difference.high],
            "p_value": self.difference.p_value,
        }
