"""What several descriptors share is computed once, and changes nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lookalike import compare
from lookalike.descriptors import create, describe_together
from lookalike.images import fit

PICTURES = list(np.random.default_rng(5).integers(0, 256, (6, 20, 30, 3), np.uint8))


def seen(descriptors):
    views = {view for descriptor in descriptors for view in descriptor.views}
    return [{view: fit(picture, view) for view in views} for picture in PICTURES]


@pytest.mark.parametrize(
    "specs",
    [
        [],
        ["pixels"],
        ["glance_copy", "glance"],
        ["glance", "pixels", "glance_copy:edition=2", "glance_copy", "glance"],
        ["glance+glance_copy", "glance"],
    ],
    ids=str,
)
def test_each_gets_what_it_gives_alone(two_editions: Path, specs: list[str]) -> None:
    descriptors = [create(spec) for spec in specs]
    found = describe_together(descriptors, seen(descriptors))
    assert len(found) == len(descriptors)
    for descriptor, vectors in zip(descriptors, found, strict=True):
        np.testing.assert_array_equal(vectors, descriptor.describe_arrays(PICTURES))


def test_one_pass_for_all_that_share_it(two_editions: Path, passes: list[int]) -> None:
    descriptors = [create(spec) for spec in ("glance", "hog", "glance_copy")]
    describe_together(descriptors, seen(descriptors))
    assert sum(passes) == len(PICTURES)


def test_two_editions_are_two_passes(two_editions: Path, passes: list[int]) -> None:
    descriptors = [create(spec) for spec in ("glance", "glance:2", "glance_copy:2")]
    describe_together(descriptors, seen(descriptors))
    assert sum(passes) == 2 * len(PICTURES)


def test_a_combination_makes_one_pass(two_editions: Path, passes: list[int]) -> None:
    create("0.7*glance+0.3*glance_copy+hog").describe_arrays(PICTURES)
    assert sum(passes) == len(PICTURES)


def test_a_comparison_makes_one_pass(two_editions: Path, passes: list[int]) -> None:
    found = compare(*PICTURES, descriptors=["glance", "glance_copy", "pixels"])
    assert len(found.rows) == 3
    assert sum(passes) == len(PICTURES)
