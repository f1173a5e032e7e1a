"""Sizes, shapes and filters; and that a scaled JPEG is as good as a full one."""

import numpy as np
import PIL.Image
import pytest

from lookalike.errors import BadParameter
from lookalike.images import FULL, View, fit, load, load_views
from lookalike.images.decoding import Encoded

SHAPES = [(1, 1), (2, 3), (1, 10_000), (10_000, 1), (640, 480), (480, 640), (50, 50)]
VIEWS = [
    View.within(50),
    View.stretch(64, 48),
    View.crop(40, 32, 50),
    View.crop(224, 224, 256),
    View.within(7, "lanczos"),
    View.stretch(5, 9, "area"),
    View.stretch(9, 5, "nearest"),
    View.crop(9, 9, 9, "bicubic"),
]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("shape", SHAPES)
def test_size_of_every_view_of_every_shape(view, shape, encode):
    width, height = shape
    picture = np.zeros((height, width, 3), np.uint8)
    seen = fit(picture, view)
    assert seen.dtype == np.uint8
    assert seen.shape[2] == 3
    if view.how == "within":
        assert max(seen.shape[:2]) == min(view.width, max(shape))
        assert min(seen.shape[:2]) >= 1
    else:
        assert seen.shape == (view.height, view.width, 3)
    assert load(encode(picture, "PNG"), view).shape == seen.shape
    assert load(encode(picture, "JPEG"), view).shape == seen.shape


def test_within_keeps_the_shape():
    assert fit(np.zeros((300, 400, 3), np.uint8), View.within(100)).shape == (75, 100, 3)
    assert fit(np.zeros((400, 300, 3), np.uint8), View.within(100)).shape == (100, 75, 3)


def test_crop_takes_the_middle_by_hand():
    # 6 × 2 to a shorter side of 2 is itself; its middle 2 × 2 are columns 2 and 3.
    row = np.arange(0, 60, 10, dtype=np.uint8)
    picture = np.broadcast_to(row[None, :, None], (2, 6, 3)).copy()
    assert fit(picture, View.crop(2, 2, 2))[0, :, 0].tolist() == [20, 30]
    upright = picture.transpose(1, 0, 2)
    assert fit(upright, View.crop(2, 2, 2))[:, 0, 0].tolist() == [20, 30]


def test_area_and_nearest_by_hand():
    picture = np.array([[0, 10, 100, 110], [20, 30, 120, 130]], np.uint8)[:, :, None].repeat(3, 2)
    assert fit(picture, View.stretch(2, 1, "area"))[:, :, 0].tolist() == [[15, 115]]
    assert fit(picture, View.stretch(2, 1, "nearest"))[:, :, 0].tolist() == [[30, 130]]


@pytest.mark.parametrize("shape", [(640, 480), (480, 641), (333, 1000)])
def test_crop_is_scaling_and_then_cropping(shape, photo, psnr):
    picture = photo(*shape)
    width, height = shape
    factor = 256 / min(shape)
    whole = PIL.Image.fromarray(picture).resize((round(width * factor), round(height * factor)), 2)
    left, top = (whole.width - 224) // 2, (whole.height - 224) // 2
    expected = np.array(whole.crop((left, top, left + 224, top + 224)))
    assert psnr(fit(picture, View.crop(224, 224, 256)), expected) > 60


def test_area_against_opencv(photo):
    cv2 = pytest.importorskip("cv2", reason="the reference")
    picture = photo(640, 480)
    expected = cv2.resize(picture, (64, 48), interpolation=cv2.INTER_AREA)
    seen = fit(picture, View.stretch(64, 48, "area"))
    np.testing.assert_allclose(seen.astype(int), expected, atol=1)


@pytest.mark.parametrize("view", VIEWS)
def test_what_is_in_a_view_is_left_alone(view, photo):
    seen = fit(photo(300, 200), view)
    assert fit(seen, view) is seen


def test_full_and_small_pictures_are_left_alone(photo):
    picture = photo(30, 20)
    assert fit(picture, FULL) is picture
    assert fit(picture, View.within(30)) is picture
    assert load(picture, View.within(64)) is picture


