"""`lookalike train autoencoder`, as a person uses it."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lookalike.interfaces.cli.train.told import summary, warnings
from lookalike.learning.autoencoder import AutoencoderRun, AutoencoderSettings, Epoch
from program import PROGRAM, done, failed, lookalike

needs_torch = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("torch", "onnx")),
    reason="training needs PyTorch and ONNX: the extra train",
)
QUICK = ("--size", "64", "--latent", "8", "--batch", "16", "--device", "cpu")


@pytest.fixture
def shop(tmp_path: Path, draw) -> Path:
    for seed in range(40):
        draw(tmp_path / "shop" / f"{seed}.png", seed)
    return tmp_path / "shop"


@pytest.fixture
def without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function after which a library is as if it was not installed."""

    def forget(library: str) -> None:
        hidden = tmp_path / f"no {library}"
        hidden.mkdir()
        (hidden / "sitecustomize.py").write_text(f"import sys; sys.modules[{library!r}] = None")
        path = os.pathsep.join(filter(None, [str(hidden), os.environ.get("PYTHONPATH")]))
        monkeypatch.setenv("PYTHONPATH", path)

    return forget


def trained(losses: list[float], stopped: str, baseline: float = 0.05) -> AutoencoderRun:
    return AutoencoderRun(
        folder=Path("run"),
        source="shop",
        settings=AutoencoderSettings(epochs=len(losses), patience=3),
        pictures=1200,
        trained=1080,
        held_out=120,
        duplicates=0,
        failures=(),
        history=tuple(Epoch(n, loss, loss, 9.0) for n, loss in enumerate(losses, 1)),
        best=losses.index(min(losses)) + 1,
        stopped=stopped,
        device="cpu",
        precision="float32",
        baseline=baseline,
    )


def test_a_good_run_is_summed_up_without_a_warning() -> None:
    run = trained([0.04, 0.02, 0.0101, 0.01, 0.011, 0.012, 0.013], "early stopping")
    assert summary(run) == (
        "Trained on 1,080 of 1,200 pictures, 120 held out, by cpu in float32. Of 7 epochs number 4 "
        "was the best: on the held-out pictures its mean squared error is 0.0100, 80% less than "
        "that of always drawing the mean picture. It stopped as 3 more epochs were no better."
    )
    assert warnings(run) == []


def test_a_run_that_learned_little_or_stopped_too_soon_is_told_so() -> None:
    (line,) = warnings(trained([0.045, 0.04, 0.04], "early stopping"))
    assert line.startswith("That is little better than the mean picture")
    (line,) = warnings(trained([0.06, 0.06, 0.07], "early stopping"))
    assert line.startswith("That is no better than the mean picture")
    falling = [0.04, 0.03, 0.02, 0.018]
    (line,) = warnings(trained(falling, "all epochs"))
    assert "still improving, by 10% over its last quarter" in line and "--epochs 8 goes on" in line
    (line,) = warnings(trained(falling, "time"))
    assert "more --minutes" in line
    assert warnings(trained([0.02], "all epochs")) == []


