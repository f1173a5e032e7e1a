"""The encoder that ships inside the package, as a network."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from lookalike.images import View
from lookalike.networks import glance
from lookalike.networks.glance import Edition, editions
from lookalike.networks.session import Session

RANDOM = np.random.default_rng(3)


def pictures(count: int, side: int) -> list[np.ndarray]:
    return list(RANDOM.integers(0, 256, (count, side, side, 3), np.uint8))


@pytest.mark.parametrize("number", editions())
def test_a_shipped_edition_is_what_it_should_be(number: int) -> None:
    file = glance.WEIGHTS / f"glance_{number}.onnx"
    assert file.stat().st_size < 8e6, "it is installed by everyone"
    session = Session(file)
    ((name, (kind, shape)),) = session.inputs.items()
    assert (name, kind, shape[1], shape[3]) == ("pictures", "tensor(uint8)", shape[2], 3)
    assert set(session.outputs) == {"glance", "glance_copy"}
    found = Edition(number).encode(pictures(9, shape[1]))
    np.testing.assert_allclose(np.linalg.norm(found["glance"], axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("number", editions())
def test_no_processor_overflows(number: int) -> None:
    """255 × two weights must fit 16 signed bits, in which older x86 processors add such a pair.

    Of a pointwise convolution they add neighbours; of others, any two may be meant.
    """
    model = onnx.load(glance.WEIGHTS / f"glance_{number}.onnx")
    values = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
    integers = [v for name, v in values.items() if v.dtype == np.int8 and v.ndim == 4]
    assert len(integers) == 52
    for weight in integers:
        rows = weight.reshape(len(weight), -1).astype(int)
        if weight.shape[1] > 1 and weight.shape[2] == 1:
            sums = np.abs(rows[:, ::2] + rows[:, 1::2])
        else:
            rows.sort(axis=1)
            sums = np.abs([rows[:, :2].sum(1), rows[:, -2:].sum(1)])
        assert 255 * sums.max() <= 2**15
    assert max(np.abs(w).max() for w in integers) > 64, "more than seven bits are used"


def test_sizes_are_those_of_the_file(two_editions: Path) -> None:
    assert editions() == [1, 2]
    assert Edition(1).view == View.stretch(16, 16, "bilinear")
    assert Edition(2).view == View.stretch(12, 12, "bilinear")
    assert (Edition(2).dim("glance"), Edition(2).dim("glance_copy")) == (3, 5)


def test_one_pass_by_hand(two_editions: Path) -> None:
    # The mean colour and 1 more: (1, 2, 2) has length 3.
    picture = np.zeros((16, 16, 3), np.uint8)
    picture[:, ::2] = (0, 2, 2)
    found = Edition(1).encode([picture])
    np.testing.assert_allclose(found["glance"], [[1 / 3, 2 / 3, 2 / 3]], atol=1e-6)
    assert found["glance_copy"].shape == (1, 4)
    assert found["glance"].dtype == found["glance_copy"].dtype == np.float32


def test_every_picture_goes_through_once(two_editions: Path, passes: list[int]) -> None:
    found = Edition(1).encode(pictures(11, 16))
    assert sum(passes) == 11
    assert {name: vectors.shape for name, vectors in found.items()} == {
        "glance": (11, 3),
        "glance_copy": (11, 4),
    }


@pytest.mark.parametrize("number", editions())
def test_a_vector_does_not_depend_on_the_batch(number: int) -> None:
    given = pictures(7, Edition(number).view.width)
    together = Edition(number).encode(given)
    for position, picture in enumerate(given):
        alone = Edition(number).encode([picture])
        for name, vectors in alone.items():
            np.testing.assert_allclose(together[name][position], vectors[0], atol=1e-6)


def test_no_pictures_give_no_vectors(two_editions: Path, passes: list[int]) -> None:
    assert Edition(2).encode([])["glance_copy"].shape == (0, 5)
    assert passes == []


def test_a_file_is_opened_once_whoever_asks_first(
    two_editions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []

    class Spying(Session):
        def __init__(self, path: Path) -> None:
            opened.append(path.name)
            super().__init__(path)

    monkeypatch.setattr(glance, "Session", Spying)
    given = pictures(5, 16)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: Edition(1).encode(given)["glance"], range(16)))
    assert opened == ["glance_1.onnx"]
    assert all(np.array_equal(vectors, found[0]) for vectors in found)
