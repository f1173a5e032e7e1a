"""What strangers send: pictures that are bombs, and a process that a picture has taken over."""

import io
import struct
import zlib

import numpy as np
import PIL.Image
import pytest

from lookalike import errors
from lookalike.errors import CorruptPicture, PictureError, PictureTooLarge, PictureTooSlow
from lookalike.images import FULL, DecodingProcesses, View, wire

SMALL = View.stretch(16, 16)
MEGABYTES = 2**20


@pytest.fixture(scope="module")
def decoding():
    """With room for 16 million pixels in memory, and no more."""
    with DecodingProcesses(seconds=60, max_bytes_of_memory=128 * MEGABYTES) as opened:
        yield opened


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width, height, rows, *, depth=8, colour=2, extra=b""):
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = chunk(b"IHDR", header) + extra + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def zeros(count):
    packer = zlib.compressobj()
    return b"".join(packer.compress(bytes(2**20)) for _ in range(count >> 20)) + packer.flush()


def gif(width, height, across, down, frames=1):
    screen = struct.pack("<6s2H3B", b"GIF89a", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = struct.pack("<B4HB", 0x2C, 0, 0, across, down, 0) + b"\x02\x02\x4c\x0a\x00"
    return screen + frame * frames + b";"


def jpeg(width, height):
    file = io.BytesIO()
    PIL.Image.new("L", (8, 8), 128).save(file, "JPEG")
    data = bytearray(file.getvalue())
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def bmp(width, height):
    return struct.pack("<2sIIIIiiHH", b"BM", 54, 0, 54, 40, width, height, 1, 24) + bytes(24)


def tiff(width, height, packed, at=8):
    tags = [
        (256, 4, width),
        (257, 4, height),
        (258, 3, 8),
        (259, 3, 8),
        (262, 3, 1),
        (273, 4, 8),
        (278, 4, height),
        (279, 4, len(packed)),
    ]
    directory = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    start = at + len(packed)
    # The next directory is this one, for ever.
    return (
        struct.pack("<2sHI", b"II", 42, start)
        + packed
        + struct.pack("<H", len(tags))
        + directory
        + struct.pack("<I", start)
    )


TOO_LARGE = {
    "png of ten thousand million pixels": png(100_000, 100_000, zlib.compress(b"")),
    "png as wide as can be": png(2**31 - 1, 1, zlib.compress(b"")),
    "gif with a vast screen": gif(65_535, 65_535, 1, 1),
    "gif with a vast frame": gif(1, 1, 65_535, 65_535),
    "jpeg as large as can be": jpeg(65_535, 65_535),
    "bmp": bmp(2**31 - 1, 2**31 - 1),
    "bmp upside down": bmp(30_000, -30_000),
    "netpbm": b"P6 99999999 99999999 255\n",
    "tiff": tiff(2**32 - 1, 2**32 - 1, b""),
}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_small_files_that_claim_to_be_vast(name, decoding):
    with pytest.raises(PictureTooLarge, match="pixels, and at most"):
        decoding.load_views(TOO_LARGE[name], [SMALL])


TOO_MUCH = {
    "png of nothing": png(15_000, 15_000, zlib.compress(b"")),
    "png of grey": png(15_000, 15_000, zeros(2**20), depth=1, colour=0),
    "gif": gif(15_000, 15_000, 15_000, 15_000),
    "jpeg in full": jpeg(15_000, 15_000),
    "bmp": bmp(15_000, 15_000),
    "netpbm": b"P6 15000 15000 255\n",
    "tiff": tiff(15_000, 15_000, b""),
    "netpbm text": b"P3 15000 15000 255\n" + b"1 " * 1000,
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_small_files_that_take_all_the_memory_that_is_allowed(name, decoding, six, encode):
    """225 million pixels are within the limit, so only the bound of the process holds them."""
    with pytest.raises(PictureError):
        decoding.load_views(TOO_MUCH[name], [FULL])
    assert decoding.load_views(encode(six, "PNG"), [FULL])[FULL].tolist() == six.tolist()


def test_a_deflate_bomb_is_not_inflated(decoding):
    """Two thousand times as much as its 16 × 16 pixels need, and more than there is room for."""
    bomb = zeros(512 * MEGABYTES)
    assert len(bomb) < MEGABYTES
    seen = decoding.load_views(png(16, 16, bomb), [FULL])[FULL]
    assert seen.shape == (16, 16, 3)
    assert not seen.any()


def test_a_bomb_for_a_colour_profile_is_not_inflated(decoding):
    profile = chunk(b"iCCP", b"name\0\0" + zeros(512 * MEGABYTES))
    data = png(1, 1, zlib.compress(b"\0\x0a\x14\x1e"), extra=profile)
    assert decoding.load_views(data, [FULL])[FULL].tolist() == [[[10, 20, 30]]]


def test_a_bomb_in_a_text_is_not_looked_at(decoding):
    text = chunk(b"zTXt", b"name\0\0" + zeros(512 * MEGABYTES))
    data = png(1, 1, zlib.compress(b"\0\x0a\x14\x1e"), extra=text * 3)
    assert decoding.load_views(data, [FULL])[FULL].tolist() == [[[10, 20, 30]]]


def test_a_deflate_bomb_in_a_tiff_is_not_inflated(decoding):
    seen = decoding.load_views(tiff(16, 16, zeros(512 * MEGABYTES)), [FULL])[FULL]
    assert seen.shape == (16, 16, 3)
    assert not seen.any()


def test_of_two_hundred_thousand_frames_the_first_is_seen(decoding):
    data = gif(2, 1, 2, 1, frames=200_000)
    assert decoding.load_views(data, [FULL])[FULL].tolist() == [[[255] * 3, [255] * 3]]


def test_a_claim_of_frames_without_end_is_not_believed(decoding):
    frames = chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))
    data = png(1, 1, zlib.compress(b"\0\x0a\x14\x1e"), extra=frames)
    assert decoding.load_views(data, [FULL])[FULL].tolist() == [[[10, 20, 30]]]


