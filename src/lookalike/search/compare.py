"""Which of several reference pictures is a picture nearer to, under each descriptor."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lookalike import images, metrics
from lookalike.descriptors import Descriptor, create, describe_together, label
from lookalike.errors import BadParameter
from lookalike.images import Decoder, Region, Source
from lookalike.metrics import Vectors
from lookalike.search.query import Query
from lookalike.show import Shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class ComparisonRow:
    """What one descriptor says.

    Attributes
    ----------
    descriptor : str
        Its key.
    metric : str
    distances, similarities : (n_references,) float32
    nearer : int or None
        Position of the nearest reference; None if two are equally near.
    """

    descriptor: str
    metric: str
    distances: Vectors
    similarities: Vectors
    nearer: int | None


@dataclass(frozen=True, eq=False)
class Comparison:
    """A picture beside its references.

    Attributes
    ----------
    picture : path, bytes or array
    references : tuple of path, bytes or array
    rows : tuple of ComparisonRow
    histograms : (1 + n_references, 256) float32
        How often each channel value occurs: the picture's first.
    boxes : tuple of Region or None
        What of each was looked at, the picture's first; empty for all of all.
    """

    picture: Source
    references: tuple[Source, ...]
    rows: tuple[ComparisonRow, ...]
    histograms: Vectors
    boxes: tuple[Region | None, ...] = ()

    @property
    def names(self) -> list[str]:
        """What names each picture to a person: the picture's first."""
        letters = (chr(ord("A") + i) if i < 26 else str(i + 1) for i in range(len(self.histograms)))
        return [
            Query(source).title if isinstance(source, str | os.PathLike) else letter
            for source, letter in zip((self.picture, *self.references), letters, strict=False)
        ]

    def plot(self, file: str | os.PathLike[str] | None = None) -> Figure:
        """Draw the pictures, what each descriptor says, and the histograms.

        Parameters
        ----------
        file : path, optional
            Also save the figure there.

        Raises
        ------
        MissingExtra
            Matplotlib is not installed.
        """
        from lookalike.show import plot

        figure = plot.comparison(self._shown(), self.histograms, self._table())
        if file is not None:
            plot.save(figure, Path(file))
        return figure

    def _shown(self) -> list[Shown]:
        sources = (self.picture, *self.references)
        roles = ["picture", *(f"reference {i + 1}" for i in range(len(self.references)))]
        boxes = self.boxes or (None,) * len(sources)
        return [
            Shown(Query(source).path, source, name, (role,), box)
            for source, name, role, box in zip(sources, self.names, roles, boxes, strict=True)
        ]

    def _table(self) -> list[tuple[str, ...]]:
        head = ("descriptor", "metric", *self.names[1:])
        body = [
            (label(row.descriptor), row.metric, *(f"{d:.4g}" for d in row.distances))
            for row in self.rows
        ]
        return [head, *body]


def compare(
    picture: Source,
    references: Sequence[Source],
    descriptors: Sequence[Descriptor],
    *,
    load: Decoder = images.load_views,
    boxes: Sequence[Region | None] = (),
) -> Comparison:
    """Compare a picture with references under each descriptor and its natural metric.

    Parameters
    ----------
    picture : path, bytes or array
    references : sequence of the same
    descriptors : sequence of Descriptor
    load : Decoder
        Reads the pictures.
    boxes : sequence of Region or None
        What to look at of each, the picture's first; empty for all of all.

    Returns
    -------
    Comparison

    Raises
    ------
    PictureError
        One of the pictures cannot be read.
    BadParameter
        A box is no region of a picture, or there are not as many as pictures.
    """
    sources = (picture, *references)
    if boxes and len(boxes) != len(sources):
        raise BadParameter(
            f"{len(boxes)} boxes for {len(sources)} pictures; give each its box, or None"
        )
    asked = [*descriptors, create("count_histogram")]
    views = {view for descriptor in asked for view in descriptor.views}
    chosen = boxes or (None,) * len(sources)
    seen = [load(source, views, box=box) for source, box in zip(sources, chosen, strict=True)]
    *described, histograms = describe_together(asked, seen)
    rows = [
        _row(descriptor, vectors[:1], vectors[1:])
        for descriptor, vectors in zip(descriptors, described, strict=True)
    ]
    return Comparison(picture, tuple(references), tuple(rows), histograms, tuple(boxes))


def _row(descriptor: Descriptor, picture: Vectors, references: Vectors) -> ComparisonRow:
    distances = metrics.distances(picture, references, descriptor.metric)
    similarities = metrics.similarity(distances, picture, descriptor.metric)
    nearest = np.flatnonzero(distances[0] == distances[0].min())
    return ComparisonRow(
        descriptor.key,
        descriptor.metric,
        distances[0],
        similarities[0],
        int(nearest[0]) if len(nearest) == 1 else None,
    )
