"""Queries that are a part of a picture: cut out and described when they are needed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from lookalike.descriptors import Descriptor
from lookalike.errors import PictureError
from lookalike.evaluation.truth.base import Box, GroundTruth
from lookalike.images import Image, load
from lookalike.metrics import Vectors
from lookalike.store.catalog import Failure

Part: TypeAlias = tuple[Path, Box]


@dataclass
class Parts:
    """Parts of pictures, each with its vectors by the descriptors' keys.

    Attributes
    ----------
    vectors : dict of (path, box) to dict of str to (dim,) float32
    failures : list of Failure
        Pictures that could not be read.
    """

    vectors: dict[Part, dict[str, Vectors]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)

    def describe(self, truth: GroundTruth, descriptors: Sequence[Descriptor]) -> frozenset[int]:
        """Describe the parts that a ground truth asks with; return the queries that failed."""
        failed = set()
        for query in truth.boxes:
            part = part_of(truth, query)
            if part in self.vectors:
                continue
            try:
                seen = cut(load(part[0]), part[1])
            except PictureError as error:
                failed.add(query)
                known = {failure.path for failure in self.failures}
                if str(part[0]) not in known:
                    self.failures.append(Failure(str(part[0]), error.reason, error.why))
                continue
            self.vectors[part] = {d.key: d.describe_arrays([seen])[0] for d in descriptors}
        return frozenset(failed)


def part_of(truth: GroundTruth, query: int) -> Part:
    """Return the picture and the box that a query asks with."""
    return truth.files[int(truth.queries[query])], truth.boxes[query]


def cut(picture: Image, box: Box) -> Image:
    """Return the part of a picture (H, W, 3) within a box, whole pixels, at least one."""
    height, width = picture.shape[:2]
    left = min(max(math.floor(box[0]), 0), width - 1)
    top = min(max(math.floor(box[1]), 0), height - 1)
    right, bottom = min(math.ceil(box[2]), width), min(math.ceil(box[3]), height)
    return picture[top : max(bottom, top + 1), left : max(right, left + 1)]
