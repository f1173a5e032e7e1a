"""Edited copies."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lookalike.errors import BadParameter
from lookalike.samples import edits, scene
from lookalike.samples.edits import (
    EDITS,
    blurred,
    captioned,
    contrasted,
    covered,
    cropped,
    framed,
    grey,
    letterboxed,
    mirrored,
    noisy,
    recoloured,
    recompressed,
    relit,
    reposted,
    saturated,
    scaled,
    screenshot,
    squeezed,
    stickered,
    tilted,
    tinted,
    turned,
)
from lookalike.samples.edits.shapes import homography

SMALL = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [100, 100, 100]]], np.uint8)
CHANCE = {
    "cropped",
    "noisy",
    "captioned",
    "stickered",
    "turned",
    "closeup",
    "covered",
    "screenshot",
    "tilted",
    "askew",
    "reposted",
}


def plain(height, width, level=128):
    return np.full((height, width, 3), level, np.uint8)


def test_all_edits_give_pictures_are_repeatable_and_change_something():
    picture = scene("red-mug", 0, (60, 40))
    before = picture.copy()
    first, again = edits(picture, seed=5), edits(picture, seed=5)
    assert list(first) == list(EDITS)
    for name, edited in first.items():
        assert edited.dtype == np.uint8 and edited.ndim == 3 and edited.shape[2] == 3
        assert edited.shape != picture.shape or (edited != picture).any(), f"{name} changes nothing"
        assert not np.shares_memory(edited, picture), f"{name} gives a view of its picture"
        np.testing.assert_array_equal(edited, again[name])
    np.testing.assert_array_equal(picture, before)


def test_the_seed_changes_what_is_left_to_chance_and_nothing_else():
    picture = scene("brick-house", 0, (90, 60))
    variants = [edits(picture, seed) for seed in range(12)]
    differing = {
        name for name in EDITS if any(not same(one[name], variants[0][name]) for one in variants)
    }
    assert differing == CHANCE


def same(a, b):
    return a.shape == b.shape and bool((a == b).all())


def test_the_mapping_tells_names_and_strengths():
    assert all(name == edit.name and edit.told for name, edit in EDITS.items())
    strengths = [edit.strength for edit in EDITS.values()]
    assert strengths == sorted(strengths) and set(strengths) == {"mild", "strong"}
    with pytest.raises(TypeError):
        EDITS["more"] = EDITS["grey"]
    with pytest.raises(dataclasses.FrozenInstanceError):
        EDITS["grey"].strength = "strong"


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (2, 3), (3, 2000), (2000, 3)])
def test_tiny_and_narrow_pictures(shape):
    for edited in edits(plain(*shape, 100)).values():
        assert min(edited.shape[:2]) >= 1 and edited.dtype == np.uint8


@settings(max_examples=25)
@given(st.integers(1, 70), st.integers(1, 70), st.integers(0, 2**32 - 1))
def test_any_size_and_seed(height, width, seed):
    for name, edited in edits(plain(height, width), seed).items():
        assert edited.ndim == 3 and edited.shape[2] == 3 and min(edited.shape[:2]) >= 1, name


# Shapes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "size"), [(0.64, (80, 160)), (0.25, (50, 100)), (1.0, (100, 200)), (1e-9, (1, 1))]
)
def test_cropped_keeps_a_share_of_the_area(share, size):
    assert cropped(plain(100, 200), share, seed=1).shape[:2] == size


def test_cropped_is_a_part_of_the_picture():
    numbered = np.arange(12 * 20, dtype=np.uint8).reshape(12, 20, 1).repeat(3, axis=2)
    places = set()
    for seed in range(60):
        part = cropped(numbered, 0.25, seed)
        top, left = divmod(int(part[0, 0, 0]), 20)
        np.testing.assert_array_equal(part, numbered[top : top + 6, left : left + 10])
        places.add((top, left))
    assert {top for top, _ in places} == set(range(7))
    assert {left for _, left in places} == set(range(11))


@pytest.mark.parametrize("share", [0, -0.1, 1.01, float("nan")])
def test_shares_that_are_none(share):
    with pytest.raises(BadParameter, match="share of a picture's area"):
        cropped(SMALL, share, 0)
    with pytest.raises(BadParameter, match="share of a picture's area"):
        covered(SMALL, share, 0)


@given(st.integers(1, 9), st.integers(1, 9))
def test_mirrored_twice_is_the_picture(height, width):
    picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    np.testing.assert_array_equal(mirrored(mirrored(picture)), picture)
    np.testing.assert_array_equal(mirrored(picture)[:, 0], picture[:, -1])


def test_scaled_and_squeezed():
    assert scaled(SMALL, 0.5).tolist() == [[[89, 89, 89]]]  # (255 + 100) / 4, rounded
    assert scaled(plain(30, 40), 1.5).shape == (45, 60, 3)
    assert scaled(plain(1, 1), 0.1).shape == (1, 1, 3)
    assert squeezed(plain(30, 40), 0.75).shape == (30, 30, 3)


def test_turned():
    picture = plain(40, 40)
    picture[0, 0] = 7
    np.testing.assert_array_equal(turned(picture, 90)[-1, 0], [7, 7, 7])  # anticlockwise
    np.testing.assert_array_equal(turned(picture, 180)[-1, -1], [7, 7, 7])
    leaning = turned(plain(100, 100), 15, fill=(0, 0, 255))
    assert leaning.shape == (100, 100, 3)
    assert leaning[0, 0].tolist() == [0, 0, 255] and leaning[50, 50].tolist() == [128] * 3
    # A unit square and itself turned by a share an octagon of equal sides s, and a side of the
    # square is s (1 + sin a + cos a); four triangles of s² · sin a · cos a / 2 are filled.
    sine, cosine = np.sin(np.radians(15)), np.cos(np.radians(15))
    filled = (leaning[..., 2] == 255).mean()
    assert filled == pytest.approx(2 * sine * cosine / (1 + sine + cosine) ** 2, abs=0.005)


def test_tilted():
    np.testing.assert_array_equal(tilted(SMALL, 0.0, 3), SMALL)
    picture = plain(200, 100, 10)
    out = tilted(picture, 0.2, 3, fill=(250, 250, 250))
    assert out.shape == picture.shape and (out[100, 50] == 10).all()
    around = (out == 250).all(axis=2)
    assert 0.02 < around.mean() < 0.64  # each corner by at most a fifth: 0.6² is left at least
    assert around[0, 0] and around[-1, -1]
    with pytest.raises(BadParameter, match=r"0\.5"):
        tilted(picture, 0.5, 0)


def test_homography_takes_each_place_to_its_source():
    places = np.array([(1, 2), (9, 1), (8, 9), (0, 7)], float)
    sources = np.array([(0, 0), (10, 0), (10, 10), (0, 10)], float)
    a, b, c, d, e, f, g, h = homography(places, sources)
    for (x, y), source in zip(places, sources, strict=True):
        below = g * x + h * y + 1
        there = ((a * x + b * y + c) / below, (d * x + e * y + f) / below)
        np.testing.assert_allclose(there, source, atol=1e-9)


# Tones --------------------------------------------------------------------------------------------


def test_tones_by_hand():
    assert grey(SMALL)[..., 0].tolist() == [[76, 150], [29, 100]]
    assert relit(SMALL, 0.5)[1, 1].tolist() == [160, 160, 160]  # 255 · √(100 / 255) = 159.7
    assert relit(SMALL, 2.0)[1, 1].tolist() == [39, 39, 39]
    assert contrasted(SMALL, 1.5)[1, 1].tolist() == [86, 86, 86]  # 128 − 1.5 · 28
    assert contrasted(SMALL, 0.0)[0, 0].tolist() == [128, 128, 128]
    assert tinted(SMALL, 0.1)[1, 1].tolist() == [110, 100, 90]
    assert tinted(SMALL, 0.1)[0, 0].tolist() == [255, 0, 0]
    # Luma 0.299 · 200 + 0.701 · 100 = 129.9; 129.9 + 0.5 · 70.1 = 164.95, 129.9 − 14.95 = 114.95
    assert saturated(np.array([[[200, 100, 100]]], np.uint8), 0.5).tolist() == [[[165, 115, 115]]]


@pytest.mark.parametrize("edit", [relit, contrasted, saturated])
def test_a_factor_of_one_changes_nothing(edit):
    np.testing.assert_array_equal(edit(SMALL, 1.0), SMALL)


def test_hues_turn_about_grey():
    picture = np.array([[[200, 90, 10], [77, 77, 77]]], np.uint8)
    assert recoloured(picture, 120).tolist() == [[[10, 200, 90], [77, 77, 77]]]
    assert recoloured(picture, 240).tolist() == [[[90, 10, 200], [77, 77, 77]]]
    np.testing.assert_array_equal(recoloured(picture, 360), picture)
    # Half way round, a channel becomes ⅔ of the sum of all three, less itself.
    assert recoloured(np.array([[[120, 100, 80]]], np.uint8), 180).tolist() == [[[80, 100, 120]]]


# Losses -------------------------------------------------------------------------------------------


def test_recompressed_loses_more_at_a_lower_quality():
    picture = scene("brick-house", 0, (64, 48))
    off = [np.abs(recompressed(picture, q).astype(int) - picture).mean() for q in (90, 20, 8)]
    assert 0 < off[0] < off[1] < off[2] < 30


def test_blurred_keeps_the_mean_and_spreads_a_line():
    picture = plain(101, 101, 0)
    picture[:, 50] = 255
    out = blurred(picture, 0.04)[50, :, 0].astype(float)
    places = np.arange(101) - 50
    assert out.argmax() == 50 and out.sum() == pytest.approx(255, rel=0.05)
    spread = np.sqrt((out * places**2).sum() / out.sum())
    assert spread == pytest.approx(0.04 * 101, rel=0.1)


def test_noise_has_the_stated_deviation():
    noise = noisy(plain(200, 200), 10, seed=1).astype(float) - 128
    assert noise.mean() == pytest.approx(0, abs=0.2)
    assert noise.std() == pytest.approx(10, abs=0.2)


# Overlays and frames ------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.05, 0.1, 0.3])
@pytest.mark.parametrize("edit", [stickered, covered])
def test_overlays_cover_the_stated_share(edit, share):
    changed = (edit(plain(300, 400, 3), share, seed=2) != 3).any(axis=2)
    assert changed.mean() == pytest.approx(share, abs=0.005)
    rows, columns = np.nonzero(changed)
    assert np.ptp(rows) < 300 and np.ptp(columns) < 400


def test_no_sticker_is_larger_than_an_ellipse_in_the_picture():
    assert stickered(plain(50, 50), 0.78, 0).shape == (50, 50, 3)
    with pytest.raises(BadParameter):
        stickered(plain(50, 50), 0.8, 0)


def test_captioned_writes_a_line():
    places = []
    for seed in range(12):
        out = captioned(plain(300, 400), 0.1, seed)
        rows, columns = np.nonzero((out != 128).any(axis=2))
        assert (out == 255).all(axis=2).any() and (out == 0).all(axis=2).any()
        assert 10 < np.ptp(rows) < 45  # a line of 30 pixels, with descenders and outline
        assert columns.min() >= 0.01 * 400 and columns.max() <= 0.99 * 400
        places.append(round(rows.mean() / 300, 1))
    assert set(places) == {0.1, 0.5, 0.9}


def test_framed():
    assert framed(SMALL, 1 / 12)[0].tolist() == [[255, 255, 255]] * 4
    out = framed(plain(40, 60), 0.1, colour=(1, 2, 3))
    assert out.shape == (48, 68, 3) and out[3, 3].tolist() == [1, 2, 3]
    assert (out[4:-4, 4:-4] == 128).all()


def test_letterboxed():
    wide = letterboxed(plain(40, 60), 0.4)
    assert wide.shape == (72, 60, 3)
    assert (wide[16:-16] == 128).all() and not wide[:16].any() and not wide[-16:].any()
    assert letterboxed(plain(60, 40), 0.4).shape == (60, 72, 3)


@pytest.mark.parametrize(
    ("size", "shown"), [((300, 400), 3 / 8), ((400, 300), 0.62 * 0.93), ((10, 10), 0.5)]
)
def test_a_screenshot_shows_the_picture_among_other_things(size, shown):
    picture = plain(*size, 99)
    out = screenshot(picture, seed=0)
    assert out.shape[0] == 2 * out.shape[1] >= 128
    assert (out == 99).all(axis=2).mean() == pytest.approx(shown, abs=0.01)
    others = np.unique(out.reshape(-1, 3), axis=0)
    assert len(others) > 3


def test_a_screenshot_is_light_or_dark():
    corners = {int(screenshot(plain(30, 40), seed)[-1, 0, 0]) for seed in range(12)}
    assert corners == {18, 255}


def test_reposted_is_a_smaller_part():
    # √0.7 · 100 = 83.7 and √0.7 · 200 = 167.3, halved
    assert reposted(plain(100, 200), 0).shape == (42, 84, 3)
