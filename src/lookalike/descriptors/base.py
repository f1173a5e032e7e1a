"""What a descriptor is: pictures in, one vector each out."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import ClassVar, Protocol

from lookalike.errors import UsageError
from lookalike.images import Image, View, fit
from lookalike.metrics import Vectors

STAGED = "|"
"""What stands, in a key, between a descriptor and the stages that its vectors go through."""


class Shared(Hashable, Protocol):
    """Work that several descriptors have in common: one pass through an encoder.

    Equal ones do the same work. May be used by several threads at once.
    """

    def encode(self, images: Sequence[Image]) -> Mapping[str, Vectors]:
        """Describe a batch of pictures.

        Parameters
        ----------
        images : n × (H, W, 3) uint8, sRGB
            Each in the one view of the descriptors that share this.

        Returns
        -------
        mapping of str to (n, dim) float32
            By the names of those descriptors: of each what its `describe` gives.
        """


class Descriptor(ABC):
    """A method that turns a picture into one vector.

    A new descriptor is one file in this folder (or an entry point in the group
    ``lookalike.descriptors``) with one frozen dataclass of the file's name in CamelCase. Its fields
    are its parameters: each has a type, a default and a ``metadata={"help": …}``; together with
    `name` and `version` they are the identity under which vectors are kept.

    Its author writes `describe` and these four facts:

    Attributes
    ----------
    name : str
        The file's name.
    version : int
        Raised whenever the same picture would give another vector.
    metric : str
        The natural metric, one of `lookalike.metrics.METRICS`.
    dim : int
        Components of the vector.
    view : View
        How `describe` wants to see each picture: its size, and how it gets there.

    Notes
    -----
    `describe` is called from several threads at once and must not keep state between calls.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1

    @property
    @abstractmethod
    def metric(self) -> str:
        """The natural metric."""

    @property
    @abstractmethod
    def dim(self) -> int:
        """Components of the vector."""

    @property
    @abstractmethod
    def view(self) -> View:
        """How `describe` wants to see each picture."""

    @abstractmethod
    def describe(self, images: Sequence[Image]) -> Vectors:
        """Describe a batch of pictures.

        Parameters
        ----------
        images : n × (H, W, 3) uint8, sRGB
            Each in `view`; equally large ones unless the view keeps the shape of the picture.

        Returns
        -------
        (n, dim) float32
            Finite. A picture's vector does not depend on the others in the batch.
        """

    @property
    def views(self) -> tuple[View, ...]:
        """Every view that `describe_views` needs; more than one only for a combination."""
        return (self.view,)

    def describe_views(self, pictures: Sequence[Mapping[View, Image]]) -> Vectors:
        """Describe pictures that were decoded into all of `views`; as `describe` otherwise."""
        return self.describe([seen[self.view] for seen in pictures])

    def describe_arrays(self, arrays: Sequence[Image]) -> Vectors:
        """Describe decoded pictures of any size; each is first brought into the views."""
        return self.describe_views([{v: fit(a, v) for v in self.views} for a in arrays])

    @property
    def shared(self) -> Shared | None:
        """What is computed once for all descriptors that share it; None for nothing.

        See `lookalike.descriptors.describe_together`.
        """
        return None

    @property
    def has_words(self) -> bool:
        """Whether `describe_words` can be called: pictures can be searched with words."""
        return False

    def is_ready(self) -> bool:
        """Whether `describe` can be called without fetching anything first."""
        return True

    def prepare(self, progress: Callable[[int, int], None] | None = None) -> None:  # noqa: B027
        """Fetch what is needed, so that a long run fails at its start and not in its middle.

        Parameters
        ----------
        progress : callable, optional
            Called with how many bytes have come, and of how many.

        Raises
        ------
        NetworkError
            It cannot be had.
        """

    def describe_words(self, texts: Sequence[str]) -> Vectors:
        """Describe words in the space of the pictures' vectors.

        Parameters
        ----------
        texts : sequence of str

        Returns
        -------
        (n, dim) float32

        Raises
        ------
        UsageError
            This descriptor understands pictures only.
        """
        raise UsageError(
            f"{self.name} does not understand words; clip_vit_b32 and siglip_base do: "
            "lookalike index FOLDER --descriptor clip_vit_b32"
        )

    def coded(self, vectors: Vectors) -> list[bytes]:
        """Return what a gallery keeps of vectors (n, dim) that this has made: one value each."""
        return [vector.tobytes() for vector in vectors.astype("<f4")]

    def parameters(self) -> dict[str, object]:
        """Return every parameter with its value, defaults included."""
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}  # type: ignore[arg-type]

    @property
    def spec(self) -> str:
        """What a person types for this descriptor; `create` makes an equal one of it."""
        written = [f"{k}={written_value(v)}" for k, v in self.parameters().items()]
        return self.name + (f":{','.join(written)}" if written else "")

    @property
    def key(self) -> str:
        """The identity of the vectors: name, version and every parameter."""
        written = [f"{k}={written_value(v)}" for k, v in self.identity().items()]
        return f"{self.name}@{self.version}" + (f":{','.join(written)}" if written else "")

    def identity(self) -> dict[str, object]:
        """Return what tells two vectors apart; the parameters unless a descriptor says more."""
        return self.parameters()


def label(key: str) -> str:
    """Return what a person calls the descriptor of a key.

    ``lbp``; of a network ``vgg16:fc2``; with stages ``glance/half_whitening:64``.
    """
    plain, *stages = key.split(STAGED)
    name, _, rest = plain.partition("@")
    values = dict(item.split("=", 1) for item in rest.partition(":")[2].split(",") if "=" in item)
    called = f"{values['card']}:{values['layer']}" if name == "network" else name
    return "/".join([called, *(stage.rpartition("@")[0] for stage in stages)])


def written_value(value: object) -> str:
    """Write a parameter's value as it is typed on the command line: ``8x8x8``, ``true``."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "x".join(str(part) for part in value)
    return str(value)
