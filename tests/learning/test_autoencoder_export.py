from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lookalike.learning.autoencoder import AutoencoderSettings
from lookalike.networks.session import Session

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None,
    reason="PyTorch is not installed: pip install 'lookalike[train]'",
)


def lived_in(settings: AutoencoderSettings) -> Any:
    """Return a network whose normalisation has seen something."""
    import torch

    from lookalike.learning.autoencoder.architecture import build

    model = build(settings)
    generator = torch.Generator().manual_seed(1)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for tensor, low, high in (
                (module.weight.data, 0.5, 2.0),
                (module.bias.data, -1.0, 1.0),
                (module.running_mean, -0.5, 0.5),
                (module.running_var, 0.5, 2.0),
            ):
                tensor.uniform_(low, high, generator=generator)
    return model.eval()


@pytest.mark.parametrize(
    "settings",
    [
        AutoencoderSettings(size=64, latent=8),
        AutoencoderSettings(size=80, latent=12),
        AutoencoderSettings("tutorial", 64, 8),
    ],
    ids=["default", "another size", "tutorial"],
)
def test_onnx_computes_what_pytorch_does(settings: AutoencoderSettings, tmp_path: Path):
    import torch

    from lookalike.learning.autoencoder.export import export

    model = lived_in(settings)
    export(model, settings, tmp_path)
    pictures = np.random.default_rng(0).random((3, 3, settings.size, settings.size), np.float32)
    with torch.inference_mode():
        latents = model.encoder(torch.from_numpy(pictures))
        drawn = model.decoder(latents).numpy()
    latents = latents.numpy()
    (found,) = Session(tmp_path / "encoder.onnx").run(["latent"], {"pictures": pictures})
    assert np.abs(found - latents).max() < 1e-4 * np.abs(latents).max()
    (found,) = Session(tmp_path / "decoder.onnx").run(["drawn"], {"latent": latents})
    assert np.abs(found - drawn).max() < 1e-4


def test_normalisation_costs_the_encoder_nothing(tmp_path: Path):
    import onnx

    from lookalike.learning.autoencoder.architecture import build
    from lookalike.learning.autoencoder.export import export

    settings = AutoencoderSettings(size=64, latent=8)
    export(build(settings), settings, tmp_path)
    for name in ("encoder.onnx", "decoder.onnx"):
        model = onnx.load(tmp_path / name)
        onnx.checker.check_model(model, full_check=True)
        assert "BatchNormalization" not in {node.op_type for node in model.graph.node}


def test_the_tutorials_network_is_the_tutorials():
    import torch

    from lookalike.learning.autoencoder.architecture import build, parameters

    assert parameters(AutoencoderSettings.of_preset("tutorial")) == 138_507_923
    with torch.device("meta"):
        model = build(AutoencoderSettings.of_preset("tutorial"))
    counts = [sum(p.numel() for p in module.parameters()) for module in model.encoder]
    assert counts == [1_792, 0, 128, 0, 67_108_880]
    assert model.encoder(torch.empty(2, 3, 256, 256, device="meta")).shape == (2, 16)


def test_the_same_seed_draws_the_same_weights_and_leaves_pytorchs_generator_alone():
    import torch

    from lookalike.learning.autoencoder.architecture import build

    settings = AutoencoderSettings(size=64, latent=8)
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    one, other = build(settings), build(settings)
    assert torch.equal(torch.rand(1), expected)
    for ours, theirs in zip(one.parameters(), other.parameters(), strict=True):
        assert torch.equal(ours, theirs)
