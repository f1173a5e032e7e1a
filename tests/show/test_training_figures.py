"""The figures of a training: its loss, what was redrawn, and the map."""

from __future__ import annotations

import builtins

import numpy as np
import pytest

from lookalike.errors import MissingExtra
from lookalike.show import loss, picture_map, plot, redrawn


def pictures(count: int, side: int = 32) -> np.ndarray:
    return np.random.default_rng(count).integers(0, 256, (count, side, side, 3), np.uint8)


def test_the_loss_of_both_the_best_and_the_mean_picture():
    figure = loss.drawn(
        [0.05, 0.03, 0.02], [0.045, 0.031, 0.033], best=2, baseline=0.07, heading="of 9 pictures"
    )
    (axes,) = figure.axes
    training, held_out, best, mean = axes.lines
    assert training.get_xydata().tolist() == [[1, 0.05], [2, 0.03], [3, 0.02]]
    assert held_out.get_ydata().tolist() == [0.045, 0.031, 0.033]
    assert best.get_xydata().tolist() == [[2, 0.031]]
    assert set(mean.get_ydata()) == {0.07}
    assert axes.get_yscale() == "linear" and axes.get_ylim()[0] == 0
    told = [text.get_text() for text in axes.get_legend().get_texts()]
    assert told == ["training", "held out", "kept: epoch 2, 0.031", "mean picture, 0.07"]


def test_what_spans_much_is_drawn_on_a_logarithmic_scale(tmp_path):
    figure = loss.drawn([0.5, 0.01], [0.4, 0.009], best=2, baseline=0.1, heading="")
    assert figure.axes[0].get_yscale() == "log"
    plot.save(figure, tmp_path / "loss.png")


@pytest.mark.parametrize("baseline", [0.1, 0.0])
def test_one_epoch_and_a_loss_of_nothing_can_be_drawn(tmp_path, baseline):
    figure = loss.drawn([0.0], [0.0], best=1, baseline=baseline, heading="")
    plot.save(figure, tmp_path / "loss.png")


@pytest.mark.parametrize("count", [1, 8, 11])
def test_each_picture_stands_above_what_was_drawn_of_it(tmp_path, count):
    first, second = pictures(count), pictures(count) // 2
    errors = [f"error {n}" for n in range(count)]
    figure = redrawn.drawn(first, second, errors, heading="Held out", note="small")
    assert len(figure.axes) == 2 * count
    for n in range(count):
        above, below = figure.axes[2 * n : 2 * n + 2]
        assert np.array_equal(above.images[0].get_array(), first[n])
        assert np.array_equal(below.images[0].get_array(), second[n])
        assert above.get_position().x0 == below.get_position().x0
        assert above.get_position().y0 > below.get_position().y1
    written = [text.get_text() for text in figure.texts]
    assert {"Held out", "small", *errors} <= set(written)
    assert written.count("redrawn") == -(-count // 8)
    plot.save(figure, tmp_path / "redrawn.png")


@pytest.mark.parametrize("count", [1, 2, 3, 50, 400])
def test_on_the_map_no_two_pictures_share_a_cell(count):
    places = np.random.default_rng(count).normal(size=(count, 2)) * [3, 1]
    found, (rows, columns) = picture_map.cells(places)
    assert len({tuple(cell) for cell in found}) == count
    assert found.min() >= 0 and (found.max(axis=0) < [rows, columns]).all()


def test_the_map_keeps_left_and_right_above_and_below():
    places = np.random.default_rng(0).normal(size=(300, 2))
    found, _ = picture_map.cells(places)
    assert np.corrcoef(places[:, 0], found[:, 1])[0, 1] > 0.9
    assert np.corrcoef(places[:, 1], found[:, 0])[0, 1] < -0.9  # rows count downwards


def test_corners_stand_in_the_corners():
    places = np.array([[-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]])
    found, (rows, columns) = picture_map.cells(places)
    bottom, right = rows - 1, columns - 1
    assert found.tolist() == [[bottom, 0], [bottom, right], [0, 0], [0, right]]


def test_pictures_in_one_place_or_in_one_line_all_find_a_cell():
    for places in (np.zeros((30, 2)), np.stack([np.arange(30.0), np.zeros(30)], axis=1)):
        found, _ = picture_map.cells(places)
        assert len({tuple(cell) for cell in found}) == 30


@pytest.mark.parametrize("count", [1, 40, 1000])
def test_every_picture_is_on_the_map(tmp_path, count):
    shown = pictures(count)
    places = np.random.default_rng(1).normal(size=(count, 2))
    figure = picture_map.drawn(shown, places, heading="Map", notes=["of them", "all"])
    (axes,) = figure.axes
    canvas = np.asarray(axes.images[0].get_array())
    found, _ = picture_map.cells(places)
    for thumbnail, (row, column) in zip(shown, found, strict=True):
        top, left = row * 34, column * 34
        assert np.array_equal(canvas[top : top + 32, left : left + 32], thumbnail)
    plot.save(figure, tmp_path / "map.png")


def test_without_matplotlib_it_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.partition(".")[0] == "matplotlib":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    for draw in (
        lambda: loss.drawn([1], [1], best=1, baseline=1, heading=""),
        lambda: redrawn.drawn(pictures(1), pictures(1), [""], heading=""),
        lambda: picture_map.drawn(pictures(1), np.zeros((1, 2)), heading=""),
    ):
        with pytest.raises(MissingExtra, match=r'pip install "lookalike\[plot\]"'):
            draw()
