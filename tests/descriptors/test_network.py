"""`network`: any ONNX file with a card, here the mean colour of a picture."""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from lookalike.descriptors import create, names
from lookalike.descriptors.network import Network
from lookalike.errors import BadCard, BadParameter, DownloadFailed, NetworkError, UnknownName
from lookalike.images import View
from lookalike.networks import card_names, fetch

CARD = """
title = "Mean colour"
licence = "MIT"
default = "mean"
metric = "euclidean"
[input]
width = 8
height = 8
filter = "area"
[layers.mean]
tensor = "mean"
dim = 3
normalise = false
[layers.negative]
tensor = "negative"
dim = 3
normalise = false
"""


def write_network(path: Path, factor: float = 1.0, card: str = CARD) -> Path:
    made = onnx.parser.parse_model(f"""
        <ir_version: 7, opset_import: ["" : 13]>
        mean (float[n, 3, 8, 8] pixels) => (float[n, 3] out)
        <float[1] factor = {{{factor}}}>
        {{
            pool = GlobalAveragePool (pixels)
            flat = Flatten (pool)
            mean = Mul (flat, factor)
            negative = Neg (mean)
            out = Exp (mean)
        }}
    """)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save_model(made, path)
    path.with_suffix(".toml").write_text(card)
    return path


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return write_network(tmp_path / "own.onnx")


@pytest.fixture
def no_web(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "fetch", lambda *_, **__: pytest.fail("fetched"))


def plain(colour: tuple[int, int, int], size: tuple[int, int] = (8, 8)) -> np.ndarray:
    return np.full((*size, 3), colour, np.uint8)


def test_the_vector_is_the_layer_of_the_picture(own: Path) -> None:
    pictures = [plain((10, 20, 30)), plain((250, 0, 5))]
    mean = create(f"network:{own}")
    assert (mean.dim, mean.metric, mean.view) == (3, "euclidean", View.stretch(8, 8, "area"))
    np.testing.assert_allclose(mean.describe(pictures), [[10, 20, 30], [250, 0, 5]])
    negative = create(f"network:{own},layer=negative")
    np.testing.assert_allclose(negative.describe(pictures), [[-10, -20, -30], [-250, 0, -5]])


def test_pictures_of_any_size_are_first_brought_to_the_cards_size(own: Path) -> None:
    two = np.concatenate([plain((0, 0, 0), (40, 30)), plain((200, 100, 50), (40, 30))])
    found = create(f"network:{own}").describe_arrays([two])
    np.testing.assert_allclose(found, [[100, 50, 25]], atol=1)


def test_a_batch_is_its_pictures_one_by_one(own: Path) -> None:
    pictures = list(np.random.default_rng(2).integers(0, 256, (19, 8, 8, 3), np.uint8))
    network = create(f"network:{own}")
    alone = np.concatenate([network.describe([picture]) for picture in pictures])
    np.testing.assert_allclose(network.describe(pictures), alone, rtol=1e-6)
    np.testing.assert_allclose(alone, np.mean(pictures, axis=(1, 2)), rtol=1e-5)


def test_every_way_to_name_a_network(own: Path) -> None:
    specs = [
        f"network:{own}",
        f"network:card={own}",
        f"network:{own.with_suffix('.toml')}",
        f"network:{own.with_suffix('.toml')},layer=mean",
        f"network:card={own},layer=mean,file={own}",
    ]
    assert len({create(spec).key for spec in specs}) == 1
    assert create(f"network:{own},layer=negative").key != create(specs[0]).key


@pytest.mark.usefixtures("no_web")
def test_naming_a_network_fetches_nothing() -> None:
    for name in card_names():
        assert name in names()
        network = create(name)
        assert isinstance(network, Network)
        assert network.dim > 0
        assert network.view.width == 224
        assert network.key.startswith(f"network@1:card={name},layer=")


