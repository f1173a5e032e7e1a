"""`autoencoder`: the encoder of a run of training, here one that gives the mean colour."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest

from lookalike import Gallery
from lookalike.descriptors import create, label
from lookalike.errors import BadParameter, NotIndexed
from lookalike.images import View
from lookalike.quick import ready_descriptors
from lookalike.stages.fitting import fitted

CARD = """
title = "Mean colour"
licence = "your own"
default = "latent"
metric = "euclidean"
[input]
width = 16
height = 16
range = 1.0
[layers.latent]
tensor = "latent"
dim = 3
normalise = false
"""


def write_run(folder: Path, factor: float = 1.0, card: str = CARD) -> Path:
    made = onnx.parser.parse_model(f"""
        <ir_version: 7, opset_import: ["" : 13]>
        encoder (float[n, 3, 16, 16] pixels) => (float[n, 3] latent)
        <float[1] factor = {{{factor}}}>
        {{ pool = GlobalAveragePool (pixels)  flat = Flatten (pool)  latent = Mul (flat, factor) }}
    """)
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save_model(made, folder / "encoder.onnx")
    (folder / "encoder.toml").write_text(card)
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_run(tmp_path / "run")


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    create.cache_clear()


def test_the_vector_is_the_latent_vector_of_the_run(run: Path) -> None:
    made = create(f"autoencoder:{run}")
    assert (made.dim, made.metric, made.view) == (3, "euclidean", View.stretch(16, 16))
    colours = np.array([[255, 0, 51], [0, 102, 255]], np.uint8)
    pictures = [np.full((16, 16, 3), colour, np.uint8) for colour in colours]
    np.testing.assert_allclose(made.describe(pictures), colours / 255, rtol=1e-6)


def test_a_moved_run_keeps_its_vectors_and_another_has_its_own(run: Path, tmp_path: Path) -> None:
    key = create(f"autoencoder:{run}").key
    assert create(f"autoencoder:run={run}").key == key
    moved = shutil.move(run, tmp_path / "elsewhere" / "a run, of mine")
    assert create(f"autoencoder:{moved}").key == key
    assert str(tmp_path) not in key
    assert create(f"autoencoder:{write_run(tmp_path / 'second', 2.0)}").key != key
    seen = CARD.replace("range = 1.0", "range = 2.0")
    assert create(f"autoencoder:{write_run(tmp_path / 'third', 1.0, seen)}").key != key


def test_trained_anew_in_the_same_folder_it_is_another(run: Path) -> None:
    key = create(f"autoencoder:{run}").key
    create.cache_clear()
    write_run(run, 3.25)
    assert create(f"autoencoder:{run}").key != key


def test_the_spec_holds_the_whole_path(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(run.parent)
    made = create("autoencoder:run")
    assert made.spec == f"autoencoder:run={run}"
    monkeypatch.chdir("/")
    assert create(made.spec).key == made.key


def test_a_gallery_calls_it_by_its_name(run: Path, folder: Path, gallery: Gallery) -> None:
    gallery.sync(folder, descriptors=[f"autoencoder:{run}"])
    assert [label(one.key) for one, _ in gallery.info().descriptors] == ["autoencoder"]
    found = gallery.search((folder / "a1.png").read_bytes(), descriptor="autoencoder", top=1)
    assert (found[0].path, found[0].distance) == (str(folder / "a1.png"), 0.0)
    assert found.metric == "euclidean"


def test_a_gallery_goes_on_with_a_run_that_was_moved(
    run: Path, folder: Path, gallery: Gallery, tmp_path: Path
) -> None:
    gallery.sync(folder, descriptors=[f"autoencoder:{run}"])
    stage = fitted("pca:2", gallery.vectors().vectors, "euclidean")
    gallery.add_stage(stage)
    moved = shutil.move(run, tmp_path / "elsewhere")
    create.cache_clear()
    with pytest.raises(NotIndexed, match="if it lies elsewhere now, name that: lookalike index"):
        gallery.search(folder / "a1.png")
    report = gallery.sync(descriptors=[f"autoencoder:{moved}"])
    assert (report.read, report.dropped) == (0, [])
    for name in ("autoencoder", "autoencoder/pca:2"):
        found = gallery.search((folder / "a1.png").read_bytes(), descriptor=name, top=1)
        assert found[0].path == str(folder / "a1.png")
    assert len(gallery.info().descriptors) == 2


def test_it_is_not_among_those_that_need_nothing() -> None:
    assert "autoencoder" not in {made.name for made in ready_descriptors()}


def test_what_is_wrong_is_said(run: Path, tmp_path: Path) -> None:
    wrong = [
        ("autoencoder", "needs run: the folder that `lookalike train autoencoder` wrote"),
        ("autoencoder:run=", "to have one: lookalike train autoencoder FOLDER"),
        (f"autoencoder:{tmp_path / 'none'}", "no folder .*none; train it: lookalike train auto"),
        (f"autoencoder:{tmp_path}", 'no finished run, as it has no encoder.onnx.*--run "'),
        (f"autoencoder:{run / 'encoder.onnx'}", "there is no folder"),
    ]
    for spec, why in wrong:
        with pytest.raises(BadParameter, match=why):
            create(spec)
    (run / "encoder.toml").unlink()
    with pytest.raises(BadParameter, match=r"no finished run, as it has no encoder.toml"):
        create(f"autoencoder:{run}")
