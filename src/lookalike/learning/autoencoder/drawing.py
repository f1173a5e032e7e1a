"""A run → figures in its folder; needs the extra "plot", and no PyTorch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lookalike.learning.autoencoder.reconstruction import reconstruct
from lookalike.learning.autoencoder.run import AutoencoderRun
from lookalike.show import loss, picture_map, plot, redrawn

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOSS = "loss.png"
RECONSTRUCTIONS = "reconstructions.png"
LATENT_MAP = "latent-map.png"


def draw(run: AutoencoderRun) -> list[Path]:
    """Draw how a training went and what it learned.

    ``loss.png``: the loss over the epochs. ``reconstructions.png``: held-out pictures above what
    the decoder draws of them. ``latent-map.png``: held-out pictures where their latents lie.

    Parameters
    ----------
    run : AutoencoderRun

    Returns
    -------
    list of Path
        The files, which are in the run's folder; former ones are replaced.

    Raises
    ------
    MissingExtra
        Matplotlib is not installed.
    BadCard, NetworkError
        A file of the run is missing or damaged.
    UsageError
        The folder cannot be written to.
    """
    drawn = []
    for name, figure in _figures(run):
        plot.save(figure, run.folder / name)
        drawn.append(run.folder / name)
    return drawn


def plane(
    latents: npt.NDArray[np.floating],
) -> tuple[npt.NDArray[np.float64], float]:
    """Return the places of latents in the plane in which they differ most (PCA).

    Parameters
    ----------
    latents : (n, dim) float
        One or more.

    Returns
    -------
    (n, 2) float64
        The coordinate with the greater variance first. Of each direction that sign is taken which
        makes its largest component positive, so that the same latents give the same map.
    float
        The share of the variance of the latents that the plane holds; 0 where they do not differ.
    """
    centred = latents.astype(np.float64) - latents.mean(axis=0, dtype=np.float64)
    variances, axes = np.linalg.eigh(centred.T @ centred / len(centred))
    two = axes[:, ::-1][:, :2]  # eigh: the least first
    two = two * np.sign(two[np.abs(two).argmax(axis=0), np.arange(two.shape[1])])
    whole = float(variances.sum())
    return centred @ two, float(variances[-2:].sum() / whole) if whole > 0 else 0.0


def _figures(run: AutoencoderRun) -> Iterator[tuple[str, Figure]]:
    what = f"{run.pictures:,} pictures of {Path(run.source).name or run.source}"
    latent, size = run.settings.latent, run.settings.size
    yield (
        LOSS,
        loss.drawn(
            [epoch.train_loss for epoch in run.history],
            [epoch.validation_loss for epoch in run.history],
            best=run.best,
            baseline=run.baseline,
            heading=f"Autoencoder of {what}: {size} × {size} pixels in {latent} numbers",
        ),
    )
    with np.load(run.samples, allow_pickle=False) as samples:
        originals, latents = samples["originals"], samples["latents"]
        thumbnails = samples["thumbnails"]
    pictures = reconstruct(run, list(originals))
    difference = (pictures.astype(np.float32) - originals.astype(np.float32)) / 255.0
    errors = np.square(difference).mean(axis=(1, 2, 3))
    yield (
        RECONSTRUCTIONS,
        redrawn.drawn(
            list(originals),
            list(pictures),
            [f"{error:.4f}" for error in errors],
            heading=f"Pictures it was not trained on, and what it draws of their {latent} numbers",
            note="Below each: mean squared error of a pixel (0 to 1). All held-out pictures: "
            f"{run.best_loss:.4f}; always drawing the mean picture: {run.baseline:.4f}.",
        ),
    )
    places, share = plane(latents)
    yield (
        LATENT_MAP,
        picture_map.drawn(
            thumbnails,
            places,
            heading=f"{len(places):,} pictures it was not trained on, where their vectors lie",
            notes=(
                f"Across and upwards: the two directions in which their {latent} numbers differ",
                f"most (PCA, {share:.0%} of the variance). Each stands in the free cell that is "
                "nearest to its place.",
            ),
        ),
    )
