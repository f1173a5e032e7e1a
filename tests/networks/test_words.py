"""Words → vectors, with a text tower and a tokenizer made here."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import tokenizers
from tokenizers import models, normalizers, pre_tokenizers, processors

from lookalike.errors import BadCard, MissingExtra
from lookalike.networks.card import File, Layer, Words
from lookalike.networks.words import TextEncoder

VOCABULARY = {"<pad>": 0, "<start>": 1, "<end>": 2, "<?>": 3, "a": 4, "red": 5, "car": 6, "Car": 7}


@pytest.fixture
def tokenizer(tmp_path: Path) -> Path:
    made = tokenizers.Tokenizer(models.WordLevel(VOCABULARY, unk_token="<?>"))
    made.normalizer = normalizers.NFC()
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(
        single="<start> $A <end>", special_tokens=[("<start>", 1), ("<end>", 2)]
    )
    made.save(str(tmp_path / "tokenizer.json"))
    return tmp_path / "tokenizer.json"


def words(**changes: Any) -> Words:
    meant: dict[str, Any] = {"tensor": "text_embeds", "length": 6, "mask": "attention_mask"}
    return Words(File("text.onnx"), File("tokenizer.json"), **(meant | changes))


def test_words_are_the_sum_of_their_tokens_here_padding_left_out(
    tmp_path: Path, tokenizer: Path, text_tower: Any
) -> None:
    table = text_tower(tmp_path / "text.onnx")
    encoder = TextEncoder(
        tmp_path / "text.onnx", tokenizer, words(), Layer(5, "image", normalise=False)
    )
    found = encoder.encode(["a red car", "car"])
    assert found.dtype == np.float32
    meant = [table[[1, 4, 5, 6, 2]].sum(0), table[[1, 6, 2]].sum(0)]
    np.testing.assert_allclose(found, meant, rtol=1e-5)


def test_they_are_normalised_as_the_pictures_are(
    tmp_path: Path, tokenizer: Path, text_tower: Any
) -> None:
    text_tower(tmp_path / "text.onnx")
    encoder = TextEncoder(tmp_path / "text.onnx", tokenizer, words(), Layer(5, "image"))
    np.testing.assert_allclose(np.linalg.norm(encoder.encode(["red"]), axis=1), 1, rtol=1e-6)


def test_without_a_mask_padding_counts(tmp_path: Path, tokenizer: Path, text_tower: Any) -> None:
    table = text_tower(tmp_path / "text.onnx", masked=False)
    encoder = TextEncoder(
        tmp_path / "text.onnx",
        tokenizer,
        words(mask="", pad=2),
        Layer(5, "image", normalise=False),
    )
    np.testing.assert_allclose(
        encoder.encode(["red"]), table[[[1, 5, 2, 2, 2, 2]]].sum(1), rtol=1e-5
    )


def test_a_long_text_is_cut_and_keeps_its_end(
    tmp_path: Path, tokenizer: Path, text_tower: Any
) -> None:
    table = text_tower(tmp_path / "text.onnx")
    encoder = TextEncoder(
        tmp_path / "text.onnx", tokenizer, words(), Layer(5, "image", normalise=False)
    )
    found = encoder.encode(["red " * 50])
    np.testing.assert_allclose(found, table[[[1, 5, 5, 5, 5, 2]]].sum(1), rtol=1e-5)


def test_capitals_and_punctuation_go_only_where_the_card_says(
    tmp_path: Path, tokenizer: Path, text_tower: Any
) -> None:
    text_tower(tmp_path / "text.onnx")
    path, layer = tmp_path / "text.onnx", Layer(5, "image")
    plain = TextEncoder(path, tokenizer, words(), layer)
    canonical = TextEncoder(path, tokenizer, words(canonical=True), layer)
    np.testing.assert_array_equal(
        canonical.encode(["  A red,\n  Car! "]), plain.encode(["a red car"])
    )
    assert not np.array_equal(plain.encode(["Car"]), plain.encode(["car"]))


def test_int32_tokens_and_no_texts(tmp_path: Path, tokenizer: Path, text_tower: Any) -> None:
    text_tower(tmp_path / "text.onnx", kind=onnx.TensorProto.INT32)
    encoder = TextEncoder(tmp_path / "text.onnx", tokenizer, words(), Layer(5, "image"))
    assert encoder.encode(["red"]).shape == (1, 5)
    assert encoder.encode([]).shape == (0, 5)


def test_files_that_do_not_fit_the_card_are_told(
    tmp_path: Path, tokenizer: Path, text_tower: Any, small: Any
) -> None:
    path, layer = tmp_path / "text.onnx", Layer(5, "image")
    text_tower(path)
    with pytest.raises(
        BadCard, match="wants input_ids, attention_mask; the card gives it input_ids"
    ):
        TextEncoder(path, tokenizer, words(mask=""), layer)
    with pytest.raises(BadCard, match="no tensor 'text_embed'; near it: text_embeds"):
        TextEncoder(path, tokenizer, words(tensor="text_embed"), layer)
    with pytest.raises(BadCard, match=r"\(n, 5\), which pooling 'none' does not make \(n, 512\)"):
        TextEncoder(path, tokenizer, words(), Layer(512, "image")).encode(["red"])
    with pytest.raises(BadCard, match=r"is not a tokenizer\.json"):
        TextEncoder(path, path, words(), layer)
    small(path)
    with pytest.raises(BadCard, match=r"wants tensor\(float\), not whole numbers"):
        TextEncoder(path, tokenizer, words(tensor="fc", ids="planes", mask=""), layer)


def test_without_the_extra_its_install_line_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(MissingExtra, match=r'pip install "lookalike\[text\]"'):
        TextEncoder(tmp_path / "a", tmp_path / "b", words(), Layer(5, "image"))
