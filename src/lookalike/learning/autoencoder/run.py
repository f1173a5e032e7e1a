"""The folder that a training leaves, readable without PyTorch."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lookalike.errors import UsageError
from lookalike.learning.autoencoder.settings import AutoencoderSettings

RUN = "run.json"
ENCODER = "encoder.onnx"
DECODER = "decoder.onnx"
SAMPLES = "samples.npz"


@dataclass(frozen=True)
class Epoch:
    """What one pass through the pictures gave.

    Attributes
    ----------
    number : int
        From 1.
    train_loss : float
        Mean squared error over the epoch, while the weights changed; pixels run from 0 to 1.
    validation_loss : float
        The same of the held-out pictures, after the epoch.
    seconds : float
    """

    number: int
    train_loss: float
    validation_loss: float
    seconds: float


@dataclass(frozen=True, eq=False)
class AutoencoderRun:
    """A training and what came of it.

    Attributes
    ----------
    folder : Path
        Where the run lies.
    source : str
        The folder of the pictures.
    settings : AutoencoderSettings
    pictures : int
        Different pictures that could be read: `trained` and `held_out` together.
    trained, held_out : int
    duplicates : int
        Files with the very same bytes as another one; each picture is used once.
    failures : tuple of (str, str)
        Files that could not be read, and why.
    history : tuple of Epoch
    best : int
        The number of the epoch whose weights were kept.
    stopped : {"early stopping", "all epochs", "time", "interrupted"}
    device, precision : str
        What it was computed with.
    baseline : float
        The validation loss of always drawing the mean of the training pictures: what a network
        has to beat.
    """

    folder: Path
    source: str
    settings: AutoencoderSettings
    pictures: int
    trained: int
    held_out: int
    duplicates: int
    failures: tuple[tuple[str, str], ...]
    history: tuple[Epoch, ...]
    best: int
    stopped: str
    device: str
    precision: str
    baseline: float

    @classmethod
    def read(cls, folder: Path) -> AutoencoderRun:
        """Return the run that lies in a folder.

        Raises
        ------
        UsageError
            There is none, none yet, or its `run.json` is damaged.
        """
        file = folder / RUN
        try:
            told = json.loads(file.read_text("utf-8"))
            return cls._of_dict(folder, told)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise UsageError(
                f"there is no finished run in {folder}; train one: lookalike train autoencoder "
                f"DIR --run {folder}"
            ) from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError(
                f"{file} cannot be read as a run ({error}); the same training, called again, "
                "writes it anew"
            ) from error

    @classmethod
    def _of_dict(cls, folder: Path, told: dict[str, Any]) -> AutoencoderRun:
        told["folder"] = folder
        told["settings"] = AutoencoderSettings.of_dict(told["settings"])
        told["failures"] = tuple((str(path), str(why)) for path, why in told["failures"])
        told["history"] = tuple(Epoch(**epoch) for epoch in told["history"])
        return cls(**told)

    def as_dict(self) -> dict[str, Any]:
        """Return what `run.json` holds: everything but the folder."""
        told = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if field.name != "folder"
        }
        told["settings"] = self.settings.as_dict()
        told["history"] = [dataclasses.asdict(epoch) for epoch in self.history]
        told["failures"] = [list(failure) for failure in self.failures]
        return told

    @property
    def encoder(self) -> Path:
        """Pictures → latents, ONNX; its card lies beside it."""
        return self.folder / ENCODER

    @property
    def decoder(self) -> Path:
        """Latents (n, latent) float32 → pictures (n, 3, size, size) float32, 0 to 1, ONNX."""
        return self.folder / DECODER

    @property
    def samples(self) -> Path:
        """Held-out pictures, NumPy.

        ``originals`` (up to 16, size, size, 3) uint8; ``latents`` (m, latent) float32 and
        ``thumbnails`` (m, 32, 32, 3) uint8 of up to 2,000.
        """
        return self.folder / SAMPLES

    @property
    def best_loss(self) -> float:
        """The validation loss of the weights that were kept."""
        return self.history[self.best - 1].validation_loss
