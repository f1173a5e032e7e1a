"""Whatever is done to a file, it is a picture or a `PictureError`; nothing else, and no warning."""

import io

import numpy as np
import PIL.Image
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lookalike.errors import PictureError
from lookalike.images import View, load, probe
from lookalike.images.tiff import found_date, read_exif


def pictures():
    """Return small files of every format, with everything in them that a file may have."""
    y, x = np.mgrid[0:24, 0:40]
    pixels = np.stack([x * 6, y * 10, (x + y) * 4], axis=-1).astype(np.uint8)
    colour = PIL.Image.fromarray(pixels)
    clear = colour.copy()
    clear.putalpha(PIL.Image.fromarray((x * 6).astype(np.uint8)))
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "a camera with a name that needs a place of its own"
    exif.get_ifd(0x8769)[0x9003] = "2019:07:01 12:34:56"
    told = {"exif": exif.tobytes(), "icc_profile": bytes(200)}
    wide = PIL.Image.fromarray((x * 1000).astype(np.uint16))
    inks = colour.convert("CMYK")

    def again():
        return {"save_all": True, "append_images": [colour.rotate(180)]}

    yield "jpeg", colour, "JPEG", told
    yield "progressive jpeg", colour, "JPEG", {"progressive": True, **told}
    yield "grey jpeg", colour.convert("L"), "JPEG", {}
    yield "cmyk jpeg", inks, "JPEG", {}
    yield "mpo", colour, "MPO", {**again(), "exif": told["exif"]}
    yield "png", clear, "PNG", told
    yield "palette png", colour.quantize(16), "PNG", {"transparency": 3}
    yield "wide png", wide, "PNG", {}
    yield "animated png", colour, "PNG", again()
    yield "webp", clear, "WEBP", told
    yield "lossless webp", clear, "WEBP", {"lossless": True}
    yield "animated webp", colour, "WEBP", again()
    yield "gif", colour, "GIF", again()
    yield "tiff", colour, "TIFF", told
    yield "tiff lzw", clear, "TIFF", {"compression": "tiff_lzw"}
    yield "tiff deflate", wide, "TIFF", {"compression": "tiff_adobe_deflate"}
    yield "tiff fax", colour.convert("1"), "TIFF", {"compression": "group4"}
    yield "tiff pages", colour, "TIFF", again()
    yield "big tiff", inks, "TIFF", {"big_tiff": True}
    yield "float tiff", colour.convert("F"), "TIFF", {}
    yield "bmp", colour, "BMP", {}
    yield "palette bmp", colour.quantize(16), "BMP", {}
    yield "avif", clear, "AVIF", {"exif": told["exif"]}
    yield "jpeg 2000", colour, "JPEG2000", {}
    yield "ppm", colour, "PPM", {}
    yield "pfm", colour.convert("F"), "PPM", {}


def files():
    for name, picture, kind, options in pictures():
        file = io.BytesIO()
        picture.copy().save(file, kind, **options)  # saving leaves traces in a picture
        yield name, file.getvalue()


FILES = dict(files())

changes = st.one_of(
    st.tuples(st.just("flip"), st.floats(0, 1), st.integers(1, 255)),
    st.tuples(st.just("cut"), st.floats(0, 1), st.just(0)),
    st.tuples(st.just("insert"), st.floats(0, 1), st.binary(min_size=1, max_size=8)),
    st.tuples(st.just("remove"), st.floats(0, 1), st.integers(1, 8)),
    st.tuples(st.just("write"), st.floats(0, 1), st.binary(min_size=1, max_size=8)),
)


def changed(data, steps):
    """Do each step at its place, which is told as a part of the length."""
    for kind, place, what in steps:
        at = int(place**2 * (len(data) - 1)) if data else 0  # more often in the headers
        if kind == "cut":
            data = data[:at]
        elif kind == "insert":
            data = data[:at] + what + data[at:]
        elif kind == "remove":
            data = data[:at] + data[at + what :]
        elif kind == "write":
            data = data[:at] + what + data[at + len(what) :]
        elif data:
            data = data[:at] + bytes([data[at] ^ what]) + data[at + 1 :]
    return data


def is_picture_or_named(data, view):
    """Warnings are errors in tests, so that one of Pillow's would be found as the cause."""
    try:
        picture = load(data, view)
    except PictureError as error:
        assert not isinstance(error.__cause__, Warning), repr(error.__cause__)
        assert error.picture == "these bytes"
        assert error.why
        return
    assert picture.dtype == np.uint8
    assert picture.shape == (9, 7, 3) if view.how == "stretch" else picture.ndim == 3
    assert probe(data).width >= 1


@pytest.mark.parametrize("name", FILES)
def test_each_file_is_a_picture_to_begin_with(name):
    assert load(FILES[name]).shape in ((24, 40, 3), (40, 24, 3))


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(changes, min_size=1, max_size=4), scaled=st.booleans())
def test_damaged_files(name, steps, scaled):
    view = View.stretch(7, 9) if scaled else View.within(20)
    is_picture_or_named(changed(FILES[name], steps), view)


BEGINNINGS = [
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"RIFF\x20\0\0\0WEBPVP8X",
    b"GIF89a",
    b"II*\0",
    b"MM\0+\0\x08\0\0",
    b"BM" + bytes(12) + b"\x28\0\0\0",
    b"\0\0\0\x20ftypavif",
    b"\0\0\0\x20ftypheic",
    b"\xff\x4f\xff\x51",
    b"\0\0\0\x0cjP  \r\n\x87\n",
    b"P6 ",
    b"",
]


@pytest.mark.parametrize("beginning", BEGINNINGS)
@settings(max_examples=40)
@given(rest=st.binary(max_size=200))
def test_noise_behind_every_beginning(beginning, rest):
    is_picture_or_named(beginning + rest, View.stretch(7, 9))


@settings(max_examples=300)
@given(st.sampled_from([b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"]), st.binary(max_size=120))
@example(b"II*\0", bytes(4))
@example(b"MM\0+", b"\xff" * 40)
def test_noise_as_exif(beginning, rest):
    told = read_exif(beginning + rest)
    assert 1 <= told.orientation <= 8
    assert told.taken is None or len(told.taken) == 19
    found_date(rest + beginning + rest)
