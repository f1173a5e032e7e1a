"""A gallery moves house: everything arrives, wherever the van breaks down on its way."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lookalike import Gallery, LocalGallery, MilvusGallery
from lookalike.descriptors import STAGED
from lookalike.errors import (
    GalleryBusy,
    GalleryDamaged,
    GalleryError,
    GalleryMissing,
    UnknownName,
    UsageError,
)
from lookalike.gallery.copying import copy, milvus_target, plan, verifying
from lookalike.gallery.copying.ends import Source
from lookalike.gallery.copying.local_target import LocalTarget
from lookalike.gallery.copying.milvus_target import MilvusTarget
from lookalike.gallery.milvus.intake.taking_out import rows_at
from lookalike.gallery.milvus.kept.rows import FileRow
from lookalike.stages import packed
from lookalike.stages.product import ProductCodes
from lookalike.stages.scalar import ScalarCodes
from lookalike.store import calibrations
from lookalike.store.calibrations import KeptCalibration
from lookalike.store.catalog import Catalog, changed
from lookalike.store.vectors import kept_vectors
from moved import everything
from program import done, failed

pytest.importorskip("pymilvus")
pytest.importorskip("milvus_lite")

ODD = os.fsdecode("/else/schön\udcff.png".encode("utf-8", "surrogateescape"))
Place = Callable[[str], str]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Names galleries of either kind: ``milvus`` is a file of Lite's, all else a folder."""

    def named(name: str) -> str:
        kind = "milvus:" if name.startswith("milvus") else ""
        return f"{kind}{tmp_path / name}" + (".db" if kind else "")

    return named


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory, stocked: Path) -> Path:
    """A gallery with some of everything; no test changes it."""
    folder = tmp_path_factory.mktemp("house") / "gallery"
    with LocalGallery.open(folder) as gallery:
        gallery.sync(stocked / "pictures", descriptors=["glance", "hsv_histogram:bins=2x2x2"])
        vectors = gallery.vectors("glance").vectors
        gallery.add_stage(ScalarCodes.fitted(vectors, "cosine"), descriptor="glance")
        gallery.use("hsv_histogram")
        pictures = stocked / "pictures"
        gallery.set_columns(
            {
                pictures / "a0.png": {"Price": 0.1 + 0.2, "brand": "Ärmel", "new": True},
                pictures / "a1.png": {"Price": 3, "since": "2024-05-06", "new": False},
            }
        )
        gallery.mark(pictures / "a0.png", like=[pictures / "a1.png"], unlike=[pictures / "a2.png"])
        stranger = stocked / "stranger.png"
        shutil.copy(pictures / "a3.png", stranger)
        stranger.write_bytes(stranger.read_bytes() + b"\0")
        gallery.mark(stranger, like=[pictures / "a1.png"], descriptor="glance")
        gallery.remove(pictures / "a2.png")
        key = gallery._stored("glance").key
        curve = {"distances": [0.1, 0.2], "probabilities": [0.9, 0.1], "vectors": 9}
        told = KeptCalibration(key, "cosine", curve, 7, "2026-01-01T00:00:00+00:00")
        with gallery._catalog.writing():
            calibrations.keep(gallery._catalog, [told])
            with gallery._catalog.transaction() as db:
                db.execute(
                    "INSERT INTO files (path, size, mtime_ns, etag, content_id) "
                    "SELECT ?, 9, 2, 'tag', min(content_id) FROM files",
                    (os.fsencode(ODD),),
                )
                changed(db)
    return folder


def test_everything_arrives_and_comes_back(house: Path, place: Place) -> None:
    before = everything(str(house))
    assert len(before["descriptors"]) == 3 and len(before["marks"]) == 2
    assert ODD in [file.path for file in before["files"]]
    assert before["asked"] and before["excluded"] and before["calibrations"]
    report = copy(house, place("milvus"))
    assert everything(place("milvus")) == before
    copy(place("milvus"), place("back"))
    assert everything(place("back")) == before
    assert report.files == report.checks.files == len(before["files"])
    assert report.checks.sampled == sum(report.checks.vectors.values()) == report.vectors
    assert [one.recall for one in report.checks.searches] == [1.0, 1.0, 1.0]
    assert not report.merged and not report.resumed and report.skipped == 0


@pytest.mark.parametrize(("first", "second"), [("here", "there"), ("milvus1", "milvus2")])
def test_between_two_of_a_kind(first: str, second: str, house: Path, place: Place) -> None:
    copy(house, place(first))
    copy(place(first), place(second))
    assert everything(place(second)) == everything(str(house))


