"""All eight EXIF orientations, as a 2 × 3 picture worked out by hand."""

import os
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from lookalike.images import FULL, View, load, load_views, probe
from lookalike.images.tiff import read_exif

# What a viewer must show when the file holds, row by row, 1 2 3 / 4 5 6.
UPRIGHT = {
    1: [[1, 2, 3], [4, 5, 6]],
    2: [[3, 2, 1], [6, 5, 4]],
    3: [[6, 5, 4], [3, 2, 1]],
    4: [[4, 5, 6], [1, 2, 3]],
    5: [[1, 4], [2, 5], [3, 6]],
    6: [[4, 1], [5, 2], [6, 3]],
    7: [[6, 3], [5, 2], [4, 1]],
    8: [[3, 6], [2, 5], [1, 4]],
}
GREY = np.array([[10, 20, 30], [40, 50, 60]], dtype=np.uint8)


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_by_hand(kind, orientation, encode, exif):
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encode(GREY, kind, exif=exif(orientation), **options)
    read = load(data)
    assert (read[:, :, 0] // 10).tolist() == UPRIGHT[orientation]
    facts = probe(data)
    assert (facts.height, facts.width) == read.shape[:2]


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("kind", ["JPEG", "AVIF"])
def test_lossy(kind, orientation, encode, exif):
    patches = GREY.repeat(16, axis=0).repeat(16, axis=1)
    read = load(encode(patches, kind, exif=exif(orientation), quality=95))
    tens = np.rint(read[8::16, 8::16, 0] / 10).astype(int)
    assert tens.tolist() == UPRIGHT[orientation]


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_a_scaled_jpeg_turns_like_a_full_one(orientation, encode, exif, photo, psnr):
    """The odd sides leave a partly covered row and column, which turn with the picture."""
    data = encode(photo(1003, 805), "JPEG", quality=95, exif=exif(orientation))
    upright = encode(photo(1003, 805), "JPEG", quality=95)
    full = PIL.Image.fromarray(load(upright))
    turned = np.array(full.transpose(TURNS[orientation]) if orientation > 1 else full)
    for view in (View.stretch(97, 61), View.within(100), View.crop(64, 48, 80)):
        seen = load(data, view)
        assert psnr(seen, load(turned, view)) > 45, view


TURNS = {
    2: PIL.Image.Transpose.FLIP_LEFT_RIGHT,
    3: PIL.Image.Transpose.ROTATE_180,
    4: PIL.Image.Transpose.FLIP_TOP_BOTTOM,
    5: PIL.Image.Transpose.TRANSPOSE,
    6: PIL.Image.Transpose.ROTATE_270,
    7: PIL.Image.Transpose.TRANSVERSE,
    8: PIL.Image.Transpose.ROTATE_90,
}


@pytest.mark.parametrize("orientation", [0, 9, 255, 65_535])
def test_an_orientation_that_is_none_is_upright(orientation, encode, exif):
    read = load(encode(GREY, "PNG", exif=exif(orientation)))
    assert (read[:, :, 0] // 10).tolist() == UPRIGHT[1]


def block(order, *entries):
    """Write an EXIF block by hand: entries are (tag, type, count, value)."""
    mark = {"little": b"II", "big": b"MM"}[order]
    out = mark + (42).to_bytes(2, order) + (8).to_bytes(4, order)
    out += len(entries).to_bytes(2, order)
    for tag, kind, count, value in entries:
        size = {3: 2, 4: 4}.get(kind, 4)
        out += tag.to_bytes(2, order) + kind.to_bytes(2, order) + count.to_bytes(4, order)
        out += value.to_bytes(size, order).ljust(4, b"\0")
    return out + bytes(4)


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("kind", [3, 4])
def test_both_byte_orders_and_both_sizes_of_number(order, kind):
    told = block(order, (0x0112, kind, 1, 6))
    assert read_exif(told).orientation == 6
    assert read_exif(b"Exif\0\0" + told).orientation == 6


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"Exif\0\0",
        b"II*\0",
        b"II*\0\xff\xff\xff\xff",
        b"MM\0*\0\0\0\x08\xff\xff",
        b"II*\0\x00\x00\x00\x00",
        block("little", (0x8769, 4, 1, 8)),  # leads back to itself
        block("little", (0x8769, 4, 1, 2**32 - 1)),
        block("little", (0x0112, 99, 1, 6)),
        block("little", (0x0112, 3, 2**32 - 1, 6)),
        block("little", (0x0112, 3, 0, 6)),
        block("little", (0x0112, 3, 1, 6))[:-10],
    ],
)
def test_a_damaged_block_tells_nothing(damaged):
    assert read_exif(damaged).orientation == 1
    assert read_exif(damaged).taken is None


def test_a_damaged_block_does_not_spoil_the_picture(encode):
    bad = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\x01\x12"
    for kind in ("JPEG", "PNG", "WEBP"):
        assert load(encode(GREY, kind, exif=bad)).shape == (2, 3, 3)


DATA = Path(os.environ.get("LOOKALIKE_TEST_DATA", "data"))


@pytest.mark.skipif(
    not (DATA / "exif-orientation").is_dir(),
    reason="LOOKALIKE_TEST_DATA names no folder with exif-orientation in it",
)
def test_photos_in_all_orientations_look_alike(psnr):
    for shape in ("Landscape", "Portrait"):
        views = (FULL, View.stretch(64, 64))
        reference = load_views(DATA / "exif-orientation" / f"{shape}_0.jpg", views)
        for turned in range(1, 9):
            read = load_views(DATA / "exif-orientation" / f"{shape}_{turned}.jpg", views)
            for view in views:
                assert psnr(read[view], reference[view]) > 25, (shape, turned, view)
