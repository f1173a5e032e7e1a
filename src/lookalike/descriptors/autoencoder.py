"""The latent vector of an encoder that was trained on your own pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from lookalike.descriptors.base import Descriptor
from lookalike.descriptors.network import Network
from lookalike.errors import BadParameter
from lookalike.images import Image, View
from lookalike.metrics import Vectors

_ENCODER = "encoder.onnx"  # its card, encoder.toml, lies beside it


@dataclass(frozen=True)
class Autoencoder(Descriptor):
    """What an encoder sees that ``lookalike train autoencoder`` trained on your own pictures.

    ``autoencoder:products-autoencoder``: the run is the folder that the training wrote. Of it the
    encoder and its card are used, and nothing of PyTorch.

    Notes
    -----
    The identity of its vectors holds the first 16 digits of the SHA-256 of the encoder and a digest
    of its preprocessing, not the folder: a run that was moved keeps its vectors, and one that was
    trained anew loses them.
    """

    name: ClassVar[str] = "autoencoder"

    run: str = field(metadata={"help": "the folder that `lookalike train autoencoder` wrote"})

    def __post_init__(self) -> None:
        if not self.run:
            raise BadParameter(
                "autoencoder needs a run, the folder that a training wrote: autoencoder:RUN; "
                "to have one: lookalike train autoencoder FOLDER"
            )
        folder = self._folder
        train = f'lookalike train autoencoder FOLDER --run "{folder}"'
        if not folder.is_dir():
            raise BadParameter(f"autoencoder: there is no folder {folder}; train it: {train}")
        missing = [file for file in (_ENCODER, "encoder.toml") if not (folder / file).is_file()]
        if missing:
            raise BadParameter(
                f"autoencoder: {folder} is no finished run, as it has no {missing[0]}; "
                f"train it, or to the end if it was stopped: {train}"
            )
        self._network  # noqa: B018  (asked for what it raises)

    @property
    def metric(self) -> str:
        """The natural metric, as the run's card says: euclidean."""
        return self._network.metric

    @property
    def dim(self) -> int:
        """Components of the latent vector."""
        return self._network.dim

    @property
    def view(self) -> View:
        """How the encoder was trained to see each picture."""
        return self._network.view

    def describe(self, images: Sequence[Image]) -> Vectors:
        """Return the latent vectors (n, dim) float32; see `Descriptor.describe`."""
        return self._network.describe(images)

    def is_ready(self) -> bool:
        """Whether the encoder is still where it was."""
        return self._network.is_ready()

    def prepare(self, progress: Callable[[int, int], None] | None = None) -> None:
        """See that the encoder is there; nothing is ever fetched."""
        self._network.prepare(progress)

    @property
    def spec(self) -> str:
        """What a person types for it, with the whole path: a gallery is used from any folder."""
        return f"{self.name}:run={self._folder}"

    def identity(self) -> dict[str, object]:
        """Return what tells two vectors apart: the encoder's weights and its preprocessing."""
        known = self._network.identity()
        return {"weights": known["weights"], "recipe": known["recipe"]}

    @cached_property  # by the folder that the process was in when this was made
    def _folder(self) -> Path:
        return Path(self.run).expanduser().absolute()

    @cached_property
    def _network(self) -> Network:
        return Network(card=str(self._folder / _ENCODER))
