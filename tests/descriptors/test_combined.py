"""`combined` and `classic`: several descriptors as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from lookalike.descriptors import Descriptor, create
from lookalike.descriptors.blend import _voting
from lookalike.descriptors.combined import Combined
from lookalike.errors import BadParameter, UsageError
from lookalike.images import Image, View, fit
from lookalike.metrics import METRICS, Vectors, distances


@dataclass(frozen=True)
class Corner(Descriptor):
    """The first pixel; what it sees is told by its size."""

    name: ClassVar[str] = "corner"
    metric: str = "cosine"
    size: int = 4
    prepared: ClassVar[list[int]] = []

    @property
    def dim(self) -> int:
        return 3

    @property
    def view(self) -> View:
        return View.stretch(self.size, self.size, "nearest")

    def describe(self, images: Sequence[Image]) -> Vectors:
        assert all(image.shape == (self.size, self.size, 3) for image in images)
        return np.array([image[0, 0] for image in images], np.float32)

    def is_ready(self) -> bool:
        return self.size != 5

    def prepare(self, progress=None) -> None:
        self.prepared.append(self.size)


ONE = np.full((9, 9, 3), (1, 4, 4), np.uint8)
OTHER = np.full((9, 9, 3), (9, 0, 4), np.uint8)


def correlation(a, b):
    return np.corrcoef(a, b)[0, 1]


@pytest.mark.parametrize("metric", METRICS)
def test_the_cosine_of_one_part_is_a_correlation_by_hand(metric):
    combined = Combined((Corner(metric),), (1.0,))
    a, b = combined.describe_arrays([ONE, OTHER])
    np.testing.assert_allclose(a @ b, correlation([1, 4, 4], [9, 0, 4]), atol=1e-6)


def test_bits_by_hand():
    # Of eight bits, half of them set, two differ: 1 − 2 · 2 / 8.
    bits = np.array([[0, 0, 0, 0, 1, 1, 1, 1], [1, 0, 0, 0, 1, 1, 1, 0]], np.float32)
    a, b = _voting(bits)
    np.testing.assert_allclose(a @ b, 0.5, atol=1e-6)


@pytest.mark.parametrize("value", [0, 0.1, 1, 3e7])
def test_equal_components_say_nothing(value):
    np.testing.assert_array_equal(_voting(np.full((2, 700), value, np.float32)), 0)


def test_weights_by_hand():
    combined = Combined((Corner("cosine"), Corner("chi2", size=7)), (3.0, 1.0))
    a, b = combined.describe_arrays([ONE, OTHER])
    np.testing.assert_allclose([a @ a, b @ b], 1, rtol=1e-6)
    expected = 0.75 * correlation([1, 4, 4], [9, 0, 4]) + 0.25 * correlation([1, 4, 4], [9, 0, 4])
    np.testing.assert_allclose(a @ b, expected, atol=1e-6)
    np.testing.assert_allclose(
        distances(a[None], b[None], "euclidean") ** 2, 2 - 2 * expected, rtol=1e-5
    )


def test_only_the_proportion_of_weights_matters():
    parts = (Corner("cosine"), Corner("chi2"))
    once, twice = Combined(parts, (0.3, 0.1)), Combined(parts, (6.0, 2.0))
    np.testing.assert_allclose(*(c.describe_arrays([ONE]) for c in (once, twice)), rtol=1e-6)


def test_a_part_that_sees_nothing_takes_no_part():
    grey = np.full((9, 9, 3), 8, np.uint8)
    combined = Combined((Corner(), Corner(size=7)), (1.0, 1.0))
    np.testing.assert_array_equal(combined.describe_arrays([grey]), 0)
    spot = grey.copy()
    spot[0, 0] = (1, 2, 3)
    mixed = combined.describe_views(
        [{View.stretch(4, 4, "nearest"): spot[:4, :4], View.stretch(7, 7, "nearest"): grey[:7, :7]}]
    )[0]
    assert np.linalg.norm(mixed[:3]) == pytest.approx(0.5**0.5)
    np.testing.assert_array_equal(mixed[3:], 0)


def test_views_are_the_union_and_each_part_gets_its_own():
    combined = Combined((Corner(size=4), Corner("chi2", 4), Corner(size=7)), (1.0, 1.0, 1.0))
    assert combined.views == (View.stretch(4, 4, "nearest"), View.stretch(7, 7, "nearest"))
    assert combined.dim == 9
    pictures = [{view: fit(image, view) for view in combined.views} for image in (ONE, OTHER)]
    assert combined.describe_views(pictures).shape == (2, 9)
    with pytest.raises(UsageError, match="2 views"):
        combined.describe([ONE])


def test_a_single_view_is_enough_for_describe():
    combined = Combined((Corner("cosine"), Corner("chi2")), (1.0, 1.0))
    assert combined.describe([ONE[:4, :4]]).shape == (1, 6)


def test_it_is_ready_when_its_parts_are_and_prepares_them():
    Corner.prepared.clear()
    combined = Combined((Corner(size=4), Corner(size=5)), (1.0, 1.0))
    assert not combined.is_ready()
    combined.prepare()
    assert Corner.prepared == [4, 5]


def test_key_and_spec_spell_out_the_parts():
    combined = create("0.6*hsv_histogram:8x4x4 + 0.4*phash")
    assert combined.spec == "0.6*hsv_histogram:bins=8x4x4,grid=1+0.4*phash:size=8"
    assert combined.key == "combined@1:0.6*hsv_histogram@1:bins=8x4x4,grid=1+0.4*phash@1:size=8"


@pytest.mark.parametrize(
    ("parts", "weights"),
    [
        ((), ()),
        ((Corner(),), ()),
        ((Corner(),), (0.0,)),
        ((Corner(),), (-1.0,)),
        ((Corner(),), (float("nan"),)),
        ((Combined((Corner(),), (1.0,)),), (1.0,)),
    ],
)
def test_combinations_without_sense_are_refused(parts, weights):
    with pytest.raises(BadParameter):
        Combined(parts, weights)


def test_classic_is_what_its_documentation_says(draw, tmp_path):
    from lookalike.images import load

    classic = create("classic")
    formula = "0.9*covariance+0.05*hog:cells=3+0.05*hsv_histogram:bins=12x4x3"
    assert formula in type(classic).__doc__
    image = load(draw(tmp_path / "a.png", 5))
    np.testing.assert_array_equal(
        classic.describe_arrays([image]), create(formula).describe_arrays([image])
    )


def test_the_version_of_classic_goes_with_those_of_its_parts():
    # If this fails because a part has a new version, classic needs one too.
    assert create("classic").key == "classic@1"
    assert [part.key for part in create("classic").parts] == [
        "covariance@1:centre=true",
        "hog@1:cells=3,orientations=9,block=2",
        "hsv_histogram@1:bins=12x4x3,grid=1",
    ]
