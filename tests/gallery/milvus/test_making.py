"""A gallery in Milvus that is made: its collections together, and whoever is killed on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lookalike.descriptors import create
from lookalike.gallery.milvus.kept import schema
from lookalike.gallery.milvus.kept.itself import Kept
from lookalike.gallery.milvus.link.address import parsed
from lookalike.gallery.milvus.link.engine import Engine

SPECS = ("phash", "pixels:size=4")
KEYS = [create(spec).key for spec in SPECS]


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Engine]:
    engine = Engine(parsed(f"milvus:{tmp_path / 'trial.db'}"))
    yield engine
    engine.close()


def made(engine: Engine) -> Kept:
    kept = Kept(engine, create=True)
    kept.register(*map(create, SPECS))
    return kept


def test_all_are_being_loaded_before_one_is_waited_for(
    lite: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    def noted(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def called(engine: Engine, collection: str) -> Any:
            said.append(name)
            return real(engine, collection)

        return called

    monkeypatch.setattr(schema, "_load", noted("load", schema._load))
    monkeypatch.setattr(schema, "_state", noted("wait", schema._state))
    kept = Kept(lite, create=True)
    assert said == ["load", "load", "wait", "wait"]
    said.clear()
    stored = kept.register(*map(create, SPECS))
    assert said == ["load", "load", "wait", "wait"]
    assert [one.key for one in stored] == KEYS
    assert kept.descriptors() == stored

    said.clear()
    (known, new) = kept.register(create(SPECS[1]), create("pixels:size=5"))
    assert said == ["load", "wait"]
    assert kept.descriptors() == [*stored, new]
    assert known == stored[1]


class Killed(BaseException):
    """Ends what is being done, as a signal would."""


def test_killed_before_any_call_it_is_made_by_the_next(
    lite: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, left = lite.call, [0]

    def call(*args: Any, **values: Any) -> Any:
        if not left[0]:
            raise Killed
        left[0] -= 1
        return real(*args, **values)

    steps = 0
    while True:
        left[0] = steps
        monkeypatch.setattr(lite, "call", call)
        try:
            made(lite)
        except Killed:
            monkeypatch.undo()
        else:
            break
        kept = made(lite)
        assert [one.key for one in kept.descriptors()] == KEYS
        collections = lite.collections()
        assert len(collections) == 4
        for one in collections:
            assert lite.call(lambda client, one=one: client.list_indexes(one))
            assert schema._state(lite, one) == "Loaded"
            lite.drop(one)
        steps += 1
    assert steps > 20


def test_who_goes_on_may_have_chosen_another_index(
    lite: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, one = Kept(lite, create=True), create("glance")

    def put(_records: object) -> None:
        raise Killed

    monkeypatch.setattr(kept.records, "put", put)
    with pytest.raises(Killed):
        kept.register(one, index="hnsw")
    monkeypatch.undo()
    (stored,) = kept.register(one, index="ivf_flat")
    collection = kept.collection(stored)
    assert kept.plan(stored).kind == "ivf_flat"
    assert schema.is_built(lite, collection, kept.plan(stored))
    assert schema._state(lite, collection) == "Loaded"
