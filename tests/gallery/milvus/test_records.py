"""Records by their keys, whatever these are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from lookalike.gallery.milvus import MilvusGallery

pytest.importorskip("milvus_lite")


def test_of_keys_that_look_like_rows_of_others_only_the_meant_ones_go(tmp_path: Path) -> None:
    with MilvusGallery.open(f"milvus:{tmp_path}/trial.db") as gallery:
        records = gallery._kept.records
        keys = ["folder//a", "folder//abcdefgh", "folder//a#bcdefg", "folder//a#000000"]
        records.put({key: {"of": key} for key in keys})
        assert records.get("folder//a") == {"of": "folder//a"}
        records.delete(keys[:2])
        left = {f"folder/{key}": told for key, told in records.all("folder/", fresh=True).items()}
        assert left == {key: {"of": key} for key in keys[2:]}
