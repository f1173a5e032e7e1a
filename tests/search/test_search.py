"""A query finds what it should, in order, and says how near."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as pillow

import lookalike
from lookalike import Gallery
from lookalike.errors import (
    BadParameter,
    LookalikeError,
    MissingPicture,
    NotIndexed,
    UnknownFormat,
    UnknownName,
    UsageError,
)

PIXELS = "pixels"


@pytest.fixture
def filled(gallery: Gallery, folder: Path) -> Gallery:
    gallery.sync(folder, descriptors=[PIXELS])
    return gallery


def test_an_edited_copy_is_the_first_match(filled: Gallery, folder: Path, tmp_path: Path) -> None:
    edited = tmp_path / "edited.jpg"
    pillow.open(folder / "a1.png").resize((40, 30)).save(edited, quality=70)
    matches = filled.search(edited)
    assert matches[0].path == str(folder / "a1.png")
    assert not matches[0].identical
    assert [m.rank for m in matches] == [1, 2, 3, 4, 5, 6]
    assert [m.distance for m in matches] == sorted(m.distance for m in matches)
    assert matches.searched == 6


def test_the_query_itself_is_left_out_and_its_copies_are_not(filled: Gallery, folder: Path) -> None:
    shutil.copy(folder / "a1.png", folder / "copy.png")
    filled.sync()
    matches = filled.search(folder / "a1.png", top=3)
    assert len(matches) == 3
    assert matches[0].path == str(folder / "copy.png")
    assert matches[0].identical
    assert matches[0].distance == 0
    assert matches[0].similarity == 1
    assert str(folder / "a1.png") not in {m.path for m in matches}


def test_path_bytes_array_and_id_are_the_same_query(filled: Gallery, folder: Path) -> None:
    path = folder / "a1.png"
    by_path = filled.search(path)
    identity = next(m.id for m in filled.search(path.read_bytes()) if m.path == str(path))
    by_id = filled.search(identity)
    assert [m.path for m in by_id] == [m.path for m in by_path]
    by_array = filled.search(np.array(pillow.open(path)))
    assert by_array[0].path == str(path)
    assert by_array[0].distance == pytest.approx(0, abs=1e-6)
    assert [m.path for m in by_array[1:]] == [m.path for m in by_path]


def test_the_query_is_known_under_any_path_that_leads_to_it(
    filled: Gallery, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "link.png").symlink_to(folder / "a1.png")
    for path in (folder / ".." / "pictures" / "a1.png", tmp_path / "link.png"):
        assert str(folder / "a1.png") not in {m.path for m in filled.search(path)}


def test_another_metric_than_the_natural_one(filled: Gallery, folder: Path) -> None:
    query = folder / "a1.png"
    here = lookalike.describe([query], PIXELS)
    for metric in ("cosine", "l2", "manhattan"):
        for match in filled.search(query, metric=metric):
            there = lookalike.describe([match.path], PIXELS)
            wanted = lookalike.metrics.distances(here, there, metric)[0, 0]
            assert match.distance == pytest.approx(wanted, rel=1e-4)


def test_what_cannot_be_searched(filled: Gallery, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingPicture, match="nowhere.jpg"):
        filled.search(tmp_path / "nowhere.jpg")
    with pytest.raises(UnknownFormat):
        filled.search(b"not a picture")
    with pytest.raises(NotIndexed, match="999"):
        filled.search(999)
    with pytest.raises(UsageError, match="one thing: a picture"):
        filled.search()
    with pytest.raises(UsageError, match="understand words"):
        filled.search(words="a red car")
    with pytest.raises(UnknownName, match="did you mean 'pixels'"):
        filled.search(folder / "a0.png", descriptor="pixel")
    with pytest.raises(UnknownName, match="parameter"):
        filled.search(folder / "a0.png", descriptor="pixels:sizes=3")
    with pytest.raises(BadParameter, match="whole number"):
        filled.search(folder / "a0.png", descriptor="pixels:size=big")
    with pytest.raises(NotIndexed, match="add it: lookalike index"):
        filled.search(folder / "a0.png", descriptor="lbp")
    with pytest.raises(UnknownName, match="metric"):
        filled.search(folder / "a0.png", metric="nearness")
    with pytest.raises(UsageError, match="at least 1"):
        filled.search(folder / "a0.png", top=0)


def test_an_empty_gallery_says_so(gallery: Gallery, folder: Path) -> None:
    with pytest.raises(NotIndexed, match="empty"):
        gallery.search(folder / "a0.png")


def test_a_large_matrix_is_kept_beside_the_catalog_and_renewed(
    filled: Gallery, folder: Path, monkeypatch: pytest.MonkeyPatch, draw
) -> None:
    plain = [m.path for m in filled.search(folder / "a1.png")]
    monkeypatch.setattr("lookalike.store.matrix._WORTH_FILES", 0)
    filled.close()
    filled = Gallery.open(filled.path)
    assert [m.path for m in filled.search(folder / "a1.png")] == plain
    (vectors,) = filled.path.glob("cache/*/*.vectors")
    size = vectors.stat().st_size
    draw(folder / "new.png", 1, (50, 36))
    filled.sync()
    assert filled.search(folder / "a1.png")[0].path == str(folder / "new.png")
    assert vectors.stat().st_size == size * 7 // 6
    filled.close()
    shutil.rmtree(filled.path / "cache")
    with Gallery.open(filled.path) as opened:
        assert opened.search(folder / "a1.png")[0].path == str(folder / "new.png")


def test_matches_show_themselves(filled: Gallery, folder: Path, tmp_path: Path) -> None:
    matches = filled.search(folder / "a1.png", top=3)
    html = matches._repr_html_()
    assert all(Path(m.path).name in html for m in matches)
    assert html.count("data:image/jpeg;base64,") == 4
    figure = matches.plot(tmp_path / "out.png")
    assert len(figure.axes) >= 4
    with pillow.open(tmp_path / "out.png") as written:
        assert written.width > 400
        assert len(set(written.convert("L").tobytes())) > 50


def test_a_query_of_bytes_can_be_drawn(filled: Gallery, folder: Path, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    pillow.open(folder / "a1.png").save(buffer, "WEBP")
    filled.search(buffer.getvalue(), top=2).plot(tmp_path / "out.svg")
    assert (tmp_path / "out.svg").read_text("utf-8").lstrip().startswith("<?xml")


def test_the_first_descriptor_is_the_default_and_its_name_is_enough(
    gallery: Gallery, folder: Path
) -> None:
    gallery.sync(folder, descriptors=["pixels:size=8", "count_histogram"])
    assert gallery.search(folder / "a0.png").descriptor.startswith("pixels@")
    assert "size=8" in gallery.search(folder / "a0.png", descriptor="pixels").descriptor


def test_a_descriptor_with_a_new_version_replaces_its_old_vectors(
    gallery: Gallery, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gallery.sync(folder, descriptors=[PIXELS])
    kind = type(lookalike.descriptors.create(PIXELS))
    monkeypatch.setattr(kind, "version", kind.version + 1)
    with pytest.raises(NotIndexed, match="lookalike index"):
        gallery.search(folder / "a0.png")
    assert gallery.sync().described == 6
    ((stored, count),) = gallery.info().descriptors
    assert (f"@{kind.version}:" in stored.key, count) == (True, 6)
    assert len(gallery.search(folder / "a0.png")) == 5


def test_words_are_asked_of_the_descriptor_that_understands_them(
    gallery: Gallery, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gallery.sync(folder, descriptors=[PIXELS, "count_histogram"])
    kind = type(lookalike.descriptors.create("count_histogram"))
    wanted = lookalike.describe([folder / "a2.png"], "count_histogram")
    monkeypatch.setattr(kind, "has_words", True)
    monkeypatch.setattr(kind, "describe_words", lambda self, texts: wanted)
    matches = gallery.search(words="the second one")
    assert matches[0].path == str(folder / "a2.png")
    assert matches.descriptor.startswith("count_histogram@")
    assert "the second one" in matches._repr_html_()


@pytest.mark.parametrize("damage", ["truncated", "empty", "gone"])
@pytest.mark.parametrize("which", ["*.ids", "*.vectors", "rows.json"])
def test_a_damaged_cache_is_no_reason_not_to_answer(
    filled: Gallery, folder: Path, monkeypatch: pytest.MonkeyPatch, damage: str, which: str
) -> None:
    plain = [m.path for m in filled.search(folder / "a1.png")]
    monkeypatch.setattr("lookalike.store.matrix._WORTH_FILES", 0)
    with Gallery.open(filled.path) as other:
        other.search(folder / "a1.png")
    (file,) = filled.path.glob(f"cache/*/{which}")
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[: 20 if damage == "truncated" else 0])
    with Gallery.open(filled.path) as other:
        assert [m.path for m in other.search(folder / "a1.png")] == plain


def test_a_gallery_on_a_read_only_disk_can_be_searched(
    filled: Gallery, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = [m.path for m in filled.search(folder / "a1.png")]
    filled.close()
    files = sorted(p.name for p in filled.path.iterdir())
    monkeypatch.setattr("lookalike.store.catalog.os.access", lambda path, mode: False)
    with Gallery.open(filled.path, create=False) as opened:
        assert [m.path for m in opened.search(folder / "a1.png")] == plain
        with pytest.raises(LookalikeError, match="read-only"):
            opened.sync()
    assert sorted(p.name for p in filled.path.iterdir() if p.name != "writer.lock") == [
        name for name in files if name != "writer.lock"
    ]


def test_a_closed_gallery_says_so(filled: Gallery, folder: Path) -> None:
    filled.close()
    with pytest.raises(LookalikeError, match="was closed"):
        filled.search(folder / "a1.png")


def test_a_descriptor_that_no_picture_has_yet(
    filled: Gallery, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        filled.sync(descriptors=["count_histogram"], progress=stopped)
    with pytest.raises(NotIndexed, match="no picture has a vector of count_histogram"):
        filled.search(folder / "a1.png", descriptor="count_histogram")
    assert filled.sync().described == 6
    assert filled.search(folder / "a1.png", descriptor="count_histogram")


@pytest.mark.parametrize("descriptor", ["hsv_histogram", "count_histogram", "lbp", "phash"])
def test_nearer_is_always_more_alike(gallery: Gallery, folder: Path, draw, descriptor) -> None:
    draw(folder / "large.png", 55, (300, 200))
    gallery.sync(folder, descriptors=[descriptor])
    alike = [match.similarity for match in gallery.search(folder / "a1.png")]
    assert alike == sorted(alike, reverse=True)
    assert 0 <= min(alike) <= max(alike) <= 1


def test_one_picture_or_descriptor_is_not_a_list_of_them(gallery: Gallery, folder: Path) -> None:
    with pytest.raises(UsageError, match="a list of one"):
        lookalike.describe(str(folder / "a1.png"))
    with pytest.raises(UsageError, match=r"\['hog'\]"):
        gallery.sync(folder, descriptors="hog")
    with pytest.raises(UsageError, match="at least 1"):
        gallery.sync(folder, workers=0)
    with pytest.raises(UsageError, match="at least one reference"):
        lookalike.compare(folder / "a1.png")
    with pytest.raises(NotIndexed, match="no picture with the id"):
        gallery.sync(folder, descriptors=[PIXELS])
        gallery.search(10**30)