@pytest.mark.usefixtures("no_web")
def test_the_layers_of_the_cards_have_their_own_keys() -> None:
    assert create("vgg16:layer=fc2").key == create("vgg16").key
    assert create("vgg16:layer=fc2").key == create("network:card=vgg16,layer=fc2").key
    assert create("vgg16:layer=fc1").key != create("vgg16").key
    assert create("alexnet:layer=fc6").dim == 4096
    assert "weights=722c42f53ca03a54" in create("vgg16").key


def test_the_key_follows_the_weights_and_the_card_but_not_the_path(
    own: Path, tmp_path: Path
) -> None:
    key = Network(card=str(own)).key
    digest = hashlib.sha256(own.read_bytes()).hexdigest()
    assert f"weights={digest[:16]}" in key
    assert str(tmp_path) not in key

    (tmp_path / "elsewhere").mkdir()
    for suffix in (".onnx", ".toml"):
        shutil.copy(own.with_suffix(suffix), tmp_path / "elsewhere")
    assert Network(card=str(tmp_path / "elsewhere" / "own.onnx")).key == key

    other = write_network(tmp_path / "weights" / "own.onnx", factor=2)
    assert Network(card=str(other)).key != key
    other = write_network(tmp_path / "card" / "own.onnx", card=CARD.replace('"area"', '"bicubic"'))
    assert Network(card=str(other)).key != key
    other = write_network(tmp_path / "title" / "own.onnx", card=CARD.replace("Mean", "The mean"))
    assert Network(card=str(other)).key == key


def test_a_file_of_ones_own_need_not_be_the_cards_and_is_in_the_key(
    own: Path, tmp_path: Path
) -> None:
    twice = write_network(tmp_path / "twice" / "any_name.onnx", factor=2)
    network = Network(card=str(own), file=str(twice))
    np.testing.assert_allclose(network.describe([plain((1, 2, 3))]), [[2, 4, 6]])
    assert network.key != Network(card=str(own)).key


def test_a_file_that_is_trained_on_meanwhile_is_loaded_again(own: Path) -> None:
    network = Network(card=str(own))
    before = network.key
    np.testing.assert_allclose(network.describe([plain((1, 2, 3))]), [[1, 2, 3]])
    write_network(own, factor=-4)
    assert network.key != before
    np.testing.assert_allclose(network.describe([plain((1, 2, 3))]), [[-4, -8, -12]])


def test_what_does_not_exist_is_told(own: Path, tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match="a network needs a card: one of alexnet"):
        create("network")
    with pytest.raises(UnknownName, match="no network named 'vgg61'; did you mean 'vgg16'"):
        create("network:vgg61")
    with pytest.raises(UnknownName, match="no layer of Mean colour named 'meen'"):
        create(f"network:{own},layer=meen")
    with pytest.raises(UnknownName, match="no parameter of network named 'layers'"):
        create("vgg16:layers=fc2")
    with pytest.raises(BadParameter, match="network:file: there is no file"):
        create(f"vgg16:file={tmp_path}/none.onnx").describe([plain((0, 0, 0))])
    own.unlink()
    with pytest.raises(BadCard, match="there is no file .*own.onnx; the card of own says"):
        Network(card=str(own)).describe([plain((0, 0, 0))])


def test_a_card_that_does_not_fit_its_file_is_told(tmp_path: Path) -> None:
    path = write_network(tmp_path / "own.onnx", card=CARD.replace('"negative"\n', '"negatve"\n'))
    with pytest.raises(BadCard, match="no tensor 'negatve'; near it: negative"):
        create(f"network:{path},layer=negative").describe([plain((0, 0, 0))])


@pytest.mark.usefixtures("no_web")
def test_offline_tells_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LOOKALIKE_OFFLINE", "1")
    monkeypatch.setenv("LOOKALIKE_CACHE", str(tmp_path))
    with pytest.raises(DownloadFailed, match=r"https://.*553,437,752 bytes.*722c42f5.*file=PATH"):
        create("vgg16").describe([plain((0, 0, 0), (224, 224))])


