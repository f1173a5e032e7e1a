"""Rows come whole and in order, whatever the server's segments are."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from lookalike.gallery.milvus.kept import schema
from lookalike.gallery.milvus.link.address import parsed
from lookalike.gallery.milvus.link.engine import Engine

pytestmark = pytest.mark.engines


@pytest.fixture
def engine(milvus: str) -> Iterator[Engine]:
    engine = Engine(parsed(f"milvus+{milvus}/rows?shards=2"))
    schema.wait_until_loaded(engine, schema.create_about(engine))
    yield engine
    engine.drop(schema.about("rows"))
    engine.close()


def row(key: str, value: int) -> dict[str, object]:
    return {"key": key, "value": f"{value:02d}", "written": "", "nothing": schema.NOTHING}


def test_growing_sealed_and_deleted_rows_are_one_ordered_whole(engine: Engine) -> None:
    rng, collection, truth = random.Random(3), schema.about("rows"), dict[str, int]()
    for count in (10, 3000, 300, 4000, 10):
        written = {f"{rng.randrange(9000):04d}": rng.randrange(100) for _ in range(count)}
        truth |= written
        engine.upsert(collection, [row(key, value) for key, value in written.items()])
        for key in (doomed := rng.sample(sorted(truth), len(truth) // 20)):
            del truth[key]
        engine.delete(collection, doomed)
        if rng.random() < 0.6:
            engine.flush(collection)
        for limit, offset in ((1, 0), (37, 3), (500, 100), (3000, 0)):
            least = rng.choice(sorted(truth))
            condition = f'key > "{least}" and value < "60"'
            expected = sorted(k for k, value in truth.items() if k > least and value < 60)
            found = engine.query(collection, condition, [], limit=limit, offset=offset, strong=True)
            assert [one["key"] for one in found] == expected[offset : offset + limit]
        lots = list(engine.each(collection, "key", condition, [], batch=700))
        assert [one["key"] for lot in lots for one in lot] == expected


def test_what_this_process_wrote_is_seen_at_once(engine: Engine) -> None:
    collection = schema.about("rows")
    for number in range(10):
        engine.upsert(collection, [row("only", number)])
        (found,) = engine.query(collection, 'key == "only"', ["value"], limit=2)
        assert found["value"] == f"{number:02d}"
        engine.delete(collection, ["only"])
        assert engine.query(collection, 'key == "only"', ["value"], limit=2) == []