@pytest.mark.parametrize("size", [2**16 - 1, 2**31 - 1, 2**32 - 1])
def test_an_avif_that_claims_another_size(size, decoding, photo, encode):
    data = encode(photo(64, 48), "AVIF")
    claim = data.replace(
        b"ispe" + struct.pack(">III", 0, 64, 48), struct.pack(">4sIII", b"ispe", 0, size, size)
    )
    assert claim != data
    with pytest.raises(PictureError):
        decoding.load_views(claim, [FULL])


def test_markers_without_end(decoding):
    for filler in (b"\xff", b"\xff\xd8", b"\xff\x01", b"\xff\xe0\0\2"):
        with pytest.raises(CorruptPicture):
            decoding.load_views(b"\xff\xd8\xff" + filler * 300_000, [SMALL])


def test_a_file_of_two_kinds_is_the_one_that_it_begins_as(decoding, six, encode):
    page = b"<html><script>alert(1)</script></html>"
    assert decoding.load_views(encode(six, "PNG") + page, [FULL])[FULL].tolist() == six.tolist()
    for first in (page, b"<svg/>", b"PK\3\4", b"%!PS-Adobe", b"%PDF-1.7"):
        with pytest.raises(errors.UnknownFormat):
            decoding.load_views(first + encode(six, "PNG"), [FULL])


def answers(text, monkeypatch):
    """Have what is started say this, and no more."""
    from lookalike.images import process

    monkeypatch.setattr(process, "_BEGIN", text)


TAKEN_OVER = """
import sys
from lookalike.images import wire
wire.receive(sys.stdin.buffer, 0)
wire.send(sys.stdout.buffer, {"ready": True})
wire.receive(sys.stdin.buffer, 2**20)
"""


@pytest.mark.parametrize(
    "nonsense",
    [
        "wire.send(sys.stdout.buffer, {})",
        "wire.send(sys.stdout.buffer, {'shapes': 7})",
        "wire.send(sys.stdout.buffer, {'shapes': []})",
        "wire.send(sys.stdout.buffer, {'shapes': [[16, 16, 3]]})",
        "wire.send(sys.stdout.buffer, {'shapes': [[2, 2, 3]]}, [bytes(11)])",
        "wire.send(sys.stdout.buffer, {'shapes': [[-1, -1, 3]]}, [bytes(12)])",
        "wire.send(sys.stdout.buffer, {'shapes': [[16, 17, 3]]}, [bytes(16 * 17 * 3)])",
        "wire.send(sys.stdout.buffer, {'error': 'SystemExit', 'why': ''})",
        "wire.send(sys.stdout.buffer, {'error': ['CorruptPicture']})",
        "wire.send(sys.stdout.buffer, {'facts': {'width': 3}})",
        "wire.send(sys.stdout.buffer, [1])",
        "sys.stdout.buffer.write(bytes(4))",
        "sys.stdout.buffer.write(b'\\xff' * 2**20)",
        "sys.stdout.buffer.write(b'\\0\\0\\0\\2[]')",
        "sys.stdout.buffer.write(b'\\0\\0\\0\\x20' + b'{\"sizes\": [99999999999999999999]}')",
        "sys.stdout.buffer.write(b'\\0\\0\\0\\x0f' + b'{\"sizes\": [-1]}')",
        "sys.exit(0)",
    ],
)
def test_a_process_that_was_taken_over_can_only_spoil_its_own_picture(nonsense, monkeypatch):
    for ask in (lambda d: d.load_views(b"x", [SMALL]), lambda d: d.probe(b"x")):
        answers(TAKEN_OVER + nonsense, monkeypatch)
        with DecodingProcesses() as decoding:
            with pytest.raises(CorruptPicture, match="its decoder crashed"):
                ask(decoding)
            assert decoding.running == ()


@pytest.mark.parametrize(
    "facts",
    [
        {"width": 0},
        {"height": "1"},
        {"bytes": True},
        {"format": None},
        {"taken": 7},
        {"more": 1},
    ],
)
def test_facts_that_are_none(facts, monkeypatch):
    told = {"format": "PNG", "width": 1, "height": 1, "taken": None, "bytes": 1, **facts}
    answers(TAKEN_OVER + f"wire.send(sys.stdout.buffer, {{'facts': {told!r}}})", monkeypatch)
    with DecodingProcesses() as decoding, pytest.raises(CorruptPicture):
        decoding.probe(b"x")


def test_every_kind_of_picture_error_comes_back(monkeypatch):
    kinds = PictureError.__subclasses__()
    assert PictureTooSlow in kinds
    for kind in kinds:
        told = {"error": kind.__name__, "why": "so"}
        answers(TAKEN_OVER + f"wire.send(sys.stdout.buffer, {told!r})", monkeypatch)
        with DecodingProcesses() as decoding, pytest.raises(kind, match="cannot read it: so"):
            decoding.load_views(b"x", [SMALL], name="it")
    assert errors.PictureTooSlow.__name__ in (errors.__doc__ or "")


def test_wire():
    file = io.BytesIO()
    picture = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    wire.send(file, {"a": [1, None]}, [b"xyz", picture, b""])
    file.seek(0)
    header, blocks = wire.receive(file, 15)
    assert header == {"a": [1, None]}
    assert blocks == [b"xyz", picture.tobytes(), b""]
    file.seek(0)
    with pytest.raises(ValueError, match="15 bytes, and at most 14"):
        wire.receive(file, 14)
