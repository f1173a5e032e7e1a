"""What is carried from one gallery to another, and what the two ends of the way must do.

A file is a `FileRow` here, wherever it comes from: that is what Milvus keeps of it, and all that a
local catalog knows of it. Descriptors are known by `number_of` their keys, the same everywhere.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lookalike.gallery.milvus.kept.descriptors import number_of
from lookalike.gallery.milvus.kept.rows import FileRow
from lookalike.metrics import Vectors
from lookalike.stages import Stage
from lookalike.store.calibrations import KeptCalibration
from lookalike.store.catalog import StoredDescriptor
from lookalike.store.kinds import ColumnKind

LOT_BYTES, MOST_ROWS = 16 * 2**20, 8000
"""How much is carried at once."""

Placed = Callable[[str], str]
"""Where a file of the source lies in the target: elsewhere only if the gallery itself keeps it."""


def unmoved(path: str) -> str:
    """Return a path as it is."""
    return path


Lot = tuple[list[bytes], Vectors]
"""SHA-256 of files, and their vectors (n, dim) float32."""


@dataclass(frozen=True)
class Carried:
    """A descriptor on its way.

    Attributes
    ----------
    stored : StoredDescriptor
        With `number_of` its key as its id.
    stages : tuple of (Stage, mapping)
        What is done to the vectors after the descriptor, and what is known of that.
    """

    stored: StoredDescriptor
    stages: tuple[tuple[Stage, Mapping[str, object]], ...] = ()

    @property
    def number(self) -> int:
        """What it is known by."""
        return self.stored.id

    @property
    def is_coded(self) -> bool:
        """Whether its vectors are made of codes, and so are the same but for rounding."""
        return bool(self.stages) and type(self.stages[-1][0]).coded is not Stage.coded


def carried(
    key: str,
    spec: str,
    metric: str,
    dim: int,
    stages: Sequence[tuple[Stage, Mapping[str, object]]] = (),
) -> Carried:
    """Return a descriptor of these properties."""
    return Carried(StoredDescriptor(number_of(key), key, spec, metric, dim), tuple(stages))


@dataclass(frozen=True)
class CarriedMark:
    """A judgement of one answer: both pictures are known by their bytes.

    Attributes
    ----------
    query, content : bytes
        SHA-256.
    liked : bool
    made : str
        When, ISO 8601, UTC.
    """

    query: bytes
    content: bytes
    liked: bool
    made: str


@dataclass(frozen=True)
class About:
    """What a gallery knows of itself, besides its files and descriptors.

    Attributes
    ----------
    folders, excluded : list of str
        Without what is about the gallery's own copies.
    columns : dict of str to str
        The kind of each, by its name as it was typed; the first added first.
    calibrations : list of KeptCalibration
    marks : list of CarriedMark
    asked : dict of (bytes, int) to (dim,) float32
        Vectors of queries that have marks and are not in the gallery, by SHA-256 and descriptor.
    """

    folders: list[str] = field(default_factory=list)
    excluded: list[str] = field(default_factory=list)
    columns: dict[str, ColumnKind] = field(default_factory=dict)
    calibrations: list[KeptCalibration] = field(default_factory=list)
    marks: list[CarriedMark] = field(default_factory=list)
    asked: dict[tuple[bytes, int], Vectors] = field(default_factory=dict)


@dataclass(frozen=True)
class Batch:
    """Files to be written, with their vectors.

    Attributes
    ----------
    files : list of FileRow
        As they are to be in the target, also what that had of them before.
    before : list of FileRow or None
        As they are there.
    vectors : dict of int to (list of int, (m, dim) float32)
        By the number of the descriptor: which of the files, and theirs.
    own : list of (str, FileRow)
        Files that the gallery itself keeps, each with its path in the source.
    passed : int
        How many files of the source were passed over before these, as they are there already.
    """

    files: list[FileRow]
    before: list[FileRow | None]
    vectors: dict[int, tuple[list[int], Vectors]]
    own: list[tuple[str, FileRow]]
    passed: int


@dataclass(frozen=True)
class Begun:
    """What a target says at the beginning.

    Attributes
    ----------
    alone : bool
        Whether nothing is in it but what is being copied: it was empty when that began.
    resumed : bool
        Whether copying from there was begun before, and not finished.
    """

    alone: bool
    resumed: bool


class Source(ABC):
    """A gallery that is read. Only `files`, `paths` and `vectors_of` are called in another thread.

    Attributes
    ----------
    where : str
        The gallery, for a person; there is no secret in it.
    own : str
        What the paths of the pictures begin with that the gallery itself keeps, with a separator
        behind; empty if it keeps none.
    """

    where: str
    own: str

    @abstractmethod
    def close(self) -> None:
        """Let go of the gallery."""

    @abstractmethod
    def descriptors(self) -> list[Carried]:
        """Return the descriptors, first what searches go by."""

    @abstractmethod
    def about(self) -> About:
        """Return what the gallery knows of itself."""

    @abstractmethod
    def count(self) -> int:
        """Return how many files there are, also of those that failed."""

    @abstractmethod
    def files(self, placed: Placed = unmoved) -> Iterator[tuple[FileRow, str]]:
        """Yield all files with the paths that `placed` gives, in order of the text of these.

        Each comes with the path that it has here.
        """

    @abstractmethod
    def vectors_of(self, carried: Carried, files: Sequence[FileRow]) -> Vectors:
        """Return the vectors (n, dim) float32 of files that are described by a descriptor.

        The files are as this gallery told them, but their paths may be others.

        Raises
        ------
        GalleryDamaged
            One is not there, or belongs to other bytes.
        """

    @abstractmethod
    def all_vectors(self, carried: Carried) -> Iterator[Lot]:
        """Yield the SHA-256 of files and their vectors (n, dim) float32, of all, in any order."""

    @abstractmethod
    def own_data(self, path: str) -> bytes:
        """Return the bytes of a picture that the gallery itself keeps.

        Raises
        ------
        GalleryError
            It is not there, or cannot be read.
        """

    def paths(self) -> Iterator[str]:
        """Yield the paths of all files, in any order."""
        return (path for _, path in self.files())

    @abstractmethod
    def has_own(self) -> bool:
        """Tell whether there are pictures that the gallery itself keeps."""

    def count_vectors(self, carried: Carried) -> int | None:
        """Return how many vectors of files there are; None if they cannot be others than said."""
        del carried
        return None

    def nearest(self, carried: Carried, queries: Vectors, limit: int) -> list[Lot] | None:
        """Return what a search finds: of each query the SHA-256 and vectors, in any order.

        None stands for a search that goes through all vectors, and so needs no measuring.
        """
        del carried, queries, limit
        return None


class Target(Source):
    """A gallery that is written to, and read to see what is there."""

    @abstractmethod
    def state(self, source: str) -> Begun:
        """Return whether it is being copied from there, or how it would be."""

    @abstractmethod
    def begin(self, source: str, begun: Begun) -> None:
        """Note that it is being copied from there, and that it is not complete."""

    @abstractmethod
    def done(self, source: str) -> None:
        """Note that all of it is there."""

    @abstractmethod
    def enter(self, descriptors: Sequence[Carried], about: About, *, wins: bool) -> None:
        """Enter descriptors, and what the source knows of itself, but not its marks.

        Parameters
        ----------
        descriptors : sequence of Carried
        about : About
        wins : bool
            Whether what the source has takes the place of what is there.
        """

    @abstractmethod
    def enter_marks(self, about: About, *, wins: bool) -> None:
        """Enter marks, and the vectors of what was asked. The files are there by now."""

    @abstractmethod
    def room_for(self, name: str) -> str:
        """Return the path that a picture has which the gallery itself is to keep.

        Parameters
        ----------
        name : str
            Its path behind `Source.own`.

        """

    @abstractmethod
    def keep(self, file: FileRow, data: bytes) -> None:
        """Keep a picture at the path that `room_for` gave it."""

    @abstractmethod
    def prepare(self, source: Source, placed: Placed, *, empty: bool) -> None:
        """Look at what is to come, before anything is written."""

    @abstractmethod
    def write(self, batch: Batch) -> None:
        """Write files and vectors; what is killed in between does no harm."""

    @abstractmethod
    def settle(self, tell: Callable[[int, int], None]) -> None:
        """Wait until all that was written is on disk and searched quickly."""

    @abstractmethod
    def measured(self, carried: Carried, recall: float) -> None:
        """Keep what share of the nearest a search by a descriptor finds."""

    def look_harder(self, carried: Carried) -> bool:
        """Let searches by a descriptor take longer and find more; return if that was possible."""
        del carried
        return False
