"""Out of the gallery, not off the disk."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lookalike import Gallery
from lookalike.errors import NotIndexed


@pytest.fixture
def filled(gallery: Gallery, folder: Path) -> Gallery:
    gallery.sync(folder, descriptors=["pixels"])
    return gallery


def test_a_removed_picture_stays_away_until_it_is_asked_for(filled: Gallery, folder: Path) -> None:
    assert filled.remove(folder / "a0.png") == 1
    assert (folder / "a0.png").exists()
    assert filled.sync().added == 0
    assert filled.info().pictures == 5
    assert filled.info().excluded == 1
    assert filled.sync(folder / "a0.png").added == 1
    assert filled.info().excluded == 0
    assert filled.sync().gone == 0
    assert filled.info().pictures == 6


def test_a_removed_subfolder_stays_away(filled: Gallery, folder: Path) -> None:
    assert filled.remove(folder / "deeper") == 3
    assert filled.sync().added == 0
    assert filled.sync(folder / "deeper").added == 3


def test_a_whole_folder(filled: Gallery, folder: Path) -> None:
    assert filled.remove(folder) == 6
    info = filled.info()
    assert (info.pictures, info.contents, info.kept, info.folders) == (0, 0, 0, ())
    with pytest.raises(NotIndexed, match="name one"):
        filled.sync()


def test_a_copy_keeps_its_vector(filled: Gallery, folder: Path) -> None:
    shutil.copy(folder / "a0.png", folder / "copy.png")
    filled.sync()
    filled.remove(folder / "a0.png")
    assert str(folder / "copy.png") in {m.path for m in filled.search(folder / "a1.png")}


def test_nothing_is_removed_if_one_path_is_unknown(filled: Gallery, folder: Path) -> None:
    with pytest.raises(NotIndexed, match="nothing was removed"):
        filled.remove(folder / "a0.png", folder / "unknown.png")
    assert filled.info().pictures == 6


def test_vectors_of_deleted_files_wait_for_their_return(filled: Gallery, folder: Path) -> None:
    saved = (folder / "a0.png").read_bytes()
    (folder / "a0.png").unlink()
    assert filled.sync().gone == 1
    assert filled.info().kept == 1
    assert str(folder / "a0.png") not in {m.path for m in filled.search(folder / "a1.png")}
    (folder / "back.png").write_bytes(saved)
    assert filled.sync().added == 1
    assert filled.info().kept == 0
    (folder / "back.png").unlink()
    filled.sync()
    assert filled.remove_kept() == 1
    assert filled.info().kept == 0


def test_a_descriptor(filled: Gallery, folder: Path) -> None:
    filled.sync(descriptors=["count_histogram"])
    filled.remove_descriptor("pixels")
    assert [s.key.partition("@")[0] for s, _ in filled.info().descriptors] == ["count_histogram"]
    with pytest.raises(NotIndexed, match="count_histogram"):
        filled.search(folder / "a0.png", descriptor="pixels")


def test_indexing_a_whole_folder_anew_brings_everything_back(filled: Gallery, folder: Path) -> None:
    filled.remove(folder / "deeper")
    filled.remove(folder)
    assert filled.sync(folder).added == 6


def test_a_picture_of_a_removed_folder_can_be_had_back(filled: Gallery, folder: Path) -> None:
    filled.remove(folder / "deeper")
    assert filled.sync(folder / "deeper" / "b0.jpg").added == 1
    assert filled.sync().gone == 0


def test_the_disk_space_is_given_back(gallery: Gallery, folder: Path) -> None:
    gallery.sync(folder, descriptors=["pixels:size=128"])
    full = gallery.info().bytes
    gallery.remove(folder)
    gallery.sync(folder / "a0.png")
    assert gallery.info().bytes < full
