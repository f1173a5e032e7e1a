"""Every format gives the same pixels; nothing else is read."""

import io
import struct
import subprocess
import sys

import numpy as np
import PIL.Image
import pytest

from lookalike.errors import UnknownFormat
from lookalike.images import View, formats, load, probe, suffixes
from lookalike.images.formats import FORMATS

LOSSLESS = {
    "png": ("PNG", {}),
    "webp": ("WEBP", {"lossless": True}),
    "gif": ("GIF", {}),
    "bmp": ("BMP", {}),
    "ppm": ("PPM", {}),
    "jpeg 2000": ("JPEG2000", {}),
    "tiff": ("TIFF", {}),
    "tiff lzw": ("TIFF", {"compression": "tiff_lzw"}),
    "tiff deflate": ("TIFF", {"compression": "tiff_adobe_deflate"}),
    "tiff packbits": ("TIFF", {"compression": "packbits"}),
    "big tiff": ("TIFF", {"big_tiff": True}),
}


@pytest.mark.parametrize("name", LOSSLESS)
def test_lossless_formats_keep_every_pixel(name, six, encode):
    kind, options = LOSSLESS[name]
    assert load(encode(six, kind, **options)).tolist() == six.tolist()


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"quality": 100, "subsampling": 0}),
        ("JPEG", {"quality": 100, "subsampling": 0, "progressive": True}),
        ("MPO", {"quality": 100, "subsampling": 0}),
        ("TIFF", {"compression": "jpeg", "quality": 100}),
        ("WEBP", {"quality": 100}),
        ("AVIF", {"quality": 100, "subsampling": "4:4:4"}),
    ],
)
def test_lossy_formats_keep_flat_colours(kind, options, six, encode):
    patches = six.repeat(16, axis=0).repeat(16, axis=1)
    read = load(encode(patches, kind, **options))
    assert read.shape == (32, 48, 3)
    np.testing.assert_allclose(read[8::16, 8::16].astype(int), six, atol=5)


def heic(pixels, **options):
    pillow_heif = pytest.importorskip("pillow_heif", reason="writes the HEIC that is read here")
    file = io.BytesIO()
    picture = PIL.Image.fromarray(pixels)
    pillow_heif.from_pillow(picture).save(file, quality=-1, chroma=444, **options)
    return file.getvalue()


def test_heic_keeps_flat_colours(six):
    patches = six.repeat(32, axis=0).repeat(32, axis=1)
    data = heic(patches)
    np.testing.assert_allclose(load(data)[16::32, 16::32].astype(int), six, atol=2)
    facts = probe(data)
    assert (facts.format, facts.width, facts.height) == ("HEIF", 96, 64)


def test_heic_is_upright_once(six, exif):
    """The container turns the picture; its EXIF says so again and must not turn it twice."""
    patches = six.repeat(32, axis=0).repeat(32, axis=1)
    read = load(heic(patches, exif=exif(6)))
    assert read.shape == (96, 64, 3)
    turned = np.rot90(six, -1)
    np.testing.assert_allclose(read[16::32, 16::32].astype(int), turned, atol=2)


def test_heic_tells_when_it_was_taken(photo, exif):
    data = heic(photo(64, 64), exif=exif(1, "2019:07:01 12:34:56"))
    assert probe(data).taken == "2019-07-01T12:34:56"


def test_heic_with_a_nameless_item_does_not_end_the_process(photo, exif):
    """The decoder alone would: the type of an item must be text, or it follows a null pointer."""
    data = heic(photo(64, 64), exif=exif(6)).replace(b"Exif\0", b"\xc5xif\0", 1)
    assert b"\xc5xif" in data
    assert load(data).shape == (64, 64, 3)


def test_interlaced_png(png):
    # Adam7 of 2 × 2 pixels: pass 1 has the upper left one, 6 its right neighbour, 7 the lower row.
    data = png(2, 2, 8, 0, [b"\x0a", b"\x14", b"\x1e\x28"], interlaced=1)
    assert load(data)[:, :, 0].tolist() == [[10, 20], [30, 40]]


def test_first_frame_of_an_animation_and_first_page_of_a_document(six, encode):
    first, second = PIL.Image.fromarray(six), PIL.Image.fromarray(255 - six)
    for kind, options in [
        ("GIF", {}),
        ("PNG", {}),
        ("TIFF", {}),
        ("WEBP", {"lossless": True}),
    ]:
        data = encode(first, kind, save_all=True, append_images=[second], **options)
        assert load(data).tolist() == six.tolist(), kind


