"""What a trained autoencoder draws of pictures; without PyTorch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lookalike import images
from lookalike.images import Image, Source
from lookalike.learning.autoencoder.run import AutoencoderRun
from lookalike.metrics import Vectors
from lookalike.networks.finding import find
from lookalike.networks.runtime import Encoder
from lookalike.networks.session import Session

_BATCH = 16  # so that the decoder's widest layer fits in memory, however many are asked for


def reconstruct(run: AutoencoderRun, pictures: Sequence[Source]) -> npt.NDArray[np.uint8]:
    """Return pictures as the decoder draws them from their latents.

    Parameters
    ----------
    run : AutoencoderRun
    pictures : n paths, bytes or arrays
        Of any size; each is first seen as the encoder sees it.

    Returns
    -------
    (n, size, size, 3) uint8, sRGB

    Raises
    ------
    PictureError
        One of them cannot be read.
    BadCard, NetworkError
        A file of the run is missing or damaged.
    """
    card = find(str(run.encoder)).card
    seen: list[Image] = [images.load(picture, card.input.view) for picture in pictures]
    latents = Encoder(run.encoder, card.input, card.layer()).encode(seen)
    return drawn_from(run, latents)


def drawn_from(run: AutoencoderRun, latents: Vectors) -> npt.NDArray[np.uint8]:
    """Return what the decoder draws from latents (n, latent) float32, as `reconstruct` does."""
    decoder = Session(run.decoder)
    (given,), (drawn,) = decoder.inputs, decoder.outputs
    size = run.settings.size
    parts = [np.empty((0, size, size, 3), np.uint8)]
    for start in range(0, len(latents), _BATCH):
        chunk = np.ascontiguousarray(latents[start : start + _BATCH], np.float32)
        (planes,) = decoder.run([drawn], {given: chunk})
        pixels = np.rint(255.0 * np.clip(planes, 0.0, 1.0)).astype(np.uint8)
        parts.append(pixels.transpose(0, 2, 3, 1))  # NCHW → NHWC
    return np.concatenate(parts)
