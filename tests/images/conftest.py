"""Small picture files, made on the spot."""

import io
import struct
import zlib

import numpy as np
import PIL.Image
import pytest

SIX = np.array(
    [
        [[255, 0, 0], [0, 255, 0], [0, 0, 255]],
        [[0, 0, 0], [255, 255, 255], [128, 128, 128]],
    ],
    dtype=np.uint8,
)


@pytest.fixture
def six():
    """Red, green, blue above black, white, grey: (2, 3, 3) uint8."""
    return SIX.copy()


@pytest.fixture
def encode():
    """Pixels, or a Pillow picture, → the bytes of a file."""

    def encoded(pixels, kind, **options):
        picture = PIL.Image.fromarray(pixels) if isinstance(pixels, np.ndarray) else pixels
        file = io.BytesIO()
        picture.save(file, kind, **options)
        return file.getvalue()

    return encoded


@pytest.fixture
def png():
    """Rows of bytes → a PNG exactly as told, which Pillow would not write."""

    def chunk(kind, body):
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    def written(width, height, depth, colour, rows, interlaced=0, **chunks):
        header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
        packed = zlib.compress(b"".join(b"\0" + row for row in rows))
        extra = b"".join(chunk(kind.encode(), body) for kind, body in chunks.items())
        return (
            b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", header)
            + extra
            + chunk(b"IDAT", packed)
            + chunk(b"IEND", b"")
        )

    return written


@pytest.fixture
def exif():
    """Orientation and date → an EXIF block."""

    def written(orientation=1, taken=None):
        block = PIL.Image.Exif()
        block[0x0112] = orientation
        if taken is not None:
            block.get_ifd(0x8769)[0x9003] = taken
        return block.tobytes()

    return written


@pytest.fixture
def photo():
    """Return a function: a smooth, colourful picture (height, width, 3) uint8 with some texture."""

    def made(width, height):
        y, x = np.mgrid[0:height, 0:width]
        waves = [
            128 + 90 * np.sin(x / 17 + y / 29),
            128 + 90 * np.sin(x / 41) * np.cos(y / 13),
            255 * x / width,
        ]
        noise = np.random.default_rng(7).normal(0, 4, (height, width, 3))
        return (np.stack(waves, axis=-1) + noise).clip(0, 255).astype(np.uint8)

    return made


@pytest.fixture
def psnr():
    """Return a function: how alike two pictures are, in dB; 50 is beyond what an eye can see."""

    def measured(one, other):
        assert one.shape == other.shape
        error = np.mean((one.astype(float) - other) ** 2)
        return 99.0 if error == 0 else 10 * np.log10(255**2 / error)

    return measured
