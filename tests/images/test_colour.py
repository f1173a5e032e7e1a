"""Whatever the pixels are stored as, they arrive as sRGB with 8 bits."""

import struct

import numpy as np
import PIL.Image
import pytest
from PIL import ImageCms

from lookalike.images import load
from lookalike.images.colour import eight_bits

RED_HALF_CLEAR = (255, 127, 127)  # 255 · 128/255 red on white: 255, 127, 127


def stored(mode, pixels):
    """Return a Pillow picture whose channels are those of `mode`."""
    return PIL.Image.frombytes(mode, pixels.shape[1::-1], pixels.tobytes())


def test_alpha_is_laid_on_white(encode):
    pixels = np.array([[[255, 0, 0, 255], [255, 0, 0, 128], [255, 0, 0, 0]]], dtype=np.uint8)
    expected = [[[255, 0, 0], [*RED_HALF_CLEAR], [255, 255, 255]]]
    assert load(encode(pixels, "PNG")).tolist() == expected
    assert load(encode(pixels, "WEBP", lossless=True, exact=True)).tolist() == expected
    assert load(encode(pixels, "TIFF")).tolist() == expected
    assert load(pixels).tolist() == expected


def test_grey_with_alpha(encode):
    pixels = np.array([[[0, 255], [0, 128], [0, 0]]], dtype=np.uint8)
    read = load(encode(stored("LA", pixels), "PNG"))
    assert read[0, :, 0].tolist() == [0, 127, 255]


def test_palette_with_transparency(png):
    palette = bytes([255, 0, 0, 0, 255, 0, 0, 0, 255])
    data = png(3, 1, 8, 3, [b"\0\1\2"], PLTE=palette, tRNS=b"\xff\x80\x00")
    assert load(data).tolist() == [[[255, 0, 0], [127, 255, 127], [255, 255, 255]]]


def test_palette_with_one_clear_colour(encode, six):
    picture = PIL.Image.fromarray(six).quantize(6)
    clear = picture.getpixel((0, 0))
    read = load(encode(picture, "GIF", transparency=clear))
    assert read[0, 0].tolist() == [255, 255, 255]
    assert read[1, 0].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("depth", "row", "grey"),
    [
        (1, b"\xa0", [255, 0, 255]),
        (2, b"\x1b", [0, 85, 170]),
        (4, b"\x07\xf0", [0, 119, 255]),
        (8, b"\x00\x80\xff", [0, 128, 255]),
        (16, struct.pack(">3H", 0, 32_768, 65_535), [0, 128, 255]),
    ],
)
def test_grey_of_every_depth(depth, row, grey, png):
    assert load(png(3, 1, depth, 0, [row])).tolist() == [[[value] * 3 for value in grey]]


def test_16_bits_are_rounded_not_cut_off(png):
    # 255.5 / 257 rounds to 1, 128 / 257 to 0, 385 / 257 to 1, 386 / 257 to 2
    row = struct.pack(">5H", 0, 128, 129, 385, 386)
    assert load(png(5, 1, 16, 0, [row]))[0, :, 0].tolist() == [0, 0, 1, 1, 2]


def test_clear_colour_of_16_bits(png):
    grey = png(2, 1, 16, 0, [struct.pack(">2H", 32_768, 32_769)], tRNS=struct.pack(">H", 32_768))
    assert load(grey)[0, :, 0].tolist() == [255, 128]
    colour = struct.pack(">3H", 0x1234, 0x5678, 0x9ABC)
    rgb = png(2, 1, 16, 2, [colour + bytes(6)], tRNS=colour)
    assert load(rgb).tolist() == [[[255, 255, 255], [0, 0, 0]]]


@pytest.mark.parametrize("mode", ["I;16", "I;16B"])
def test_16_bit_tiff(mode, encode):
    kind = {"I;16": "<u2", "I;16B": ">u2"}[mode]
    values = np.array([[0, 32_768, 65_535]], dtype=kind)
    picture = PIL.Image.frombytes(mode, (3, 1), values.tobytes())
    assert load(encode(picture, "TIFF"))[0, :, 0].tolist() == [0, 128, 255]


def test_32_bit_tiff(encode):
    for values, grey in [([0, 32_768, 65_535], [0, 128, 255]), ([0, 2**20, 2**21], [0, 128, 255])]:
        picture = PIL.Image.fromarray(np.array([values], dtype=np.int32))
        assert load(encode(picture, "TIFF"))[0, :, 0].tolist() == grey


@pytest.mark.parametrize(
    ("values", "grey"),
    [
        ([0.0, 0.5, 1.0], [0, 128, 255]),
        ([0.0, 128.0, 255.0], [0, 128, 255]),
        ([0.0, 32_768.0, 65_535.0], [0, 128, 255]),
        ([0.0, 5e5, 1e6], [0, 128, 255]),
        ([float("nan"), -1.0, 1.0], [0, 0, 255]),
    ],
)
def test_float_tiff(values, grey, encode):
    picture = PIL.Image.fromarray(np.array([values], dtype=np.float32))
    assert load(encode(picture, "TIFF"))[0, :, 0].tolist() == grey


