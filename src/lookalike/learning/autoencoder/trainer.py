"""The training itself: epoch after epoch, each as good as the last checkpoint is whole."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from lookalike.errors import TrainingFailed
from lookalike.learning.autoencoder import checkpoint, interruption, machine
from lookalike.learning.autoencoder.architecture import Autoencoder, build
from lookalike.learning.autoencoder.checkpoint import CHECKPOINT, Progressed
from lookalike.learning.autoencoder.run import Epoch
from lookalike.learning.autoencoder.settings import AutoencoderSettings
from lookalike.store import Progress

Told = Callable[[Epoch, float], None]

# The tutorial's rate is constant.
_RATE, _LAST_RATE = 1e-3, 1e-5
_WARM_UP = 50
# Steps of an epoch, at least: one of a small folder goes through it several times, or patience
# would run out before anything is learnt.
_LEAST_STEPS = 20


@dataclass(frozen=True, eq=False)
class Data:
    """Pictures to train on.

    Attributes
    ----------
    pixels : (m, size, size, 3) uint8
        On the disk.
    trained, held_out : (n,) int64
        Their rows in `pixels`.
    """

    pixels: npt.NDArray[np.uint8]
    trained: npt.NDArray[np.int64]
    held_out: npt.NDArray[np.int64]

    def batch(self, rows: npt.NDArray[np.int64], device: torch.device) -> torch.Tensor:
        """Return pictures as (n, 3, size, size) float32, 0 to 1; sorted, so the disk is read on."""
        taken = torch.from_numpy(self.pixels[np.sort(rows)]).to(device)
        # Channels stay last in memory: convolutions on a processor take a third less time so.
        return taken.permute(0, 3, 1, 2).float().div_(255)

    def parts(
        self, rows: npt.NDArray[np.int64], batch: int, device: torch.device
    ) -> Iterator[torch.Tensor]:
        """Yield pictures in batches of about the same size."""
        for part in np.array_split(rows, math.ceil(len(rows) / batch)):
            yield self.batch(part, device)


class Trainer:
    """A network in training.

    Parameters
    ----------
    settings : AutoencoderSettings
    data : Data
    run : Path
        The folder of the checkpoint, which is gone on from if it is there.
    """

    def __init__(self, settings: AutoencoderSettings, data: Data, run: Path) -> None:
        self.settings = settings
        self.data = data
        self.file = run / CHECKPOINT
        self.device = machine.device(settings.device)
        self.model = build(settings).to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimiser = torch.optim.Adam(self.model.parameters(), _RATE)
        self.best: dict[str, torch.Tensor] = {}
        self.progressed = Progressed()
        if self.file.exists():
            self.best, self.progressed = checkpoint.load(self.file, self.model, self.optimiser)
        wanted = settings.precision
        if wanted == "auto":  # what was found once stays
            wanted = self.progressed.precision or wanted
        self.progressed.precision = machine.precision(wanted, self.device)
        passes = math.ceil(_LEAST_STEPS * settings.batch / len(data.trained))
        self._passes = 1 if settings.preset == "tutorial" else passes
        self._steps = math.ceil(self._passes * len(data.trained) / settings.batch)

    @property
    def stopped(self) -> str:
        """Why there is nothing more to do; empty while there is."""
        history = self.progressed.history
        if history and len(history) - self.progressed.best >= self.settings.patience:
            return "early stopping"
        if len(history) >= self.settings.epochs:
            return "all epochs"
        if history and self._minutes_share() >= 1:
            return "time"
        return ""

    def train(self, progress: Callable[[Progress], None], told: Told) -> None:
        """Train until there is nothing more to do.

        Raises
        ------
        KeyboardInterrupt
            After everything has been saved; at the second Ctrl-C at once, with what the last
            epoch saved.
        TrainingFailed
            The loss is not finite; the last checkpoint is kept.
        """
        with interruption.put_off() as wish:
            try:
                while not self.stopped:
                    self._train_epoch(wish, progress)
                    told(self.progressed.history[-1], self._seconds_left())
            except KeyboardInterrupt:
                if not wish.forced:  # else the weights may be half-way through a step
                    self._save()
                raise

    def best_model(self) -> Autoencoder:
        """Return the network of the best epoch, on the processor."""
        model = build(self.settings)
        model.load_state_dict(self.best)
        return model.eval()

    # -- one epoch ---------------------------------------------------------------------------

    def _train_epoch(self, wish: interruption.Wish, progress: Callable[[Progress], None]) -> None:
        at = self.progressed
        number = len(at.history) + 1
        random = np.random.default_rng((self.settings.seed, number))
        order = np.concatenate([random.permutation(self.data.trained) for _ in range(self._passes)])
        parts = np.array_split(order, self._steps)
        self.model.train()
        seen, total = (number - 1) * len(order), self.settings.epochs * len(order)
        done = sum(map(len, parts[: at.step]))
        while at.step < len(parts):
            began = time.monotonic()
            at.loss_sum += self._step(parts[at.step]) * len(parts[at.step])
            done += len(parts[at.step])
            at.step += 1
            at.seconds += time.monotonic() - began
            wish.heed()
            progress(Progress("training", seen + done, total))
            if self._minutes_share() >= 1:
                break
        began = time.monotonic()
        validation = self._validation_loss(wish)
        seconds = at.seconds + time.monotonic() - began
        self._finish(Epoch(number, at.loss_sum / done, validation, seconds))

    def _step(self, rows: npt.NDArray[np.int64]) -> float:
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate()
        pictures = self.data.batch(rows, self.device)
        with self._autocast():
            drawn = self.model(pictures)
        loss = functional.mse_loss(drawn.float(), pictures)
        found = loss.item()
        if not math.isfinite(found):
            raise self._failed()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        return found

    def _validation_loss(self, wish: interruption.Wish) -> float:
        self.model.eval()
        total = 0.0
        with torch.inference_mode():
            for pictures in self.data.parts(self.data.held_out, self.settings.batch, self.device):
                with self._autocast():
                    drawn = self.model(pictures)
                total += functional.mse_loss(drawn.float(), pictures).item() * len(pictures)
                wish.heed()
        return total / len(self.data.held_out)

    def _finish(self, epoch: Epoch) -> None:
        if not math.isfinite(epoch.validation_loss):
            raise self._failed()
        at = self.progressed
        if not at.best or epoch.validation_loss < at.history[at.best - 1].validation_loss:
            at.best = epoch.number
            self.best = {
                name: value.detach().cpu().clone()
                for name, value in self.model.state_dict().items()
            }
        at.history.append(epoch)
        at.step, at.loss_sum, at.seconds = 0, 0.0, 0.0
        self._save()

    def _save(self) -> None:
        checkpoint.save(self.file, self.model, self.optimiser, self.best, self.progressed)

    # -- how far -----------------------------------------------------------------------------

    def _rate(self) -> float:
        """Return the learning rate: a short warm-up, then a cosine down over what is granted."""
        at = self.progressed
        steps = len(at.history) * self._steps + at.step
        if self.settings.preset == "tutorial":
            return _RATE
        share = max(steps / (self.settings.epochs * self._steps), self._minutes_share())
        falling = (1 + math.cos(math.pi * min(1.0, share))) / 2
        return min(1.0, (steps + 1) / _WARM_UP) * (_LAST_RATE + (_RATE - _LAST_RATE) * falling)

    def _spent(self) -> float:
        at = self.progressed
        return sum(epoch.seconds for epoch in at.history) + at.seconds

    def _minutes_share(self) -> float:
        if self.settings.minutes is None:
            return 0.0
        return self._spent() / (60 * self.settings.minutes)

    def _seconds_left(self) -> float:
        """Return how long the training will still take at most, going by the epochs so far."""
        if self.stopped:
            return 0.0
        count = len(self.progressed.history)
        left = (self.settings.epochs - count) * self._spent() / count
        if self.settings.minutes is not None:
            left = min(left, 60 * self.settings.minutes - self._spent())
        return left

    def _autocast(self) -> torch.autocast:
        reduced = self.progressed.precision == "bfloat16"
        return torch.autocast(self.device.type, torch.bfloat16, enabled=reduced)

    def _failed(self) -> TrainingFailed:
        number = len(self.progressed.history) + 1
        return TrainingFailed(
            f"the loss of epoch {number} is not a finite number; the checkpoint of epoch "
            f"{number - 1} is kept in {self.file.parent}. Call the same again to go on from it, "
            "with precision float32 if it was bfloat16; if it fails again, take another seed in "
            "another run folder"
        )
