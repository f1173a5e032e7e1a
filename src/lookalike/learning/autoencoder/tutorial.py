"""The network of the tutorial that this project answers, as it really ran.

It was written for Keras. Its first two convolutions, to 32 and 64 channels, do nothing: the third
reads the input again instead of what the second gave. So one convolution is all that lies before
a dense layer of 67 million weights. It is here to be compared with; the documentation tells more.
"""

from __future__ import annotations

from torch import nn

from lookalike.learning.autoencoder.architecture import Autoencoder

_CHANNELS = 64
# Keras' own: LeakyReLU's slope, and the small number and the momentum of BatchNormalization
# (whose momentum of 0.99 is PyTorch's 0.01).
_SLOPE, _EPSILON, _MOMENTUM = 0.3, 1e-3, 0.01
_SPREAD = 0.05
"""Standard deviation of Keras' ``normal`` weights at the beginning."""


def tutorial(size: int = 256, latent: int = 16) -> Autoencoder:
    """Return the tutorial's network, with weights drawn from PyTorch's generator.

    With 256 pixels and 16 numbers it has 138,507,923 parameters. Training keeps five numbers for
    each in memory, 2.8 GB, and for 16 pictures about 4 GB more between its layers; checkpoints
    need 5 GB of disk. A smaller size lets it be tried.

    Parameters
    ----------
    size : int
        Pixels.
    latent : int
    """
    flat = _CHANNELS * size * size
    encoder = nn.Sequential(
        nn.Conv2d(3, _CHANNELS, 3, padding=1),
        *_bent(_CHANNELS),
        nn.Flatten(),
        nn.Linear(flat, latent),
    )
    decoder = nn.Sequential(
        nn.Linear(latent, flat),
        nn.Unflatten(1, (_CHANNELS, size, size)),
        nn.ConvTranspose2d(_CHANNELS, 64, 3, padding=1),
        *_bent(64),
        nn.ConvTranspose2d(64, 64, 3, padding=1),
        *_bent(64),
        nn.ConvTranspose2d(64, 32, 3, padding=1),
        *_bent(32),
        nn.ConvTranspose2d(32, 3, 3, padding=1),
        nn.Sigmoid(),
    )
    for module in (*encoder, *decoder):
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(module.weight, std=_SPREAD)
            nn.init.zeros_(module.bias)  # type: ignore[arg-type]
    return Autoencoder(encoder, decoder)


def _bent(channels: int) -> list[nn.Module]:
    return [
        nn.LeakyReLU(_SLOPE),
        nn.BatchNorm2d(channels, eps=_EPSILON, momentum=_MOMENTUM),
    ]
