"""A region is seen as if it had been cut out of the upright picture."""

import math

import numpy as np
import PIL.Image
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lookalike.errors import BadParameter, MissingPicture
from lookalike.images import FULL, View, fit, load, load_views
from lookalike.images.decoding import Encoded
from lookalike.images.regions import edges

RED, GREEN, BLUE, BLACK, WHITE = [255, 0, 0], [0, 255, 0], [0, 0, 255], [0, 0, 0], [255] * 3
GREY = [128] * 3
WHOLE = (0.0, 0.0, 1.0, 1.0)

shares = st.floats(0, 1)
boxes = st.tuples(shares, shares, shares, shares).map(
    lambda s: (min(s[0], s[2]), min(s[1], s[3]), max(s[0], s[2]), max(s[1], s[3]))
)
boxes = boxes.filter(lambda box: box[0] < box[2] and box[1] < box[3])


def seen(source, box, view=FULL):
    return load_views(source, [view], box=box)[view]


def cut(picture, box):
    left, top, right, bottom = edges(box, picture.shape[1], picture.shape[0])
    return np.ascontiguousarray(picture[top:bottom, left:right])


@pytest.mark.parametrize("kind", ["array", "bytes", "path"])
def test_by_hand(kind, six, encode, tmp_path):
    source = six if kind == "array" else encode(six, "PNG")
    if kind == "path":
        (tmp_path / "six.png").write_bytes(source)
        source = tmp_path / "six.png"
    assert seen(source, (1 / 3, 0, 1, 0.5)).tolist() == [[GREEN, BLUE]]
    assert seen(source, (0, 0, 2 / 3, 1)).tolist() == [[RED, GREEN], [BLACK, WHITE]]
    assert seen(source, WHOLE).tolist() == six.tolist()
    # 0.4 and 0.6 of three pixels are 1.2 and 1.8, which round to 1 and 2.
    assert seen(source, (0.4, 0, 0.6, 1)).tolist() == [[GREEN], [WHITE]]


def test_less_than_a_pixel_is_the_pixel_that_it_lies_in(six):
    assert seen(six, (0.5, 0.6, 0.501, 0.601)).tolist() == [[WHITE]]
    assert seen(six, (0.999, 0.999, 1, 1)).tolist() == [[GREY]]
    assert seen(six, (0, 0, 1e-300, 1e-300)).tolist() == [[RED]]
    # Across, 0.45 of three pixels to 0.55 is 1.35 to 1.65: both round, to 1 and to 2.
    assert seen(six, (0.45, 0, 0.55, 0.01)).tolist() == [[GREEN]]


def test_upright_by_hand(six, encode, exif):
    # Stored lying; turned upright it is black red / white green / grey blue.
    data = encode(six, "PNG", exif=exif(6))
    assert load(data).tolist() == [[BLACK, RED], [WHITE, GREEN], [GREY, BLUE]]
    assert seen(data, (0, 0, 0.5, 2 / 3)).tolist() == [[BLACK], [WHITE]]
    assert seen(data, (0.5, 2 / 3, 1, 1)).tolist() == [[BLUE]]


def test_scaled_by_hand():
    row = np.array([[0, 100, 10, 30, 200, 200]], np.uint8)[:, :, None].repeat(3, 2)
    # The middle third is 10 and 30: a mean of 20, of which the neighbours are no part.
    for how in ("area", "bilinear", "bicubic", "lanczos"):
        assert seen(row, (1 / 3, 0, 2 / 3, 1), View.stretch(1, 1, how))[0, 0, 0] == 20, how


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_every_orientation(orientation, kind, photo, encode, exif, psnr):
    data = encode(photo(403, 309), kind, exif=exif(orientation))
    box = (0.11, 0.27, 0.83, 0.71)
    whole = load(data)
    assert (seen(data, box) == cut(whole, box)).all()
    for view in (View.stretch(16, 16), View.within(40), View.crop(24, 20, 30)):
        assert psnr(seen(data, box, view), fit(cut(whole, box), view)) > 38, view


@pytest.mark.parametrize(
    ("box", "view", "scale"),
    [
        (WHOLE, View.stretch(224, 224), 4),  # 3000 / 4 = 750 ≥ 2 · 224
        ((0, 0, 0.5, 0.5), View.stretch(224, 224), 2),  # 1500 / 2 = 750; a fourth is 375
        ((0.4, 0.4, 0.6, 0.6), View.stretch(224, 224), 1),  # 800 × 600; a half is 300
        ((0.4, 0.4, 0.6, 0.6), View.stretch(32, 32), 8),
        ((0, 0, 1, 0.01), View.stretch(32, 32), 1),  # 30 pixels high
        ((0.4, 0.4, 0.6, 0.6), View.within(48), 8),  # 600 / 8 = 75 ≥ 2 · 36
        ((0.4, 0.4, 0.6, 0.6), View.within(51), 4),
        ((0.4, 0.4, 0.6, 0.6), FULL, 1),
        ((0.4, 0.4, 0.6, 0.6), View.stretch(32, 32, "nearest"), 1),
    ],
)
@pytest.mark.parametrize("orientation", [1, 6])
def test_the_fraction_is_chosen_for_the_region(box, view, scale, orientation, encode, exif):
    size = (4000, 3000) if orientation == 1 else (3000, 4000)
    data = encode(PIL.Image.new("L", size), "JPEG", exif=exif(orientation))
    assert Encoded("it", data).scale(view, box) == scale