@pytest.fixture
def fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """A card whose file is at a web server, and the paths that were asked for there."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("LOOKALIKE_CACHE", str(tmp_path / "cache"))
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(tmp_path / "web"))

        def log_message(self, format: str, *args: object) -> None:
            asked.append(self.path)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    path = write_network(tmp_path / "web" / "far.onnx", factor=3)
    content = path.read_bytes()
    where = f"""
        [file]
        urls = ["http://127.0.0.1:{server.server_port}/far.onnx"]
        sha256 = "{hashlib.sha256(content).hexdigest()}"
        bytes = {len(content)}
    """
    card = tmp_path / "far.toml"
    card.write_text(CARD + where)
    yield {"card": str(card), "asked": asked, "size": len(content), "content": content}
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_file_is_fetched_when_it_is_first_needed(fetched: dict[str, Any]) -> None:
    network = Network(card=fetched["card"])
    digest = hashlib.sha256(fetched["content"]).hexdigest()
    assert (network.dim, f"weights={digest[:16]}" in network.key) == (3, True)
    assert fetched["asked"] == []
    for _ in range(2):
        np.testing.assert_allclose(network.describe([plain((1, 2, 3))]), [[3, 6, 9]])
    assert fetched["asked"] == ["/far.onnx"]


def test_of_several_threads_one_fetches(fetched: dict[str, Any]) -> None:
    network = Network(card=fetched["card"])
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: network.describe([plain((1, 2, 3))]), range(16)))
    np.testing.assert_allclose(found, [[[3, 6, 9]]] * 16)
    assert fetched["asked"] == ["/far.onnx"]


def test_it_can_be_fetched_ahead_with_progress(fetched: dict[str, Any]) -> None:
    seen: list[tuple[int, int]] = []
    network = Network(card=fetched["card"])
    network.prepare(lambda here, whole: seen.append((here, whole)))
    assert seen[-1] == (fetched["size"], fetched["size"])
    network.describe([plain((1, 2, 3))])
    assert fetched["asked"] == ["/far.onnx"]


WORDS = """
[words]
tensor = "sum"
length = 4
[words.file]
path = "text.onnx"
[words.tokenizer]
path = "tokenizer.json"
"""


@pytest.fixture
def with_words(tmp_path: Path) -> Path:
    tokenizers = pytest.importorskip("tokenizers")
    made = onnx.parser.parse_model("""
        <ir_version: 7, opset_import: ["" : 13]>
        words (int64[n, length] input_ids) => (float[n, 3] sum)
        <float[4, 3] table = {0, 0, 0,  255, 0, 0,  0, 255, 0,  0, 0, 255}, int64[1] axis = {1}>
        { rows = Gather (table, input_ids)  sum = ReduceSum <keepdims = 0> (rows, axis) }
    """)
    onnx.save_model(made, tmp_path / "text.onnx")
    vocabulary = {"": 0, "red": 1, "green": 2, "blue": 3}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token=""))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    return write_network(tmp_path / "own.onnx", card=CARD + WORDS)


def test_words_and_pictures_have_comparable_vectors(with_words: Path) -> None:
    network = Network(card=str(with_words))
    assert network.has_words
    found = network.describe_words(["red", "green blue", "nothing"])
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, [[255, 0, 0], [0, 255, 255], [0, 0, 0]])
    np.testing.assert_array_equal(found[:1], network.describe([plain((255, 0, 0))]))


def test_words_go_with_the_default_layer_only(with_words: Path) -> None:
    assert Network(card=str(with_words), layer="mean").has_words
    assert not Network(card=str(with_words), layer="negative").has_words
    with pytest.raises(NetworkError, match="own knows no words"):
        Network(card=str(with_words), layer="negative").describe_words(["red"])
    assert create("clip_vit_b32").has_words  # type: ignore[attr-defined]
    assert not create("vgg16").has_words  # type: ignore[attr-defined]


def test_a_network_without_words_says_so(own: Path) -> None:
    assert not Network(card=str(own)).has_words
    with pytest.raises(NetworkError, match="own knows no words; use .* clip_vit_b32"):
        Network(card=str(own)).describe_words(["red"])
