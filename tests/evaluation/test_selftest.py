"""A gallery is tested with edited copies of its own pictures."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import lookalike
from lookalike import Gallery
from lookalike.errors import NotIndexed, UnknownName, UsageError
from lookalike.evaluation.selftest import edited as selftest_edited
from lookalike.evaluation.selftest.edited import drawn
from lookalike.evaluation.selftest.found import Found
from lookalike.evaluation.selftest.reliability import (
    calibrated,
    first,
    reliability,
    shown,
)
from lookalike.samples.edits import EDITS
from lookalike.store import Progress, calibrations

QUICK = ["hsv_histogram:bins=4x4x4", "pixels"]
FEW = ["mirrored", "recompressed", "covered"]
COUNT = 12


@pytest.fixture
def pictures(tmp_path: Path, draw) -> Path:
    for seed in range(COUNT):
        draw(tmp_path / "album" / f"{seed}.png", seed, (64, 48))
    return tmp_path / "album"


@pytest.fixture
def filled(gallery: Gallery, pictures: Path) -> Gallery:
    gallery.sync(pictures, descriptors=QUICK)
    return gallery


def test_each_descriptor_and_edit_is_told(filled: Gallery) -> None:
    told: list[Progress] = []
    found = lookalike.selftest(filled, edits=FEW, k=3, progress=told.append)
    assert (found.pictures, found.passed_over, found.k) == (COUNT, {}, 3)
    assert found.edits == tuple(name for name in EDITS if name in FEW)
    assert [one.descriptor.partition("@")[0] for one in found.descriptors] == [
        "hsv_histogram",
        "pixels",
    ]
    for one in found.descriptors:
        assert (one.index, one.index_recall, one.vectors) == ("exact", 1.0, COUNT)
        assert one.index_why.startswith("exact, as on this machine no other is worth building")
        assert [edit.edit for edit in one.edits] == list(found.edits)
        assert one.recall_1 == pytest.approx(np.mean([edit.recall_1 for edit in one.edits]))
        assert one.recall_k == pytest.approx(np.mean([edit.recall_k for edit in one.edits]))
        assert one.recall_1_low <= one.recall_1 <= one.recall_1_high
        for edit in one.edits:
            assert edit.recall_1 <= edit.recall_k
            assert list(edit.own) == sorted(edit.own) and len(edit.own) == 5
            assert list(edit.others) == sorted(edit.others) and len(edit.others) == 5
    by_name = {(d.descriptor[:3], e.edit): e for d in found.descriptors for e in d.edits}
    # A histogram does not see which side is left; the pixels do, and the smooth pictures are found
    # by them however much they are compressed.
    assert by_name["hsv", "mirrored"].recall_1 == 1
    assert by_name["hsv", "mirrored"].own[-1] < 1e-6
    assert by_name["pix", "recompressed"].recall_1 == 1
    assert by_name["pix", "mirrored"].recall_1 < 1
    assert {(p.stage, p.total) for p in told} == {("editing", 12), ("asking", 36)}
    assert [p.done for p in told if p.stage == "editing"] == list(range(13))
    json.dumps(found.as_dict(), allow_nan=False)


def test_searches_tell_what_was_found(
    filled: Gallery, pictures: Path, tmp_path: Path, draw
) -> None:
    found = lookalike.selftest(filled, edits=FEW)
    assert found.kept
    pixels = found.descriptors[1]
    for match in filled.search(pictures / "3.png", descriptor="pixels"):
        assert match.probability == pytest.approx(
            float(pixels.calibration.probability(match.distance))
        )
    kept = calibrations.all_kept(filled._catalog)
    assert [one.descriptor for one in kept] == [one.descriptor for one in found.descriptors]
    assert [one.pictures for one in kept] == [COUNT, COUNT]
    assert kept[1].reliability["ece"] == pixels.reliability.ece
    # An edited copy is known for what it is, and a picture that is not there for none.
    copy = EDITS["recompressed"].apply(lookalike.images.load(pictures / "3.png"), 0)
    (match,) = filled.search(copy, descriptor="pixels", min_probability=0.5)
    assert match.path == str(pictures / "3.png")
    stranger = draw(tmp_path / "stranger.png", 99)
    assert len(filled.search(stranger, descriptor="pixels", min_probability=0.5)) == 0


def test_another_metric_and_nothing_kept(filled: Gallery, pictures: Path) -> None:
    found = lookalike.selftest(filled, descriptors=["pixels"], edits=FEW, metric="l1", keep=False)
    assert [one.metric for one in found.descriptors] == ["manhattan"]
    assert not found.kept and calibrations.all_kept(filled._catalog) == []
    lookalike.selftest(filled, descriptors=["pixels"], edits=FEW, metric="l1")
    asked = {"descriptor": "pixels", "top": 1}
    assert filled.search(pictures / "3.png", metric="l1", **asked)[0].probability is not None
    assert filled.search(pictures / "3.png", **asked)[0].probability is None


def test_the_same_seed_gives_the_same(filled: Gallery, tmp_path: Path, pictures: Path) -> None:
    one, again, other = (
        lookalike.selftest(filled, pictures=5, edits=FEW, seed=seed) for seed in (0, 0, 1)
    )
    assert one.descriptors == again.descriptors
    assert one.descriptors != other.descriptors
    with Gallery.open(tmp_path / "other.gallery") as elsewhere:  # indexed in another order
        for seed in reversed(range(COUNT)):
            elsewhere.sync(pictures / f"{seed}.png", descriptors=QUICK)
        assert [c.sha256 for c in drawn(elsewhere._catalog, [1, 2], 7)] == [
            c.sha256 for c in drawn(filled._catalog, [1, 2], 7)
        ]


def test_what_cannot_be_read_is_passed_over(filled: Gallery, pictures: Path, draw) -> None:
    (pictures / "1.png").unlink()
    draw(pictures / "2.png", 99)
    found = lookalike.selftest(filled, edits=FEW)
    assert found.pictures == COUNT - 2
    assert found.passed_over == {"missing": 1, "changed": 1}
    fewer = lookalike.selftest(filled, pictures=8, edits=FEW)
    assert fewer.pictures == 8  # others are drawn in their places


def test_files_with_the_same_bytes_are_one_picture(filled: Gallery, pictures: Path) -> None:
    before = lookalike.selftest(filled, edits=FEW)
    for seed in range(COUNT):
        shutil.copy(pictures / f"{seed}.png", pictures / f"copy{seed}.png")
    filled.sync()
    (pictures / "1.png").unlink()  # one of two that lead to the same content
    after = lookalike.selftest(filled, edits=FEW)
    assert after.pictures == COUNT
    assert after.descriptors == before.descriptors


def test_doubles_are_told(filled: Gallery, pictures: Path) -> None:
    from PIL import Image as pillow

    assert [one.doubles for one in lookalike.selftest(filled, edits=FEW).descriptors] == [0, 0]
    for seed in range(3):
        pillow.open(pictures / f"{seed}.png").save(pictures / f"double{seed}.bmp")
    filled.sync()
    found = lookalike.selftest(filled, edits=FEW)
    assert [one.doubles for one in found.descriptors] == [6, 6]  # each is the other's
    # None of the two is nearer: a tie counts as wrong.
    assert found.descriptors[1].edits[1].recall_1 == pytest.approx(1 - 6 / 15)


def test_the_best_descriptor_is_recommended(filled: Gallery) -> None:
    found = lookalike.selftest(filled, edits=["mirrored", "turned"])
    assert found.recommended.startswith("hsv_histogram")
    assert "points more than pixels (95 % interval" in found.why
    alike = lookalike.selftest(filled, edits=["smaller"])
    assert "may be chance" in alike.why
    alone = lookalike.selftest(filled, edits=FEW, descriptors=["pixels"])
    assert alone.recommended.startswith("pixels") and "nothing else was tested" in alone.why


def test_ctrl_c_leaves_everything_as_it_was(filled: Gallery, pictures: Path) -> None:
    lookalike.selftest(filled, edits=FEW)
    before = calibrations.all_kept(filled._catalog)

    def interrupted(progress: Progress) -> None:
        if progress.stage == "asking" and progress.done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lookalike.selftest(filled, edits=["grey"], progress=interrupted)
    assert calibrations.all_kept(filled._catalog) == before
    assert filled.search(pictures / "3.png")[0].probability is not None


def test_each_picture_is_read_and_edited_once(
    filled: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    original = selftest_edited.images.read_bytes

    def counted(path: str) -> bytes:
        read.append(path)
        return original(path)

    monkeypatch.setattr(selftest_edited.images, "read_bytes", counted)
    lookalike.selftest(filled, edits=FEW)
    assert len(read) == len(set(read)) == COUNT


def test_what_does_not_fit_is_refused(filled: Gallery, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="did you mean 'cropped'"):
        lookalike.selftest(filled, edits=["croped"])
    for wrong in ({"pictures": 1}, {"k": 0}, {"seed": -1}, {"descriptors": "pixels"}):
        with pytest.raises(UsageError):
            lookalike.selftest(filled, **wrong)
    with pytest.raises(UsageError, match="edits is a list"):
        lookalike.selftest(filled, edits="grey")
    with pytest.raises(NotIndexed, match="not in this gallery"):
        lookalike.selftest(filled, descriptors=["lbp"])
    empty = Gallery.open(tmp_path / "empty.gallery")
    with empty, pytest.raises(NotIndexed, match="is empty"):
        lookalike.selftest(empty)
    assert calibrations.all_kept(filled._catalog) == []


def test_a_gallery_whose_files_are_gone(filled: Gallery, pictures: Path) -> None:
    shutil.rmtree(pictures)
    with pytest.raises(NotIndexed, match="12 missing.*unplugged"):
        lookalike.selftest(filled)


def test_the_edits_that_are_asked_for() -> None:
    names = lambda *asked: [edit.name for edit in selftest_edited.chosen_edits(asked)]  # noqa: E731
    assert names() == list(EDITS)
    assert names("mild") == [name for name, edit in EDITS.items() if edit.strength == "mild"]
    assert names("strong", "grey") == ["grey", *names("strong")]


def test_every_edit_of_a_tiny_picture_can_be_searched(gallery: Gallery, draw, tmp_path) -> None:
    for seed, size in enumerate([(1, 1), (2, 3), (1, 40), (300, 2)]):
        draw(tmp_path / "tiny" / f"{seed}.png", seed, size)
    gallery.sync(tmp_path / "tiny", descriptors=["pixels"])
    assert lookalike.selftest(gallery).pictures == 4


def test_the_figure(filled: Gallery, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    found = lookalike.selftest(filled, edits=FEW)
    figure = found.plot(tmp_path / "test.svg")
    assert len(figure.axes) == 4
    assert (tmp_path / "test.svg").read_text("utf-8").startswith("<?xml")


def found(own, others, seen=None) -> Found:
    own = np.array(own, np.float32)
    seen = np.ones(own.shape, bool) if seen is None else np.array(seen)
    return Found(own, seen, np.array(others, np.float32), np.zeros(len(own), np.float32))


def test_hits_by_hand() -> None:
    one = found([[0.5, 0.5, 0.5]], [[[0.6, 0.7], [0.5, 0.7], [0.1, 0.2]]])
    assert one.hits(1).tolist() == [[True, False, False]]  # a tie is no hit
    assert one.hits(2).tolist() == [[True, True, False]]
    missed = found([[0.5]], [[[0.6, 0.7]]], [[False]])  # by an approximate index
    assert missed.hits(2).tolist() == [[False]]


def test_answers_by_hand() -> None:
    one = found([[0.5], [0.9]], [[[0.6, 0.7]], [[0.1, np.inf]]])
    told = shown(one, 2)
    # The first original is shown in half of the queries, and takes the place of the second other.
    assert told.distances == pytest.approx([0.5, 0.9, 0.6, 0.7, 0.1])
    assert told.right.tolist() == [True, True, False, False, False]
    assert told.weights.tolist() == [0.5, 0.5, 1, 0.5, 1]
    assert told.pictures.tolist() == [0, 1, 0, 0, 1]
    nearest = first(one)
    assert nearest.distances == pytest.approx([0.5, 0.6, 0.1])
    assert nearest.weights.tolist() == [0.5, 0.5, 1]


def test_reliability_on_pictures_it_was_not_fitted_on() -> None:
    rng = np.random.default_rng(0)
    many = found(rng.gamma(4, 0.1, (400, 5)), np.sort(rng.normal(1.2, 0.3, (400, 5, 10))))
    answers = shown(many, 10)
    good = reliability(answers, answers, 400, 5, 0)
    assert good.ece < 0.01 and good.ece_of_likely < 0.05
    assert sum(one.count for one in good.bins) == pytest.approx(answers.weights.sum())
    assert all(0 <= one.observed <= 1 and 0 < one.predicted < 1 for one in good.bins)
    # Each picture with an answer that no other picture teaches: known by heart it would be right.
    odd = found([[1.0], [2.0]], [[[2.0]], [[1.0]]])
    alone = shown(odd, 1)
    assert calibrated(alone, 9, 1).probability(1.0) < 1
    assert reliability(alone, alone, 2, 1, 0).log_loss > 0.5