@pytest.mark.parametrize("other", ["milvus", "back"])
def test_searches_answer_the_same(other: str, house: Path, stocked: Path, place: Place) -> None:
    copy(house, place("milvus"))
    copy(place("milvus"), place("back"))
    with Gallery.open(house) as here, Gallery.open(place(other)) as there:
        for spec in (None, "glance", "glance/sq8"):
            for name in ("a0.png", "deeper/b1.jpg"):
                asked = stocked / "pictures" / name
                found, expected = (
                    gallery.search(asked, descriptor=spec) for gallery in (there, here)
                )
                assert {one.path for one in found} == {one.path for one in expected}
                assert [one.distance for one in found] == pytest.approx(
                    [one.distance for one in expected], abs=1e-6
                )
        found, expected = (
            [one.path for one in gallery.search(stocked / "pictures/a3.png", where="price > 0.2")]
            for gallery in (there, here)
        )
        assert found == expected and len(found) == 2


def test_what_is_there_is_not_written_again(house: Path, place: Place) -> None:
    for target in (place("milvus"), place("folder")):
        first = copy(house, target)
        again = copy(house, target)
        assert (again.files, again.vectors, again.skipped) == (0, 0, first.files)
        assert again.merged and everything(target) == everything(str(house))


class Killed(BaseException):
    """Ends all, as a signal would: nobody catches it."""


def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let batches have two files."""
    monkeypatch.setattr(plan, "_FEWEST_ROWS", 2)
    monkeypatch.setattr(plan, "MOST_ROWS", 2)


@pytest.mark.parametrize("target", ["milvus", "folder"])
def test_killed_at_any_step_it_goes_on(
    target: str, house: Path, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    few(monkeypatch)
    steps = _writes(target)
    left = 0

    def dying(real: Callable[..., object]) -> Callable[..., object]:
        def write(*values: object, **named: object) -> object:
            nonlocal left
            left -= 1
            if left < 0:
                raise Killed
            return real(*values, **named)

        return write

    for owner, name in steps:
        monkeypatch.setattr(owner, name, dying(getattr(owner, name)))
    runs = 0
    while True:
        left = runs // 2 + 1  # ever later; each twice, as what is there already costs a step less
        runs += 1
        try:
            report = copy(house, place(target))
            break
        except Killed:
            assert runs < 200
    assert runs > 8
    assert report.resumed and not report.merged
    assert everything(place(target)) == everything(str(house))


def _writes(target: str) -> list[tuple[Any, str]]:
    """Return what writes: each call may be the last."""
    if target == "milvus":
        from lookalike.gallery.milvus.link.engine import Engine

        return [(Engine, "upsert"), (Engine, "delete")]
    return [(LocalTarget, name) for name in ("begin", "enter", "write", "enter_marks", "done")]


@pytest.mark.parametrize("target", ["milvus", "folder"])
def test_a_half_filled_target_says_so(
    target: str, house: Path, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(MilvusTarget if target == "milvus" else LocalTarget, "enter_marks", _killed)
        with pytest.raises(Killed):
            copy(house, place(target))
    with Gallery.open(place(target)) as gallery:
        assert gallery.info().unfinished == (str(house),)
    copy(house, place(target))
    with Gallery.open(place(target)) as gallery:
        assert gallery.info().unfinished == ()


def _killed(*values: object, **named: object) -> None:
    raise Killed


def one_picture(gallery: Source) -> FileRow:
    return next(file for file, _ in gallery.files() if file.described)


def in_catalog(folder: str, sql: str, values: tuple[object, ...]) -> None:
    with closing(sqlite3.connect(Path(folder) / "catalog.sqlite")) as db, db:
        db.execute(sql, values)


def changed_vector(gallery: Any) -> str:
    """Change a vector behind the gallery's back; return whose."""
    file = one_picture(gallery)
    one = next(one for one in gallery.descriptors() if not one.stages)
    if isinstance(gallery, LocalTarget):
        sql = (
            "UPDATE vectors SET vector = zeroblob(length(vector)) WHERE descriptor_id = ? "
            "AND content_id = (SELECT id FROM contents WHERE sha256 = ?)"
        )
        in_catalog(gallery.where, sql, (gallery._local[one.number].id, file.sha256))
    else:
        row = file.as_vector_row(np.zeros(one.stored.dim, np.float32))
        gallery._engine.upsert(gallery._of(one), [row])
    return file.path


