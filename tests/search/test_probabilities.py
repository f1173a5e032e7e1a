"""A search tells how probably a match is the same picture, once that was tested."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import lookalike
from lookalike import Gallery
from lookalike.errors import NotIndexed, UsageError
from lookalike.search.calibration import Calibration
from lookalike.store import calibrations
from lookalike.store.calibrations import KeptCalibration

PIXELS = "pixels"


@pytest.fixture
def filled(gallery: Gallery, folder: Path) -> Gallery:
    gallery.sync(folder, descriptors=[PIXELS])
    return gallery


def calibrate(gallery: Gallery, curve: Calibration, metric: str = "") -> None:
    (stored,) = gallery._catalog.descriptors()
    kept = KeptCalibration(stored.key, metric or stored.metric, curve.as_dict(), 9, "2025-01-01")
    calibrations.keep(gallery._catalog, [kept])


def curve_of(gallery: Gallery, query: Path) -> Calibration:
    """Return a curve that falls from 0.9 at the nearest picture to 0.1 at the third nearest."""
    nearest = gallery.search(query)
    return Calibration((nearest[0].distance, nearest[2].distance), (0.9, 0.1), vectors=6)


def test_without_a_test_nothing_is_said(filled: Gallery, folder: Path) -> None:
    assert [match.probability for match in filled.search(folder / "a1.png")] == [None] * 5
    with pytest.raises(NotIndexed, match="lookalike selftest$"):
        filled.search(folder / "a1.png", min_probability=0.5)


def test_each_match_has_its_probability(filled: Gallery, folder: Path) -> None:
    query = folder / "a1.png"
    calibrate(filled, curve := curve_of(filled, query))
    matches = filled.search(query)
    said = [match.probability for match in matches]
    assert said == pytest.approx(curve.probability([match.distance for match in matches]).tolist())
    assert said[0] == pytest.approx(0.9) and said[2:] == pytest.approx([0.1] * 3)
    assert matches[0].as_dict()["probability"] == said[0]
    assert "the same picture: 90%" in matches.sheet()


def test_only_what_is_probable_enough(filled: Gallery, folder: Path, tmp_path: Path) -> None:
    query = folder / "a1.png"
    calibrate(filled, curve_of(filled, query))
    everything = filled.search(query)
    for least in (0.09, 0.1, 0.5, 0.9):
        wanted = [m.path for m in everything if m.probability >= least]
        assert [m.path for m in filled.search(query, min_probability=least)] == wanted
    assert len(filled.search(query, min_probability=0.09)) == 5
    assert len(filled.search(query, min_probability=0.09, top=2)) == 2
    assert len(filled.search(query, min_probability=0.09, within=everything[1].distance)) == 2
    none = filled.search(query, min_probability=0.95)
    assert len(none) == 0
    assert "No matches." in none.sheet()
    one, other = filled.search_many([query, folder / "a2.png"], min_probability=0.5)
    assert [m.path for m in one] == [m.path for m in everything if m.probability >= 0.5]
    assert all(m.probability >= 0.5 for m in other)


def test_an_identical_file_is_certain(filled: Gallery, folder: Path) -> None:
    query = folder / "a1.png"
    calibrate(filled, Calibration((0.5, 1.0), (0.3, 0.1), vectors=6))
    shutil.copy(query, folder / "copy.png")
    filled.sync()
    (match,) = filled.search(query, min_probability=1)
    assert (match.identical, match.probability) == (True, 1.0)
    assert filled.search(query)[1].probability <= 0.3


def test_it_holds_for_its_own_metric_only(filled: Gallery, folder: Path) -> None:
    query = folder / "a1.png"
    calibrate(filled, curve_of(filled, query))
    assert filled.search(query, metric="cosine")[0].probability is None
    with pytest.raises(NotIndexed, match="lookalike selftest --metric cosine"):
        filled.search(query, metric="cosine", min_probability=0.5)
    calibrate(filled, Calibration((0.0, 2.0), (0.6, 0.5), vectors=6), "cosine")
    assert filled.search(query, metric="cosine")[0].probability is not None


def test_filters_vectors_and_ids(filled: Gallery, folder: Path) -> None:
    query = folder / "a1.png"
    calibrate(filled, curve_of(filled, query))
    told = {match.path: match.probability for match in filled.search(query)}
    for match in filled.search(query, where="format = JPEG"):
        assert match.probability == told[match.path]
    (vector,) = lookalike.describe([query], PIXELS)
    assert filled.search(vector=vector)[0].probability == pytest.approx(0.9)
    some = filled.search(query)[0]
    assert filled.search(some.id)[0].probability is not None


def test_a_new_test_and_a_dropped_descriptor_count_at_once(filled: Gallery, folder: Path) -> None:
    query = folder / "a1.png"
    calibrate(filled, curve_of(filled, query))
    with Gallery.open(filled.path) as other:
        calibrate(other, Calibration((1.0,), (0.25,), vectors=6))
    assert filled.search(query)[0].probability == pytest.approx(0.25)
    filled.remove_descriptor(PIXELS)
    assert calibrations.all_kept(filled._catalog) == []
    filled.sync(folder, descriptors=[PIXELS])
    assert filled.search(query)[0].probability is None


def test_more_pictures_make_it_less_probable(filled: Gallery, folder: Path, draw) -> None:
    query = folder / "a1.png"
    calibrate(filled, Calibration((0.0, 1e9), (0.8, 0.8), vectors=6))
    for seed in range(6):
        draw(folder / f"more{seed}.png", 50 + seed)
    filled.sync()
    assert {round(m.probability, 9) for m in filled.search(query)} == {round(2 / 3, 9)}


@pytest.mark.parametrize("least", [0, -0.1, 1.01, float("nan"), 80])
def test_a_probability_is_between_0_and_1(filled: Gallery, folder: Path, least: float) -> None:
    with pytest.raises(UsageError, match="at most 1"):
        filled.search(folder / "a1.png", min_probability=least)


def test_words_are_no_copy(filled: Gallery, folder: Path) -> None:
    calibrate(filled, Calibration((0.0, 1.0), (0.8, 0.2), vectors=6))
    with pytest.raises(UsageError, match="words are no copy"):
        filled.search(words="a cat", min_probability=0.5)


def test_kept_calibrations_tell_how_they_came_about(filled: Gallery) -> None:
    (stored,) = filled._catalog.descriptors()
    kept = KeptCalibration(stored.key, stored.metric, {"x": [1.5]}, 3, "2025-01-01", {"ece": 0.1})
    gone = KeptCalibration("gone@1", "cosine", {}, 3, "2025-01-01")
    calibrations.keep(filled._catalog, [kept, gone])
    assert calibrations.all_kept(filled._catalog) == [kept]
    assert calibrations.parameters(filled._catalog, stored.id, "hamming") is None
