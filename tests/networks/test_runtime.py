"""Pictures → input → tensor → vector, against the same arithmetic in NumPy."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lookalike.errors import BadCard, NetworkError
from lookalike.networks.card import Input, Layer
from lookalike.networks.runtime import Encoder, Tensor, pooled, prepared

PICTURES = np.random.default_rng(1).integers(0, 256, (11, 16, 16, 3), np.uint8)
GIVEN = Input(width=16, height=16, range=1.0, mean=(0.5, 0.4, 0.3), std=(0.2, 0.3, 0.4))


def planes(pictures: np.ndarray) -> np.ndarray:
    """Return what GIVEN asks for, (n, 3, 16, 16), in double precision."""
    scaled = (pictures / 255 - np.array(GIVEN.mean)) / np.array(GIVEN.std)
    return np.moveaxis(scaled, -1, 1)


def normalised(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_preparing_one_pixel_by_hand() -> None:
    pixel = np.array([[[[51, 102, 255]]]], np.uint8)  # a fifth, two fifths, one
    given = Input(range=1.0, mean=(0.2, 0.2, 0.2), std=(0.5, 0.1, 0.4))
    np.testing.assert_allclose(prepared(pixel, given).ravel(), [0, 2, 2], atol=1e-6)
    given = Input(range=1.0, channels="bgr", mean=(0.2, 0.2, 0.2), std=(0.5, 0.1, 0.4))
    np.testing.assert_allclose(prepared(pixel, given).ravel(), [1.6, 2, 0], atol=1e-6)
    assert prepared(pixel, Input()).ravel().tolist() == [51, 102, 255]


def test_preparing_puts_the_axes_where_the_network_wants_them() -> None:
    first, second = prepared(PICTURES, Input()), prepared(PICTURES, Input(layout="nhwc"))
    np.testing.assert_array_equal(first, np.moveaxis(PICTURES, -1, 1))
    np.testing.assert_array_equal(second, PICTURES)
    assert first.flags.c_contiguous
    assert first.dtype == second.dtype == np.float32


@pytest.mark.parametrize("batch", ["n", 1, 4])
@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize(
    "layer",
    [
        Layer(5, "fc", normalise=False),
        Layer(5, "fc"),
        Layer(5, "fc", activation="relu"),
        Layer(5, node="Gemm 1 > Relu"),
        Layer(8, "pool"),
        Layer(8, "map", pooling="gap"),
        Layer(8, "tokens", pooling="cls"),
        Layer(8, "tokens", pooling="mean"),
        Layer(512, "map"),
    ],
    ids=str,
)
def test_every_kind_of_layer_is_what_numpy_computes(
    tmp_path: Path, small: Any, layer: Layer, layout: str, batch: int | str
) -> None:
    net = small(tmp_path / "small.onnx", layout=layout, batch=batch)
    given = Input(layout=layout, width=16, height=16, range=1.0, mean=GIVEN.mean, std=GIVEN.std)  # type: ignore[arg-type]
    if layer.pooling == "gap" and layout == "nhwc":
        layer = Layer(8, "map_nhwc", pooling="gap")
    x = planes(PICTURES)
    meant = {
        "fc": net.fc(x),
        "": np.maximum(net.fc(x), 0),
        "pool": net.map(x).mean((2, 3)),
        "map": net.map(x).mean((2, 3)) if layer.pooling == "gap" else net.map(x).reshape(11, -1),
        "map_nhwc": net.map(x).mean((2, 3)),
        "tokens": net.tokens(x)[:, 0] if layer.pooling == "cls" else net.tokens(x).mean(1),
    }[layer.tensor]
    if layer.activation == "relu":
        meant = np.maximum(meant, 0)
    found = Encoder(tmp_path / "small.onnx", given, layer).encode(list(PICTURES))
    assert found.dtype == np.float32
    np.testing.assert_allclose(
        found, normalised(meant) if layer.normalise else meant, rtol=1e-4, atol=1e-5
    )


def test_half_precision_networks_give_float32(tmp_path: Path, small: Any) -> None:
    net = small(tmp_path / "small.onnx", dtype=np.float16)
    encoder = Encoder(tmp_path / "small.onnx", GIVEN, Layer(5, "fc"))
    found = encoder.encode(list(PICTURES))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, normalised(net.fc(planes(PICTURES))), atol=5e-3)


def test_no_pictures_give_no_vectors(tmp_path: Path, small: Any) -> None:
    small(tmp_path / "small.onnx")
    encoder = Encoder(tmp_path / "small.onnx", GIVEN, Layer(5, "fc"))
    assert encoder.encode([]).shape == (0, 5)


def test_an_output_of_the_file_is_taken_as_it_is(tmp_path: Path, small: Any) -> None:
    net = small(tmp_path / "small.onnx", outputs=("out", "fc"))
    encoder = Encoder(tmp_path / "small.onnx", GIVEN, Layer(5, "fc", normalise=False))
    np.testing.assert_allclose(
        encoder.encode(list(PICTURES)), net.fc(planes(PICTURES)), rtol=1e-4, atol=1e-5
    )


def test_threads_may_share_an_encoder(tmp_path: Path, small: Any) -> None:
    small(tmp_path / "small.onnx")
    encoder = Encoder(tmp_path / "small.onnx", GIVEN, Layer(5, "fc"))
    alone = encoder.encode(list(PICTURES))
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: encoder.encode(list(PICTURES)), range(40)):
            np.testing.assert_array_equal(found, alone)


@pytest.mark.parametrize(
    ("given", "layer", "message"),
    [
        (GIVEN, Layer(6, "fc"), r"\(n, 5\), which pooling 'none' does not make \(n, 6\)"),
        (GIVEN, Layer(5, "fc", pooling="cls"), r"\(n, 5\), which pooling 'cls' does not make"),
        (GIVEN, Layer(8, "map", pooling="mean"), r"which pooling 'mean' does not make \(n, 8\)"),
        (GIVEN, Layer(5, "fd"), "no tensor 'fd'; near it: fc"),
        (Input("pixels", width=16, height=16), Layer(5, "fc"), "'input.tensor' is 'pixels', but"),
    ],
)
def test_a_card_that_does_not_fit_its_file_is_told(
    tmp_path: Path, small: Any, given: Input, layer: Layer, message: str
) -> None:
    small(tmp_path / "small.onnx")
    with pytest.raises(BadCard, match=message):
        Encoder(tmp_path / "small.onnx", given, layer).encode(list(PICTURES))


def test_a_network_that_does_not_take_pictures_is_refused(tmp_path: Path, text_tower: Any) -> None:
    text_tower(tmp_path / "text.onnx", masked=False)
    with pytest.raises(BadCard, match=r"'input_ids' is tensor\(int64\) .* not 4 axes of floats"):
        Encoder(tmp_path / "text.onnx", Input(), Layer(5, "text_embeds"))


def test_a_file_that_onnx_runtime_cannot_run_is_told(tmp_path: Path, small: Any) -> None:
    small(tmp_path / "small.onnx")
    broken = (tmp_path / "small.onnx").read_bytes().replace(b"Flatten", b"Flutten")
    (tmp_path / "small.onnx").write_bytes(broken)
    with pytest.raises(BadCard, match="cannot be run by ONNX Runtime"):
        Tensor(tmp_path / "small.onnx", "fc")


def test_a_size_that_the_network_does_not_take_is_told(tmp_path: Path, small: Any) -> None:
    small(tmp_path / "small.onnx")
    encoder = Encoder(tmp_path / "small.onnx", Input(width=8, height=8), Layer(5, "fc"))
    with pytest.raises(NetworkError, match=r"small.onnx fails on its input"):
        encoder.encode([PICTURES[0, :8, :8]])


def test_numbers_that_are_not_finite_are_refused(tmp_path: Path, small: Any) -> None:
    small(tmp_path / "small.onnx", dtype=np.float16)
    encoder = Encoder(
        tmp_path / "small.onnx", Input(width=16, height=16, range=6e4), Layer(5, "fc")
    )
    with pytest.raises(NetworkError, match="not finite in 'fc'"):
        encoder.encode(list(PICTURES))


def test_a_zero_vector_stays_zero_when_normalised() -> None:
    np.testing.assert_array_equal(pooled(np.zeros((2, 3), np.float32), Layer(3, "x"), "nchw"), 0)
