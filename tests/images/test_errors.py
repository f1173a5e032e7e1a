"""Everything that can be wrong with a file has a name."""

import errno
import os
import struct
import threading
import tracemalloc
import zlib

import numpy as np
import PIL.Image
import PIL.ImageFile
import pytest

from lookalike import images
from lookalike.errors import (
    CorruptPicture,
    EmptyPicture,
    MissingPicture,
    NotAFile,
    PictureTooLarge,
    UnknownFormat,
    UnreadablePicture,
)
from lookalike.images import View, files, load, load_views, probe, read_bytes

posix = pytest.mark.skipif(os.name != "posix", reason="such files exist on POSIX systems only")


def test_missing(tmp_path):
    path = tmp_path / "nothing.jpg"
    for read in (read_bytes, load, probe):
        with pytest.raises(MissingPicture, match=r"nothing\.jpg: there is no such file") as caught:
            read(path)
        assert caught.value.picture == str(path)
        assert caught.value.reason == "missing"


def test_paths_that_can_lead_nowhere(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"x")
    for path in (file / "below.jpg", tmp_path / ("long" * 1000), "null\0byte.jpg", ""):
        with pytest.raises(MissingPicture):
            read_bytes(path)


def test_folder_with_the_name_of_a_picture(tmp_path):
    path = tmp_path / "folder.jpg"
    path.mkdir()
    with pytest.raises(NotAFile, match="folder") as caught:
        load(path)
    assert caught.value.reason == "not-a-file"


@posix
def test_pipe_without_a_writer_does_not_block(tmp_path):
    path = tmp_path / "pipe.jpg"
    os.mkfifo(path)
    with pytest.raises(NotAFile, match="pipe or a device"):
        load(path)


@posix
def test_a_file_that_becomes_a_pipe_does_not_block(tmp_path, monkeypatch):
    """Between looking and opening, anything may happen to a path."""
    path = tmp_path / "pipe.jpg"
    os.mkfifo(path)
    file = tmp_path / "file"
    file.write_bytes(b"x")
    regular = file.stat()
    monkeypatch.setattr(files.os, "stat", lambda path: regular)
    with pytest.raises(NotAFile):
        load(path)


@posix
@pytest.mark.parametrize("device", ["/dev/null", "/dev/zero"])
def test_device(device):
    with pytest.raises(NotAFile, match="pipe or a device"):
        load(device)


@posix
def test_loop_of_links(tmp_path):
    one, two = tmp_path / "one.jpg", tmp_path / "two.jpg"
    one.symlink_to(two)
    two.symlink_to(one)
    with pytest.raises(NotAFile, match="leads back to itself"):
        load(one)


@posix
def test_links_are_followed_and_may_lead_nowhere(tmp_path, six, encode):
    (tmp_path / "real.png").write_bytes(encode(six, "PNG"))
    (tmp_path / "link.png").symlink_to("real.png")
    (tmp_path / "dangling.png").symlink_to("gone.png")
    assert load(tmp_path / "link.png").tolist() == six.tolist()
    with pytest.raises(MissingPicture):
        load(tmp_path / "dangling.png")


@posix
def test_permission_denied(tmp_path):
    path = tmp_path / "private.jpg"
    path.write_bytes(b"x")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything (root)")
    with pytest.raises(UnreadablePicture, match="permission denied"):
        load(path)


@pytest.mark.parametrize(
    ("number", "words"), [(errno.EACCES, "permission denied"), (errno.EIO, os.strerror(errno.EIO))]
)
def test_the_system_refuses(number, words, tmp_path, monkeypatch):
    path = tmp_path / "a.jpg"
    path.write_bytes(b"x")

    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(files.os, "open", refuse)
    with pytest.raises(UnreadablePicture, match=words) as caught:
        load(path)
    assert caught.value.__cause__.errno == number


def test_zero_bytes(tmp_path):
    path = tmp_path / "empty.jpg"
    path.touch()
    with pytest.raises(EmptyPicture):
        load(path)
    with pytest.raises(EmptyPicture):
        load(b"")


