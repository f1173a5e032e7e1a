"""A folder changes; a gallery in Milvus follows, as the local one does, killed or not."""

from __future__ import annotations

import dataclasses
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image as pillow

from lookalike import Gallery, LocalGallery, places
from lookalike.descriptors import Staged, create
from lookalike.descriptors.pixels import Pixels
from lookalike.errors import GalleryError, NotIndexed, UsageError
from lookalike.gallery.milvus import MilvusGallery
from lookalike.gallery.milvus.intake import adding, aside, deriving, removing, syncing
from lookalike.gallery.milvus.intake.reading import Reading
from lookalike.gallery.milvus.intake.same import vectors_of
from lookalike.gallery.milvus.intake.writing import MilvusWriter, MilvusWriterSpec
from lookalike.gallery.milvus.kept.rows import OF_FILES, FileRow, file_row
from lookalike.gallery.milvus.link import text
from lookalike.gallery.milvus.link.engine import Engine
from lookalike.places import Found
from lookalike.stages.scalar import ScalarCodes
from lookalike.store import Progress, SyncReport, quarantine
from lookalike.store.intake import Taken

pytest.importorskip("milvus_lite")

PIXELS = "pixels"


@pytest.fixture
def milvus(tmp_path: Path) -> Iterator[MilvusGallery]:
    with MilvusGallery.open(f"milvus:{tmp_path}/trial.db") as opened:
        yield opened


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalGallery]:
    with LocalGallery.open(tmp_path / "local") as opened:
        yield opened


def rows_of(milvus: MilvusGallery) -> dict[str, FileRow]:
    kept = milvus._kept
    rows = [row for lot in kept.engine.each(kept.files, "path", "", OF_FILES) for row in lot]
    found = {row.path: row for row in map(file_row, rows)}
    assert len(found) == len(rows)
    return found


def in_milvus(milvus: MilvusGallery) -> dict[str, tuple[str, frozenset[str], str]]:
    """Return of each file its SHA-256, its descriptors and why it failed; check the vectors."""
    kept = milvus._kept
    files = rows_of(milvus)
    assert len({row.id for row in files.values()}) == len(files)
    names = {one.id: one.key for one in kept.descriptors(fresh=True)}
    for stored in kept.descriptors(fresh=True):
        fields = ["path", "sha256", "mtime_ns", "vector", "columns"]
        vectors = [
            row
            for lot in kept.engine.each(kept.collection(stored), "id", "", fields)
            for row in lot
        ]
        named = {row.id: row for row in files.values() if stored.id in row.described}
        assert {row["id"] for row in vectors} == named.keys()
        for row in vectors:
            file = named[row["id"]]
            told = (text.path_of(row["path"]), row["sha256"], row["mtime_ns"], row["columns"])
            assert told == (file.path, file.sha256.hex(), file.mtime_ns, file.columns)
            assert len(row["vector"]) == stored.dim
    return {
        path: (row.sha256.hex(), frozenset(names[n] for n in row.described), row.reason)
        for path, row in files.items()
    }


def in_local(local: LocalGallery) -> dict[str, tuple[str, frozenset[str], str]]:
    """Return the same of a local gallery."""
    keys = {one.id: one.key for one in local._catalog.descriptors()}
    found = {}
    sql = (
        "SELECT path, coalesce(sha256, x''), content_id, coalesce(reason, '') FROM files "
        "LEFT JOIN contents ON contents.id = content_id LEFT JOIN failures ON file_id = files.id"
    )
    for path, sha256, content, reason in local._catalog.rows(sql):
        numbers = local._catalog.rows(
            "SELECT descriptor_id FROM vectors WHERE content_id = ?", (content,)
        )
        described = frozenset(keys[n] for (n,) in numbers)
        found[os.fsdecode(path)] = (bytes(sha256).hex(), described, reason)
    return found


def told(report: SyncReport) -> dict[str, Any]:
    """Return what of a report must be the same everywhere."""
    found = dataclasses.asdict(report)
    del found["seconds"]
    return found


