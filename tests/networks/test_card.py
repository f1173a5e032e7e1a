"""Cards: what they say, and what they are refused for."""

from __future__ import annotations

import contextlib
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.errors import BadCard, UnknownName
from lookalike.images import View
from lookalike.networks import card, card_names, finding, strict

OWN = """
title = "Mine"
licence = "MIT"
default = "fc"
[layers.fc]
tensor = "fc"
dim = 5
"""

FULL = """
title = "Mine"
licence = "MIT"
default = "fc"
source = "https://example.org"
metric = "euclidean"
[file]
urls = ["https://example.org/a.onnx"]
sha256 = "00000000000000000000000000000000000000000000000000000000000000ff"
bytes = 12
[input]
tensor = "x"
layout = "nhwc"
width = 10
height = 12
resize = "crop"
shorter = 14
filter = "bicubic"
channels = "bgr"
range = 1
mean = [1, 2.5, 3]
std = [1, 2, 3]
[layers.fc]
tensor = "fc"
node = "Gemm 1"
dim = 5
pooling = "gap"
activation = "relu"
normalise = false
[words]
tensor = "text"
length = 7
[words.file]
path = "text.onnx"
[words.tokenizer]
path = "tokenizer.json"
"""


def test_the_shortest_card_and_its_defaults() -> None:
    mine = finding.parse(OWN, "mine")
    assert mine.input == card.Input()
    assert mine.layer() == card.Layer(dim=5, tensor="fc")
    assert (mine.metric, mine.file, mine.words) == ("cosine", None, None)
    assert mine.input.view == View.stretch(224, 224)


