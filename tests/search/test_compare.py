"""Which of two references is a picture nearer to."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as pillow

from lookalike import compare


def plain(path: Path, value: int, size: tuple[int, int] = (2, 2)) -> Path:
    pillow.new("RGB", size, (value, value, value)).save(path)
    return path


def test_the_count_histogram_by_hand(tmp_path: Path) -> None:
    # 2 × 2 pixels of three channels: 12 values in one bin. Against another value, two bins differ
    # by 12: √(12² + 12²). Against a picture half of which has the same value, by 6: √(6² + 6²).
    test = plain(tmp_path / "test.png", 10)
    far = plain(tmp_path / "far.png", 200)
    half = np.full((2, 2, 3), 10, np.uint8)
    half[1] = 77
    pillow.fromarray(half).save(tmp_path / "half.png")
    found = compare(test, far, tmp_path / "half.png", descriptors=["count_histogram"])
    (row,) = found.rows
    assert row.metric == "euclidean"
    assert row.distances.tolist() == pytest.approx([12 * math.sqrt(2), 6 * math.sqrt(2)])
    assert row.nearer == 1
    assert found.histograms.shape == (3, 256)
    assert found.histograms[0, 10] == 12
    assert found.histograms.sum(1).tolist() == [12, 12, 12]


def test_two_equally_near_references_are_undecided(tmp_path: Path) -> None:
    a, b, c = (plain(tmp_path / f"{v}.png", v) for v in (10, 20, 30))
    (row,) = compare(a, b, c, descriptors=["count_histogram"]).rows
    assert row.nearer is None


def test_every_ready_descriptor_has_its_say_and_is_drawn(folder: Path, tmp_path: Path) -> None:
    found = compare(folder / "a0.png", folder / "a1.png", folder / "a0.png")
    assert len(found.rows) >= 7
    assert all(row.nearer in (1, None) for row in found.rows)
    figure = found.plot(tmp_path / "out.png")
    assert len(figure.axes) >= 4
    assert (tmp_path / "out.png").stat().st_size > 5000
