"""The encoder that ships inside the package, as a descriptor.

The golden values of an edition are written anew, for a new edition only, by

    python tests/descriptors/test_glance.py
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from lookalike import samples
from lookalike.descriptors import DEFAULT, KEPT_BY_DEFAULT, create, label
from lookalike.errors import BadParameter
from lookalike.metrics import distances
from lookalike.networks.glance import editions

GOLDEN = Path(__file__).with_name("golden_glance.json")
SIZE = (160, 120)


def first_values() -> dict[str, list[float]]:
    """Return the first 8 components of each vector of one picture that Lookalike draws."""
    picture = samples.scene("walnut-chair", 0, SIZE)
    specs = [f"{name}:edition={number}" for number in editions() for name in KEPT_BY_DEFAULT]
    vectors = {spec: create(spec).describe_arrays([picture])[0, :8] for spec in specs}
    return {spec: [round(float(v), 4) for v in vector] for spec, vector in vectors.items()}


def test_golden_values() -> None:
    golden, found = json.loads(GOLDEN.read_text("utf-8")), first_values()
    assert golden.keys() == found.keys()
    for spec, values in golden.items():
        np.testing.assert_allclose(found[spec], values, atol=2e-3, err_msg=spec)


def test_it_knows_a_thing_from_its_other_sides() -> None:
    things, sides = 8, 3
    pictures = [samples.scene(t, s, SIZE) for t in range(things) for s in range(sides)]
    thing = np.repeat(np.arange(things), sides)

    def share(spec: str) -> float:
        """Of the two nearest to each picture, those that show the same thing."""
        descriptor = create(spec)
        vectors = descriptor.describe_arrays(pictures)
        apart = distances(vectors, vectors, descriptor.metric)
        np.fill_diagonal(apart, np.inf)
        return float((thing[apart.argsort(axis=1)[:, :2]] == thing[:, None]).mean())

    assert share("glance") >= 0.75
    assert share("glance") > share("classic") > share("pixels")


def test_it_is_the_default_and_called_by_its_name() -> None:
    assert DEFAULT == "glance"
    assert KEPT_BY_DEFAULT == ("glance", "glance_copy")
    assert create("glance").key == "glance@2:edition=1"
    assert create("glance").spec == "glance:edition=1"
    assert label("glance@2:edition=1") == "glance"
    assert label("glance_copy@2:edition=2") == "glance_copy"


def test_editions_stand_side_by_side(two_editions: Path) -> None:
    first, second = create("glance:edition=1"), create("glance:2")
    assert first.key != second.key
    assert first.view != second.view
    assert second.edition == 2


@pytest.mark.parametrize("name", KEPT_BY_DEFAULT)
def test_an_edition_that_is_not_there(name: str) -> None:
    there = ", ".join(map(str, editions()))
    with pytest.raises(BadParameter, match=f"^{name}: .* no edition 99 but {there}; .* --upgrade"):
        create(f"{name}:edition=99")
    with pytest.raises(BadParameter, match="a whole number"):
        create(f"{name}:edition=newest")


if __name__ == "__main__":
    lines = [f"  {json.dumps(spec)}: {json.dumps(v)}" for spec, v in first_values().items()]
    GOLDEN.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