def test_every_key_of_a_card_arrives() -> None:
    mine = finding.parse(FULL, "mine")
    assert mine.metric == "euclidean"
    assert mine.file == card.File(
        urls=("https://example.org/a.onnx",), sha256="0" * 62 + "ff", bytes=12
    )
    assert mine.input.view == View.crop(10, 12, 14, "bicubic")
    assert mine.input.mean == (1.0, 2.5, 3.0)
    assert mine.input.range == 1.0
    assert mine.layer("fc") == card.Layer(5, "fc", "Gemm 1", "gap", "relu", False)
    assert mine.words == card.Words(
        card.File("text.onnx"), card.File("tokenizer.json"), "text", length=7
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "Mine"', "", "the key 'title' is missing"),
        ("dim = 5", "", "the key 'layers.fc.dim' is missing"),
        ("dim = 5", "dim = 5\ndimm = 6", "unknown key 'layers.fc.dimm'; did you mean 'dim'"),
        ("dim = 5", 'dim = "5"', "'layers.fc.dim' is a whole number, not '5'"),
        ("dim = 5", "dim = true", "'layers.fc.dim' is a whole number, not True"),
        ("dim = 5", "dim = 5.0", "'layers.fc.dim' is a whole number, not 5.0"),
        ("dim = 5", "dim = 0", r"\[layers.fc\] the 'dim' of a layer is at least 1"),
        ('tensor = "fc"\nnode = "Gemm 1"', "", r"\[layers.fc\] a layer has a 'tensor'"),
        (
            'pooling = "gap"',
            'pooling = "max"',
            "'layers.fc.pooling' is one of none, cls, mean, gap",
        ),
        ("normalise = false", "normalise = 0", "'layers.fc.normalise' is true or false, not 0"),
        ('default = "fc"', 'default = "fc7"', "'default' is 'fc7', but the layers are fc"),
        ('metric = "euclidean"', 'metric = "l2"', "'metric' is written 'euclidean'"),
        ('metric = "euclidean"', 'metric = "far"', "no metric named 'far'"),
        ("mean = [1, 2.5, 3]", "mean = [1, 2]", r"'input.mean' is a list of 3, not \[1, 2\]"),
        ("mean = [1, 2.5, 3]", "mean = 0.5", "'input.mean' is a list of 3, not 0.5"),
        ("mean = [1, 2.5, 3]", 'mean = [1, 2, "3"]', r"'input.mean\[2\]' is a number, not '3'"),
        ("std = [1, 2, 3]", "std = [1, 0, 3]", "'input.std' and 'input.range' are above 0"),
        ("shorter = 14", "shorter = 9", "does not fit into a shorter side of 9 pixels"),
        ("width = 10", "width = -1", "width of a view is 1 to"),
        ('filter = "bicubic"', 'filter = "cubic"', "'input.filter' is one of nearest, area"),
        ("[input]", "[inputs]", "unknown key 'inputs'; did you mean 'input'"),
        ("bytes = 12", "", r"\[file\] a file has either a path, or urls"),
        ("bytes = 12", 'bytes = 12\npath = "a"', r"\[file\] a file with a path is not fetched"),
        ("00ff", "00FF", r"\[file\] a file has either a path, or urls"),
        ("https://example.org/a", "http://example.org/a", "only https:// is fetched"),
        ("[words.file]", "[words.files]", "unknown key 'words.files'"),
        ("length = 7", 'length = "long"', "'words.length' is a whole number"),
        ('title = "Mine"', "title = Mine", "the card mine is not TOML"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_key(old: str, new: str, message: str) -> None:
    assert old in FULL
    with pytest.raises(BadCard, match=message) as caught:
        finding.parse(FULL.replace(old, new), "mine")
    assert "card mine" in str(caught.value)


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)
_keys = st.sampled_from(
    ["title", "licence", "default", "source", "metric", "layers", "input", "file", "words", "other"]
)


@given(st.dictionaries(_keys, _values))
def test_any_table_is_a_card_or_refused(table: dict[str, object]) -> None:
    with contextlib.suppress(BadCard, UnknownName):
        strict.build(card.Card, table)


def test_every_card_of_the_package_is_one_and_says_where_its_file_is() -> None:
    assert card_names() == [
        "alexnet",
        "clip_vit_b32",
        "dinov2_small",
        "mobilenet_v2",
        "resnet50",
        "siglip_base",
        "vgg16",
    ]
    for name in card_names():
        own = finding.named(name)
        assert own.file is not None
        assert own.file.urls
        assert own.licence
        assert own.source.startswith("https://")
        assert own.input.view.how in ("crop", "stretch")


def test_the_layers_of_the_package() -> None:
    dims = {
        name: [layer.dim for layer in finding.named(name).layers.values()] for name in card_names()
    }
    assert dims == {
        "alexnet": [4096, 4096],
        "clip_vit_b32": [512],
        "dinov2_small": [384],
        "mobilenet_v2": [1280],
        "resnet50": [2048],
        "siglip_base": [768],
        "vgg16": [4096, 4096],
    }
    assert [name for name in card_names() if finding.named(name).words] == [
        "clip_vit_b32",
        "siglip_base",
    ]


def test_a_card_is_found_by_name_and_beside_a_file(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN)
    for text in (f"{tmp_path}/own.onnx", f"{tmp_path}/own.toml"):
        found = finding.find(text)
        assert (found.name, found.folder, found.card.title) == ("own", tmp_path, "Mine")
        assert found.file == card.File("own.onnx")
    assert finding.find("vgg16").card.title == "VGG16"


def test_a_card_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="did you mean 'vgg16'"):
        finding.find("vgg15")
    with pytest.raises(BadCard, match="there is no card .*own.toml; a network of your own needs"):
        finding.find(str(tmp_path / "own.onnx"))
    (tmp_path / "own.toml").mkdir()
    with pytest.raises(BadCard, match="cannot be read"):
        finding.find(str(tmp_path / "own.onnx"))


def test_a_layer_that_is_not_there_is_told() -> None:
    with pytest.raises(UnknownName, match="no layer of VGG16 named 'fc3'"):
        finding.named("vgg16").layer("fc3")


def test_the_recipe_changes_with_whatever_changes_a_vector_and_with_nothing_else() -> None:
    recipe = finding.parse(FULL, "mine").recipe("")
    for old, new in [("range = 1", "range = 2"), ('"bicubic"', '"area"'), ("= false", "= true")]:
        assert finding.parse(FULL.replace(old, new), "mine").recipe("") != recipe
    for old, new in [("Mine", "Other"), ("bytes = 12", "bytes = 13"), ("length = 7", "length = 8")]:
        assert finding.parse(FULL.replace(old, new), "mine").recipe("") == recipe


def test_the_card_that_the_documentation_shows_is_one() -> None:
    shown = str(card.__doc__).partition("::\n")[2].partition("\nThe cards of this package")[0]
    mine = finding.parse(textwrap.dedent(shown), "shown")
    assert mine.input.mean == (0.485, 0.456, 0.406)
    assert mine.layer() == card.Layer(1280, "embedding")
