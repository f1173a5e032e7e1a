"""The automatic choice: arithmetic on given costs."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from lookalike.errors import MissingExtra
from lookalike.indexes import costs as machine
from lookalike.indexes.choose import SMALL, Costs, auto, building, seconds

COSTS = Costs(
    exact_call=1e-4,
    sketch_call=3e-4,
    component=1e-10,
    bit=1e-11,
    candidate=5e-10,
    visit=1e-6,
    coding=1e-8,
    grouping=1e-10,
)


def test_what_a_search_takes() -> None:
    # 0.1 ms + 20,000 · 256 · 0.1 ns
    assert seconds("exact", 20_000, 256, COSTS) == pytest.approx(0.612e-3)
    # 0.3 ms + (100 + √20,000 = 241 candidates) · 256 · 0.5 ns + 20,000 · 256 · 0.01 ns
    assert seconds("sketch", 20_000, 256, COSTS) == pytest.approx(0.382048e-3)
    # at least 256 bits, and candidates of 64 components
    assert seconds("sketch", 20_000, 64, COSTS) == pytest.approx(0.358912e-3)
    assert building("exact", 20_000, 256, COSTS) == 0
    assert building("sketch", 20_000, 256, COSTS) == pytest.approx(0.0512)


def test_lists_save_most_of_the_scan_and_cost_building() -> None:
    assert seconds("ivf_sketch", 10**6, 256, COSTS) < seconds("sketch", 10**6, 256, COSTS) / 2
    assert building("ivf_sketch", 10**6, 256, COSTS) > 5 * building("sketch", 10**6, 256, COSTS)


def test_they_take_turns_as_a_gallery_grows() -> None:
    counts = (10, SMALL, 10_000, 20_000, 40_000, 200_000, 10**6, 10**7)
    found = [auto(count, 256, "cosine", COSTS) for count in counts]
    assert found == ["exact"] * 3 + ["sketch"] * 2 + ["ivf_sketch"] * 3


@pytest.mark.parametrize("metric", ["manhattan", "chi2", "hamming"])
def test_what_no_approximate_index_knows_is_exact(metric: str) -> None:
    assert auto(10**6, 256, metric, COSTS) == "exact"


def test_without_faiss_it_is_exact() -> None:
    assert auto(10**6, 256, "cosine", None) == "exact"


def test_a_small_gain_changes_nothing() -> None:
    """From 0.1 to 0.2 ms of scanning: exact stays until 1.5 times as slow, and comes back so."""
    costs = dataclasses.replace(COSTS, sketch_call=3.5e-4)
    counts = range(5_000, 40_000, 1_000)
    up = next(n for n in counts if auto(n, 256, "cosine", costs) == "sketch")
    down = next(
        n for n in reversed(counts) if auto(n, 256, "cosine", costs, present="sketch") == "exact"
    )
    assert down < up - 5_000
    assert seconds("exact", up, 256, costs) >= 1.5 * seconds("sketch", up, 256, costs)


def test_building_must_be_earned_back() -> None:
    slow = dataclasses.replace(COSTS, coding=1e-6)  # 256 µs a vector; it saves 210 µs a search
    assert auto(20_000, 256, "cosine", COSTS) == "sketch"
    assert auto(20_000, 256, "cosine", slow) == "exact"


def test_what_was_refused_is_not_chosen() -> None:
    assert auto(10**6, 256, "cosine", COSTS, refused=["ivf_sketch"]) == "sketch"
    assert auto(10**6, 256, "cosine", COSTS, present="sketch", refused=["sketch"]) == "ivf_sketch"
    assert auto(10**6, 256, "cosine", COSTS, refused=["ivf_sketch", "sketch"]) == "exact"


def test_this_machine_is_measured_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("faiss")
    measured: list[Costs] = []

    def measure() -> Costs:
        measured.append(COSTS)
        return COSTS

    monkeypatch.setattr(machine, "measured", measure)
    assert machine.costs() == machine.costs() == COSTS
    assert len(measured) == 1
    (file,) = (tmp_path / "cache").iterdir()
    known = json.loads(file.read_text())
    for spoilt in ("{", "[]", json.dumps({**known, "machine": "another"})):
        file.write_text(spoilt)
        measured.clear()
        assert machine.costs() == COSTS
        assert len(measured) == 1, spoilt


def test_a_machine_that_is_too_busy_is_not_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nonsense = dataclasses.replace(COSTS, bit=-1e-12)
    found = iter([nonsense, COSTS])
    pytest.importorskip("faiss")
    monkeypatch.setattr(machine, "measured", lambda: next(found))
    assert machine.costs() == COSTS
    (tmp_path / "cache" / "costs.json").unlink()
    monkeypatch.setattr(machine, "measured", lambda: nonsense)
    assert machine.costs() is None
    assert not list((tmp_path / "cache").iterdir())


def test_where_faiss_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Costs:
        raise MissingExtra("this index", "faiss-cpu")

    monkeypatch.setattr(machine, "measured", refuse)
    assert machine.costs() is None


def test_what_is_measured_has_a_sign() -> None:
    pytest.importorskip("faiss")
    found = machine.measured()
    times = dataclasses.asdict(found)
    rest = {name: value for name, value in times.items() if name not in ("bit", "component")}
    assert all(value >= 0 for value in rest.values()), times  # those two are judged by `costs`
    assert found.exact_call > 0
    assert found.coding > 0
