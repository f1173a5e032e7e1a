"""Older galleries learn to keep calibrations."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from lookalike import Gallery
from lookalike.store import calibrations, migrations
from lookalike.store.catalog import FILE


def test_an_older_gallery_gets_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:3])
        with sqlite3.connect(tmp_path / FILE, isolation_level=None) as db:
            migrations.migrate(db, "here")
            db.execute("INSERT INTO descriptors VALUES (7, 'one@1', 'one', 'cosine', 4)")
            db.execute(
                "INSERT INTO choices (descriptor_id, metric, spec) VALUES (7, 'cosine', 'hnsw')"
            )
        db.close()
    kept = calibrations.KeptCalibration("one@1", "cosine", {"distances": [0.5]}, 12, "2025-01-01")
    with Gallery.open(tmp_path) as gallery:
        assert calibrations.all_kept(gallery._catalog) == []
        calibrations.keep(gallery._catalog, [kept])
        assert gallery._catalog.number("SELECT count(*) FROM choices") == 1
    with Gallery.open(tmp_path) as gallery:
        assert calibrations.all_kept(gallery._catalog) == [kept]
        gallery._catalog.rows("DELETE FROM descriptors WHERE id = 7")
        assert gallery._catalog.number("SELECT count(*) FROM calibrations") == 0