def test_file_over_the_limit(tmp_path, monkeypatch):
    path = tmp_path / "large.jpg"
    with path.open("wb") as file:
        file.truncate(images.MAX_BYTES + 1)  # a hole: it takes no room on the disk
    with pytest.raises(PictureTooLarge, match="512"):
        load(path)


@posix
def test_names_that_are_no_text_can_be_printed(tmp_path):
    name = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.jpg")
    with pytest.raises(MissingPicture) as caught:
        load(name)
    str(caught.value).encode("utf-8")


def test_text(tmp_path):
    path = tmp_path / "notes.jpg"
    path.write_text("this is not a picture")
    with pytest.raises(UnknownFormat):
        load(path)


def test_what_has_no_path_is_named_too():
    with pytest.raises(UnknownFormat, match="these bytes"):
        load(b"x")
    with pytest.raises(UnknownFormat, match=r"cannot read cat\.jpg"):
        load(b"x", name="cat.jpg")
    with pytest.raises(UnknownFormat, match=r"cannot read cat\.jpg"):
        load_views(b"x", [View.within(3)], name="cat.jpg")
    with pytest.raises(UnknownFormat, match=r"cannot read cat\.jpg"):
        probe(b"x", name="cat.jpg")


KINDS = {
    "JPEG": {},
    "progressive JPEG": {"progressive": True},
    "PNG": {},
    "WEBP": {},
    "GIF": {},
    "BMP": {},
    "TIFF": {},
    "TIFF lzw": {"compression": "tiff_lzw"},
    "AVIF": {},
    "JPEG2000": {},
    "PPM": {},
}


def encoded(kind, photo, encode):
    return encode(photo(64, 48), kind.split()[-1 if kind[0] == "p" else 0], **KINDS[kind])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_truncated(kind, part, photo, encode):
    data = encoded(kind, photo, encode)
    with pytest.raises(CorruptPicture) as caught:
        load(data[: int(len(data) * part)])
    assert caught.value.__cause__ is not None


@pytest.fixture
def lenient(monkeypatch):
    """A program that asked Pillow to make do with truncated files."""
    monkeypatch.setattr(PIL.ImageFile, "LOAD_TRUNCATED_IMAGES", True)


