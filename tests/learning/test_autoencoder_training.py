from __future__ import annotations

import dataclasses
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as pillow

from lookalike import images
from lookalike.descriptors import create
from lookalike.errors import BadParameter, MissingExtra, TrainingFailed, UsageError
from lookalike.images import View, load
from lookalike.learning.autoencoder import AutoencoderRun, AutoencoderSettings, train_autoencoder
from lookalike.learning.autoencoder.pictures import JOURNAL, PIXELS
from lookalike.learning.autoencoder.split import LEAST, split
from lookalike.networks.session import Session

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None,
    reason="PyTorch is not installed: pip install 'lookalike[train]'",
)

CHECKPOINT = "checkpoint.npz"
TINY = AutoencoderSettings(
    size=64, latent=8, epochs=3, batch=8, validation=0.2, device="cpu", precision="float32"
)


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """So little work is done sooner by one thread, and beside other tests much sooner."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty-four pictures, one of them twice, and one that is none."""
    folder = tmp_path_factory.mktemp("pictures")
    for seed in range(24):
        coarse = np.random.default_rng(seed).integers(0, 256, (2, 2, 3), np.uint8)
        image = pillow.fromarray(coarse).resize((40, 30), pillow.Resampling.BICUBIC)
        image.save(folder / f"{seed:02}.png")
    shutil.copy(folder / "03.png", folder / "again.png")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    return folder


@pytest.fixture(scope="module")
def trained(source: Path, tmp_path_factory: pytest.TempPathFactory) -> AutoencoderRun:
    return train_autoencoder(source, tmp_path_factory.mktemp("runs") / "whole", TINY)


def weights(run: Path) -> dict[str, np.ndarray]:
    with np.load(run / CHECKPOINT, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files if name != "progressed"}


def assert_same_weights(one: Path, other: Path) -> None:
    ours, theirs = weights(one), weights(other)
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        np.testing.assert_array_equal(value, theirs[name], err_msg=name)


class Interrupt:
    """Presses Ctrl-C when a stage has come so far."""

    def __init__(self, stage: str, done: int) -> None:
        self.stage, self.done = stage, done

    def __call__(self, progress) -> None:
        if progress.stage == self.stage and progress.done >= self.done:
            signal.raise_signal(signal.SIGINT)


def test_it_learns_to_draw_better_than_the_mean_picture(source, tmp_path):
    made = train_autoencoder(
        source, tmp_path / "run", dataclasses.replace(TINY, epochs=25, patience=25)
    )
    losses = [epoch.train_loss for epoch in made.history]
    assert losses[-1] < losses[0] / 2
    assert made.best_loss < made.baseline
    assert made.best_loss == min(epoch.validation_loss for epoch in made.history)


def test_it_tells_what_it_did(trained, source):
    assert trained.pictures == trained.trained + trained.held_out == 24
    assert trained.duplicates == 1
    ((path, why),) = trained.failures
    assert path == str(source / "broken.jpg")
    assert why
    assert trained.stopped == "all epochs"
    assert [epoch.number for epoch in trained.history] == [1, 2, 3]
    assert trained.precision == "float32"


def test_the_baseline_is_the_error_of_the_mean_picture(source, tmp_path):
    made = train_autoencoder(source, tmp_path / "run", dataclasses.replace(TINY, epochs=1))
    files = sorted(source.glob("*.png"))[:24]
    view = View.stretch(64, 64)
    pixels = {file: load(file, view) / 255 for file in files}
    with np.load(made.samples) as samples:
        held_out = samples["originals"]
    out = {f for f in files if any((load(f, view) == picture).all() for picture in held_out)}
    assert len(out) == made.held_out
    mean = np.mean([pixels[f] for f in files if f not in out], axis=0)
    expected = np.mean([(pixels[f] - mean) ** 2 for f in out])
    assert made.baseline == pytest.approx(expected, rel=1e-5)


def test_a_folder_that_cannot_be_listed_is_noted(source, tmp_path, monkeypatch):
    folder = tmp_path / "pictures"
    shutil.copytree(source, folder)
    (folder / "closed").mkdir()
    scandir = os.scandir

    def refusing(path):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    made = train_autoencoder(folder, tmp_path / "run", dataclasses.replace(TINY, epochs=1))
    assert made.failures[0] == (str(folder / "closed"), "Permission denied")


def test_the_tutorials_network_can_be_trained_small(source, tmp_path):
    settings = AutoencoderSettings.of_preset(
        "tutorial", size=64, latent=8, epochs=1, device="cpu", precision="float32"
    )
    made = train_autoencoder(source, tmp_path / "run", settings)
    assert len(made.history) == 1
    assert create(f"network:{made.encoder}").dim == 8


def test_a_run_is_read_again_as_it_was(trained):
    again = AutoencoderRun.read(trained.folder)
    assert again.as_dict() == trained.as_dict()
    assert again.folder == trained.folder


