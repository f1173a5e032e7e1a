"""The log of changes: whatever changes what can be found is in it, and little else."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from lookalike import Gallery
from lookalike.store import changes, migrations
from lookalike.store.catalog import FILE


def news(stock, moment: changes.Moment, descriptor: int = 1) -> dict[int, float | None] | None:
    """Return what may have changed, with the number in its vector; None for everything."""
    with stock.catalog.snapshot() as db:
        if not changes.is_known(db, moment, descriptor):
            return None
        found = dict(changes.since(db, moment, descriptor))
    return {i: None if v is None else float(np.frombuffer(v, "<f4")[0]) for i, v in found.items()}


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (lambda s: s.add(7), {3: 7.0}),
        (lambda s: s.copy(1), {1: 1.0}),
        (lambda s: s.remove(1, kept=True), {1: None}),
        (lambda s: s.remove(1), {1: None}),
        (lambda s: s.turn(1, into=2), {1: None, 2: 2.0}),
        (lambda s: s.add(2, version=5), {2: 2.0}),
        (lambda s: s.add(2), {}),
        (lambda s: (s.remove(2), s.add(9)), {2: 9.0}),  # the id of a deleted content, used again
        (lambda s: s.catalog.rows("DELETE FROM vectors WHERE content_id = 1"), {1: None}),
        (lambda s: s.catalog.rows("UPDATE vectors SET vector = x'00000041'"), {1: 8.0, 2: 8.0}),
    ],
)
def test_what_may_have_changed(stock, what, expected) -> None:
    stock.add(1, 2)
    before = stock.catalog.moment()
    what(stock)
    assert news(stock, before) == expected
    assert news(stock, stock.catalog.moment()) == {}


def test_what_does_not_matter_is_not_in_it(stock) -> None:
    stock.add(1, 2)
    stock.remove(2, kept=True)
    before = stock.catalog.moment()
    stock.catalog.rows("UPDATE files SET mtime_ns = 9, path = path || x'41'")
    stock.catalog.rows("INSERT INTO files (path, size, mtime_ns) VALUES (x'42', 1, 1)")  # a failure
    stock.catalog.rows("DELETE FROM contents WHERE id = 2")
    assert stock.catalog.moment() == before


def test_each_descriptor_has_its_own_news(stock) -> None:
    stock.add(1, 2)
    before = stock.catalog.moment()
    stock.catalog.rows("DELETE FROM vectors WHERE content_id = 1 AND descriptor_id = 2")
    assert news(stock, before, 1) == {}
    assert news(stock, before, 2) == {1: None}


def test_a_descriptor_that_goes_is_one_row(stock) -> None:
    stock.add(*range(50))
    before = stock.catalog.moment()
    stock.catalog.rows("DELETE FROM descriptors WHERE id = 2")
    assert stock.catalog.moment().seq == before.seq + 1
    assert news(stock, before, 1) == {}
    assert news(stock, before, 2) is None


def test_it_does_not_grow_for_ever(stock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "KEPT", 10)
    stock.add(1)
    long_ago = stock.catalog.moment()
    stock.add(*range(2, 8))
    lately = stock.catalog.moment()
    stock.add(*range(8, 15))
    assert stock.catalog.number("SELECT count(*) FROM changes") == 10
    assert news(stock, long_ago) is None
    assert news(stock, lately) == {n: float(n) for n in range(8, 15)}


def test_a_catalog_that_went_back_in_time_is_told_apart(stock, tmp_path: Path) -> None:
    stock.add(1)
    common = stock.catalog.moment()
    stock.back_up(tmp_path / "backup")
    stock.add(2)
    lost = stock.catalog.moment()
    stock.restore(tmp_path / "backup")
    assert news(stock, common) == {}
    assert news(stock, lost) is None
    stock.add(3)
    assert stock.catalog.moment().seq == lost.seq
    assert news(stock, lost) is None
    assert news(stock, common) == {2: 3.0}


def test_an_older_gallery_gets_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:1])
        with sqlite3.connect(tmp_path / FILE, isolation_level=None) as db:
            migrations.migrate(db, "here")
            db.execute("INSERT INTO contents VALUES (1, x'01', 1, 'PNG', 1, 1, NULL)")
        db.close()
    with Gallery.open(tmp_path) as gallery:
        before = gallery._catalog.moment()
        assert before.seq == 1
        gallery._catalog.rows(
            "INSERT INTO files (path, size, mtime_ns, content_id) VALUES (x'41', 1, 1, 1)"
        )
        assert gallery._catalog.moment().seq == 2