@pytest.mark.parametrize("corner", [(401, 303), (407, 301), (403, 300), (402, 306)])
@pytest.mark.parametrize("orientation", [1, 2, 3, 4])
def test_nothing_from_outside_is_seen(corner, orientation, encode, exif):
    """Pixels of a JPEG decoded at a fraction are means with what lies beyond the edge."""
    left, top = corner
    picture = np.zeros((1205, 1603, 3), np.uint8)
    picture[top : top + 700, left : left + 700] = 255
    data = encode(picture, "JPEG", quality=95, exif=exif(orientation))
    whole = load(data)
    rows, columns = np.nonzero(whole[:, :, 0] > 128)
    box = (columns[0] / 1603, rows[0] / 1205, (columns[-1] + 1) / 1603, (rows[-1] + 1) / 1205)
    box = tuple(float(share) for share in box)
    view = View.stretch(40, 40)
    assert Encoded("it", data).scale(view, box) == 8
    assert seen(data, box, view).min() > 250


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_whole_is_the_same_as_no_box(kind, orientation, photo, encode, exif):
    data = encode(photo(1003, 757), kind, exif=exif(orientation))
    views = [FULL, View.stretch(32, 32), View.within(64), View.crop(96, 96, 128)]
    without, with_box = load_views(data, views), load_views(data, views, box=WHOLE)
    assert all((without[view] == with_box[view]).all() for view in views)


def test_the_whole_of_an_array_is_the_same_as_no_box(photo):
    picture = photo(90, 60)
    assert (seen(picture, WHOLE, View.within(30)) == fit(picture, View.within(30))).all()


def test_several_views_of_one_region(photo, encode):
    data = encode(photo(1200, 900), "JPEG")
    box = (0.2, 0.1, 0.9, 0.6)
    views = [FULL, View.stretch(32, 32), View.within(64), View.stretch(40, 30, "nearest")]
    together = load_views(data, views, box=box)
    assert list(together) == views
    for view in views:
        assert (together[view] == seen(data, box, view)).all(), view
    assert (together[views[3]] == fit(cut(load(data), box), views[3])).all()


def test_an_array_is_not_changed_and_a_result_is_contiguous(photo):
    picture = photo(90, 70)
    before = picture.copy()
    picture.flags.writeable = False
    assert seen(picture, (0.1, 0.1, 0.6, 0.6)).flags.c_contiguous
    assert (picture == before).all()


def test_colours_are_managed_in_a_region_too(photo, encode, psnr):
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = profile.replace(b"rXYZ", b"????").replace(b"gXYZ", b"rXYZ").replace(b"????", b"gXYZ")
    data = encode(photo(400, 300), "PNG", icc_profile=swapped)
    box = (0.25, 0.25, 0.75, 0.75)
    assert (seen(data, box) == cut(load(data), box)).all()


@pytest.mark.parametrize(
    "box",
    [
        (),
        (0, 0, 1),
        (0, 0, 1, 1, 1),
        "0,0,1,1",
        0.5,
        {0, 1},
        (0, 0, 1, "1"),
        (0, 0, 1, None),
        (0, 0, 1, 1 + 0j),
        (0, 0, math.nan, 1),
        (0, 0, math.inf, 1),
        (-math.inf, 0, 1, 1),
        (-0.001, 0, 1, 1),
        (0, 0, 1, 1.0001),
        (0, 0, 10**400, 1),
        (0.5, 0, 0.5, 1),
        (0.6, 0, 0.5, 1),
        (0, 0.5, 1, 0.5),
        (0, 1, 1, 0),
    ],
)
def test_boxes_that_are_none(box, six, encode):
    for source in (six, encode(six, "PNG"), "/there/is/no/such.jpg"):
        with pytest.raises(BadParameter, match="box"):
            load_views(source, [FULL], box=box)


def test_a_box_of_nothing(tmp_path):
    with pytest.raises(MissingPicture):
        load_views(tmp_path / "nothing.jpg", [FULL], box=WHOLE)


@settings(max_examples=500)
@given(boxes, st.integers(1, 20_000), st.integers(1, 20_000))
@example((1 - 2**-53, 0.0, 1.0, 5e-324), 20_000, 20_000)
def test_edges_are_inside_and_something_is_between_them(box, width, height):
    left, top, right, bottom = edges(box, width, height)
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    # They are where the box is, within the rounding; or the box is smaller than a pixel.
    assert abs(left - box[0] * width) <= 1
    assert abs(bottom - box[3] * height) <= 1


views = st.sampled_from([FULL, View.within(20), View.stretch(7, 9), View.crop(12, 10, 14, "area")])


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(box=boxes, view=views)
def test_any_box_is_cutting_and_then_fitting(box, view, photo, encode):
    picture = photo(97, 61)
    expected = fit(cut(picture, box), view)
    assert (seen(picture, box, view) == expected).all()
    assert (seen(encode(picture, "PNG"), box, view) == expected).all()


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(box=boxes, view=views, orientation=st.integers(1, 8))
def test_any_box_of_a_jpeg_is_near_to_that(box, view, orientation, photo, encode, exif, psnr):
    data = encode(photo(331, 257), "JPEG", quality=90, exif=exif(orientation))
    assert psnr(seen(data, box, view), fit(cut(load(data), box), view)) > 32