def test_the_same_seed_gives_the_same_network(trained, source, tmp_path):
    again = train_autoencoder(source, tmp_path / "again", TINY)
    assert_same_weights(trained.folder, again.folder)
    other = train_autoencoder(source, tmp_path / "other", dataclasses.replace(TINY, seed=1))
    assert other.history[-1].train_loss != again.history[-1].train_loss


@pytest.mark.parametrize("when", [("training", 8), ("training", 20), ("training", 40)])
def test_a_run_that_is_interrupted_ends_like_one_that_is_not(when, trained, source, tmp_path):
    run = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        train_autoencoder(source, run, TINY, progress=Interrupt(*when))
    assert (run / CHECKPOINT).exists()
    made = train_autoencoder(source, run, TINY)
    assert_same_weights(trained.folder, run)
    assert made.stopped == "all epochs"
    with np.load(made.samples) as ours, np.load(trained.samples) as theirs:
        np.testing.assert_array_equal(ours["latents"], theirs["latents"])


def test_what_an_interrupted_run_reached_can_be_used(source, tmp_path):
    run = tmp_path / "run"
    told = []
    with pytest.raises(KeyboardInterrupt):
        train_autoencoder(
            source, run, TINY, progress=Interrupt("training", 250), told=lambda *e: told.append(e)
        )
    made = AutoencoderRun.read(run)
    assert made.stopped == "interrupted"
    assert [epoch for epoch, _ in told] == list(made.history)
    assert made.encoder.is_file()


def test_an_interruption_while_reading_costs_no_picture(trained, source, tmp_path, monkeypatch):
    monkeypatch.setattr("lookalike.learning.autoencoder.pictures._CHUNK", 5)
    run = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        train_autoencoder(source, run, TINY, progress=Interrupt("reading", 10))
    with (run / JOURNAL).open("a") as journal:  # as a process that was killed leaves it
        journal.write('["/half/a')
    with (run / PIXELS).open("ab") as pixels:
        pixels.write(b"half a picture")
    read = []
    whole = images.read_bytes
    monkeypatch.setattr(images, "read_bytes", lambda path: (read.append(path), whole(path))[1])
    train_autoencoder(source, run, TINY)
    assert len(read) == 26 - 10
    assert_same_weights(trained.folder, run)


