"""Words → vectors that can be compared with those of pictures."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lookalike.errors import BadCard, MissingExtra
from lookalike.metrics import Vectors
from lookalike.networks.card import Layer, Words
from lookalike.networks.runtime import Tensor, pooled
from lookalike.networks.session import Array

_INTEGERS = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}
_PUNCTUATION = str.maketrans("", "", string.punctuation)


class TextEncoder:
    """The text tower of a network. May be used by several threads at once.

    Parameters
    ----------
    file : Path
        The ONNX file of the tower.
    tokenizer : Path
        Its `tokenizer.json`.
    words : Words
        What it expects.
    layer : Layer
        The layer for pictures with which its vectors are compared.

    Raises
    ------
    MissingExtra
        The tokenizers library is not installed.
    BadCard
        One of the files is not what the card says.
    """

    def __init__(self, file: Path, tokenizer: Path, words: Words, layer: Layer) -> None:
        try:
            from tokenizers import Tokenizer
        except ImportError as error:
            raise MissingExtra("searching with words", "text") from error
        try:
            self._tokenizer = Tokenizer.from_file(str(tokenizer))
        except Exception as error:  # the library raises nothing narrower
            raise BadCard(f"{tokenizer} is not a tokenizer.json: {error}") from error
        self._tokenizer.enable_truncation(max_length=words.length)
        pad = self._tokenizer.id_to_token(words.pad) or ""
        self._tokenizer.enable_padding(length=words.length, pad_id=words.pad, pad_token=pad)
        self._tensor = Tensor(file, words.tensor)
        self._words = words
        self._layer = Layer(layer.dim, words.tensor, normalise=layer.normalise)
        fed = sorted({words.ids, words.mask} - {""})
        if fed != sorted(self._tensor.inputs):
            inputs = ", ".join(self._tensor.inputs)
            raise BadCard(f"{file} wants {inputs}; the card gives it {', '.join(fed)}")
        kinds = {kind for kind, _ in self._tensor.inputs.values()}
        if len(kinds) > 1 or not kinds <= _INTEGERS.keys():
            raise BadCard(f"{file} wants {', '.join(kinds)}, not whole numbers of one kind")
        self._dtype = _INTEGERS[kinds.pop()]

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return (n, dim) float32 for n texts."""
        parts = [self._vector(text) for text in texts]
        return np.concatenate([np.empty((0, self._layer.dim), np.float32), *parts])

    def _vector(self, text: str) -> Vectors:
        encoding = self._tokenizer.encode(_canonical(text) if self._words.canonical else text)
        feeds: dict[str, Array] = {self._words.ids: np.array([encoding.ids], self._dtype)}
        if self._words.mask:
            feeds[self._words.mask] = np.array([encoding.attention_mask], self._dtype)
        return pooled(self._tensor.compute(feeds), self._layer, "nchw")


def _canonical(text: str) -> str:
    return re.sub(r"\s+", " ", text.lower().translate(_PUNCTUATION)).strip()