def test_a_frame_count_that_lies_does_not_matter(six, encode, png):
    rows = [row.tobytes() for row in six]
    data = png(3, 2, 8, 2, rows, acTL=struct.pack(">II", 0, 0))
    assert load(data).tolist() == six.tolist()


@pytest.mark.parametrize(
    ("text", "grey"),
    [
        (b"P1\n2 1\n1 0\n", [0, 255]),
        (b"P2\n2 1\n15\n0 15\n", [0, 255]),
        (b"P5\n2 1\n255\n\x07\x80", [7, 128]),
        (b"P5 2 1 65535 \x00\x00\x80\x80", [0, 128]),
        (b"Pf\n2 1\n-1.0\n" + struct.pack("<2f", 0.0, 0.5), [0, 128]),
    ],
)
def test_netpbm_by_hand(text, grey):
    assert load(text)[0, :, 0].tolist() == grey


def test_the_name_of_a_file_plays_no_part(six, encode, tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(encode(six, "BMP"))
    assert load(path).tolist() == six.tolist()
    assert load(str(path)).tolist() == six.tolist()
    assert probe(path).format == "BMP"


@pytest.mark.parametrize(
    "data",
    [
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"%PDF-1.7\n",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
        b"Python is no portable pixmap",
        b"P1ctures at an exhibition",
        b"BMW is no bitmap, and this sentence is long enough",
        b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom",
    ],
)
def test_nothing_else_is_opened(data):
    with pytest.raises(UnknownFormat, match="JPEG, PNG"):
        load(data)


def test_every_format_is_readable_here_or_says_what_is_missing():
    found = {support.name: support for support in formats()}
    assert set(found) == {known.name for known in FORMATS}
    for support in found.values():
        assert support.readable == (support.note == "")
    for name in ("JPEG", "PNG", "GIF", "BMP", "TIFF"):
        assert found[name].readable


def test_a_missing_decoder_is_told_with_its_install_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    heif = next(support for support in formats() if support.name == "HEIF")
    assert not heif.readable
    assert "pip install" in heif.note
    with pytest.raises(UnknownFormat, match="pip install"):
        load(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")


def test_a_format_that_pillow_lacks_is_told(monkeypatch):
    monkeypatch.setattr("PIL.features.check", lambda feature: feature != "avif")
    assert [support.name for support in formats() if not support.readable] == ["AVIF"]


def test_suffixes():
    assert {".jpg", ".jpeg", ".png", ".heic", ".avif", ".webp", ".tif"} <= suffixes()
    assert not suffixes() & {".svg", ".eps", ".pdf", ".txt"}
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in suffixes())


def test_importing_images_imports_no_decoder():
    code = (
        "import sys, lookalike.images; sys.exit(any(m in sys.modules for m in ('PIL', 'pi_heif')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_probe_tells_without_decoding(photo, encode, exif):
    data = encode(photo(40, 30), "JPEG", exif=exif(6, "2019:07:01 12:34:56"))
    facts = probe(data)
    assert (facts.format, facts.width, facts.height) == ("JPEG", 30, 40)
    assert facts.taken == "2019-07-01T12:34:56"
    assert facts.bytes == len(data)
    half = data[: data.index(b"\xff\xda") + 20]  # the pixels are cut off: probe does not look
    assert probe(half).width == 30


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_every_format_tells_when_it_was_taken(kind, photo, encode, exif):
    data = encode(photo(16, 16), kind, exif=exif(1, "2019:07:01 12:34:56"))
    assert probe(data).taken == "2019-07-01T12:34:56"


@pytest.mark.parametrize("date", ["0000:00:00 00:00:00", "2019:02:30 00:00:00", "", "yesterday"])
def test_a_date_that_is_none_is_none(date, photo, encode, exif):
    assert probe(encode(photo(16, 16), "JPEG", exif=exif(1, date))).taken is None


def test_probe_of_an_array():
    facts = probe(np.zeros((4, 6), np.uint8))
    assert (facts.format, facts.width, facts.height, facts.bytes) == ("array", 6, 4, 24)


def test_pillow_itself_is_left_as_it_was(six, encode):
    """Nothing is registered, and no setting of the process changes."""
    import PIL.ImageFile

    before = PIL.ImageFile.LOAD_TRUNCATED_IMAGES, PIL.Image.MAX_IMAGE_PIXELS, set(PIL.Image.OPEN)
    load(encode(six, "PNG"), View.within(2))
    after = PIL.ImageFile.LOAD_TRUNCATED_IMAGES, PIL.Image.MAX_IMAGE_PIXELS, set(PIL.Image.OPEN)
    assert before[:2] == after[:2]
    assert "HEIF" not in after[2] - before[2]