def test_a_killed_training_loses_at_most_an_epoch(trained, source, tmp_path):
    run = tmp_path / "run"
    script = f"""
import os, torch
from pathlib import Path
from lookalike.learning.autoencoder import AutoencoderSettings, train_autoencoder
torch.set_num_threads(1)
def told(epoch, left):
    if epoch.number == 2:
        os._exit(9)  # as kill -9: nothing is tidied up
settings = AutoencoderSettings(**{TINY.as_dict()!r})
train_autoencoder({str(source)!r}, {str(run)!r}, settings, told=told)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True)
    assert done.returncode == 9, done.stderr
    told = []
    train_autoencoder(source, run, TINY, told=lambda epoch, _: told.append(epoch.number))
    assert told == [3]
    assert_same_weights(trained.folder, run)


def test_a_finished_run_is_not_trained_again(trained, source):
    told = []
    again = train_autoencoder(source, trained.folder, TINY, told=lambda *each: told.append(each))
    assert not told
    assert again.as_dict() == trained.as_dict()
    assert not (trained.folder / PIXELS).exists()


def test_a_finished_run_that_is_granted_more_goes_on(trained, source, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(trained.folder, run)
    told = []
    made = train_autoencoder(
        source,
        run,
        dataclasses.replace(TINY, epochs=5),
        told=lambda epoch, left: told.append((epoch.number, left)),
    )
    assert [number for number, _ in told] == [4, 5]
    assert told[0][1] > told[1][1] == 0
    assert made.history[:3] == trained.history
    assert made.settings.epochs == 5


def test_it_stops_early_where_nothing_gets_better(source, tmp_path, monkeypatch):
    from lookalike.learning.autoencoder.trainer import Trainer

    losses = iter([0.5, 0.4, 0.45, 0.42, 0.1])
    monkeypatch.setattr(Trainer, "_validation_loss", lambda *_: next(losses))
    made = train_autoencoder(
        source, tmp_path / "run", dataclasses.replace(TINY, epochs=9, patience=2)
    )
    assert (made.stopped, made.best, len(made.history)) == ("early stopping", 2, 4)


def test_it_stops_when_the_time_is_up(source, tmp_path):
    made = train_autoencoder(
        source, tmp_path / "run", dataclasses.replace(TINY, epochs=999, minutes=1e-6)
    )
    assert made.stopped == "time"
    assert len(made.history) == 1


def test_other_settings_are_refused_and_named(trained, source):
    with pytest.raises(UsageError, match=r"latent 8 \(now 16\).*another run folder"):
        train_autoencoder(source, trained.folder, dataclasses.replace(TINY, latent=16))
    with pytest.raises(UsageError, match="the pictures of"):
        train_autoencoder(source.parent, trained.folder, TINY)


def test_one_process_trains_a_run(trained, source):
    import filelock

    with (
        filelock.FileLock(trained.folder / "writer.lock"),
        pytest.raises(UsageError, match=r"being trained by .*; wait"),
    ):
        train_autoencoder(source, trained.folder, TINY)


def test_too_few_pictures_are_refused(source, tmp_path):
    few = tmp_path / "few"
    few.mkdir()
    for number in range(LEAST - 1):
        shutil.copy(source / f"{number:02}.png", few)
    shutil.copy(source / "00.png", few / "again.png")
    with pytest.raises(UsageError, match=f"{LEAST - 1} different.*at least {LEAST}"):
        train_autoencoder(few, tmp_path / "run", TINY)
    with pytest.raises(UsageError, match="no folder"):
        train_autoencoder(tmp_path / "nowhere", tmp_path / "other", TINY)


def test_a_full_disk_is_refused_before_anything_is_read(source, tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=10**6)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(UsageError, match=r"needs .* GB in .*0\.0 GB are free; make room"):
        train_autoencoder(source, tmp_path / "run", TINY)
    assert not (tmp_path / "run" / PIXELS).exists()


def test_a_loss_that_is_not_finite_ends_it_with_the_last_epoch_kept(source, tmp_path, monkeypatch):
    from lookalike.learning.autoencoder.trainer import Trainer

    whole = Trainer._validation_loss
    monkeypatch.setattr(
        Trainer,
        "_validation_loss",
        lambda self, wish: float("nan") if len(self.progressed.history) == 2 else whole(self, wish),
    )
    with pytest.raises(TrainingFailed, match="epoch 3 .*epoch 2 is kept"):
        train_autoencoder(source, tmp_path / "run", TINY)
    monkeypatch.undo()
    told = []
    train_autoencoder(
        source, tmp_path / "run", TINY, told=lambda epoch, _: told.append(epoch.number)
    )
    assert told == [3]


def test_without_pytorch_it_says_what_to_install(source, tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"lookalike\[train\]"):
        train_autoencoder(source, tmp_path / "run", TINY)


def test_the_split_stays_when_pictures_are_added():
    digests = [bytes([number]) * 32 for number in range(200)]
    before, after = split(digests[:100], 0.2, 7), split(digests, 0.2, 7)
    assert set(before.held_out) == {place for place in after.held_out if place < 100}
    assert not set(after.trained) & set(after.held_out)
    assert len(after.trained) + len(after.held_out) == 200
    assert 20 <= len(after.held_out) <= 60
    assert set(split(digests, 0.2, 8).held_out) != set(after.held_out)


def test_one_picture_at_least_is_held_out():
    digests = [bytes([number]) * 32 for number in range(LEAST)]
    assert all(len(split(digests, 1e-9, seed).held_out) == 1 for seed in range(20))


def test_the_encoder_is_a_network_with_a_card(trained, source):
    descriptor = create(f"network:{trained.encoder}")
    assert (descriptor.dim, descriptor.metric) == (8, "euclidean")
    with np.load(trained.samples) as samples:
        originals, latents = samples["originals"], samples["latents"]
        assert samples["thumbnails"].shape == (trained.held_out, 32, 32, 3)
    assert latents.shape == (trained.held_out, 8)
    found = descriptor.describe(list(originals))
    np.testing.assert_allclose(found, latents[: len(originals)], atol=1e-4)


def test_the_decoder_draws_pictures(trained):
    with np.load(trained.samples) as samples:
        latents = samples["latents"]
    session = Session(trained.decoder)
    (drawn,) = session.run(["drawn"], {"latent": latents})
    assert drawn.shape == (trained.held_out, 3, 64, 64)
    assert 0 <= drawn.min() <= drawn.max() <= 1


@pytest.mark.parametrize(
    "wrong",
    [{"size": 72}, {"size": 32}, {"latent": 4}, {"validation": 0.0}, {"minutes": 0.0}],
)
def test_settings_that_do_not_fit_are_refused(wrong):
    with pytest.raises(BadParameter):
        AutoencoderSettings(**wrong)


def test_presets():
    assert AutoencoderSettings.of_preset("tutorial", latent=32, epochs=None) == AutoencoderSettings(
        "tutorial", 256, 32, 100, batch=16, validation=0.2
    )
    with pytest.raises(UsageError, match="did you mean 'tutorial'"):
        AutoencoderSettings.of_preset("tutorail")


def test_it_trains_in_bfloat16(source, tmp_path):
    made = train_autoencoder(
        source, tmp_path / "run", dataclasses.replace(TINY, precision="bfloat16")
    )
    assert made.precision == "bfloat16"
    assert made.history[-1].train_loss < made.history[0].train_loss