class Both:
    """The same done to a local gallery and to one in Milvus."""

    def __init__(self, local: LocalGallery, milvus: MilvusGallery) -> None:
        self._local, self._milvus = local, milvus

    def sync(self, *folders: Path, **options: Any) -> SyncReport:
        expected = self._local.sync(*folders, **options)
        report = self._milvus.sync(*folders, **options)
        assert told(report) == told(expected)
        self.check()
        return report

    def remove(self, *paths: Path) -> int:
        count = self._milvus.remove(*paths)
        assert count == self._local.remove(*paths)
        self.check()
        return count

    def check(self) -> None:
        assert in_milvus(self._milvus) == in_local(self._local)
        assert self._milvus._kept.folders() == self._local._catalog.folders()
        excluded = self._local._catalog.rows("SELECT path FROM excluded ORDER BY path")
        assert sorted(self._milvus._kept.excluded()) == [os.fsdecode(p) for (p,) in excluded]


@pytest.fixture
def both(local: LocalGallery, milvus: MilvusGallery) -> Both:
    return Both(local, milvus)


# -- as the local gallery does ---------------------------------------------------------------


def test_a_life(both: Both, folder: Path, draw: Callable[..., Path]) -> None:
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    (folder / "notes.txt").write_text("no picture")
    report = both.sync(folder, descriptors=[PIXELS])
    assert (report.added, report.failed, report.others) == (6, 1, 1)
    assert both.sync().unchanged == 7

    draw(folder / "new.png", 99)
    draw(folder / "a1.png", 98)
    (folder / "a2.png").unlink()
    shutil.copy(folder / "a0.png", folder / "copy.png")
    report = both.sync()
    assert (report.added, report.changed, report.gone, report.unchanged) == (2, 1, 1, 5)

    (folder / "a0.png").rename(folder / "deeper" / "elsewhere.png")
    assert both.sync().moved == 1
    os.utime(folder / "copy.png", ns=(1, 1))
    assert both.sync().unchanged == 8

    assert both.sync(retry=True).failed == 1
    draw(folder / "broken.png", 97)
    assert both.sync().changed == 1
    (folder / "new.png").write_bytes(b"")
    assert both.sync().failed == 1
    assert both.sync(descriptors=["lbp"]).described == 7
    assert both.sync().unchanged == 8


def test_folders_come_and_go(both: Both, folder: Path, tmp_path: Path, draw) -> None:
    both.sync(folder / "deeper", descriptors=[PIXELS])
    both.sync(folder)
    draw(tmp_path / "other" / "c.png", 50)
    both.sync(tmp_path / "other")
    hidden = folder.rename(tmp_path / "unplugged")
    report = both.sync()
    assert report.unmounted == [str(folder)]
    folder.mkdir()
    report = both.sync(folder)
    assert (report.unmounted, report.gone) == ([str(folder)], 0)
    folder.rmdir()
    hidden.rename(folder)
    assert both.sync().unchanged == 7
    single = draw(tmp_path / "single.png", 51)
    both.sync(single)
    assert both.remove(folder) == 6
    both.sync()
    both.sync(folder)


def test_what_was_removed_is_passed_over_until_it_is_asked_for(both: Both, folder: Path) -> None:
    both.sync(folder, descriptors=[PIXELS])
    assert both.remove(folder / "a0.png", folder / "deeper") == 4
    assert both.sync().unchanged == 2
    assert both.sync(folder / "deeper").added == 3
    assert both.sync(folder / "a0.png").added == 1
    assert both.sync().unchanged == 6


def test_parts_that_share_the_work(both: Both, folder: Path, draw) -> None:
    for seed in range(20):
        draw(folder / f"more{seed}.png", 200 + seed)
    added = [both.sync(folder, descriptors=[PIXELS], shard=f"{i}/3").added for i in (1, 2, 3)]
    assert sum(added) == 26 and all(added)
    for seed in range(20):
        (folder / f"more{seed}.png").unlink()
    gone = [both.sync(shard=f"{i}/3").gone for i in (3, 1, 2)]
    assert sum(gone) == 20 and all(gone)


