"""Figures."""

import builtins
import sys
import warnings

import numpy as np
import pytest
from PIL import Image

from lookalike.errors import BadParameter, MissingExtra, UsageError
from lookalike.show import Shown, plot


def texts(figure):
    inside = [text.get_text() for axes in figure.axes for text in axes.texts]
    return [text.get_text() for text in figure.texts] + inside


def inked(path):
    """Return the size of a picture and the share of its pixels that are not white."""
    with Image.open(path) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    return pixels.shape[1::-1], (pixels < 250).any(axis=2).mean()


@pytest.mark.parametrize("count", [0, 1, 4, 5, 6, 23])
def test_ranking_draws_every_picture_once(shown, count):
    figure = plot.ranking(shown(0), [shown(i) for i in range(count)], heading="hog, euclidean")
    assert len(figure.axes) == 1 + count
    assert all(len(axes.images) == 1 for axes in figure.axes)
    written = texts(figure)
    assert "hog, euclidean" in written
    # Three lines for each card, the heading, and the excuse where there is nothing.
    assert len(written) == 3 * (1 + count) + 1 + (count == 0)
    assert ("no matches" in written) == (count == 0)


def test_ranking_places_matches_in_rows_beside_the_query(shown):
    figure = plot.ranking(shown(0), [shown(i) for i in range(7)], columns=3)
    query, *matches = [axes.get_position() for axes in figure.axes]
    lefts = [round(box.x0, 4) for box in matches]
    assert lefts[0] < lefts[1] < lefts[2] and lefts[3] == lefts[0] and lefts[6] == lefts[0]
    assert matches[0].y0 == matches[2].y0 > matches[3].y0 > matches[6].y0
    assert query.x1 < lefts[0] and query.width > matches[0].width
    assert all(0 <= box.x0 < box.x1 <= 1 and 0 <= box.y0 < box.y1 <= 1 for box in matches)


def test_query_has_a_frame_of_its_own(shown):
    query, first, second = plot.ranking(shown(0), [shown(1), shown(2)]).axes
    frames = [axes.spines["left"].get_edgecolor() for axes in (query, first, second)]
    assert frames[0] != frames[1] == frames[2]
    assert query.spines["left"].get_linewidth() > first.spines["left"].get_linewidth()


def test_hundred_matches_can_be_saved(shown, tmp_path):
    figure = plot.ranking(shown(0), [shown(i) for i in range(100)])
    plot.save(figure, tmp_path / "many.png")
    (width, height), ink = inked(tmp_path / "many.png")
    assert height > 2 * width and ink > 0.1


def test_thousands_of_matches_do_not_exceed_what_can_be_drawn(missing, tmp_path):
    figure = plot.ranking(missing, [missing] * 60, columns=1)
    assert figure.get_figheight() * figure.dpi <= 60_000


