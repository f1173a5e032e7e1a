"""A region of a picture is searched with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lookalike
from lookalike import Gallery, LocalGallery, Matches, Part, images
from lookalike.descriptors import create
from lookalike.errors import BadParameter, MissingPicture, UsageError
from lookalike.search import compare

PIXELS = "pixels:size=4"
LEFT, RIGHT = (0.0, 0.0, 0.5, 1.0), (0.5, 0.0, 1.0, 1.0)


def names(matches: Matches) -> list[str]:
    return [Path(match.path).name for match in matches]


@pytest.fixture
def halves(folder: Path) -> Path:
    """Two pictures of the folder side by side, in one file."""
    left, right = (PIL.Image.open(folder / name) for name in ("a0.png", "a1.png"))
    both = PIL.Image.new("RGB", (2 * left.width, left.height))
    both.paste(left, (0, 0))
    both.paste(right, (left.width, 0))
    both.save(folder / "halves.png")
    return folder / "halves.png"


@pytest.fixture
def filled(gallery: Gallery, folder: Path, halves: Path) -> Gallery:
    gallery.sync(folder, descriptors=[PIXELS])
    return gallery


def test_a_half_finds_the_picture_of_that_half(filled: Gallery, halves: Path) -> None:
    for box, name in ((LEFT, "a0.png"), (RIGHT, "a1.png")):
        found = filled.search(halves, box=box)
        assert names(found)[0] == name and found[0].distance == 0
        assert not found[0].identical and found[0].probability is None
        assert "halves.png" not in names(found), "its own file is left out all the same"
        identity = next(m.id for m in filled.search(found[0].id) if m.path == str(halves))
        assert [m.path for m in filled.search(identity, box=box)] == [m.path for m in found]
        by_bytes = filled.search(halves.read_bytes(), box=box)
        assert names(by_bytes)[0] == name and "halves.png" in names(by_bytes)
        assert next(m for m in by_bytes if m.path == str(halves)).identical
        by_array = filled.search(np.array(PIL.Image.open(halves)), box=box)
        assert [m.distance for m in by_array] == [m.distance for m in by_bytes]


def test_a_region_of_each_of_several(filled: Gallery, folder: Path, halves: Path) -> None:
    found = filled.search(parts=[Part(halves, box=LEFT), Part(folder / "a2.png", weight=-0.3)])
    assert names(found)[0] == "a0.png"
    both = filled.search(parts=[Part(halves, box=LEFT), Part(halves, box=RIGHT)])
    assert set(names(both)[:2]) == {"a0.png", "a1.png"}


def test_it_is_read_anew(filled: Gallery, halves: Path) -> None:
    identity = next(match.id for match in filled.search(1) if match.path == str(halves))
    halves.unlink()
    assert filled.search(identity), "of the whole picture the vector is kept"
    with pytest.raises(MissingPicture):
        filled.search(identity, box=LEFT)


def test_the_region_is_shown(filled: Gallery, folder: Path, halves: Path, tmp_path: Path) -> None:
    found = filled.search(halves, box=LEFT)
    assert found.query.title == "halves.png (a region)"
    assert "euclidean distance to a region of the picture, among 7" in found.heading
    query, _ = found._shown()
    assert query.path == str(halves)
    assert np.array_equal(query.thumbnail(1000), images.load(folder / "a0.png"))
    found.plot(tmp_path / "box.png")
    assert "halves.png (a region)" in found.sheet()
    several = filled.search(parts=[Part(folder / "a2.png", weight=-0.1), Part(halves, box=LEFT)])
    query, _ = several._shown()
    assert np.array_equal(query.thumbnail(1000), images.load(folder / "a0.png"))


def test_what_cannot_be_a_box(filled: Gallery, halves: Path) -> None:
    for box in ((0, 0, 1.5, 1), (0.5, 0, 0.5, 1), (0, 0, 1), (0, float("nan"), 1, 1)):
        with pytest.raises(BadParameter, match="a box"):
            filled.search(halves, box=box)
    for nothing in ({"words": "red"}, {"vector": np.zeros(48)}, {"like": [1]}, {}):
        with pytest.raises(UsageError, match="a box is a region|needs one thing"):
            filled.search(box=LEFT, **nothing)
    with pytest.raises(UsageError, match="a box of its own"):
        filled.search(box=LEFT, parts=[Part(halves)])
    with pytest.raises(UsageError, match="no single whole picture"):
        filled.search(halves, box=LEFT, min_probability=0.5)


SHARES = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted).filter(lambda s: s[0] < s[1])


@given(SHARES, SHARES)
def test_any_region_is_described_as_if_cut_out(across: list[float], down: list[float]) -> None:
    from lookalike.search.describing import describe
    from lookalike.search.query import Query

    picture = np.random.default_rng(1).integers(0, 256, (31, 45, 3), np.uint8)
    box = (across[0], down[0], across[1], down[1])
    (found,) = describe([Query(picture, box=box)], lambda: create(PIXELS), None, None)
    cut = images.load_views(picture, [images.FULL], box=box)[images.FULL]
    assert np.array_equal(found.vector, lookalike.describe([cut], PIXELS))


# -- where pictures are read ---------------------------------------------------------------------


def test_another_decoder_reads_every_picture_of_a_query(
    filled: Gallery, folder: Path, halves: Path
) -> None:
    calls: list[tuple[str, str | None, object]] = []

    def elsewhere(source, views, *, name=None, box=None):
        calls.append((type(source).__name__, name, box))
        return images.load_views(source, views, name=name, box=box)

    with LocalGallery.open(filled.path, decoder=elsewhere) as opened:
        opened.search(halves, box=LEFT)
        opened.search(np.zeros((3, 3), np.uint8))
        opened.search(parts=[Part(halves.read_bytes()), Part(halves, box=RIGHT)])
        assert calls[:2] == [("bytes", str(halves), LEFT), ("ndarray", None, None)]
        assert sorted(calls[2:], key=str) == [
            ("bytes", str(halves), RIGHT),
            ("bytes", "these bytes", None),
        ]
        calls.clear()
        stranger = (folder / "a0.png").read_bytes() + b"more"
        opened.search(folder / "a1.png", like=[stranger])
        assert len(calls) == 2
        calls.clear()
        opened.mark(stranger, like=[folder / "a1.png"])
        assert calls == [("bytes", "these bytes", None)]
        calls.clear()
        opened.search(1)
        assert calls == [], "its vector is kept"


def test_where_the_asker_has_the_file(filled: LocalGallery, folder: Path, tmp_path: Path) -> None:
    file = folder / "a0.png"
    data = file.read_bytes()
    assert names(filled.search(data))[0] == "a0.png"
    found = filled.search(data, place=str(file))
    assert [m.path for m in found] == [m.path for m in filled.search(file)]
    assert found.query.title == "a0.png"
    link = tmp_path / "link.png"
    link.symlink_to(file)
    assert "a0.png" not in names(filled.search(data, place=str(link))), "the same file"
    for elsewhere in ("/nowhere/a0.png", str(folder / "a1.png"), "\0", "a0.png"):
        assert names(filled.search(data, place=elsewhere))[0] == "a0.png"
    (folder / "copy.png").write_bytes(data)
    filled.sync()
    assert names(filled.search(data, place=str(file)))[0] == "copy.png"


# -- comparing -----------------------------------------------------------------------------------


def test_regions_are_compared(folder: Path, halves: Path, tmp_path: Path) -> None:
    references = [folder / "a0.png", folder / "a1.png"]
    used = []

    def load(source, views, *, name=None, box=None):
        used.append(box)
        return images.load_views(source, views, name=name, box=box)

    made = [create(PIXELS)]
    (row,) = compare(halves, references, made, load=load, boxes=[RIGHT, None, None]).rows
    assert row.nearer == 1 and row.distances[1] == 0 and used == [RIGHT, None, None]
    comparison = compare(halves, references, made, boxes=[LEFT, None, None])
    assert comparison.rows[0].nearer == 0
    first = comparison._shown()[0]
    assert np.array_equal(first.thumbnail(1000), images.load(references[0]))
    assert np.array_equal(comparison.histograms[0], comparison.histograms[1])
    comparison.plot(tmp_path / "compared.png")
    with pytest.raises(BadParameter, match="1 boxes for 3 pictures"):
        compare(halves, references, made, boxes=[LEFT])
    assert lookalike.compare(halves, *references, descriptors=[PIXELS]).boxes == ()
