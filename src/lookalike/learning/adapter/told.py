"""What a person told of pictures: which are alike, and which are not."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from lookalike.metrics import Vectors

Rows: TypeAlias = npt.NDArray[np.int64]
Mask: TypeAlias = npt.NDArray[np.bool_]
Floats: TypeAlias = npt.NDArray[np.float64]
HoldOut: TypeAlias = Literal["groups", "pictures", "queries"]


@dataclass(frozen=True, eq=False)
class Batch:
    """Some questions, and answers of which it was told whether they are right.

    Attributes
    ----------
    asked : (q,) int64
        Rows of the vectors.
    found : (c,) int64
    same : (q, c) bool
        Right answers.
    counted : (q, c) bool
        All answers that something is known of, right or wrong.
    """

    asked: Rows
    found: Rows
    same: Mask
    counted: Mask


class Told(ABC):
    """What was told of pictures, which are rows of a matrix of vectors."""

    @property
    @abstractmethod
    def pictures(self) -> Rows:
        """The rows that something is told of, ascending, each once."""

    @abstractmethod
    def folds(
        self, how: HoldOut, count: int, random: np.random.Generator
    ) -> list[tuple[Told, Told]]:
        """Cut what was told into parts; give each part with all that has nothing to do with it.

        Parameters
        ----------
        how : str
            What is never in two parts.
        count : int
            How many parts.
        random : Generator

        Returns
        -------
        list of (Told, Told)
            What may be learnt from, and what is held out; no picture that is asked for in the one
            is in the other.
        """

    @abstractmethod
    def within(self, vectors: Vectors) -> Floats:
        """Return the covariance (dim, dim) of pictures that are alike, around what they share."""

    @abstractmethod
    def batches(self, random: np.random.Generator) -> Iterator[Batch]:
        """Yield batches without end."""

    @abstractmethod
    def precisions(self, vectors: Vectors, metric: str, most: int) -> dict[int, float]:
        """Ask with the pictures; return the mean average precision of each group or query.

        Parameters
        ----------
        vectors : (n, dim) float32
            Of all rows.
        metric : str
            What they are compared by.
        most : int
            With how many pictures, evenly from all groups, if there are more.

        Returns
        -------
        dict of int to float
            By the number of the group or query; without those that no right and no wrong answer is
            known of.
        """
