"""Held-out pictures and their latents, to look at; and what a network has to beat."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from lookalike.images import View, fit
from lookalike.learning.autoencoder.architecture import Autoencoder
from lookalike.learning.autoencoder.files import write_arrays
from lookalike.learning.autoencoder.run import SAMPLES
from lookalike.learning.autoencoder.trainer import Data

_ORIGINALS, _LATENTS, _THUMBNAIL = 16, 2_000, 32

# Pictures at once.
_BATCH = 64


def write(model: Autoencoder, data: Data, run: Path) -> None:
    """Write `AutoencoderRun.samples`: the first held-out pictures, which are in no order."""
    rows = data.held_out[:_LATENTS]
    latents = []
    with torch.inference_mode():
        for start in range(0, len(rows), _BATCH):
            pictures = data.pixels[rows[start : start + _BATCH]]
            given = torch.from_numpy(pictures).permute(0, 3, 1, 2).float().div_(255)
            latents.append(model.encoder(given).numpy())
    small = View.stretch(_THUMBNAIL, _THUMBNAIL, "area")
    write_arrays(
        run / SAMPLES,
        {
            "originals": data.pixels[rows[:_ORIGINALS]],
            "latents": np.concatenate(latents),
            "thumbnails": np.stack([fit(data.pixels[row], small) for row in rows]),
        },
    )


def baseline(data: Data) -> float:
    """Return the mean squared error of drawing the mean of the trained pictures, always."""
    total = np.zeros(data.pixels.shape[1:])
    for rows in _parts(data.trained):
        total += data.pixels[rows].sum(axis=0, dtype=np.float64)
    mean = (total / len(data.trained) / 255).astype(np.float32)
    errors = 0.0
    for rows in _parts(data.held_out):
        away = data.pixels[rows].astype(np.float32) / 255 - mean
        errors += float(np.square(away).sum(dtype=np.float64))
    return errors / (len(data.held_out) * mean.size)


def _parts(rows: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
    ordered = np.sort(rows)
    return [ordered[start : start + _BATCH] for start in range(0, len(ordered), _BATCH)]