def test_what_cannot_be_listed_is_kept(
    both: Both, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both.sync(folder, descriptors=[PIXELS])
    real = os.scandir

    def refusing(path: str) -> Any:
        if str(path).endswith("deeper"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    (folder / "a0.png").unlink()
    monkeypatch.setattr(os, "scandir", refusing)
    report = both.sync()
    assert (report.gone, len(report.unlisted)) == (1, 1)


@pytest.mark.parametrize("name", ['it\'s "so" \\ \n\t.png', "ünï · 図 🎈.png", b"odd \xe9\xff.png"])
def test_any_name(both: Both, folder: Path, name: str | bytes) -> None:
    file = folder / os.fsdecode(name)
    shutil.copy(folder / "a0.png", file)
    both.sync(folder, descriptors=[PIXELS])
    assert both.sync().unchanged == 7
    assert both.remove(file) == 1
    assert both.sync(file).added == 1
    file.unlink()
    assert both.sync(folder).gone == 1


CONTENTS = [
    pillow.fromarray(np.random.default_rng(i).integers(0, 256, (8, 8, 3), np.uint8))
    for i in range(4)
]
NAMES = ("a.png", "b.png", "c.png", "d/a.png", "d/e.png", "d-x/a.png")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.sampled_from(NAMES), st.integers(0, len(CONTENTS))),
        st.tuples(st.just("rename"), st.sampled_from(NAMES), st.sampled_from(NAMES)),
        st.tuples(st.just("delete"), st.sampled_from(NAMES)),
        st.tuples(st.just("remove"), st.sampled_from((*NAMES, "d"))),
        st.tuples(st.just("sync"), st.booleans()),
    ),
    min_size=3,
    max_size=12,
)


@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_whatever_happens_in_a_folder(milvus: MilvusGallery, steps: list[tuple[Any, ...]]) -> None:
    _emptied(milvus)
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home).resolve() / "pictures"
        (folder / "stays").mkdir(parents=True)
        CONTENTS[0].save(folder / "stays" / "s.png")
        with LocalGallery.open(Path(home) / "local") as local:
            both = Both(local, milvus)
            both.sync(folder, descriptors=[PIXELS])
            for number, step in enumerate([*steps, ("sync", False)]):
                _done(both, folder, step, number)
    _emptied(milvus)


def _done(both: Both, folder: Path, step: tuple[Any, ...], number: int) -> None:
    kind, *values = step
    file = folder / str(values[0])
    if kind == "write":
        file.parent.mkdir(exist_ok=True)
        if values[1] < len(CONTENTS):
            CONTENTS[values[1]].save(file)
        else:
            file.write_bytes(b"no picture")
        os.utime(file, ns=(number, number))
    elif kind == "rename" and file.exists():
        (folder / values[1]).parent.mkdir(exist_ok=True)
        file.replace(folder / values[1])
    elif kind == "delete":
        file.unlink(missing_ok=True)
    elif kind == "remove" and any(
        path == str(file) or path.startswith(f"{file}{os.sep}") for path in in_local(both._local)
    ):
        both.remove(file)
    elif kind == "sync":
        both.sync(folder, retry=values[0])


def _emptied(milvus: MilvusGallery) -> None:
    if folders := milvus._kept.folders(fresh=True):
        milvus.remove(*folders)
    milvus._kept.include(milvus._kept.excluded())


