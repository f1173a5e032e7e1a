"""What an index is: vectors in, the nearest of them out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lookalike.metrics import Vectors


@dataclass(frozen=True)
class Neighbours:
    """The nearest vectors of each query.

    Attributes
    ----------
    rows : (n_queries, k) int64
        Rows of the searched vectors, nearest first; equal distances in order of the rows.
        −1 where there are fewer than k vectors.
    distances : (n_queries, k) float32
        Ascending; infinite where the row is −1.
    """

    rows: npt.NDArray[np.int64]
    distances: Vectors


class Index(ABC):
    """A structure that finds the k nearest vectors."""

    @abstractmethod
    def search(self, queries: Vectors, k: int) -> Neighbours:
        """Find the nearest vectors.

        Parameters
        ----------
        queries : (n_queries, dim) float32
        k : int
            At least 1.

        Returns
        -------
        Neighbours
        """
