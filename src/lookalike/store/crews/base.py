"""What a crew is, and what it has to know."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from lookalike.descriptors import Descriptor
from lookalike.places import Found
from lookalike.store.commit import Written
from lookalike.store.intake import Known, Taken, nothing_known


class Writer(Protocol):
    """What keeps files that were taken in. Used by one thread.

    A chunk may come twice, also from two workers at the same time: after one died, another does its
    work again. So `commit` must be idempotent.
    """

    def known(self, hashes: Sequence[bytes]) -> Mapping[bytes, frozenset[int]]:
        """Return which contents are there, and which descriptors have a vector of each."""

    def commit(self, batch: Sequence[Taken]) -> Written:
        """Keep a batch, for good."""

    def close(self) -> None:
        """Let go of what it holds open."""


class WriterSpec(Protocol):
    """How a worker on another machine comes to a writer of its own.

    It travels there, so it is a plain dataclass of an importable module; a secret in it must not
    show in its `repr`.
    """

    def open(self) -> Writer:
        """Return a new writer."""


@dataclass(frozen=True)
class Task:
    """All that a worker must know.

    Parameters
    ----------
    descriptors : mapping of int to Descriptor
        By their numbers in the gallery.
    known : callable
        SHA-256s → the contents that are there, each with the numbers of the descriptors that have a
        vector of it. Asked by threads of this process, several at once; it does not travel.
    writer : WriterSpec, optional
        How workers elsewhere commit. Without one, what they take in comes back whole, as it does
        from threads in any case, and the caller commits.
    """

    descriptors: Mapping[int, Descriptor]
    known: Known = nothing_known
    writer: WriterSpec | None = None


@dataclass(frozen=True)
class Done:
    """A chunk that was taken in.

    Attributes
    ----------
    taken : list of Taken
        In the order of the chunk's files. Without their vectors if a worker has committed them.
    written : Written or None
        What the worker committed; None where that is for the caller to do: always without a writer,
        and with one for a file that ends the workers, which so cannot say it themselves.
    """

    taken: list[Taken]
    written: Written | None = None


class Crew(Protocol):
    """Who takes files in.

    Attributes
    ----------
    size : int
        How many work at the same time.
    about : str
        Who they are, for a person: ``4 threads``.
    survives_crashes : bool
        A picture that brings its decoder down is a failure of that picture, and of nothing else.
        Otherwise the caller notes what is being read; see `lookalike.store.quarantine`.
    """

    @property
    def size(self) -> int: ...  # noqa: D102
    @property
    def about(self) -> str: ...  # noqa: D102
    @property
    def survives_crashes(self) -> bool: ...  # noqa: D102

    def taken(self, chunks: Iterable[list[Found]], task: Task) -> Generator[Done, None, None]:
        """Take files in, a bounded number of chunks ahead of what is asked for.

        Parameters
        ----------
        chunks : iterable of list of Found
            Drawn from as there is room, by the thread that iterates.
        task : Task

        Yields
        ------
        Done
            Every chunk once, not always in order.

        Raises
        ------
        LookalikeError
            What would meet every picture, such as a network that is not there.
        KeyboardInterrupt
            Of Ctrl-C. What was finished is yielded first, and so is it before any other error. The
            generator closed, work is stopped and nothing is yielded.
        """

    def close(self) -> None:
        """Send the workers home."""