def test_unreadable_picture_becomes_a_card_with_the_reason(shown, missing, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture at all")
    figure = plot.ranking(
        shown(0), [missing, Shown(str(broken), broken, broken.name), Shown(None, 3, "a number")]
    )
    reasons = [axes.texts[0].get_text().replace("\n", " ") for axes in figure.axes[1:]]
    assert all(reason.startswith("cannot be shown: ") for reason in reasons)
    assert [len(axes.images) for axes in figure.axes] == [1, 0, 0, 0]
    plot.save(figure, tmp_path / "drawn.png")


def test_query_in_words_is_shown_as_words(shown):
    figure = plot.ranking(Shown(None, None, "“a red mug”", ("query",)), [shown(0)])
    assert figure.axes[0].texts[0].get_text() == "“a red mug”"


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_hostile_names_are_drawn_as_they_are(shown, hostile, tmp_path, suffix):
    # Warnings are errors here: a missing glyph, or a formula that cannot be parsed, would fail.
    figure = plot.ranking(shown(0, hostile), [shown(1, hostile)], heading=hostile)
    plot.save(figure, tmp_path / f"drawn{suffix}")


def test_long_names_are_shortened_in_the_middle_and_fit(shown):
    figure = plot.ranking(shown(0), [shown(1, "holiday " * 20 + "(copy 2).jpeg")])
    [title] = [text for text in figure.texts if "…" in text.get_text()]
    assert title.get_text().startswith("holiday") and title.get_text().endswith("copy 2).jpeg")
    wide = title.get_window_extent().width / figure.dpi
    assert 1.2 < wide <= 1.76


def test_dollars_are_no_formula(shown):
    figure = plot.ranking(shown(0), [shown(1, "$x_1$.jpg")])
    assert "$x_1$.jpg" in texts(figure)
    assert not any(text.get_parse_math() for text in figure.texts)


def test_odd_shapes_keep_their_proportion(shown, odd_shapes, tmp_path):
    figure = plot.ranking(odd_shapes[0], odd_shapes)
    plot.save(figure, tmp_path / "odd.png")
    lying, standing = (figure.axes[i].get_window_extent() for i in (1, 2))
    assert lying.width / lying.height == pytest.approx(100, rel=0.1)
    assert standing.height / standing.width == pytest.approx(100, rel=0.1)


def test_drawing_leaves_the_state_of_pyplot_alone(shown):
    plot.ranking(shown(0), [shown(1)])
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or not pyplot.get_fignums()


def test_wrong_columns(shown):
    with pytest.raises(BadParameter, match="0 columns"):
        plot.ranking(shown(0), [], columns=0)


@pytest.mark.parametrize("name", ["a.png", "a.PNG", "a.svg", "a.pdf", "a.jpg", "a.jpeg"])
def test_save_in_every_format(shown, tmp_path, name):
    target = tmp_path / name
    plot.save(plot.ranking(shown(0), [shown(1)]), target)
    begins = {
        "png": b"\x89PNG",
        "svg": b"<?xml",
        "pdf": b"%PDF",
        "jpg": b"\xff\xd8",
        "jpeg": b"\xff\xd8",
    }
    assert target.read_bytes().startswith(begins[name[2:].lower()])
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_png_has_the_size_of_the_figure(shown, tmp_path):
    figure = plot.ranking(shown(0), [shown(i) for i in range(3)])
    plot.save(figure, tmp_path / "a.png")
    size, ink = inked(tmp_path / "a.png")
    np.testing.assert_allclose(size, figure.get_size_inches() * figure.dpi, atol=1)
    assert 0.2 < ink < 0.9


def test_same_result_is_the_same_file(shown, tmp_path):
    for name in ("a.png", "b.png", "a.pdf", "b.pdf"):
        plot.save(plot.ranking(shown(0), [shown(1)]), tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


@pytest.mark.parametrize("name", ["a", "a.gif", "a.png.txt", "png"])
def test_unknown_suffix(shown, tmp_path, name):
    with pytest.raises(BadParameter, match=r"must end in \.png, \.svg"):
        plot.save(plot.ranking(shown(0), []), tmp_path / name)


def test_place_that_cannot_be_written(shown, tmp_path):
    figure = plot.ranking(shown(0), [])
    (tmp_path / "folder.png").mkdir()
    for target in (tmp_path / "none" / "a.png", tmp_path / "folder.png"):
        with pytest.raises(UsageError, match="cannot write"):
            plot.save(figure, target)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.png"]


def test_failed_save_keeps_the_old_file(shown, tmp_path, monkeypatch):
    target = tmp_path / "a.png"
    target.write_bytes(b"old")
    figure = plot.ranking(shown(0), [])

    def full(self, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(UsageError, match="No space left"):
        plot.save(figure, target)
    assert target.read_bytes() == b"old"


def test_missing_matplotlib(shown, monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.partition(".")[0] == "matplotlib":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra, match=r'pip install "lookalike\[plot\]"'):
        plot.ranking(shown(0), [])
    with pytest.raises(MissingExtra):
        plot.comparison([shown(0)], np.ones((1, 256)), [])


TABLE = [
    ("descriptor", "metric", "b", "c"),
    ("hog", "euclidean", "0.5", "0.25"),
    ("lbp", "chi2", "0.1", "0.1"),
]


def test_comparison_draws_pictures_table_and_histograms(shown, tmp_path):
    counts = np.random.default_rng(0).integers(0, 100, (3, 256)).astype(np.float32)
    figure = plot.comparison([shown(0), shown(1), shown(2)], counts, TABLE)
    assert len(figure.axes) == 4
    assert len(figure.axes[3].lines) == 3
    written = texts(figure)
    for word in ("hog", "lbp", "euclidean", "chi2", "0.5", "0.25", "descriptor", "metric"):
        assert word in written
    plot.save(figure, tmp_path / "c.png")
    assert inked(tmp_path / "c.png")[1] > 0.1


def test_comparison_marks_the_nearest_unless_two_share_it(shown):
    figure = plot.comparison([shown(i) for i in range(3)], np.ones((3, 256)), TABLE)
    numbers = {"0.5", "0.25", "0.1"}
    bold = [t.get_text() for t in figure.texts if t.get_fontweight() == "bold"]
    assert [text for text in bold if text in numbers] == ["0.25"]


def test_comparison_puts_each_distance_under_its_picture(shown):
    figure = plot.comparison([shown(i) for i in range(3)], np.ones((3, 256)), TABLE)
    place = {text.get_text(): text.get_position() for text in figure.texts}
    for number, distance in ((1, "0.5"), (2, "0.25")):
        box = figure.axes[number].get_position()
        assert box.x0 < place[distance][0] < box.x1
        assert place[distance][1] < box.y0


def test_histograms_are_shares_so_that_sizes_do_not_matter(shown):
    counts = np.zeros((2, 256))
    counts[0, 10], counts[0, 20] = 1, 3
    counts[1, 10], counts[1, 20] = 100, 300
    figure = plot.comparison([shown(0), shown(1)], counts, [("d", "m", "b")])
    first, second = (line.get_ydata() for line in figure.axes[2].lines)
    np.testing.assert_allclose(first, second)
    assert first[20] == pytest.approx(75.0)


def test_comparison_of_one_picture_and_of_an_empty_histogram(shown, tmp_path):
    plot.save(plot.comparison([shown(0)], np.zeros((1, 256)), [("d", "m")]), tmp_path / "a.png")


def test_comparison_with_hostile_names(shown, hostile, tmp_path):
    table = [("d", "m", hostile), ("hog", "euclidean", "n/a")]
    figure = plot.comparison([shown(0, hostile), shown(1, hostile)], np.ones((2, 256)), table)
    plot.save(figure, tmp_path / "a.png")


def test_comparison_wants_a_histogram_for_each_picture(shown):
    with pytest.raises(BadParameter, match="1 histograms for 2 pictures"):
        plot.comparison([shown(0), shown(1)], np.ones((1, 256)), [])


def test_no_warning_about_fonts_when_a_font_lacks_everything(shown):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = plot.ranking(shown(0, "\U0001f9ff\U00012000"), [])
        figure.canvas.draw()
