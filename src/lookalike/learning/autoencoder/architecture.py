"""The default network: strided convolutions, a small dense latent, and the way back."""

from __future__ import annotations

import math

import torch
from torch import nn

from lookalike.learning.autoencoder.settings import HALVINGS, AutoencoderSettings

CHANNELS = (16, 32, 64, 128)
"""Of the map after each halving."""

SLOPE = 0.1


class Autoencoder(nn.Module):
    """Pictures → latents → pictures; both ways are plain sequences, so that they can be exported.

    Parameters
    ----------
    encoder : Sequential
        (n, 3, size, size) float, 0 to 1 → (n, latent).
    decoder : Sequential
        (n, latent) → (n, 3, size, size), 0 to 1.
    """

    def __init__(self, encoder: nn.Sequential, decoder: nn.Sequential) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Draw pictures (n, 3, size, size) again."""
        drawn: torch.Tensor = self.decoder(self.encoder(pictures))
        return drawn


def default(size: int, latent: int) -> Autoencoder:
    """Return the default network, with weights drawn from PyTorch's generator.

    Each halving is a 3 × 3 convolution of stride 2, batch normalisation and a leaky ReLU. The way
    back doubles by repeating pixels before an ordinary convolution: transposed convolutions train
    half as fast again, but leave a checkerboard that is plainly seen after minutes of training
    (Odena, Dumoulin and Olah 2016, "Deconvolution and Checkerboard Artifacts").

    Parameters
    ----------
    size : int
        Pixels; a multiple of 16.
    latent : int
    """
    side = size // 2**HALVINGS
    flat = CHANNELS[-1] * side * side
    encoder: list[nn.Module] = []
    for given, made in zip((3, *CHANNELS), CHANNELS, strict=False):
        encoder += [nn.Conv2d(given, made, 3, stride=2, padding=1, bias=False), *_bent(made)]
    encoder += [nn.Flatten(), nn.Linear(flat, latent)]
    decoder: list[nn.Module] = [
        nn.Linear(latent, flat),
        nn.Unflatten(1, (CHANNELS[-1], side, side)),
    ]
    for given, made in zip(CHANNELS[:0:-1], CHANNELS[-2::-1], strict=True):
        decoder += [*_doubling(given, made, bias=False), *_bent(made)]
    decoder += [*_doubling(CHANNELS[0], 3, bias=True), nn.Sigmoid()]
    return Autoencoder(nn.Sequential(*encoder), nn.Sequential(*decoder))


def _doubling(given: int, made: int, *, bias: bool) -> list[nn.Module]:
    return [nn.Upsample(scale_factor=2), nn.Conv2d(given, made, 3, padding=1, bias=bias)]


def _bent(channels: int) -> list[nn.Module]:
    return [nn.BatchNorm2d(channels), nn.LeakyReLU(SLOPE)]


def build(settings: AutoencoderSettings) -> Autoencoder:
    """Return the network of a preset; the same seed gives the same weights."""
    from lookalike.learning.autoencoder.tutorial import tutorial

    maker = {"default": default, "tutorial": tutorial}[settings.preset]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        return maker(settings.size, settings.latent)


def parameters(settings: AutoencoderSettings) -> int:
    """Return how many numbers a network has, without making it.

    All of them, those that are not trained (the means and variances of batch normalisation) too.
    """
    with torch.device("meta"):
        model = build(settings)
    state = model.state_dict()
    return sum(
        math.prod(value.shape) for name, value in state.items() if not name.endswith("tracked")
    )
