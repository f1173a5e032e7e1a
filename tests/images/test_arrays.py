"""Arrays of every usual kind; all others are refused with the list of usual kinds."""

import numpy as np
import pytest

from lookalike.errors import BadParameter
from lookalike.images import View, fit, load


@pytest.mark.parametrize(
    ("kind", "white"), [("uint8", 255), ("uint16", 65_535), (">u2", 65_535), ("bool", True)]
)
@pytest.mark.parametrize("shape", [(1, 2), (1, 2, 1), (1, 2, 3)])
def test_black_and_white(kind, white, shape):
    array = np.zeros(shape, kind)
    array[0, 1] = white
    assert load(array).tolist() == [[[0, 0, 0], [255, 255, 255]]]


@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
def test_floats_from_0_to_1(kind):
    assert load(np.array([[0, 0.5, 1]], kind))[0, :, 0].tolist() == [0, 128, 255]


def test_16_bits():
    assert load(np.array([[0, 257, 32_768]], np.uint16))[0, :, 0].tolist() == [0, 1, 128]


@pytest.mark.parametrize("kind", ["uint8", "uint16", "float32"])
def test_alpha_on_white(kind):
    white = {"uint8": 255, "uint16": 65_535, "float32": 1}[kind]
    array = np.array([[[1, 0, 0, 1], [1, 0, 0, 0]]], kind) * white
    assert load(array.astype(kind)).tolist() == [[[255, 0, 0], [255, 255, 255]]]


def test_the_callers_array_is_not_changed():
    for array in (
        np.full((4, 5, 4), 100, np.uint8),
        np.full((4, 5), 0.3),
        np.full((4, 5, 3), 100, np.uint8),
    ):
        before = array.copy()
        array.flags.writeable = False
        load(array, View.stretch(3, 3))
        load(array)
        assert (array == before).all()


def test_turned_and_thinned_arrays(photo):
    picture = photo(40, 30)
    for part in (picture[::-1], picture[:, ::-1], picture[::2, ::3], picture[..., ::-1]):
        assert (load(part) == part).all()
        assert load(part).flags.c_contiguous


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((2, 3, 2), np.uint8),
        np.zeros((2, 3, 5), np.uint8),
        np.zeros(3, np.uint8),
        np.zeros((1, 2, 3, 3), np.uint8),
        np.zeros((0, 3, 3), np.uint8),
        np.zeros((3, 0), np.uint8),
        np.zeros((2, 2), np.int32),
        np.zeros((2, 2), np.uint32),
        np.zeros((2, 2), np.complex64),
        np.array([["a"]]),
        np.array([[None]]),
        np.full((2, 2), 1.5),
        np.full((2, 2), -0.1),
        np.full((2, 2), np.nan),
        np.full((2, 2), np.inf),
    ],
    ids=lambda array: f"{array.shape} {array.dtype}",
)
def test_what_is_refused(array):
    with pytest.raises(BadParameter, match=r"\(H, W\)|floats are 0 to 1"):
        load(array)


def test_fit_takes_decoded_pictures_only():
    for array in (
        np.zeros((2, 3), np.uint8),
        np.zeros((2, 3, 3)),
        np.zeros((2, 3, 4), np.uint8),
        np.zeros((0, 3, 3), np.uint8),
    ):
        with pytest.raises(BadParameter, match=r"\(H, W, 3\) uint8"):
            fit(array, View.stretch(2, 2))


@pytest.mark.parametrize("source", [None, 3, [[1, 2]], 1.5])
def test_other_sources_are_refused(source):
    with pytest.raises(BadParameter, match="a path, the bytes of a file or an array"):
        load(source)
