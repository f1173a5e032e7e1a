"""What a self-test found, in numbers and as a figure."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lookalike.descriptors import label
from lookalike.evaluation.selftest.reliability import Reliability
from lookalike.search.calibration import Calibration

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from lookalike.show.reliability import Panel

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""The shares of distances below those that `EditFound` tells."""


@dataclass(frozen=True)
class EditFound:
    """How copies by one edit were found, by one descriptor.

    Attributes
    ----------
    edit : str
        One of `lookalike.samples.edits.EDITS`.
    strength : str
        ``mild`` or ``strong``.
    told : str
        What is done, in words.
    recall_1, recall_k : float
        Share of the copies to which their original was the first answer, and among the first k.
    own : tuple of float
        Quantiles of the distances of copies to their originals; see `QUANTILES`.
    others : tuple of float
        The same of the distances to the nearest other picture.
    """

    edit: str
    strength: str
    told: str
    recall_1: float
    recall_k: float
    own: tuple[float, ...]
    others: tuple[float, ...]


@dataclass(frozen=True)
class DescriptorFound:
    """How copies were found by one descriptor.

    Attributes
    ----------
    descriptor : str
        Its key.
    metric : str
    index : str
        What was searched through: the index that searches go by.
    index_recall : float or None
        Share of the ten nearest that it finds, as it was measured.
    index_why : str
        Why it is the one for this gallery.
    vectors : int
        Among how many different pictures.
    recall_1, recall_k : float
        As in `EditFound`, over all edits.
    recall_1_low, recall_1_high : float
        95 % confidence interval, over pictures.
    edits : tuple of EditFound
    doubles : int
        How many of the drawn pictures have another in the gallery that is as near to them as only
        one copy in twenty is to its original. Mostly it is the same picture, saved twice; it counts
        as another one here, which makes recall and probabilities lower than they are.
    calibration : Calibration
        Fitted on all pictures.
    reliability : Reliability
        Of all answers shown.
    reliability_of_first : Reliability
        Of first answers alone. They are right more often than their probability says, as the curve
        does not know that nothing was nearer.
    distance_50, distance_95 : float or None
        Within them a match is the same picture with 50 %, and with 95 %; infinite if any is, None
        if none.
    """

    descriptor: str
    metric: str
    index: str
    index_recall: float | None
    index_why: str
    vectors: int
    recall_1: float
    recall_k: float
    recall_1_low: float
    recall_1_high: float
    edits: tuple[EditFound, ...]
    doubles: int
    calibration: Calibration
    reliability: Reliability
    reliability_of_first: Reliability
    distance_50: float | None
    distance_95: float | None


@dataclass(frozen=True)
class SelfTest:
    """What a self-test found.

    Attributes
    ----------
    gallery : str
        Its folder.
    pictures : int
        Of so many pictures copies were made.
    passed_over : mapping of str to int
        How many could not be had, by the reason: ``missing``, ``changed``, ``corrupt`` …
    edits : tuple of str
        What was done to them.
    k : int
    seed : int
    descriptors : tuple of DescriptorFound
    recommended : str
        Key of the descriptor that is best for finding copies here.
    why : str
        In a sentence.
    kept : bool
        Whether searches show probabilities now.
    seconds : float
    """

    gallery: str
    pictures: int
    passed_over: Mapping[str, int]
    edits: tuple[str, ...]
    k: int
    seed: int
    descriptors: tuple[DescriptorFound, ...]
    recommended: str
    why: str
    kept: bool
    seconds: float

    def as_dict(self) -> dict[str, object]:
        """Return all of it as the JSON output spells it; what is not finite is None."""
        found: dict[str, object] = _finite(asdict(self))
        return found

    @property
    def heading(self) -> str:
        """What was tested, in one line."""
        edits = "1 edit" if len(self.edits) == 1 else f"{len(self.edits)} edits"
        return f"{self.pictures:,} pictures of the gallery, {edits} of each"

    def plot(self, file: str | os.PathLike[str] | None = None) -> Figure:
        """Draw the distances by each edit, and the reliability diagram, of each descriptor.

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
        from lookalike.show import plot, reliability

        figure = reliability.drawn([_panel(one) for one in self.descriptors], self.heading)
        if file is not None:
            plot.save(figure, Path(file))
        return figure


def _panel(found: DescriptorFound) -> Panel:
    from lookalike.show import reliability

    return reliability.Panel(
        title=f"{label(found.descriptor)}, {found.metric} distance",
        edits=tuple(one.edit for one in found.edits),
        own=tuple(one.own for one in found.edits),
        others=tuple(one.others for one in found.edits),
        thresholds={
            told: distance
            for told, distance in (("50 %", found.distance_50), ("95 %", found.distance_95))
            if distance is not None and math.isfinite(distance)
        },
        bins=tuple((b.predicted, b.observed, b.count) for b in found.reliability.bins),
        error=found.reliability.ece,
    )


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
