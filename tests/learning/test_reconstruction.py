"""What a finished run draws, without PyTorch: here one that sees the colours of four quarters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from lookalike.errors import BadCard, CorruptPicture
from lookalike.learning.autoencoder.drawing import draw, plane
from lookalike.learning.autoencoder.reconstruction import drawn_from, reconstruct
from lookalike.learning.autoencoder.run import AutoencoderRun, Epoch
from lookalike.learning.autoencoder.settings import AutoencoderSettings

CARD = """
title = "Quarters"
licence = "your own"
default = "latent"
metric = "euclidean"
[input]
width = 64
height = 64
range = 1.0
[layers.latent]
tensor = "latent"
dim = 12
normalise = false
"""
QUARTERS = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [40, 80, 120]]], np.uint8)


@pytest.fixture
def run(tmp_path: Path) -> AutoencoderRun:
    encoder = onnx.parser.parse_model("""
        <ir_version: 8, opset_import: ["" : 17]>
        encoder (float[n, 3, 64, 64] pixels) => (float[n, 12] latent)
        { quarters = AveragePool <kernel_shape = [32, 32], strides = [32, 32]> (pixels)
          latent = Flatten (quarters) }
    """)
    decoder = onnx.parser.parse_model("""
        <ir_version: 8, opset_import: ["" : 17]>
        decoder (float[n, 12] latent) => (float[n, 3, 64, 64] pixels)
        <int64[4] shape = {-1, 3, 2, 2}>
        { quarters = Reshape (latent, shape)
          pixels = ConvTranspose <group = 3, strides = [32, 32]> (quarters, ones) }
    """)
    ones = onnx.numpy_helper.from_array(np.ones((3, 1, 32, 32), np.float32), "ones")
    decoder.graph.initializer.append(ones)
    onnx.save_model(encoder, tmp_path / "encoder.onnx")
    onnx.save_model(decoder, tmp_path / "decoder.onnx")
    (tmp_path / "encoder.toml").write_text(CARD)
    random = np.random.default_rng(0)
    np.savez(
        tmp_path / "samples.npz",
        originals=random.integers(0, 256, (3, 64, 64, 3), np.uint8),
        latents=random.normal(size=(20, 12)).astype(np.float32),
        thumbnails=random.integers(0, 256, (20, 32, 32, 3), np.uint8),
    )
    return AutoencoderRun(
        folder=tmp_path,
        source="shop/products",
        settings=AutoencoderSettings(size=64, latent=12, epochs=2),
        pictures=200,
        trained=180,
        held_out=20,
        duplicates=0,
        failures=(),
        history=(Epoch(1, 0.06, 0.05, 1.0), Epoch(2, 0.05, 0.04, 1.0)),
        best=2,
        stopped="all epochs",
        device="cpu",
        precision="float32",
        baseline=0.08,
    )


def quarters(side: int) -> np.ndarray:
    return QUARTERS.repeat(side // 2, axis=0).repeat(side // 2, axis=1)


def test_a_picture_goes_in_and_comes_out(run: AutoencoderRun) -> None:
    found = reconstruct(run, [quarters(64)])
    assert (found.dtype, found.shape) == (np.uint8, (1, 64, 64, 3))
    assert np.array_equal(found[0], quarters(64))


def test_pictures_of_any_size_are_seen_as_the_encoder_sees_them(run: AutoencoderRun) -> None:
    found = reconstruct(run, [quarters(256), np.full((30, 50), 77, np.uint8)])
    assert np.abs(found[0][8:24, 8:24].astype(int) - [255, 0, 0]).max() <= 2
    assert (found[1] == 77).all()


def test_more_than_a_batch_and_none(run: AutoencoderRun) -> None:
    colours = np.arange(37, dtype=np.uint8)
    found = reconstruct(run, [np.full((64, 64, 3), colour, np.uint8) for colour in colours])
    assert found[:, 0, 0, 0].tolist() == colours.tolist()
    assert reconstruct(run, []).shape == (0, 64, 64, 3)


def test_what_is_drawn_too_bright_or_too_dark_is_cut(run: AutoencoderRun) -> None:
    latents = np.repeat(np.float32([[-0.5], [1.7], [0.5]]), 12, axis=1)
    assert drawn_from(run, latents)[:, 5, 5, 0].tolist() == [0, 255, 128]


def test_what_cannot_be_read_is_said(run: AutoencoderRun) -> None:
    with pytest.raises(CorruptPicture):
        reconstruct(run, [b"\xff\xd8\xff\xe0 broken"])
    run.decoder.write_bytes(b"nothing")
    with pytest.raises(BadCard, match=r"decoder\.onnx cannot be run"):
        reconstruct(run, [quarters(64)])


def test_three_figures_lie_in_the_folder(run: AutoencoderRun) -> None:
    pytest.importorskip("matplotlib")
    drawn = draw(run)
    assert [path.name for path in drawn] == ["loss.png", "reconstructions.png", "latent-map.png"]
    assert all(path.parent == run.folder for path in drawn)
    first = [path.read_bytes() for path in drawn]
    assert all(data.startswith(b"\x89PNG") for data in first)
    assert [path.read_bytes() for path in draw(run)] == first


def test_the_plane_is_that_of_the_greatest_variance() -> None:
    random = np.random.default_rng(3)
    spread = random.normal(size=(500, 8)) * [1, 10, 1, 1, 1, 5, 1, 1]
    places, share = plane(spread.astype(np.float32) + 100)
    assert abs(np.corrcoef(places[:, 0], spread[:, 1])[0, 1]) > 0.99
    assert abs(np.corrcoef(places[:, 1], spread[:, 5])[0, 1]) > 0.98
    assert share == pytest.approx(125 / 131, abs=0.01)
    assert np.allclose(places.mean(axis=0), 0)


def test_latents_that_do_not_differ_have_one_place() -> None:
    places, share = plane(np.ones((4, 8), np.float32))
    assert (places == 0).all() and share == 0
