"""What is said of a trained autoencoder, good and bad."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lookalike.interfaces.cli.terminal import plural

if TYPE_CHECKING:
    from lookalike.learning.autoencoder import AutoencoderRun

_LITTLE = 0.75  # of the mean picture's error: what is above it has learned next to nothing
_STILL = 0.03  # gained over the last quarter of the epochs: what gains more is not at its end


def summary(trained: AutoencoderRun) -> str:
    """Say in a paragraph what was trained, how good it is, and why it stopped."""
    copies = plural(trained.duplicates, "more file is a copy", "more files are copies")
    doubles = f" ({copies})" if trained.duplicates else ""
    why = {
        "early stopping": f"It stopped as {trained.settings.patience} more epochs were no better.",
        "all epochs": "It stopped as it had done all epochs.",
        "time": "It stopped as its time was up.",
        "interrupted": "It was stopped by hand.",
    }[trained.stopped]
    return (
        f"Trained on {trained.trained:,} of {plural(trained.pictures, 'picture')}{doubles}, "
        f"{trained.held_out:,} held out, by {trained.device} in {trained.precision}. Of "
        f"{plural(len(trained.history), 'epoch')} number {trained.best} was the best: on the "
        f"held-out pictures its mean squared error is {trained.best_loss:.4f}, "
        f"{_compared(trained)}. {why}"
    )


def warnings(trained: AutoencoderRun) -> list[str]:
    """Say plainly what is not as it should be."""
    lines = []
    if trained.best_loss > _LITTLE * trained.baseline:
        how = "little better" if trained.best_loss < trained.baseline else "no better"
        lines.append(
            f"That is {how} than the mean picture: it has learned next to nothing of what your "
            "pictures differ in, and searches with it are likely to be poor. Let it train longer "
            "(--epochs, --patience) or on more pictures; or search by glance, which needs no "
            "training."
        )
    gained = _gained_lately(trained)
    if gained > _STILL and trained.stopped != "early stopping":
        more = (
            f"--epochs {2 * trained.settings.epochs}"
            if trained.stopped == "all epochs"
            else "more --minutes"
        )
        lines.append(
            f"It was still improving, by {gained:.0%} over its last quarter: the same command with "
            f"{more} goes on from there."
        )
    return lines


def _compared(trained: AutoencoderRun) -> str:
    if 0 < trained.best_loss < trained.baseline:
        less = 1 - trained.best_loss / trained.baseline
        return f"{less:.0%} less than that of always drawing the mean picture"
    return f"and that of always drawing the mean picture {trained.baseline:.4f}"


def _gained_lately(trained: AutoencoderRun) -> float:
    """Return by what share the held-out loss fell over the last quarter of the epochs."""
    losses = [epoch.validation_loss for epoch in trained.history]
    before = losses[: -max(1, len(losses) // 4)]
    return 1 - trained.best_loss / min(before) if before and min(before) > 0 else 0.0