def test_a_renamed_folder_is_recognised_and_nothing_is_read(
    both: Both, milvus: MilvusGallery, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both.sync(folder, descriptors=[PIXELS])
    milvus.set_columns({folder / "a0.png": {"price": 3}})
    both.remove(folder / "a2.png")
    renamed = folder.rename(folder.with_name("renamed"))
    with monkeypatch.context() as patch:
        patch.setattr(places, "read_bytes", lambda path: pytest.fail(f"{path} was read"))
        report = both.sync(renamed)
    assert report.renamed == [(str(folder), str(renamed))]
    assert (report.read, report.unchanged) == (0, 5)
    assert rows_of(milvus)[str(renamed / "a0.png")].columns == {"price": 3}
    folder.mkdir()
    shutil.copy(renamed / "a1.png", folder / "a1.png")
    renamed.rename(renamed.with_name("unplugged"))
    assert both.sync(folder).renamed == []


def test_killed_while_a_folder_is_renamed(
    milvus: MilvusGallery, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    deadly = Deadly(monkeypatch)
    numbers = iter(range(100))
    now = [folder]

    def begin() -> None:
        milvus.sync(now[0], descriptors=[PIXELS])
        now.append(now[0].rename(tmp_path / f"renamed{next(numbers)}"))

    for _ in killed_at_every_write(milvus, deadly, begin, lambda: milvus.sync(now[-1])):
        milvus.sync(now[-1])
        assert in_milvus(milvus).keys() == _all(now[-1])
        assert milvus._kept.folders() == [str(now[-1])]
        now[:] = now[-1:]


# -- killed anywhere -------------------------------------------------------------------------


class Killed(BaseException):
    """What nothing here catches."""


class Deadly:
    """Counts writes, and kills at one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = -1
        for name in ("upsert", "delete", "drop"):
            monkeypatch.setattr(Engine, name, self._counting(getattr(Engine, name)))

    def _counting(self, write: Callable[..., None]) -> Callable[..., None]:
        def counted(engine: Engine, collection: str, *rows: Any) -> None:
            if rows and not rows[0]:
                return
            if self.left == 0:
                raise Killed
            self.left -= 1
            write(engine, collection, *rows)

        return counted


def killed_at_every_write(
    milvus: MilvusGallery, deadly: Deadly, begin: Callable[[], None], act: Callable[[], object]
) -> Iterator[int]:
    """Yield for each write of `act`, after what it was killed at that."""
    for number in range(200):
        deadly.left = -1
        begin()
        deadly.left = number
        try:
            act()
        except Killed:
            deadly.left = -1
            yield number
        else:
            assert number > 2
            deadly.left = -1
            return
    raise AssertionError("it never ends")


def test_killed_at_any_write_the_next_run_completes_it(
    milvus: MilvusGallery,
    local: LocalGallery,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    draw: Callable[..., Path],
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(syncing, "_CHUNK", 3)
    deadly = Deadly(monkeypatch)
    (folder / "broken.png").write_bytes(b"no picture")
    first = tmp_path / "first"
    shutil.copytree(folder, first)

    def begin() -> None:
        shutil.rmtree(folder)
        shutil.copytree(first, folder)
        _emptied(milvus)
        milvus.sync(folder, descriptors=[PIXELS])
        milvus.set_columns({folder / "a0.png": {"price": 3}, folder / "a1.png": {"price": 4}})
        (folder / "a0.png").rename(folder / "moved.png")  # takes its price along
        draw(folder / "a1.png", 98)  # keeps its price
        (folder / "a2.png").unlink()
        draw(folder / "new.png", 99)
        draw(folder / "broken.png", 97)
        (folder / "deeper" / "b0.jpg").write_bytes(b"no picture any more")
        shutil.copy(folder / "deeper" / "b1.jpg", folder / "deeper" / "copy.jpg")
        os.utime(folder / "deeper" / "b2.jpg", ns=(1, 1))

    def act() -> SyncReport:
        return milvus.sync(folder)

    begin()
    act()
    local.sync(folder, descriptors=[PIXELS])
    expected = in_milvus(milvus)
    assert expected == in_local(local)
    for number in killed_at_every_write(milvus, deadly, begin, act):
        milvus.sync(folder)
        assert in_milvus(milvus) == expected, number
        rows = rows_of(milvus)
        priced = {Path(path).name: row.columns for path, row in rows.items() if row.columns}
        assert priced == {"moved.png": {"price": 3}, "a1.png": {"price": 4}}, number
        assert milvus.sync().read == 0


def test_a_file_that_was_being_written_when_the_run_was_killed_and_is_gone_now_leaves_nothing(
    milvus: MilvusGallery, folder: Path, monkeypatch: pytest.MonkeyPatch, draw
) -> None:
    milvus.sync(folder, descriptors=[PIXELS])
    before = in_milvus(milvus)
    deadly = Deadly(monkeypatch)
    draw(folder / "new.png", 99)
    deadly.left = 1  # the vector is written, and the file is not
    with pytest.raises(Killed):
        milvus.sync()
    deadly.left = -1
    with pytest.raises(AssertionError):
        in_milvus(milvus)
    (folder / "new.png").unlink()
    assert milvus.sync().gone == 0
    assert in_milvus(milvus) == before


def test_killed_while_removing_the_next_run_goes_on(
    milvus: MilvusGallery, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, draw
) -> None:
    deadly = Deadly(monkeypatch)
    other = draw(tmp_path / "other" / "c.png", 50).parent

    def begin() -> None:
        _emptied(milvus)
        milvus.sync(folder, other, descriptors=[PIXELS])

    left = {str(other / "c.png"), *(str(folder / f"a{i}.png") for i in (1, 2))}
    for number in killed_at_every_write(
        milvus, deadly, begin, lambda: milvus.remove(folder / "deeper", folder / "a0.png")
    ):
        milvus.sync()
        # Killed before anything was written, nothing was removed.
        assert in_milvus(milvus).keys() in ([left] if number else [{*left, *_all(folder)}])
        assert milvus.sync().read == 0


def _all(folder: Path) -> set[str]:
    return {str(path) for path in folder.rglob("*") if path.is_file()}


def test_a_descriptor_that_is_dropped_and_comes_back_is_described_anew(
    milvus: MilvusGallery, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deadly = Deadly(monkeypatch)

    def begin() -> None:
        milvus.sync(folder, descriptors=[PIXELS, "lbp"])

    for _ in killed_at_every_write(milvus, deadly, begin, lambda: milvus.remove_descriptor("lbp")):
        milvus.sync(folder, descriptors=[PIXELS, "lbp"])
        assert all(len(keys) == 2 for _, keys, _ in in_milvus(milvus).values())
    milvus.sync(folder)
    assert all(len(keys) == 1 for _, keys, _ in in_milvus(milvus).values())
    with pytest.raises(NotIndexed):
        milvus.remove_descriptor("lbp")


def test_a_new_version_takes_the_place_of_the_old_one(
    local: LocalGallery, milvus: MilvusGallery, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for gallery in (local, milvus):
        gallery.sync(folder, descriptors=["lbp", PIXELS])
        gallery.use(PIXELS)
    monkeypatch.setattr(Pixels, "version", Pixels.version + 1)
    assert milvus.sync().described == local.sync().described == 6
    new = create(PIXELS).key
    assert [one.key for one in milvus._kept.descriptors()] == [new, create("lbp").key]
    assert [one.key for one in local._catalog.descriptors()] == [new, create("lbp").key]


def test_vectors_that_were_lost_are_made_again(milvus: MilvusGallery, folder: Path) -> None:
    milvus.sync(folder, descriptors=[PIXELS])
    before = in_milvus(milvus)
    (stored,) = milvus._kept.descriptors()
    ids = [row.id for row in rows_of(milvus).values()]
    milvus._engine.delete(milvus._kept.collection(stored), ids[:2])
    assert milvus.sync(folder).described == 2
    assert in_milvus(milvus) == before


def test_what_progress_raises_stops_the_work_and_what_was_committed_is_kept(
    milvus: MilvusGallery, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(syncing, "_CHUNK", 2)
    seen: list[Progress] = []

    def tell(progress: Progress) -> None:
        seen.append(progress)
        if progress.stage == "reading" and progress.done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        milvus.sync(folder, descriptors=[PIXELS], workers=1, progress=tell)
    assert len(in_milvus(milvus)) == 2
    assert ("looking", 6) in {(one.stage, one.done) for one in seen}
    assert milvus.sync().added == 4


# -- ids, contents, writers ------------------------------------------------------------------


def test_two_files_with_the_same_id(
    both: Both, milvus: MilvusGallery, folder: Path, monkeypatch: pytest.MonkeyPatch, draw
) -> None:
    monkeypatch.setattr(text, "_ID_BITS", 4)
    monkeypatch.setattr(syncing, "_CHUNK", 2)
    for seed in range(5):
        draw(folder / f"more{seed}.png", 200 + seed)
    both.sync(folder, descriptors=[PIXELS], workers=1)
    ids = {path: row.id for path, row in rows_of(milvus).items()}
    assert len(set(ids.values())) == 11
    assert {text.id_of(path) for path in ids} != set(ids.values())
    (folder / "a0.png").unlink()
    draw(folder / "a1.png", 98)
    both.sync()
    assert {p: row.id for p, row in rows_of(milvus).items()}.items() <= ids.items()


def test_a_chunk_that_comes_twice_changes_nothing(milvus: MilvusGallery, folder: Path) -> None:
    milvus.sync(folder, descriptors=[PIXELS])
    before = in_milvus(milvus)
    rows = rows_of(milvus)
    spec = MilvusWriterSpec(milvus._engine.address, "root:secret")
    assert "secret" not in repr(spec)
    writer = MilvusWriter(milvus._kept)
    hashes = [row.sha256 for row in rows.values()]
    (stored,) = milvus._kept.descriptors()
    assert set(writer.known([*hashes, b"?" * 32]).items()) == {
        (sha256, frozenset({stored.id})) for sha256 in hashes
    }
    again = [
        Taken(Found(row.path, row.size, row.mtime_ns, row.etag), row.sha256)
        for row in rows.values()
    ]
    written = writer.commit([*again, again[0]])
    assert (written.added, written.changed, written.described) == (0, 0, 0)
    assert in_milvus(milvus) == before
    # What was known when it was read, and is not any more, is left for another time.
    stranger = Taken(Found("/elsewhere.png", 1, 1), b"?" * 32)
    assert writer.commit([stranger]).added == 0
    assert in_milvus(milvus) == before


def test_values_return_with_a_picture(milvus: MilvusGallery, folder: Path, tmp_path: Path) -> None:
    milvus.sync(folder, descriptors=[PIXELS])
    milvus.set_columns({folder / "a0.png": {"price": 3}})
    (folder / "a0.png").rename(tmp_path / "away.png")
    milvus.sync()
    shutil.copy(folder / "a1.png", folder / "a0.png")
    milvus.sync()
    assert not any(row.columns for row in rows_of(milvus).values())
    (tmp_path / "away.png").rename(folder / "back.png")
    milvus.sync()
    in_milvus(milvus)
    assert rows_of(milvus)[str(folder / "back.png")].columns == {"price": 3}


def test_values_that_wait_for_their_pictures_are_asked_for_together(
    milvus: MilvusGallery, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(folder / "a0.png", folder / "copy.png")
    milvus.sync(folder, descriptors=[PIXELS])
    both = [folder / "a0.png", folder / "copy.png"]
    milvus.set_columns({path: {"price": 3} for path in (*both, folder / "a1.png")})
    for name in ("a0.png", "a1.png"):
        (folder / name).unlink()
    milvus.sync()
    monkeypatch.setattr(aside, "_heir", None)  # neither of the two is looked for one by one
    milvus.sync()
    assert len(milvus._kept.records.all("aside/", fresh=True)) == 2


# -- what only adds a stage ------------------------------------------------------------------


def test_vectors_with_stages_come_from_those_without(
    milvus: MilvusGallery,
    folder: Path,
    draw: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    milvus.sync(folder, descriptors=["glance"])
    (plain,) = milvus._kept.descriptors()
    vectors = vectors_of(milvus._kept, plain, {r.id: r.sha256 for r in rows_of(milvus).values()})
    codes = ScalarCodes.fitted(np.stack(list(vectors.values())), "cosine")
    staged = Staged(create("glance"), (codes,))
    (stored,) = milvus._kept.register(staged)
    seen: list[Progress] = []
    draw(folder / "new.png", 99)
    with monkeypatch.context() as patch:
        patch.setattr(places, "reader", _only("new.png", places.reader))
        report = milvus.sync(progress=seen.append)
    assert (report.added, report.described, report.failed) == (1, 0, 0)
    assert [one.done for one in seen if one.stage == "deriving"] == [len(vectors)]
    in_milvus(milvus)
    assert all(len(row.described) == 2 for row in rows_of(milvus).values())
    found = vectors_of(milvus._kept, stored, {r.id: r.sha256 for r in rows_of(milvus).values()})
    for id, vector in vectors.items():
        np.testing.assert_allclose(found[id], codes(vector[np.newaxis])[0], atol=1e-6)
    with monkeypatch.context() as patch:
        patch.setattr(deriving, "_write", None)
        assert milvus.sync().unchanged == len(found)


def _only(name: str, reader: Callable[..., Any]) -> Callable[..., Any]:
    def checked(files: list[Found]) -> Any:
        assert [Path(file.path).name for file in files] == [name]
        return reader(files)

    return checked


# -- a picture that ends the run -------------------------------------------------------------


def test_what_an_earlier_run_died_of_is_set_apart(
    milvus: MilvusGallery, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deadly = str(folder / "a0.png")
    with monkeypatch.context() as patch:
        patch.setattr(Reading, "__exit__", lambda self, *_: self._lock.release())
        reading = Reading(milvus._engine.address)
        with reading:
            reading.note([deadly, str(folder / "a1.png")])
    asked: list[list[str]] = []

    def crashing(paths: list[str]) -> Iterator[tuple[str, str]]:
        asked.append(sorted(paths))
        if deadly in paths:
            yield deadly, "signal 11"

    monkeypatch.setattr(quarantine, "crashing", crashing)
    report = milvus.sync(folder, descriptors=[PIXELS])
    assert (report.added, report.failed) == (5, 1)
    assert report.first_failures[0].path == deadly
    assert in_milvus(milvus)[deadly][2] == "crashes"
    milvus.sync()
    assert milvus.sync(retry=True).failed == 1
    assert asked == [[deadly, str(folder / "a1.png")], [], [deadly]]


# -- copies of its own -----------------------------------------------------------------------


def test_a_copy_is_kept_beside_the_file(milvus: MilvusGallery, folder: Path, tmp_path) -> None:
    found = milvus.add(folder / "a0.png")
    assert found.path == str(tmp_path / "trial.db.files" / "added" / "a0.png")
    assert milvus.add((folder / "a0.png").read_bytes(), name="b.png") == found
    second = milvus.add(folder / "a1.png", name="a0.png")
    assert Path(second.path).name == "a0-2.png"
    assert milvus.sync().unchanged == 2
    Path(found.path).write_bytes((folder / "a2.png").read_bytes())
    assert Path(milvus.add(folder / "a0.png").path).name == "a0-3.png"
    milvus.sync()
    in_milvus(milvus)
    assert milvus.remove(second.id, found.id) == 2
    assert [file.name for file in Path(found.path).parent.iterdir()] == ["a0-3.png"]
    assert milvus.sync().unchanged == 1


def test_a_copy_that_cannot_be_deleted_is_out_and_is_tried_again(
    milvus: MilvusGallery, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = milvus.add(folder / "a0.png")
    with monkeypatch.context() as patch:
        patch.setattr(removing, "_deleted", lambda *_: "it is held")
        with pytest.raises(GalleryError, match="its copy cannot be deleted: it is held"):
            milvus.remove(found.id)
        assert in_milvus(milvus) == {}
        milvus.sync()
        assert in_milvus(milvus) == {}
    milvus.sync(folder)
    assert not Path(found.path).exists()


def test_a_copy_that_was_laid_there_by_hand_under_any_name(
    milvus: MilvusGallery, folder: Path
) -> None:
    own = Path(milvus.add(folder / "a0.png").path).parent
    odd = own / "ends with a blank " / "a1.png"
    odd.parent.mkdir()
    shutil.copy(folder / "a1.png", odd)
    assert milvus.sync().added == 1
    with pytest.raises(GalleryError, match="its copy cannot be deleted"):
        milvus.remove(odd)
    assert len(in_milvus(milvus)) == 1
    assert milvus.sync().added == 0


def test_where_there_is_no_place_for_copies(
    milvus: MilvusGallery, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adding, "own_place", lambda _: "")
    with pytest.raises(UsageError, match=r"\?files=s3://"):
        milvus.add(folder / "a0.png")


def test_it_is_a_gallery(milvus: MilvusGallery) -> None:
    assert isinstance(milvus, Gallery)
