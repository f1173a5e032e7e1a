"""A folder changes; the gallery follows, and reads no more than it must."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import lookalike.store.intake
from lookalike import Gallery
from lookalike.errors import NotIndexed
from lookalike.store import Progress

PIXELS = "pixels"


@pytest.fixture
def described(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files whose bytes were decoded and described, as they come."""
    seen: list[str] = []
    decode = lookalike.store.intake._decode

    def spying(taken, *rest):
        ready = decode(taken, *rest)
        if ready is not None:
            seen.append(Path(taken.found.path).name)
        return ready

    monkeypatch.setattr(lookalike.store.intake, "_decode", spying)
    return seen


def found(gallery: Gallery) -> set[str]:
    return {os.fsdecode(path) for (path,) in gallery._catalog.rows("SELECT path FROM files")}


def test_first_run_adds_everything(gallery: Gallery, folder: Path) -> None:
    report = gallery.sync(folder, descriptors=[PIXELS])
    assert (report.added, report.failed, report.unchanged) == (6, 0, 0)
    assert gallery.info().pictures == 6
    assert gallery.info().folders == (str(folder),)


def test_second_run_reads_nothing(gallery: Gallery, folder: Path, described: list[str]) -> None:
    gallery.sync(folder, descriptors=[PIXELS])
    described.clear()
    before = gallery._catalog.generation()
    report = gallery.sync()
    assert described == []
    assert (report.read, report.unchanged) == (0, 6)
    assert gallery._catalog.generation() == before  # so that caches stay good


def test_a_new_a_changed_and_a_deleted_file(
    gallery: Gallery, folder: Path, described: list[str], draw
) -> None:
    gallery.sync(folder, descriptors=[PIXELS])
    described.clear()
    draw(folder / "new.png", 99)
    draw(folder / "a1.png", 98)
    (folder / "a2.png").unlink()
    report = gallery.sync()
    assert sorted(described) == ["a1.png", "new.png"]
    assert (report.added, report.changed, report.gone, report.unchanged) == (1, 1, 1, 4)
    assert str(folder / "a2.png") not in found(gallery)


def test_a_touched_file_is_not_described_again(
    gallery: Gallery, folder: Path, described: list[str]
) -> None:
    gallery.sync(folder, descriptors=[PIXELS])
    described.clear()
    os.utime(folder / "a0.png", ns=(1, 1))
    report = gallery.sync()
    assert described == []
    assert (report.changed, report.unchanged) == (0, 6)


def test_a_moved_file_costs_no_description(
    gallery: Gallery, folder: Path, described: list[str]
) -> None:
    gallery.sync(folder, descriptors=[PIXELS])
    described.clear()
    (folder / "a0.png").rename(folder / "deeper" / "elsewhere.png")
    report = gallery.sync()
    assert described == []
    assert (report.moved, report.added, report.gone) == (1, 0, 0)
    assert str(folder / "deeper" / "elsewhere.png") in found(gallery)
    assert str(folder / "a0.png") not in found(gallery)


def test_a_copy_is_a_second_answer_and_costs_no_description(
    gallery: Gallery, folder: Path, described: list[str]
) -> None:
    gallery.sync(folder, descriptors=[PIXELS])
    described.clear()
    shutil.copy(folder / "a0.png", folder / "copy.png")
    assert gallery.sync().added == 1
    assert described == []
    assert gallery.info().pictures == 7
    assert gallery.info().contents == 6


def test_two_gone_copies_of_one_new_file_are_one_move(gallery: Gallery, folder: Path) -> None:
    shutil.copy(folder / "a0.png", folder / "copy.png")
    gallery.sync(folder, descriptors=[PIXELS])
    (folder / "copy.png").unlink()
    (folder / "a0.png").rename(folder / "moved.png")
    report = gallery.sync()
    assert (report.moved, report.gone, report.added, report.unchanged) == (1, 1, 0, 5)


