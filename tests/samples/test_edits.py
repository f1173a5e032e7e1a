"""Edited copies."""

import numpy as np
import pytest

from lookalike.samples import edits, scene
from lookalike.samples.edits import brighter, cropped, framed, grey, halved, recompressed


def test_edits_are_pictures_and_repeatable():
    picture = scene("red-mug", 0, (60, 40))
    before = picture.copy()
    first, again = edits(picture), edits(picture)
    assert list(first) == [
        "cropped",
        "mirrored",
        "recompressed",
        "brighter",
        "grey",
        "smaller",
        "framed",
    ]
    for name, edited in first.items():
        assert edited.dtype == np.uint8 and edited.ndim == 3 and edited.shape[2] == 3
        assert edited.shape != picture.shape or (edited != picture).any(), f"{name} changes nothing"
        np.testing.assert_array_equal(edited, again[name])
    np.testing.assert_array_equal(picture, before)


def test_shapes():
    shapes = {name: edited.shape[:2] for name, edited in edits(scene(0, 0, (60, 40))).items()}
    assert shapes["cropped"] == (32, 48)
    assert shapes["smaller"] == (20, 30)
    assert shapes["framed"] == (46, 66)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 5, 3), (2, 3, 3)])
def test_tiny_pictures(shape):
    for edited in edits(np.full(shape, 100, np.uint8)).values():
        assert min(edited.shape[:2]) >= 1


def test_mirrored():
    picture = np.arange(12, dtype=np.uint8).reshape(1, 4, 3)
    assert edits(picture)["mirrored"][0, :, 0].tolist() == [9, 6, 3, 0]


def test_values_by_hand():
    picture = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [100, 100, 100]]], np.uint8)
    assert grey(picture)[..., 0].tolist() == [[76, 150], [29, 100]]
    assert halved(picture).tolist() == [[[89, 89, 89]]]
    assert brighter(picture, 0.5)[1, 1].tolist() == [160, 160, 160]
    assert framed(picture)[0].tolist() == [[255, 255, 255]] * 4
    assert cropped(np.zeros((10, 20, 3), np.uint8), 0.2).shape == (6, 12, 3)


def test_recompressed_loses_a_little():
    picture = scene("brick-house", 0, (64, 48))
    off = np.abs(recompressed(picture, 20).astype(int) - picture).mean()
    assert 1 < off < 20
