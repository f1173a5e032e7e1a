"""What an index is: vectors in, the nearest of them out, with their true distances."""

from __future__ import annotations

import copy
import dataclasses
import json
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from lookalike.errors import BadParameter, GalleryDamaged, UsageError
from lookalike.indexes.neighbours import Mask, Neighbours, Rows, ranked
from lookalike.metrics import METRICS, Vectors, canonical

# So few rows, or so small a share of them, are looked at one by one: cheaper than any structure.
_FEW = 256
_SMALL_SHARE = 256

_ABOUT = "index.json"


@dataclass(eq=False)
class Index(ABC):
    """A structure that finds the k nearest vectors.

    A new index is one file in this folder (or an entry point in the group ``lookalike.indexes``)
    with one dataclass of the file's name in CamelCase. Its fields are its parameters: each has a
    type, a default and a ``metadata={"help": …, "at": "build" or "search"}``. Its author writes
    `_build` and `_candidates`, `_store` and `_restore`, and what of the rest the library can do;
    this class does what all have in common: filters, removal, growth and true distances.

    The vectors stay where the caller has them, mostly a memory-mapped file. A row of that matrix is
    a vector's name; rows are only ever appended. What was added since the structure was built is
    its tail, which is looked at one by one unless the structure can grow (`_extend`).

    Any number of threads may search at once. What changes the index (`build`, `add`, `remove`,
    `load`) must not run beside a search of the same object.

    Attributes
    ----------
    name : str
        The file's name.
    metrics : tuple of str
        Those that it can be built for.
    is_exact : bool
        Whether it finds what `exact` finds.
    filters : bool
        Whether `_candidates` looks only among the rows it is told.
    grows_apart : bool
        Whether `_extend` leaves a shallow copy of the index as it was: it makes new things and
        puts them in the place of the old, as ``+`` does and not ``append``.
    """

    name: ClassVar[str]
    metrics: ClassVar[tuple[str, ...]] = ("cosine", "euclidean")
    is_exact: ClassVar[bool] = False
    filters: ClassVar[bool] = False
    grows_apart: ClassVar[bool] = False

    def __post_init__(self) -> None:
        self.metric = ""
        self.vectors: Vectors = np.empty((0, 0), np.float32)
        self.covered = 0
        self.gone: Mask = np.zeros(0, bool)

    # -- what an author writes -----------------------------------------------------------------

    @abstractmethod
    def _build(self, vectors: Vectors) -> None:
        """Make the structure of vectors (n, dim) float32, n ≥ 1, for `self.metric`."""

    @abstractmethod
    def _candidates(self, queries: Vectors, count: int, allowed: Mask | None) -> list[Rows]:
        """Return at least the `count` nearest rows that the structure has, for each query.

        Parameters
        ----------
        queries : (n_queries, dim) float32
        count : int
            At least 1, at most `self.covered`.
        allowed : (self.covered,) bool, or None for all
            Only these may be returned; always None if not `filters`.

        Returns
        -------
        list of (m,) int64
            Different rows, in any order; −1 is passed over.
        """

    @abstractmethod
    def _store(self, folder: Path) -> None:
        """Write the structure into a folder."""

    @abstractmethod
    def _restore(self, folder: Path) -> None:
        """Read the structure from a folder; `self.metric` and `self.vectors` are set.

        What a search goes by (fields with ``"at": "search"``) may be other than when it was stored.
        """

    def _extend(self, vectors: Vectors) -> bool:
        """Take further vectors (n, dim) in; False leaves them to the tail."""
        return False

    @property
    def structure_bytes(self) -> int:
        """Memory that the structure takes, without the vectors."""
        return 0

    # -- what all have in common ---------------------------------------------------------------

    def __len__(self) -> int:
        """How many vectors can be found."""
        return len(self.vectors) - int(self.gone.sum())

    @property
    def spec(self) -> str:
        """What to type for this index: its name and parameters."""
        return self._written(_parameters(type(self)))

    @property
    def structure(self) -> str:
        """The spec without what may be another at each search: what is saved serves them all."""
        return self._written(_parameters(type(self), "build"))

    @property
    def effort(self) -> tuple[str, ...]:
        """Names of the parameters that say how hard a search looks: with more it finds more."""
        names = _parameters(type(self), "search")
        return tuple(name for name in names if type(getattr(self, name)) is int)

    @property
    def grows(self) -> bool:
        """Whether the structure can take further vectors in."""
        return type(self)._extend is not Index._extend

    @property
    def tail(self) -> int:
        """Rows that the structure does not have yet."""
        return len(self.vectors) - self.covered

    @property
    def memory_bytes(self) -> int:
        """Memory that searching needs: the structure and the list of removed rows."""
        return self.structure_bytes + self.gone.nbytes

    def build(self, vectors: Vectors, metric: str) -> None:
        """Make the structure anew.

        Parameters
        ----------
        vectors : (n, dim) float32
            May be memory-mapped; kept, not copied.
        metric : str

        Raises
        ------
        UsageError
            This index cannot search by that metric.
        """
        self.metric = self._able(metric)
        self.vectors = vectors
        self.gone = np.zeros(len(vectors), bool)
        self.covered = len(vectors)
        if len(vectors):
            self._build(vectors)

    def add(self, vectors: Vectors) -> None:
        """Take further vectors in.

        Parameters
        ----------
        vectors : (n, dim) float32
            The whole matrix, which begins with the rows that are in already.
        """
        known = len(self.vectors)
        if len(vectors) < known:
            raise UsageError(f"the matrix has {len(vectors)} rows, fewer than the {known} known")
        self.vectors = vectors
        self.gone = np.concatenate([self.gone, np.zeros(len(vectors) - known, bool)])
        if self.covered == known < len(vectors):
            if not known:
                self.build(vectors, self.metric)
            elif self._extend(vectors[known:]):
                self.covered = len(vectors)

    def remove(self, rows: npt.ArrayLike) -> None:
        """Never find these rows again; those that are gone already are passed over."""
        gone = np.asarray(rows, np.int64)
        if gone.size and not (gone.min() >= 0 and gone.max() < len(self.vectors)):
            raise BadParameter(f"rows go from 0 to {len(self.vectors) - 1}")
        self.gone[gone] = True

    def successor(self, vectors: Vectors, gone: Rows) -> Index:
        """Return an index that knows more; this one stays as it is, and may be searched meanwhile.

        Both share the structure. What has come stands in the tail, unless the index `grows_apart`.

        Parameters
        ----------
        vectors : (n, dim) float32
            The whole matrix, which begins with the rows that are in already.
        gone : (g,) int64
            Rows that are not to be found; those that are gone here need not be among them.
        """
        other = copy.copy(self)
        if self.grows_apart:
            other.add(vectors)
        else:
            other.vectors = vectors
            other.gone = np.zeros(len(vectors), bool)
            other.gone[: len(self.gone)] = self.gone
        other.gone[gone] = True
        return other

    def searching_as(self, other: Index) -> Index:
        """Return this index with what another of the same structure has for each search."""
        if self.spec == other.spec:
            return self
        index = copy.copy(self)
        for name in _parameters(type(self), "search"):
            setattr(index, name, getattr(other, name))
        return index

    def search(self, queries: Vectors, k: int, allowed: Mask | None = None) -> Neighbours:
        """Find the nearest vectors.

        Parameters
        ----------
        queries : (n_queries, dim) float32
        k : int
            At least 1.
        allowed : (n,) bool, optional
            Search only among these rows.

        Returns
        -------
        Neighbours
            (n_queries, k), padded where fewer are found.
        """
        queries = self._checked(queries)
        if k < 1:
            raise BadParameter(f"k must be at least 1, not {k}")
        present = self._present(allowed)
        inside = None if present is None else present[: self.covered]
        count = self.covered if inside is None else int(np.count_nonzero(inside))
        few = max(_FEW, self.covered // _SMALL_SHARE, k)
        if count <= few and not self.is_exact:
            found = [self._rows(present)] * len(queries)
            return ranked(self.vectors, self.metric, queries, found, k)
        if not count:
            found = [np.empty(0, np.int64)] * len(queries)
        elif self.filters or inside is None:
            found = self._candidates(queries, min(k, count), inside)
        else:
            found = self._among(queries, k, inside, count)
        if self.tail:
            tail = np.arange(self.covered, len(self.vectors))
            tail = tail if present is None else tail[present[self.covered :]]
            found = [np.concatenate([rows, tail]) for rows in found]
        return ranked(self.vectors, self.metric, queries, found, k)

    def within(self, queries: Vectors, distance: float, allowed: Mask | None = None) -> Neighbours:
        """Find all vectors up to a distance; (n_queries, the most that one query has)."""
        queries = self._checked(queries)
        most, k = len(self.vectors), 64
        while True:
            found = self.search(queries, max(1, min(k, most)), allowed)
            if (
                k >= most
                or not (np.isfinite(last := found.distances[:, -1]) & (last <= distance)).any()
            ):
                break
            k *= 4
        inside = found.distances <= distance
        width = int(inside.sum(1).max(initial=0))
        return Neighbours(
            np.where(inside, found.rows, -1)[:, :width],
            np.where(inside, found.distances, np.float32(np.inf))[:, :width],
        )

    def save(self, folder: Path) -> None:
        """Write the index, without the vectors, into a folder that is there and empty."""
        if self.covered:
            self._store(folder)
        np.save(folder / "gone.npy", np.flatnonzero(self.gone))
        about = {"structure": self.structure, "metric": self.metric, "covered": self.covered}
        about["rows"] = len(self.vectors)
        (folder / _ABOUT).write_text(json.dumps(about), encoding="utf-8")

    def load(self, folder: Path, vectors: Vectors) -> None:
        """Read what `save` wrote.

        Parameters
        ----------
        folder : Path
        vectors : (n, dim) float32
            The matrix that was saved with, or one that begins with it: the further rows are added.

        Raises
        ------
        GalleryDamaged
            The folder holds no index, or one of other vectors or parameters.
        """
        try:
            about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
            saved, covered, metric = about["rows"], about["covered"], about["metric"]
            gone = np.load(folder / "gone.npy")
        except (OSError, ValueError, KeyError) as error:
            raise GalleryDamaged(f"{folder} holds no index ({error}); build it again") from error
        if about.get("structure") != self.structure or saved > len(vectors):
            raise GalleryDamaged(f"{folder} holds an index of something else; build it again")
        self.metric = self._able(metric)
        self.vectors, self.covered = vectors[:saved], covered
        self.gone = np.zeros(saved, bool)
        self.gone[gone] = True
        if covered:
            self._restore(folder)
        self.add(vectors)

    # -- within --------------------------------------------------------------------------------

    def _written(self, names: Iterable[str]) -> str:
        values = ",".join([f"{name}={getattr(self, name)}" for name in names])
        return f"{self.name}:{values}" if values else self.name

    def _at_least(self, **least: int) -> None:
        """Raise BadParameter if a parameter is smaller than it may be."""
        for name, smallest in least.items():
            if getattr(self, name) < smallest:
                given = getattr(self, name)
                raise BadParameter(f"{self.name}:{name} is at least {smallest}, not {given}")

    def _able(self, metric: str) -> str:
        metric = canonical(metric)
        if metric not in self.metrics:
            raise UsageError(
                f"the index {self.name} cannot search by {metric}, only by "
                f"{', '.join(self.metrics)}; take exact, which knows {', '.join(METRICS)}"
            )
        return metric

    def _checked(self, queries: Vectors) -> Vectors:
        queries = np.ascontiguousarray(queries, np.float32)
        if queries.ndim != 2 or (len(self.vectors) and queries.shape[1] != self.vectors.shape[1]):
            raise BadParameter(f"queries are (n, {self.vectors.shape[1]}), not {queries.shape}")
        return queries

    def _present(self, allowed: Mask | None) -> Mask | None:
        if allowed is not None and allowed.shape != (len(self.vectors),):
            raise BadParameter(f"allowed is ({len(self.vectors)},), not {allowed.shape}")
        if not self.gone.any():
            return allowed
        return ~self.gone if allowed is None else allowed & ~self.gone

    def _rows(self, present: Mask | None) -> Rows:
        return np.arange(len(self.vectors)) if present is None else np.flatnonzero(present)

    def _among(self, queries: Vectors, k: int, inside: Mask, count: int) -> list[Rows]:
        """Ask a structure that cannot filter for more, until enough of it is allowed."""
        if count < self.covered // 100:
            return [np.flatnonzero(inside)] * len(queries)
        asked = min(self.covered, int(1.5 * k * self.covered / count) + 16)
        while True:
            found = [r[r >= 0] for r in self._candidates(queries, asked, None)]
            found = [r[inside[r]] for r in found]
            if asked >= self.covered:
                return found
            if min(map(len, found), default=k) >= min(k, count):
                return found
            if asked * 4 >= self.covered:
                return [np.flatnonzero(inside)] * len(queries)
            asked *= 4


@cache
def _parameters(kind: type[Index], at: str = "") -> tuple[str, ...]:
    """Return the names of the parameters; only those of building, or of searching."""
    fields = dataclasses.fields(kind)
    return tuple(f.name for f in fields if at in ("", f.metadata.get("at", "build")))