def test_a_renamed_folder_is_recognised_and_nothing_is_read(
    gallery: Gallery, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gallery.sync(folder, descriptors=[PIXELS])
    renamed = folder.rename(folder.with_name("renamed"))
    monkeypatch.setattr(
        lookalike.images, "read_bytes", lambda path: pytest.fail(f"{path} was read")
    )
    report = gallery.sync(renamed)
    assert report.renamed == [(str(folder), str(renamed))]
    assert (report.read, report.unchanged, report.gone) == (0, 6, 0)
    assert gallery.info().folders == (str(renamed),)
    assert all(path.startswith(str(renamed) + os.sep) for path in found(gallery))


def test_another_folder_is_not_taken_for_a_renamed_one(
    gallery: Gallery, folder: Path, tmp_path: Path, draw
) -> None:
    gallery.sync(folder, descriptors=[PIXELS])
    folder.rename(tmp_path / "unplugged")
    draw(tmp_path / "other" / "a0.png", 50)
    report = gallery.sync(tmp_path / "other")
    assert report.renamed == []
    assert gallery.info().pictures == 7


def test_a_missing_folder_is_not_a_deleted_one(
    gallery: Gallery, folder: Path, tmp_path: Path
) -> None:
    gallery.sync(folder, descriptors=[PIXELS])
    folder.rename(tmp_path / "unplugged")
    with pytest.raises(NotIndexed, match="not there; unplugged"):
        gallery.sync()
    assert gallery.info().pictures == 6


def test_an_empty_mount_point_is_not_a_deleted_folder(
    gallery: Gallery, folder: Path, tmp_path: Path
) -> None:
    gallery.sync(folder, descriptors=[PIXELS])
    folder.rename(tmp_path / "unplugged")
    folder.mkdir()
    report = gallery.sync()
    assert report.unmounted == [str(folder)]
    assert report.gone == 0
    assert gallery.info().pictures == 6


def test_one_missing_folder_does_not_keep_the_others_from_being_looked_through(
    gallery: Gallery, folder: Path, tmp_path: Path, draw
) -> None:
    draw(tmp_path / "other" / "o.png", 70)
    gallery.sync(folder, tmp_path / "other", descriptors=[PIXELS])
    folder.rename(tmp_path / "unplugged")
    draw(tmp_path / "other" / "p.png", 71)
    report = gallery.sync()
    assert report.added == 1
    assert report.unmounted == [str(folder)]
    assert gallery.info().pictures == 8


def test_a_folder_that_cannot_be_listed_keeps_what_is_known_of_it(
    gallery: Gallery, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gallery.sync(folder, descriptors=[PIXELS])
    listing = os.scandir

    def refusing(path):
        if Path(path).name == "deeper":
            raise PermissionError(13, "Permission denied")
        return listing(path)

    monkeypatch.setattr(os, "scandir", refusing)
    (folder / "a0.png").unlink()
    report = gallery.sync()
    assert report.unlisted == [(str(folder / "deeper"), "Permission denied")]
    assert report.gone == 1
    assert gallery.info().pictures == 5


def test_a_folder_above_takes_over_the_one_below(
    gallery: Gallery, folder: Path, described: list[str]
) -> None:
    gallery.sync(folder / "deeper", descriptors=[PIXELS])
    gallery.sync(folder)
    assert gallery.info().folders == (str(folder),)
    assert sorted(described) == ["a0.png", "a1.png", "a2.png", "b0.jpg", "b1.jpg", "b2.jpg"]


def test_a_folder_below_an_indexed_one_is_looked_through_alone(
    gallery: Gallery, folder: Path, draw
) -> None:
    gallery.sync(folder, descriptors=[PIXELS])
    draw(folder / "new.png", 60)
    draw(folder / "deeper" / "new.png", 61)
    assert gallery.sync(folder / "deeper").added == 1
    assert gallery.info().folders == (str(folder),)
    assert gallery.info().pictures == 7


def test_folders_whose_names_begin_alike_are_apart(gallery: Gallery, tmp_path: Path, draw) -> None:
    draw(tmp_path / "cat" / "1.png", 1)
    draw(tmp_path / "cat2" / "2.png", 2)
    draw(tmp_path / "cat.d" / "3.png", 3)
    gallery.sync(tmp_path / "cat", tmp_path / "cat2", tmp_path / "cat.d", descriptors=[PIXELS])
    (tmp_path / "cat" / "4.png").write_bytes((tmp_path / "cat" / "1.png").read_bytes())
    (tmp_path / "cat" / "1.png").unlink()
    report = gallery.sync(tmp_path / "cat")
    assert (report.moved, report.gone) == (1, 0)
    assert gallery.info().pictures == 3


def test_a_bad_picture_is_told_and_tried_again_only_when_it_changes(
    gallery: Gallery, folder: Path, draw
) -> None:
    bad = folder / "bad.jpg"
    bad.write_bytes(b"not a picture")
    (folder / "empty.png").touch()
    report = gallery.sync(folder, descriptors=[PIXELS])
    assert (report.added, report.failed) == (6, 2)
    reasons = {Path(f.path).name: f.reason for f in gallery.failures()}
    assert reasons == {"bad.jpg": "unknown-format", "empty.png": "empty"}
    assert gallery.sync().read == 0
    assert gallery.sync(retry=True).failed == 2
    draw(bad.with_suffix(".png"), 5).replace(bad)
    report = gallery.sync()
    assert (report.changed, report.failed) == (1, 0)
    assert [Path(f.path).name for f in gallery.failures()] == ["empty.png"]


def test_a_second_descriptor_stands_beside_the_first(gallery: Gallery, folder: Path, draw) -> None:
    gallery.sync(folder, descriptors=[PIXELS])
    report = gallery.sync(descriptors=["count_histogram"])
    assert (report.described, report.added) == (6, 0)
    draw(folder / "new.png", 77)
    gallery.sync()
    assert [count for _, count in gallery.info().descriptors] == [7, 7]
    assert gallery.search(folder / "new.png", descriptor=PIXELS).metric == "euclidean"
    assert (
        "count_histogram"
        in gallery.search(folder / "new.png", descriptor="count_histogram").descriptor
    )


def test_hidden_files_links_to_folders_and_other_files_are_passed_over(
    gallery: Gallery, folder: Path, tmp_path: Path, draw
) -> None:
    draw(folder / ".hidden.png", 30)
    draw(folder / ".thumbnails" / "t.png", 31)
    draw(folder / "@eaDir" / "t.png", 32)
    (folder / "notes.txt").write_text("not a picture")
    draw(tmp_path / "outside" / "o.png", 33)
    (folder / "link").symlink_to(tmp_path / "outside")
    (folder / "loop").symlink_to(folder)
    (folder / "linked.png").symlink_to(tmp_path / "outside" / "o.png")
    assert gallery.sync(folder, descriptors=[PIXELS]).added == 7
    assert str(folder / "linked.png") in found(gallery)


def test_a_folder_named_like_a_picture_is_a_folder_and_a_looping_link_a_failure(
    gallery: Gallery, folder: Path, draw
) -> None:
    draw(folder / "holiday.jpg" / "one.png", 40)
    (folder / "ouroboros.jpg").symlink_to(folder / "ouroboros.jpg")
    (folder / "dangling.jpg").symlink_to(folder / "nothing.jpg")
    os.mkfifo(folder / "pipe.jpg")
    report = gallery.sync(folder, descriptors=[PIXELS])
    assert (report.added, report.failed) == (7, 3)
    reasons = {Path(f.path).name: f.reason for f in gallery.failures()}
    assert reasons == {
        "dangling.jpg": "missing",
        "ouroboros.jpg": "not-a-file",
        "pipe.jpg": "not-a-file",
    }


def test_a_name_that_is_not_utf8(gallery: Gallery, folder: Path, draw) -> None:
    odd = Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.png"))
    draw(folder / "tmp.png", 41).rename(odd)
    gallery.sync(folder, descriptors=[PIXELS])
    assert str(odd) in found(gallery)
    (folder / "a0.png").unlink()
    gallery.sync()
    assert str(odd) in {m.path for m in gallery.search(folder / "a1.png")}


def test_a_single_file_can_be_indexed(gallery: Gallery, folder: Path) -> None:
    assert gallery.sync(folder / "a0.png", descriptors=[PIXELS]).added == 1
    assert found(gallery) == {str(folder / "a0.png")}


def test_a_folder_that_is_not_there(gallery: Gallery, tmp_path: Path) -> None:
    with pytest.raises(NotIndexed, match="no folder or file"):
        gallery.sync(tmp_path / "nowhere")


def test_progress_tells_how_far_it_is(gallery: Gallery, folder: Path) -> None:
    told: list[Progress] = []
    (folder / "bad.jpg").write_bytes(b"x")
    gallery.sync(folder, descriptors=[PIXELS], progress=told.append)
    assert told[0].stage == "looking"
    assert told[-1] == Progress("reading", 7, 7, failed=1)


def test_one_worker_or_many_give_the_same_vectors(folder: Path, tmp_path: Path) -> None:
    vectors = []
    for workers in (1, 4):
        with Gallery.open(tmp_path / f"{workers}.gallery") as gallery:
            gallery.sync(folder, descriptors=[PIXELS], workers=workers)
            vectors.append(all_vectors(gallery))
    assert vectors[0] == vectors[1]


def all_vectors(gallery: Gallery) -> dict[str, bytes]:
    rows = gallery._catalog.rows(
        "SELECT path, vector FROM files JOIN vectors USING (content_id) ORDER BY path"
    )
    return {os.fsdecode(path): vector for path, vector in rows}


def test_a_failing_descriptor_fails_the_one_picture(
    gallery: Gallery, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lookalike.descriptors import create

    kind = type(create(PIXELS))
    real = kind.describe
    poison = (folder / "a1.png").stat().st_size

    def failing(self, images):
        out = real(self, images)
        target = lookalike.images.load(folder / "a1.png", self.view)
        if any(np.array_equal(image, target) for image in images):
            raise ZeroDivisionError("this one")
        return out

    assert poison
    monkeypatch.setattr(kind, "describe", failing)
    report = gallery.sync(folder, descriptors=[PIXELS])
    assert (report.added, report.failed) == (5, 1)
    (failure,) = gallery.failures()
    assert Path(failure.path).name == "a1.png"
    assert failure.message == "pixels failed: ZeroDivisionError: this one"


def test_a_single_file_is_kept_up_to_date(gallery: Gallery, folder: Path, draw) -> None:
    gallery.sync(folder / "a0.png", descriptors=[PIXELS])
    draw(folder / "a0.png", 80)
    assert gallery.sync().changed == 1
    gallery.sync(folder)
    assert gallery.info().folders == (str(folder),)


def test_all_folders_are_described_anew_before_an_old_version_goes(
    gallery: Gallery, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, draw
) -> None:
    draw(tmp_path / "other" / "o.png", 90)
    gallery.sync(folder, tmp_path / "other", descriptors=[PIXELS])
    kind = type(lookalike.descriptors.create(PIXELS))
    monkeypatch.setattr(kind, "version", kind.version + 1)
    assert gallery.sync(tmp_path / "other").described == 7
    assert len(gallery.search(folder / "a0.png")) == 6


def test_a_descriptor_that_is_gone_is_named_and_can_be_dropped(
    gallery: Gallery, folder: Path
) -> None:
    gallery.sync(folder, descriptors=[PIXELS, "count_histogram"])
    with gallery._catalog.transaction() as db:
        db.execute(
            "UPDATE descriptors SET spec = 'plugged', key = 'plugged@1' WHERE key LIKE 'count%'"
        )
    with pytest.raises(NotIndexed, match='remove --descriptor "plugged@1"'):
        gallery.sync()
    assert gallery.search(folder / "a0.png")
    gallery.remove_descriptor("plugged")
    assert gallery.sync().unchanged == 6


def test_the_first_failures_of_this_run_are_told(gallery: Gallery, folder: Path) -> None:
    for number in range(7):
        (folder / f"old{number}.jpg").write_bytes(b"bad")
    assert len(gallery.sync(folder, descriptors=[PIXELS]).first_failures) == 5
    (folder / "z.jpg").write_bytes(b"bad")
    (failure,) = gallery.sync().first_failures
    assert Path(failure.path).name == "z.jpg"


def test_a_folder_without_pictures_tells_what_else_is_there(
    gallery: Gallery, tmp_path: Path
) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").touch()
    assert gallery.sync(tmp_path / "texts", descriptors=[PIXELS]).others == 1


def test_a_renamed_folder_with_dangling_links(gallery: Gallery, folder: Path) -> None:
    for number in range(4):
        (folder / f"{number}.jpg").symlink_to(folder / "nothing")
    gallery.sync(folder, descriptors=[PIXELS])
    renamed = folder.rename(folder.with_name("renamed"))
    assert gallery.sync(renamed).renamed == [(str(folder), str(renamed))]