@pytest.mark.parametrize("view", VIEWS)
def test_a_read_only_picture_is_not_changed(view, photo):
    picture = photo(90, 70)
    before = picture.copy()
    picture.flags.writeable = False
    fit(picture, view)
    fit(picture[::-1, ::2], view)
    assert (picture == before).all()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize(
    "view", [FULL, View.within(100), View.stretch(32, 32), View.crop(96, 96, 128)]
)
def test_load_agrees_with_fit(kind, view, photo, encode, psnr):
    data = encode(photo(1003, 757), kind, quality=90)
    agreement = psnr(load(data, view), fit(load(data), view))
    assert agreement > (45 if kind == "JPEG" else 60)


def test_nearest_is_exact_even_from_a_jpeg(photo, encode):
    data = encode(photo(800, 600), "JPEG")
    view = View.stretch(40, 30, "nearest")
    assert (load(data, view) == fit(load(data), view)).all()


def test_colours_after_scaling_agree_with_colours_before(photo, encode, psnr):
    """The order is for speed; only rounding may tell."""
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = profile.replace(b"rXYZ", b"????").replace(b"gXYZ", b"rXYZ").replace(b"????", b"gXYZ")
    data = encode(photo(400, 300), "PNG", icc_profile=swapped)
    view = View.stretch(64, 64)
    assert psnr(load(data, view), fit(load(data), view)) > 40


@pytest.mark.parametrize(
    ("size", "view", "scale"),
    [
        ((4000, 3000), View.stretch(224, 224), 4),  # 3000 / 4 = 750 ≥ 2 · 224; an eighth is 375
        ((4000, 3000), View.stretch(32, 32), 8),
        ((4000, 3000), View.stretch(224, 1000), 1),
        ((4000, 3000), View.within(248), 8),
        ((4000, 3000), View.within(251), 4),
        ((4000, 3000), View.crop(100, 100, 187), 8),
        ((4000, 3000), View.crop(100, 100, 188), 4),
        ((4000, 3000), View.stretch(32, 32, "nearest"), 1),
        ((4000, 3000), FULL, 1),
        ((4000, 1), View.stretch(8, 8), 1),
    ],
)
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_jpeg_is_never_decoded_smaller_than_needed(size, view, scale, orientation, encode, exif):
    width, height = size if orientation == 1 else size[::-1]
    data = encode(PIL.Image.new("L", (width, height)), "JPEG", exif=exif(orientation))
    assert Encoded("it", data).scale(view) == scale


def test_several_views_are_what_each_would_be_alone(photo, encode):
    for kind in ("JPEG", "PNG"):
        data = encode(photo(1200, 900), kind)
        views = [FULL, View.stretch(32, 32), View.within(64), View.crop(224, 224, 256)]
        together = load_views(data, views)
        assert list(together) == views
        for view in views:
            assert (together[view] == load(data, view)).all(), (kind, view)


def test_equal_scales_share_one_decoding(photo, encode, monkeypatch):
    decoded = []
    original = Encoded.decode

    def counted(self, scale):
        decoded.append(scale)
        return original(self, scale)

    monkeypatch.setattr(Encoded, "decode", counted)
    data = encode(photo(1200, 900), "JPEG")
    load_views(data, {View.stretch(32, 32), View.within(64), View.stretch(200, 200), FULL})
    assert sorted(decoded) == [1, 2, 8]


def test_several_views_of_an_array(photo):
    picture = photo(90, 60)
    together = load_views(picture, [FULL, View.stretch(8, 8)])
    assert together[FULL] is picture
    assert together[View.stretch(8, 8)].shape == (8, 8, 3)


def test_a_result_is_the_callers_own(photo, encode):
    data = encode(photo(90, 60), "PNG")
    for view in (FULL, View.stretch(8, 8)):
        seen = load(data, view)
        assert seen.flags.writeable
        assert seen.flags.c_contiguous
        seen[:] = 0
    assert load(data).any()


@pytest.mark.parametrize(
    "make",
    [
        lambda: View("sideways"),
        lambda: View.within(0),
        lambda: View.within(-5),
        lambda: View.within(16_385),
        lambda: View.stretch(224, 0),
        lambda: View.stretch(10**6, 1),
        lambda: View.crop(224, 224, 200),
        lambda: View.crop(224, 224, 0),
        lambda: View.stretch(8, 8, "cubic"),
        lambda: View("full", width=3),
        lambda: View("within", width=3, height=3),
    ],
)
def test_views_that_cannot_be(make):
    with pytest.raises(BadParameter):
        make()


def test_views_are_equal_by_value():
    assert View.within(64) == View("within", 64)
    assert len({View.stretch(8, 8), View.stretch(8, 8), View.stretch(8, 8, "area")}) == 2