def changed_hash(gallery: Any) -> str:
    """Let a file have other bytes, in the row that tells of it."""
    file, other = one_picture(gallery), hashlib.sha256(b"other").digest()
    if isinstance(gallery, LocalTarget):
        sql = "UPDATE contents SET sha256 = ? WHERE sha256 = ?"
        in_catalog(gallery.where, sql, (other, file.sha256))
    else:
        row = dataclasses.replace(file, sha256=other).as_row()
        gallery._engine.upsert(gallery._kept.files, [row])
    return file.path


@pytest.mark.parametrize("target", ["milvus", "folder"])
@pytest.mark.parametrize("damage", [changed_vector, changed_hash])
def test_damage_is_found_and_named(
    target: str,
    damage: Callable[[Any], str],
    house: Path,
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    harmed = []
    end = MilvusTarget if target == "milvus" else LocalTarget
    monkeypatch.setattr(end, "settle", lambda self, tell: harmed.append(damage(self)))
    with pytest.raises(GalleryDamaged) as error:
        copy(house, place(target))
    assert harmed[0] in str(error.value)


def test_a_vector_that_is_missing_is_found(
    house: Path, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = MilvusTarget.settle

    def settle(self: MilvusTarget, tell: Any) -> None:
        real(self, tell)
        one = self.descriptors()[0]
        file = next(f for f, _ in self.files() if f.described)
        self._engine.delete(self._of(one), [file.id])

    monkeypatch.setattr(MilvusTarget, "settle", settle)
    with pytest.raises(GalleryDamaged, match="should have a vector"):
        copy(house, place("milvus"))


def other_house(folder: Path, stocked: Path, names: list[str]) -> None:
    with LocalGallery.open(folder) as gallery:
        gallery.sync(*[stocked / "pictures" / name for name in names], descriptors=["glance"])


@pytest.mark.parametrize("target", ["milvus", "folder"])
def test_what_only_the_target_has_stays(
    target: str, house: Path, stocked: Path, place: Place, draw: Any, tmp_path: Path
) -> None:
    draw(tmp_path / "more" / "z.png", 99)
    with LocalGallery.open(tmp_path / "first") as first:
        first.sync(tmp_path / "more", descriptors=["glance"])
        first.set_columns({tmp_path / "more" / "z.png": {"price": 5}})
    copy(tmp_path / "first", place(target))
    report = copy(house, place(target))
    assert report.merged and report.checks.others == 1
    found = everything(place(target))
    assert str(tmp_path / "more" / "z.png") in [file.path for file in found["files"]]
    assert set(everything(str(house))["vectors"]) < set(found["vectors"])


@pytest.mark.parametrize("target", ["milvus", "folder"])
def test_another_picture_is_not_written_over_unasked(
    target: str, house: Path, stocked: Path, place: Place, tmp_path: Path, draw: Any
) -> None:
    pictures = tmp_path / "pictures"
    draw(pictures / "a.png", 1)
    draw(pictures / "b.png", 2)
    with LocalGallery.open(tmp_path / "new") as new, LocalGallery.open(tmp_path / "old") as old:
        old.sync(pictures, descriptors=["glance", "hsv_histogram"])
        draw(pictures / "b.png", 3)
        new.sync(pictures, descriptors=["glance"])
    copy(tmp_path / "old", place(target))
    before = everything(place(target))
    with pytest.raises(UsageError, match=r"1 that would be copied, such as .*b\.png.*--replace"):
        copy(tmp_path / "new", place(target))
    assert everything(place(target)) == before
    report = copy(tmp_path / "new", place(target), replace=True)
    assert report.files == 1
    found, new_files = everything(place(target)), everything(str(tmp_path / "new"))
    assert [f.sha256 for f in found["files"]] == [f.sha256 for f in new_files["files"]]
    # Of the other descriptor the picture that was replaced has no vector any more.
    assert [path for key, path in found["vectors"] if key.startswith("hsv")] == [
        str(pictures / "a.png")
    ]


def test_columns_of_another_kind_are_refused(place: Place, tmp_path: Path, draw: Any) -> None:
    draw(tmp_path / "pictures" / "a.png", 1)
    for name, value in (("one", 5), ("two", "five")):
        with LocalGallery.open(tmp_path / name) as gallery:
            gallery.sync(tmp_path / "pictures", descriptors=["glance"])
            gallery.set_columns({tmp_path / "pictures" / "a.png": {"price": value}})
    with pytest.raises(UsageError, match="price is of the kind number"):
        copy(tmp_path / "one", tmp_path / "two")


@pytest.mark.parametrize("target", ["milvus", "folder"])
def test_a_changed_value_is_brought_after(
    target: str, stocked: Path, place: Place, tmp_path: Path
) -> None:
    other_house(tmp_path / "source", stocked, ["a0.png", "a1.png"])
    copy(tmp_path / "source", place(target))
    with LocalGallery.open(tmp_path / "source") as gallery:
        gallery.set_columns({stocked / "pictures" / "a1.png": {"price": 7}})
    assert copy(tmp_path / "source", place(target)).files == 1
    assert everything(place(target)) == everything(str(tmp_path / "source"))


@pytest.mark.parametrize(("option", "ef"), [("", 512), ("?index=hnsw:ef=64", 64)])
def test_an_index_that_finds_too_little_is_searched_harder(
    option: str, ef: int, house: Path, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "LEAST_RECALL", 1.1)  # nothing is enough
    target = place("milvus")
    copy(house, target + option)
    with Gallery.open(target, create=False) as gallery:
        told = gallery.info().indexes
    found = {(one.spec, one.recall) for one in told if "hnsw" in one.spec}
    assert found == {(f"hnsw:m=16,ef_construction=200,ef={ef}", 1)}


def test_some_descriptors_only(house: Path, place: Place) -> None:
    copy(house, place("milvus"), descriptors=["glance"])
    keys = {key.partition("@")[0] for key, _ in everything(place("milvus"))["vectors"]}
    assert keys == {"glance"}
    with pytest.raises(UnknownName, match="glanze"):
        copy(house, place("milvus"), descriptors=["glanze"])
    copy(house, place("milvus"))
    assert everything(place("milvus"))["vectors"] == everything(str(house))["vectors"]


@pytest.mark.parametrize("target", ["milvus", "folder"])
def test_a_gallery_without_pictures(target: str, place: Place, tmp_path: Path) -> None:
    LocalGallery.open(tmp_path / "empty").close()
    report = copy(tmp_path / "empty", place(target))
    assert (report.files, report.checks.files) == (0, 0)
    copy(place(target), place("again"))
    assert everything(place("again")) == everything(str(tmp_path / "empty"))


def test_a_source_may_be_written_to_meanwhile(
    house: Path, stocked: Path, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(house, tmp_path / "source")
    before = everything(str(tmp_path / "source"))
    few(monkeypatch)
    real, wrote = MilvusTarget.write, []

    def write(self: MilvusTarget, batch: Any) -> None:
        if not wrote:
            with LocalGallery.open(tmp_path / "source") as gallery:
                wrote.append(gallery.remove(stocked / "pictures" / "deeper"))
                gallery.remove_descriptor("glance/sq8")
        real(self, batch)

    monkeypatch.setattr(MilvusTarget, "write", write)
    copy(tmp_path / "source", place("milvus"))
    assert wrote == [5]
    assert everything(place("milvus"))["files"] == before["files"]
    assert everything(place("milvus"))["vectors"] == before["vectors"]


def test_own_pictures_go_along(
    stocked: Path, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LocalGallery.open(tmp_path / "source") as gallery:
        gallery.sync(stocked / "pictures" / "a0.png", descriptors=["glance"])
        added = gallery.add(stocked / "pictures" / "a1.png")
    target = f"{place('milvus')}?files={tmp_path / 'files'}"
    assert copy(tmp_path / "source", target).own == 1
    at_home = tmp_path / "files" / "added" / "a1.png"
    assert at_home.read_bytes() == Path(added.path).read_bytes()
    assert copy(tmp_path / "source", target).own == 0
    copy(target, place("back"))
    back = Path(place("back")) / "added" / "a1.png"
    assert back.read_bytes() == at_home.read_bytes()
    paths = [file.path for file in everything(place("back"))["files"]]
    assert paths == sorted([str(back), str(stocked / "pictures" / "a0.png")])
    with LocalGallery.open(place("back")) as gallery:
        assert gallery.sync(descriptors=["glance"]).unchanged == 2  # it is where it is looked for


def test_own_pictures_need_a_place(
    stocked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LocalGallery.open(tmp_path / "source") as gallery:
        gallery.add(stocked / "pictures" / "a1.png")
    with pytest.raises(UsageError, match=r"\?files="):
        copy(tmp_path / "source", "milvus+http://127.0.0.1:9/nowhere")


def test_what_cannot_be_copied_is_refused(house: Path, place: Place, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no vectors"):
        copy("http://127.0.0.1:8765", tmp_path / "there")
    with pytest.raises(UsageError, match="no vectors"):
        copy(house, "https://shop.example")
    with pytest.raises(UsageError, match="the same gallery"):
        copy(house, house / ".." / house.name)
    with pytest.raises(UsageError, match="the same gallery"):
        copy(place("milvus"), f"{place('milvus')}?consistency=strong")
    with pytest.raises(GalleryMissing):
        copy(tmp_path / "nowhere", place("milvus"))
    assert not (tmp_path / "milvus.db").exists()
    with (
        LocalGallery.open(tmp_path / "busy") as gallery,
        gallery._catalog.writing(),
        pytest.raises(GalleryBusy),
    ):
        copy(house, tmp_path / "busy")


def test_ids_that_two_files_would_have(
    house: Path, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if ids had two bits: nearly all are taken by another file."""

    def short(path: str, attempt: int = 0) -> int:
        return len(path) % 4 + 4 * attempt

    monkeypatch.setattr(milvus_target, "id_of", short)
    few(monkeypatch)
    copy(house, place("milvus"))
    assert everything(place("milvus")) == everything(str(house))
    with closing(MilvusTarget.open(place("milvus"))) as gallery:
        ids = [file.id for file, _ in gallery.files()]
    assert len(set(ids)) == len(ids) and max(ids) > 4
    copy(house, place("milvus2"), descriptors=["glance"])  # begun, then more of it
    copy(house, place("milvus2"))
    assert everything(place("milvus2"))["vectors"] == everything(str(house))["vectors"]


def test_codes_arrive_but_for_rounding(stock: Any, place: Place) -> None:
    stock.add(*range(300))
    stock.catalog.close()
    folder = stock.folder
    catalog = Catalog(folder)
    vectors = kept_vectors(catalog, catalog.descriptors()[0], None).vectors
    stage = ProductCodes.fitted(np.asarray(vectors), "cosine", 2)
    plain = catalog.descriptors()[0]
    key = f"{plain.key}{STAGED}{stage.key}"
    with catalog.transaction() as db:
        db.execute(
            "INSERT INTO descriptors (id, key, spec, metric, dim) "
            "VALUES (3, ?, 'one', 'cosine', 4)",
            (key,),
        )
        db.execute(
            "INSERT INTO stages (descriptor_id, position, kind, name, metric, arrays) "
            "VALUES (3, 0, ?, ?, ?, ?)",
            (stage.kind, stage.name, stage.metric, packed(stage)),
        )
        rows = db.execute("SELECT content_id, vector FROM vectors WHERE descriptor_id = 1")
        for content, vector in rows.fetchall():
            (coded,) = stage.coded(stage(np.frombuffer(vector, "<f4")[None]))
            db.execute("INSERT INTO vectors VALUES (3, ?, ?)", (content, coded))
        changed(db)
    catalog.close()
    report = copy(folder, place("milvus"))
    assert report.checks.vectors[key] == 300
    copy(place("milvus"), place("back"))
    before, after = (everything(where)["vectors"] for where in (str(folder), place("back")))
    assert before.keys() == after.keys()
    for name, vector in before.items():
        np.testing.assert_allclose(
            np.frombuffer(after[name], "<f4"), np.frombuffer(vector, "<f4"), atol=1e-3
        )


def test_at_the_command_line(house: Path, place: Place, tmp_path: Path) -> None:
    told = json.loads(done("copy", str(house), place("milvus"), "--json"))
    assert told["files"] == told["checks"]["files"] and not told["resumed"]
    said = done("copy", str(house), place("milvus"))
    assert f"{told['files']} files were there already" in said and "100.0% of the ten" in said
    assert "the same gallery" in failed(2, "copy", str(house), str(house))
    assert "no vectors" in failed(2, "copy", "http://127.0.0.1:1", str(house))
    assert "there is no gallery" in failed(1, "copy", str(tmp_path / "none"), str(tmp_path / "to"))


def test_no_picture_is_copied_to_where_it_does_not_belong(
    place: Place, tmp_path: Path, draw: Any
) -> None:
    picture = draw(tmp_path / "a.png", 1)
    with MilvusGallery.open(place("milvus")) as gallery:
        kept = gallery._kept
        own = Path(gallery.add(picture).path).parent
        (row,) = rows_at(kept, [str(own / "a.png")])
        outside = f"{own}/../../../outside.png"
        shutil.copy(picture, outside)
        kept.engine.upsert(
            kept.files, [dataclasses.replace(row, path=outside, id=7, described=()).as_row()]
        )
    with pytest.raises(GalleryError, match="leads out of the gallery"):
        copy(place("milvus"), str(tmp_path / "a" / "b" / "c" / "back"))
    assert not list((tmp_path / "a").rglob("outside.png"))
