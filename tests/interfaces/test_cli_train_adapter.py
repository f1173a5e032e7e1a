"""`lookalike train adapter`, as a person runs it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike import Gallery
from program import done, failed, lookalike

GROUPS, EACH = 18, 4


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of pictures that share a faint pattern, under light of any colour and direction."""
    folder = tmp_path_factory.mktemp("pictures")
    random = np.random.default_rng(0)
    across, down = np.meshgrid(np.linspace(-1, 1, 8), np.linspace(-1, 1, 8))
    for group in range(GROUPS):
        pattern = random.choice([-10.0, 10.0], (8, 8, 3))
        (folder / f"group{group:02}").mkdir()
        for number in range(EACH):
            light = sum(random.uniform(-40, 40, 3) * side[..., None] for side in (across, down))
            pixels = 128 + pattern + light + random.uniform(-30, 30, 3)
            picture = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
            picture.save(folder / f"group{group:02}" / f"{group}_{number}.png")
    return folder


@pytest.fixture(scope="module")
def indexed(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    gallery = tmp_path_factory.mktemp("galleries") / "gallery"
    done("index", pictures, "-g", gallery, "-d", "pixels:size=8")
    return gallery


@pytest.fixture
def gallery(indexed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(indexed, tmp_path / "gallery"))


def nearest(gallery: Path, picture: Path) -> list[str]:
    with Gallery.open(gallery) as opened:
        return [Path(match.path).parent.name for match in opened.search(picture, top=EACH - 1)]


def test_an_adapter_that_helps_is_searched_by_from_then_on(gallery: Path, pictures: Path) -> None:
    asked = sorted(pictures.glob("*/*_0.png"))
    before = sum(nearest(gallery, one).count(one.parent.name) for one in asked)
    told = done("train", "adapter", "-g", gallery)
    assert "It helps. mAP" in told and "as they are" in told and "discriminants" in told
    assert "pixels/adapter is what searches go by now." in told
    after = sum(nearest(gallery, one).count(one.parent.name) for one in asked)
    assert after > before
    # Trained again, it stands on the plain vectors again, and takes the place of the first.
    assert json.loads(done("train", "adapter", "-g", gallery, "--json"))["descriptor"] == "pixels"
    with Gallery.open(gallery) as opened:
        assert len(opened.info().descriptors) == 2


def test_only_measuring_changes_nothing(gallery: Path) -> None:
    told = json.loads(done("train", "adapter", "-g", gallery, "--dry-run", "--json"))
    assert told["helps"] and told["installed"] == ""
    assert told["methods"][0]["method"] == "as they are"
    assert told["difference"]["mean"] > 0 and told["units"] == 6
    with Gallery.open(gallery) as opened:
        assert len(opened.info().descriptors) == 1


def test_it_can_be_kept_beside_what_searches_go_by(gallery: Path) -> None:
    told = done("train", "adapter", "-g", gallery, "--keep-default", "--name", "mine")
    assert "pixels/mine can be searched by." in told
    with Gallery.open(gallery) as opened:
        assert opened.vectors().descriptor.startswith("pixels@")
        assert not opened.vectors().descriptor.endswith("mine")
        assert len(opened.vectors("pixels/mine")) == GROUPS * EACH


def test_labels_without_sense_install_nothing(gallery: Path, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    labels = random.permutation(np.repeat(np.arange(GROUPS), EACH))
    names = [f"{group}_{number}.png" for group in range(GROUPS) for number in range(EACH)]
    table = tmp_path / "labels.csv"
    rows = [f"{name},{label}" for name, label in zip(names, labels, strict=True)]
    table.write_text("\n".join(["path,label", *rows, "nowhere.png,3"]))
    told = lookalike("train", "adapter", "-g", gallery, "--labels", table)
    assert told.returncode == 1
    assert "It does not help beyond chance." in told.stdout
    assert "Nothing was installed." in told.stdout
    assert f"told of by {table}, 1 more not in the gallery" in told.stdout
    with Gallery.open(gallery) as opened:
        assert len(opened.info().descriptors) == 1


def test_what_is_wrong_is_said(gallery: Path) -> None:
    for arguments, code, why in (
        (["--labels", "column:brand"], 2, "no column named 'brand'"),
        (["--labels", "marks"], 2, "no answers were marked in this gallery yet"),
        (["--labels", "colour"], 2, "labels come from folders, marks, column:NAME"),
        (["--hold-out", "halves"], 2, "groups or pictures, not 'halves'"),
        (["--dims", "999"], 2, "dims is 1 to"),
        (["-d", "glance"], 1, "is not in this gallery"),
    ):
        assert why in failed(code, "train", "adapter", "-g", gallery, *arguments)
