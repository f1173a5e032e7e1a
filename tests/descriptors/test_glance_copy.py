"""The vector by which copies of a picture are found."""

from __future__ import annotations

import numpy as np
import pytest

from lookalike import samples
from lookalike.descriptors import create
from lookalike.metrics import distances

COPY = create("glance_copy")
EDITS = ["cropped", "mirrored", "recompressed", "brighter", "smaller", "framed"]


@pytest.fixture(scope="module")
def originals() -> list[np.ndarray]:
    """Several things, two mugs and two chairs among them, each from two sides."""
    return [samples.scene(thing, side, (160, 120)) for thing in range(6) for side in range(2)]


@pytest.fixture(scope="module")
def edited(originals: list[np.ndarray]) -> list[dict[str, np.ndarray]]:
    return [samples.edits(picture) for picture in originals]


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_copy_is_nearest_to_its_original(
    originals: list[np.ndarray], edited: list[dict[str, np.ndarray]], edit: str
) -> None:
    copies = COPY.describe_arrays([copy[edit] for copy in edited])
    apart = distances(copies, COPY.describe_arrays(originals), COPY.metric)
    assert apart.argmin(axis=1).tolist() == list(range(len(originals)))


def test_it_is_the_same_pass_as_glance_and_another_vector() -> None:
    plain = create("glance")
    assert COPY.shared == plain.shared
    assert COPY.view == plain.view
    assert COPY.key == "glance_copy@2:edition=1"
    assert plain != COPY