@pytest.mark.parametrize("kind", KINDS)
def test_truncated_is_an_error_whatever_pillow_is_told(kind, photo, encode, lenient):
    data = encoded(kind, photo, encode)
    with pytest.raises(CorruptPicture):
        load(data[: len(data) * 6 // 10])
    assert PIL.ImageFile.LOAD_TRUNCATED_IMAGES is True


def test_many_threads_at_once(photo, encode, lenient):
    whole = encode(photo(300, 200), "JPEG")
    sources = [whole, whole[: len(whole) // 2], encode(photo(60, 40), "PNG"), b"text"]
    outcomes = {source: set() for source in sources}

    def work():
        for source in sources * 10:
            try:
                outcomes[source].add(load(source, View.stretch(16, 16)).tobytes())
            except (CorruptPicture, UnknownFormat) as error:
                outcomes[source].add(type(error).__name__)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(len(seen) == 1 for seen in outcomes.values())
    assert outcomes[sources[1]] == {"CorruptPicture"}
    assert PIL.ImageFile.LOAD_TRUNCATED_IMAGES is True


def widened(data, at, width, height, form):
    return data[:at] + struct.pack(form, width, height) + data[at + struct.calcsize(form) :]


def bombs(encode, png):
    """Small files that claim to be huge pictures."""
    small = np.zeros((8, 8, 3), np.uint8)
    jpeg = encode(small, "JPEG")
    start = jpeg.index(b"\xff\xc0") + 5
    yield "JPEG", widened(jpeg, start, 65_500, 65_500, ">HH")
    yield "PNG", png(50_000, 50_000, 8, 2, [b""])
    yield "GIF", widened(encode(small, "GIF"), 6, 65_535, 65_535, "<HH")
    yield "BMP", widened(encode(small, "BMP"), 18, 60_000, 60_000, "<ii")
    yield "PPM", b"P6 60000 60000 255\n"
    tiff = encode(small, "TIFF")
    for tag in (256, 257):
        at = tiff.index(struct.pack("<HHL", tag, 4, 1)) + 8
        tiff = tiff[:at] + struct.pack("<L", 60_000) + tiff[at + 4 :]
    yield "TIFF", tiff
    webp = encode(small, "WEBP", lossless=True)
    at = webp.index(b"VP8L") + 9  # width and height less 1, with 14 bits each
    sides = (16_383 - 1) | (16_383 - 1) << 14
    yield "WEBP", webp[:at] + struct.pack("<L", sides) + webp[at + 4 :]
    jp2 = encode(small, "JPEG2000")
    yield "JPEG2000", widened(jp2, jp2.index(b"ihdr") + 4, 60_000, 60_000, ">LL")


def test_decompression_bombs(encode, png):
    """Refused by their header: before any memory is taken for pixels."""
    for name, data in bombs(encode, png):
        tracemalloc.start()
        with pytest.raises(PictureTooLarge, match="250,000,000"):
            load(data, View.within(16))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 50e6, name


def test_the_limit_is_ours_whatever_pillow_is_told(png, encode, monkeypatch):
    """Neither its warning nor its error at fewer pixels than ours comes through."""
    for kind in ("PNG", "TIFF", "WEBP", "GIF"):
        monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", 100)
        assert load(encode(PIL.Image.new("L", (40, 40)), kind)).shape == (40, 40, 3)
        assert PIL.Image.MAX_IMAGE_PIXELS == 100
        monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", None)


def test_a_png_with_huge_texts_is_only_its_pixels(png):
    """Pillow alone would refuse it: "Decompressed data too large"."""
    zeros = zlib.compress(bytes(200 * 2**20))
    tracemalloc.start()
    data = png(
        1, 1, 8, 0, [b"\x07"], iCCP=b"icc\0\0" + zeros, zTXt=b"text\0\0" + zeros, tEXt=b"a\0b"
    )
    assert load(data).tolist() == [[[7, 7, 7]]]
    assert tracemalloc.get_traced_memory()[1] < 50e6
    tracemalloc.stop()


def test_a_tiff_with_absurd_tags_is_only_its_pixels(encode, six):
    """Tags of no use to decoding are not read: texts out of the file, counts without end."""
    data = encode(six, "TIFF", compression="tiff_lzw")
    first = int.from_bytes(data[4:8], "little")
    count = int.from_bytes(data[first : first + 2], "little")
    absurd = [
        struct.pack("<HHLL", 270, 2, 2**32 - 1, 2**32 - 1),
        struct.pack("<HHLL", 282, 5, 1, 2**32 - 1),
        struct.pack("<HHLL", 256, 4, 1000, 8),
        struct.pack("<HHLL", 40_000, 99, 1, 1),
        struct.pack("<HHLL", 34_665, 4, 1, 8),
    ]
    end = len(data)
    directory = struct.pack("<H", count + len(absurd)) + b"".join(absurd)
    directory += data[first + 2 : first + 2 + 12 * count] + bytes(4)
    moved = data[:4] + struct.pack("<L", end) + data[8:] + directory
    assert load(moved).tolist() == six.tolist()


def test_damage_in_the_middle(photo, encode):
    for kind in ("PNG", "TIFF lzw", "GIF"):
        data = bytearray(encoded(kind, photo, encode))
        data[len(data) // 2 : len(data) // 2 + 40] = bytes(range(40))
        try:
            assert load(bytes(data)).shape == (48, 64, 3)
        except CorruptPicture as error:
            assert "damaged" in error.why
        else:
            assert kind == "GIF"  # has no check sums: damage may give other pixels
