"""The layers of neural networks: any ONNX file that has a card."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import ClassVar

from lookalike.descriptors.base import Descriptor
from lookalike.errors import BadParameter, NetworkError
from lookalike.images import Image, View
from lookalike.metrics import Vectors
from lookalike.networks import card_names, files
from lookalike.networks.card import Card, Input, Layer, Words
from lookalike.networks.fetch import Progress
from lookalike.networks.finding import Found, find
from lookalike.networks.runtime import Encoder
from lookalike.networks.words import TextEncoder

_LOADING = threading.Lock()  # so that of several threads one loads a network, and the others wait


@dataclass(frozen=True)
class Network(Descriptor):
    """One layer of a neural network.

    ``network:card=vgg16,layer=fc1``, for short ``vgg16:layer=fc1``; ``network:./own.onnx`` for a
    network of your own, whose card ``own.toml`` lies beside it (`lookalike.networks.card` tells how
    to write one). The file of a named card is fetched when it is first needed, not before.

    ``fc1`` and ``fc2`` of VGG16 and ``fc6`` and ``fc7`` of AlexNet are taken after the ReLU, as
    Keras' layers of these names; so no component is negative.

    Notes
    -----
    Its identity holds the first 16 digits of the SHA-256 of the file instead of its path, and a
    digest of the card's preprocessing: a moved file keeps its vectors, a changed one loses them.
    """

    name: ClassVar[str] = "network"

    card: str = field(
        default="", metadata={"help": "name of a card, or path of an .onnx file or its .toml card"}
    )
    layer: str = field(default="", metadata={"help": "layer of the card; empty: its default"})
    file: str = field(
        default="", metadata={"help": "your own copy of the file, which then is not fetched"}
    )

    def __post_init__(self) -> None:
        if not self.card:
            known = ", ".join(card_names())
            raise BadParameter(
                f"a network needs a card: one of {known}, or the path of an .onnx file"
            )
        self._card.layer(self.layer)

    @property
    def metric(self) -> str:
        """The natural metric, as the card says."""
        return self._card.metric

    @property
    def dim(self) -> int:
        """Components of the vector, as the card says."""
        return self._layer.dim

    @property
    def view(self) -> View:
        """How the network wants to see each picture, as the card says."""
        return self._card.input.view

    def describe(self, images: Sequence[Image]) -> Vectors:
        """Describe a batch of pictures; the file is fetched and loaded if need be.

        Parameters
        ----------
        images : n × (H, W, 3) uint8, sRGB
            Each in `view`.

        Returns
        -------
        (n, dim) float32
            With L2 norm 1 if the layer says so, as those of all cards of this package do.

        Raises
        ------
        BadCard
            The card does not fit the file.
        DownloadFailed, ChecksumMismatch
            The file could not be fetched.
        """
        with _LOADING:
            weights = self._weights
            encoder = _encoder(self._path(), weights, self._card.input, self._layer)
        return encoder.encode(images)

    @property
    def has_words(self) -> bool:
        """Whether pictures can be searched with words, as those of CLIP and SigLIP can."""
        card = self._card
        return card.words is not None and self.layer in ("", card.default)

    def describe_words(self, texts: Sequence[str]) -> Vectors:
        """Describe words; the result can be compared with the vectors of pictures.

        Parameters
        ----------
        texts : sequence of str
            A few words each: "a red bicycle". What is too long for the network is cut.

        Returns
        -------
        (n, dim) float32

        Raises
        ------
        NetworkError
            The network has no text tower.
        MissingExtra
            The tokenizers library is not installed.
        """
        words = self._card.words
        if words is None or not self.has_words:
            raise NetworkError(
                f"{self._found.name} knows no words; use a network that does, such as clip_vit_b32"
            )
        with _LOADING:
            encoder = _text_encoder(*self._words_paths(words), words, self._layer)
        return encoder.encode(texts)

    @property
    def spec(self) -> str:
        """What a person types for it, with whole paths: a gallery is used from any folder."""
        card = self.card
        if card not in card_names():
            card = str(Path(card).expanduser().absolute())
        parts = [f"card={card}", f"layer={self.layer or self._card.default}"]
        if self.file:
            parts.append(f"file={Path(self.file).expanduser().absolute()}")
        return f"{self.name}:{','.join(parts)}"

    def is_ready(self) -> bool:
        """Whether the file is here, so that nothing has to be fetched."""
        if self.file:
            return Path(self.file).expanduser().is_file()
        return files.place(self._found.file, self._found.name, self._found.folder).is_file()

    def prepare(self, progress: Progress | None = None, *, words: bool = False) -> None:
        """Fetch the file now, unless it is here; with `words` those of the text tower as well.

        Parameters
        ----------
        progress : callable, optional
            Called with the bytes that are here and the bytes there will be, for each file.
        words : bool
        """
        self._path(progress)
        if words and self._card.words is not None:
            self._words_paths(self._card.words, progress)

    def identity(self) -> dict[str, object]:
        """Return what tells two vectors apart; needs the file only if the card has no SHA-256."""
        return {
            "card": self._found.name,
            "layer": self.layer or self._card.default,
            "weights": self._weights[:16],
            "recipe": self._card.recipe(self.layer),
        }

    @cached_property
    def _found(self) -> Found:
        return find(self.card)

    @property
    def _card(self) -> Card:
        return self._found.card

    @property
    def _layer(self) -> Layer:
        return self._card.layer(self.layer)

    @property
    def _weights(self) -> str:
        published = "" if self.file else self._found.file.sha256
        return published or files.sha256(self._path())

    def _path(self, progress: Progress | None = None) -> Path:
        if not self.file:
            return files.get(self._found.file, self._found.name, self._found.folder, progress)
        path = Path(self.file).expanduser()
        if not path.is_file():
            raise BadParameter(f"network:file: there is no file {path}")
        return path

    def _words_paths(self, words: Words, progress: Progress | None = None) -> tuple[Path, Path]:
        name, folder = self._found.name, self._found.folder
        return (
            files.get(words.file, f"{name}-words", folder, progress),
            files.get(words.tokenizer, f"{name}-tokenizer", folder, progress),
        )


# Few are kept: each holds the weights in memory.
@lru_cache(maxsize=8)
def _encoder(path: Path, weights: str, given: Input, layer: Layer) -> Encoder:
    return Encoder(path, given, layer)


@lru_cache(maxsize=2)
def _text_encoder(file: Path, tokenizer: Path, words: Words, layer: Layer) -> TextEncoder:
    return TextEncoder(file, tokenizer, words, layer)