@needs_torch
def test_a_folder_becomes_a_descriptor(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without
) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    (shop / "copy.png").write_bytes((shop / "3.png").read_bytes())
    (shop / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 broken")
    trained = lookalike("train", "autoencoder", "shop", "--epochs", "2", *QUICK)
    assert trained.returncode == 0, trained.stderr
    run = tmp_path / "shop-autoencoder"
    assert f"the run is made in {run}" in trained.stderr
    assert re.search(r"epoch 1 of 2 · loss 0\.\d+ · held out 0\.\d+ · best so far", trained.stderr)
    assert "epoch 2 of 2" in trained.stderr
    assert "1 file could not be read" in trained.stderr and "broken.jpg" in trained.stderr
    assert "of 40 pictures (1 more file is a copy)" in trained.stdout
    assert "It stopped as it had done all epochs." in trained.stdout
    assert "than the mean picture: it has learned next to nothing" in trained.stderr
    for file in ("encoder.onnx", "loss.png", "reconstructions.png", "latent-map.png"):
        assert file in trained.stdout
        assert (run / file).stat().st_size > 1000

    # What it says to type next does what it says.
    assert "lookalike index shop --descriptor autoencoder:shop-autoencoder\n" in trained.stdout
    done("index", "shop", "--descriptor", "autoencoder:shop-autoencoder")
    found = done("search", "shop/3.png", "--descriptor", "autoencoder", "--json")
    assert json.loads(found.splitlines()[0])["path"] == str(shop / "copy.png")

    # The same again trains nothing, draws again, and can be had as JSON.
    encoder = (run / "encoder.onnx").stat().st_mtime_ns
    (run / "loss.png").unlink()
    again = lookalike("train", "autoencoder", "shop", "--epochs", "2", *QUICK, "--json")
    told = json.loads(again.stdout)
    assert "epoch" not in again.stderr
    assert (run / "encoder.onnx").stat().st_mtime_ns == encoder
    assert (told["run"], told["pictures"], told["duplicates"]) == (str(run), 40, 1)
    assert len(told["history"]) == 2
    assert told["best_loss"] == told["history"][told["best"] - 1]["validation_loss"]
    assert told["drawings"][0] == str(run / "loss.png")
    assert (run / "loss.png").exists()

    # Granted more, it goes on; a run of something else it leaves alone.
    more = lookalike("train", "autoencoder", "shop", "--epochs", "3", *QUICK)
    assert "epoch 3 of 3" in more.stderr and "epoch 2 of" not in more.stderr
    why = lookalike("train", "autoencoder", "shop", *QUICK, "--latent", "16")
    assert why.returncode == 2
    assert "latent 8 (now 16); name another run folder" in why.stderr

    without("matplotlib")
    plain = lookalike("train", "autoencoder", "shop", "--epochs", "3", *QUICK)
    assert plain.returncode == 0
    assert 'pip install "lookalike[plot]"; then the same command draws' in plain.stderr
    assert "encoder.onnx\n" in plain.stdout


@needs_torch
@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no Ctrl-C to one process")
def test_stopped_by_hand_the_same_command_goes_on(shop: Path, tmp_path: Path) -> None:
    command = ["train", "autoencoder", str(shop), "--run", str(tmp_path / "run"), *QUICK]
    with subprocess.Popen(
        [*PROGRAM, *command, "--epochs", "100000"], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("epoch"):
                process.send_signal(signal.SIGINT)
                break
        said = process.stderr.read()
    assert process.returncode == 130
    assert said.rstrip().endswith("the same command goes on from there")
    first = int(re.findall(r"^epoch +(\d+) of", line + said, re.MULTILINE)[-1])
    more = lookalike(*command, "--epochs", first + 1)
    assert more.returncode == 0, more.stderr
    assert re.findall(r"^epoch +(\d+) of", more.stderr, re.MULTILINE) == [str(first + 1)]


def test_without_pytorch_it_says_what_to_install(shop: Path, tmp_path: Path, without) -> None:
    without("torch")
    told = failed(1, "train", "autoencoder", shop, "--run", tmp_path / "run")
    assert 'training an autoencoder needs an extra: pip install "lookalike[train]"' in told
    assert not (tmp_path / "run").exists()


@needs_torch
def test_what_is_wrong_is_said(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for arguments, why in (
        ([tmp_path / "none"], "there is no folder"),
        ([tmp_path / "empty"], "picture"),
        ([shop, "--latent", "4"], "latent is 8 to 512, not 4"),
        ([shop, "--size", "70"], "size is a multiple of 16"),
    ):
        told = lookalike("train", "autoencoder", *arguments, "--run", tmp_path / "run")
        assert told.returncode == 2, told.stderr
        assert why in told.stderr.splitlines()[-1]


def test_an_unknown_preset_is_said(shop: Path) -> None:
    assert "did you mean 'tutorial'" in failed(
        2, "train", "autoencoder", shop, "--preset", "tutorail"
    )
