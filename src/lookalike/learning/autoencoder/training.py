"""A folder of pictures and a run folder → a trained autoencoder, once, resumable."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.errors import MissingExtra, UsageError
from lookalike.gallery.local.opened import absolute
from lookalike.learning.autoencoder import pictures
from lookalike.learning.autoencoder.run import RUN, AutoencoderRun, Epoch
from lookalike.learning.autoencoder.settings import AutoencoderSettings
from lookalike.learning.autoencoder.split import split
from lookalike.store import Progress, durable, writer
from lookalike.store.writer import only_writer

if TYPE_CHECKING:
    from lookalike.learning.autoencoder.pictures import Pictures
    from lookalike.learning.autoencoder.trainer import Data, Trainer

STARTED = "started.json"

# Numbers of 4 bytes that a checkpoint keeps for each parameter: the weights, the best weights, and
# two of the optimiser's. A second one is written before the first goes.
_KEPT = 4
_SPARE_BYTES = 50 * 2**20


def train_autoencoder(
    folder: str | os.PathLike[str],
    run: str | os.PathLike[str],
    settings: AutoencoderSettings | None = None,
    *,
    progress: Callable[[Progress], None] | None = None,
    told: Callable[[Epoch, float], None] | None = None,
) -> AutoencoderRun:
    """Train an autoencoder on every picture of a folder, or go on where an earlier call ended.

    Parameters
    ----------
    folder : path
        Its pictures, and those of the folders in it, by the rules of indexing.
    run : path
        The folder that is made. It also holds what is needed to go on after an interruption.
    settings : AutoencoderSettings, optional
        Those of the earlier call, if there was one; `epochs`, `patience`, `minutes`, `device` and
        `precision` may be others. A finished run is trained further only if it is granted more.
    progress : callable, optional
        Called with a `Progress` while pictures are looked for, read and trained on.
    told : callable, optional
        Called after each epoch with it and with the seconds that are left at most.

    Returns
    -------
    AutoencoderRun

    Raises
    ------
    MissingExtra
        PyTorch or ONNX is not installed.
    UsageError
        No such folder, too few pictures, not enough room on the disk, a run with other settings,
        or one that another process is training.
    TrainingFailed
        The loss is not finite; the last checkpoint is kept.
    KeyboardInterrupt
        Passed on after everything has been saved; the same call goes on from there.
    """
    for module in ("torch", "onnx"):
        if importlib.util.find_spec(module) is None:
            raise MissingExtra("training an autoencoder", "train")
    folder, run = absolute(folder), absolute(run)
    settings = settings or AutoencoderSettings()
    if not folder.is_dir():  # before there is a run folder
        raise UsageError(f"there is no folder {folder}; name the folder of the pictures")
    run.mkdir(parents=True, exist_ok=True)
    with only_writer(run, partial(_busy, run)):
        is_new = not (run / STARTED).exists()
        try:
            _begin(folder, run, settings)
            finished = _finished(run, settings)
            if finished is not None:
                return finished
            return _train(folder, run, settings, progress or (lambda _: None), told or _tell_nobody)
        except UsageError:
            if is_new:  # nothing was trained, so there is nothing to go on from
                _tidy(run)
            raise


def _train(
    folder: Path,
    run: Path,
    settings: AutoencoderSettings,
    progress: Callable[[Progress], None],
    told: Callable[[Epoch, float], None],
) -> AutoencoderRun:
    from lookalike.learning.autoencoder.trainer import Data, Trainer

    found, unlisted = pictures.found_in(folder, excluded=run)
    progress(Progress("looking", len(found)))
    _check_disk(run, pictures.bytes_left(found, run, settings.size), settings)
    taken = pictures.decode(found, run, settings.size, progress)
    taken = dataclasses.replace(taken, failures=unlisted + taken.failures)
    parts = split(taken.digests, settings.validation, settings.seed)
    data = Data(taken.pixels, taken.rows[parts.trained], taken.rows[parts.held_out])
    trainer = Trainer(settings, data, run)
    try:
        trainer.train(progress, told)
    except KeyboardInterrupt:
        if trainer.progressed.best:
            _finish(folder, run, trainer, taken, data, "interrupted")
        raise
    made = _finish(folder, run, trainer, taken, data, trainer.stopped)
    del data, taken, trainer.data  # Windows removes no file that is mapped
    pictures.forget(run)
    return made


def _finish(
    folder: Path, run: Path, trainer: Trainer, taken: Pictures, data: Data, stopped: str
) -> AutoencoderRun:
    from lookalike.learning.autoencoder import machine
    from lookalike.learning.autoencoder.export import export
    from lookalike.learning.autoencoder.samples import baseline, write

    model = trainer.best_model()
    export(model, trainer.settings, run)
    write(model, data, run)
    made = AutoencoderRun(
        folder=run,
        source=str(folder),
        settings=trainer.settings,
        pictures=len(taken.digests),
        trained=len(data.trained),
        held_out=len(data.held_out),
        duplicates=taken.duplicates,
        failures=taken.failures,
        history=tuple(trainer.progressed.history),
        best=trainer.progressed.best,
        stopped=stopped,
        device=machine.described(trainer.device),
        precision=trainer.progressed.precision,
        baseline=baseline(data),
    )
    durable.write(run / RUN, json.dumps(made.as_dict(), indent=1))
    return made


def _begin(folder: Path, run: Path, settings: AutoencoderSettings) -> None:
    """Note what is trained here, or refuse if it is something else."""
    file = run / STARTED
    given = {"source": str(folder), "settings": settings.as_dict()}
    if not file.exists():
        durable.write(file, json.dumps(given, indent=1))
        return
    there = json.loads(file.read_text("utf-8"))
    former = AutoencoderSettings.of_dict(there["settings"])
    differing = [
        f"{name} {getattr(former, name)} (now {getattr(settings, name)})"
        for name in settings.differing(former)
    ]
    if there["source"] != str(folder):
        differing.insert(0, f"the pictures of {there['source']} (now {folder})")
    if differing:
        raise UsageError(
            f"{run} is a run with {', '.join(differing)}; name another run folder, or repeat "
            "what it was begun with to go on, or remove it"
        )


def _finished(run: Path, settings: AutoencoderSettings) -> AutoencoderRun | None:
    """Return the run if it is finished, unless it is granted more than it was."""
    try:
        there = AutoencoderRun.read(run)
    except UsageError:
        return None
    former = there.settings
    more = {
        "interrupted": True,
        "all epochs": settings.epochs > former.epochs,
        "early stopping": settings.patience > former.patience,
        "time": settings.minutes is None
        or (former.minutes is not None and settings.minutes > former.minutes),
    }
    return None if more[there.stopped] else there


def _check_disk(run: Path, pixels: int, settings: AutoencoderSettings) -> None:
    from lookalike.learning.autoencoder.architecture import parameters

    needed = pixels + (2 * _KEPT + 1) * 4 * parameters(settings) + _SPARE_BYTES
    free = shutil.disk_usage(run).free
    if free < needed:
        raise UsageError(
            f"training needs {needed / 1e9:,.1f} GB in {run}, {pixels / 1e9:,.1f} of them only "
            f"until it has finished, and {free / 1e9:,.1f} GB are free; make room, name a run "
            "folder on another disk, or take a smaller size"
        )


def _busy(run: Path, writer: str) -> UsageError:
    return UsageError(
        f"{run} is being trained by {writer}; wait until it has finished, or stop it, or name "
        "another run folder"
    )


def _tidy(run: Path) -> None:
    """Remove what a training that never began has left, and the folder if nothing else is in it."""
    pictures.forget(run)
    for name in (STARTED, writer.NOTE, writer.LOCK):
        with suppress(OSError):  # Windows removes no file that is open
            (run / name).unlink(missing_ok=True)
    with suppress(OSError):
        run.rmdir()


def _tell_nobody(_epoch: Epoch, _left: float) -> None:
    pass