def test_eight_bits_of_nothing_is_nothing():
    assert eight_bits(np.zeros((0, 3), np.float32)).shape == (0, 3)
    assert eight_bits(np.zeros(2)).tolist() == [0, 0]


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr", "LAB"])
def test_other_colour_spaces(mode, six, encode):
    picture = PIL.Image.fromarray(six)
    if mode == "LAB":
        srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        picture = ImageCms.applyTransform(picture, ImageCms.buildTransform(srgb, lab, "RGB", "LAB"))
    else:
        picture = picture.convert(mode)
    # Lab has 8 bits for more colours than sRGB shows, so that the purest ones are coarse.
    tolerance = 25 if mode == "LAB" else 1
    np.testing.assert_allclose(
        load(encode(picture, "TIFF", compression="tiff_lzw")).astype(int), six, atol=tolerance
    )


INKS = np.array([[[0, 255, 255, 0], [255, 0, 255, 0], [255, 255, 0, 0]]], dtype=np.uint8)
PRINTED = [[255, 0, 0], [0, 255, 0], [0, 0, 255]]  # magenta + yellow is red, and so on


def test_cmyk_jpeg(encode):
    picture = stored("CMYK", INKS.repeat(8, axis=0).repeat(8, axis=1))
    read = load(encode(picture, "JPEG", quality=100))
    np.testing.assert_allclose(read[4, 4::8].astype(int), PRINTED, atol=4)


def test_ycck_jpeg(encode):
    """Adobe's CMYK with the inks turned into luma and chroma; all inverted, as CMYK is there."""
    inks = PIL.Image.fromarray(INKS[:, :, :3].repeat(8, axis=0).repeat(8, axis=1))
    luma = 255 - np.array(inks.convert("YCbCr"))
    black = np.zeros((*luma.shape[:2], 1), np.uint8)
    picture = stored("CMYK", np.concatenate([luma, black], axis=2))
    data = encode(picture, "JPEG", quality=100)
    place = data.index(b"Adobe") + 11
    data = data[:place] + b"\x02" + data[place + 1 :]  # 2 says: this is YCCK
    read = load(data)
    np.testing.assert_allclose(read[4, 4::8].astype(int), PRINTED, atol=6)


def srgb_profile():
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped_profile():
    """Return sRGB whose red and blue are exchanged: what is stored as red shows as blue."""
    other = srgb_profile().replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ")
    return other.replace(b"????", b"bXYZ")


PROFILED = [("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True}), ("JPEG", {"quality": 100})]


@pytest.mark.parametrize(("kind", "options"), [*PROFILED, ("AVIF", {"quality": 100})])
def test_profiles_are_applied(kind, options, encode):
    pixels = np.full((16, 16, 3), (255, 0, 0), np.uint8)
    read = load(encode(pixels, kind, icc_profile=swapped_profile(), **options))
    np.testing.assert_allclose(read[8, 8].astype(int), (0, 0, 255), atol=3)


def test_a_profile_in_many_segments_is_put_together(encode):
    """A segment of a JPEG has at most 64 KiB, and the order of the pieces is told by a number."""
    long = swapped_profile().ljust(150_000, b"\0")
    pixels = np.full((16, 16, 3), (255, 0, 0), np.uint8)
    data = encode(pixels, "JPEG", quality=100, icc_profile=long)
    assert data.count(b"ICC_PROFILE\0") == 3
    np.testing.assert_allclose(load(data)[8, 8].astype(int), (0, 0, 255), atol=3)


def test_srgb_itself_changes_nothing(photo, encode):
    plain = load(encode(photo(40, 30), "PNG"))
    assert (load(encode(photo(40, 30), "PNG", icc_profile=srgb_profile())) == plain).all()


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "JPEG", "WEBP"])
@pytest.mark.parametrize(
    "profile", [b"no profile at all", srgb_profile()[:200], bytes(5 * 2**20)], ids=len
)
def test_a_broken_profile_is_as_if_not_there(kind, profile, photo, encode):
    plain = load(encode(photo(40, 30), kind))
    assert (load(encode(photo(40, 30), kind, icc_profile=profile)) == plain).all()


def test_a_profile_of_another_kind_of_pixels_is_as_if_not_there(encode, six):
    grey = PIL.Image.fromarray(six).convert("L")
    read = load(encode(grey, "PNG", icc_profile=swapped_profile()))
    assert (read[:, :, 0] == np.array(grey)).all()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_grey_files_against_opencv(kind, photo, encode):
    cv2 = pytest.importorskip("cv2", reason="the reference")
    data = encode(PIL.Image.fromarray(photo(64, 48)).convert("L"), kind)
    reference = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    np.testing.assert_allclose(load(data)[:, :, 1].astype(int), reference, atol=1)
