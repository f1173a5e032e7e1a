"""`lookalike reduce` and `lookalike use`, as a person uses them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from program import done, failed


@pytest.fixture
def indexed(tmp_path: Path, draw: Callable[..., Path]) -> Path:
    """Five folders of five pictures each."""
    root = tmp_path / "kinds"
    for seed in range(25):
        draw(root / f"kind{seed % 5}" / f"{seed}.png", seed)
    done("index", root, "-d", "pixels:size=4")
    return root


def test_reduced_told_and_searched_by(indexed: Path, draw: Callable[..., Path]) -> None:
    told = done("reduce", "half_whitening:6")
    assert "48 → 6 components, 192 → 24 bytes a picture" in told
    assert "of the ten nearest stay the same" in told
    assert "mAP over 4 folders" in told
    assert '--descriptor "pixels/half_whitening:6"' in told
    picture = indexed / "kind0" / "0.png"
    assert "pixels/half_whitening:6, euclidean" in done(
        "search", picture, "-d", "pixels/half_whitening:6"
    )
    # What is indexed later has it as well, and indexes can be built of it.
    draw(indexed / "kind0" / "new.png", 99)
    assert "1 added" in done("index", "--index", "hnsw", "-d", "pixels/half_whitening:6")
    told = done("search", picture, "-d", "pixels/half_whitening:6", "--index", "hnsw", "-n", "40")
    assert "new.png" in told


def test_searches_go_by_it_when_told_so(indexed: Path) -> None:
    picture = indexed / "kind0" / "0.png"
    report = json.loads(done("reduce", "sq8", "--use", "--json"))
    assert (report["bytes"], report["reduced_bytes"]) == (192, 48)
    assert (report["vectors"], report["asked"], report["is_kept"]) == (25, 5, True)
    assert report["same_neighbours"] >= 0.9
    assert report["kinds"]["folders"] == 4
    assert report["kinds"]["difference"]["n"] <= 5
    assert "pixels/sq8" in done("search", picture)
    assert "searches go by pixels from" in done("use", "pixels")
    assert "pixels/sq8" not in done("search", picture)
    done("remove", "--descriptor", "pixels/sq8")
    assert "sq8" not in done("info")


def test_kinds_that_come_later(tmp_path: Path, draw: Callable[..., Path]) -> None:
    """Fitted to the noise of one kind, a reduction keeps nothing of what tells others apart."""
    root = tmp_path / "kinds"
    for seed in range(60):
        draw(root / f"kind{seed % 12}" / f"{seed}.png", seed % 12)
        with (root / f"kind{seed % 12}" / f"{seed}.png").open("ab") as file:
            file.write(bytes([seed]))  # another file, the same picture
    done("index", root, "-d", "pixels:size=4")
    told = done("reduce", "pca:5", "--dry-run", "--json")
    report = json.loads(told)
    assert report["kinds"]["after"] == report["new_kinds"]["before"] == 1
    assert report["new_kinds"]["folders"] == 6
    assert "new kinds  mAP over 6 folders 100.0%" in done("reduce", "pca:5", "--dry-run")


def test_only_measured(indexed: Path) -> None:
    assert "nothing was kept" in done("reduce", "pca:4", "--dry-run")
    assert "pca:4" not in done("info")


def test_what_is_wrong_is_said(indexed: Path, tmp_path: Path) -> None:
    assert "did you mean 'pca:D'" in failed(2, "reduce", "pac:4")
    assert "48 components only" in failed(2, "reduce", "pca:64")
    assert "pq needs 256 vectors" in failed(2, "reduce", "pq:4")
    assert "compared by cosine or euclidean" in failed(2, "reduce", "pca:4", "--metric", "chi2")
    assert "there is no gallery" in failed(1, "reduce", "pca:4", "-g", tmp_path / "none")
    assert "add it: lookalike index" in failed(1, "use", "lbp")


def test_too_few_pictures(folder: Path) -> None:
    done("index", folder, "-d", "pixels")
    assert "the gallery has 6 vectors of pixels; a reduction needs 20" in failed(
        1, "reduce", "pca:2"
    )
