"""A vector, many at once, all within a distance, everybody's neighbours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as pillow

import lookalike
from lookalike import Gallery, LocalGallery
from lookalike.errors import MissingPicture, NotIndexed, UsageError
from lookalike.metrics import distances

PIXELS = "pixels:size=4"


@pytest.fixture
def filled(gallery: Gallery, folder: Path) -> Gallery:
    gallery.sync(folder, descriptors=[PIXELS])
    return gallery


@pytest.fixture
def paths(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def answers(matches) -> list[tuple[str, float]]:
    return [(match.path, match.distance) for match in matches]


def test_a_vector(filled: Gallery, folder: Path) -> None:
    vector = lookalike.describe([folder / "a1.png"], PIXELS)[0]
    found = filled.search(vector=vector, top=3)
    assert found[0].path == str(folder / "a1.png"), "as no file is the query, none is left out"
    assert found[0].distance == 0 and not found[0].identical
    assert answers(found[1:]) == answers(filled.search(folder / "a1.png", top=2))
    assert answers(filled.search(vector=vector.tolist(), top=3)) == answers(found)
    assert "the query" in found._repr_html_()


def test_a_vector_that_does_not_fit(filled: Gallery) -> None:
    with pytest.raises(UsageError, match="48 finite components; this has 3"):
        filled.search(vector=[1, 2, 3])
    with pytest.raises(UsageError, match="47 finite"):
        filled.search(vector=[np.nan, *range(47)])
    with pytest.raises(UsageError, match="one thing"):
        filled.search(1, vector=np.zeros(48))


def test_many_at_once_are_answered_like_each(
    filled: Gallery, folder: Path, paths: list[Path]
) -> None:
    asked = [*paths, paths[0].read_bytes(), 3, np.array(pillow.open(folder / "a2.png"))]
    asked += paths * 5  # more than are decoded at a time
    found = filled.search_many(asked, top=4)
    assert [answers(one) for one in found] == [answers(filled.search(one, top=4)) for one in asked]
    assert [one.query.path for one in found[:6]] == [str(path) for path in paths]


def test_many_vectors(filled: Gallery, paths: list[Path]) -> None:
    vectors = lookalike.describe(paths, PIXELS)
    found = filled.search_many(vectors=vectors, top=2, metric="cosine")
    wanted = [filled.search(vector=vector, top=2, metric="cosine") for vector in vectors]
    assert [answers(one) for one in found] == [answers(one) for one in wanted]
    assert len(filled.search_many(vectors=vectors[0])) == 1
    assert filled.search_many(vectors=vectors[:0]) == []
    assert filled.search_many([]) == []


def test_many_that_cannot_be_asked(filled: Gallery, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingPicture, match="nowhere"):
        filled.search_many([folder / "a0.png", tmp_path / "nowhere.png"])
    with pytest.raises(UsageError, match="a list of them"):
        filled.search_many(str(folder / "a0.png"))
    with pytest.raises(UsageError, match="one thing"):
        filled.search_many([folder / "a0.png"], vectors=np.zeros((1, 48)))


def test_all_within_a_distance(filled: Gallery, folder: Path) -> None:
    everything = filled.search(folder / "a1.png", top=5)
    for nearest in range(5):
        reach = everything[nearest].distance
        found = filled.search(folder / "a1.png", within=reach)
        assert answers(found) == answers(everything[: nearest + 1])
    assert answers(filled.search(folder / "a1.png", within=1e9, top=2)) == answers(everything[:2])
    reach = everything[1].distance
    assert answers(filled.search(folder / "a1.png", within=reach, top=4)) == answers(everything[:2])
    nobody = filled.search(folder / "a1.png", within=0)
    assert (len(nobody), nobody.searched) == (0, 6)
    assert "a1.png" in nobody.sheet()
    nobody.plot()
    with pytest.raises(UsageError, match="a distance"):
        filled.search(folder / "a1.png", within=-1)
    with pytest.raises(UsageError, match="a distance"):
        filled.search(folder / "a1.png", within=float("nan"))


def test_more_than_ten_are_within_it(gallery: Gallery, folder: Path, draw) -> None:
    for number in range(30):
        draw(folder / f"same{number}.png", 1)
    gallery.sync(folder, descriptors=[PIXELS])
    assert len(gallery.search(folder / "same0.png")) == 10
    found = gallery.search(folder / "same0.png", within=0.01)
    assert len(found) == 30, "29 copies and the one they were made of"
    assert {match.path for match in found} >= {str(folder / f"same{n}.png") for n in range(1, 30)}


def test_the_neighbours_of_all(filled: Gallery, folder: Path, paths: list[Path]) -> None:
    (folder / "copy.png").write_bytes((folder / "a0.png").read_bytes())
    filled.sync()
    ids = {match.path: match.id for match in filled.search(folder / "a1.png")}
    blocks = list(filled.neighbours(2))
    seen = np.concatenate([block.ids for block in blocks])
    assert len(seen) == len(set(seen.tolist())) == 6, "equal files are one"
    everything = {m.id: m.path for m in filled.search(vector=np.zeros(48))}
    named = [everything[i] for i in seen.tolist()]
    vectors = lookalike.describe(named, PIXELS)
    away = distances(vectors, vectors, "euclidean")
    np.fill_diagonal(away, np.inf)
    order = np.argsort(away, axis=1)[:, :2]
    found = np.concatenate([block.neighbours for block in blocks])
    assert [[everything[i] for i in row] for row in found.tolist()] == [
        [named[i] for i in row] for row in order
    ]
    far = np.concatenate([block.distances for block in blocks])
    np.testing.assert_allclose(far, np.take_along_axis(away, order, 1), rtol=1e-5)
    assert ids


def test_fewer_neighbours_than_were_asked_for(filled: Gallery) -> None:
    (block,) = filled.neighbours(8)
    assert (block.neighbours[:, 5:] == -1).all() and np.isinf(block.distances[:, 5:]).all()
    assert (block.neighbours[:, :5] > 0).all()
    with pytest.raises(UsageError, match="at least 1"):
        filled.neighbours(0)


def test_who_leaves_while_neighbours_are_looked_for(stock) -> None:
    stock.add(*range(1, 9))
    gallery = LocalGallery(stock.catalog)
    found = gallery.neighbours(7, metric="euclidean")
    stock.remove(3, 4, 8)
    stock.add(99)  # has the id of the content that 8 had
    (block,) = found
    assert block.ids.tolist() == [1, 2, 5, 6, 7]
    assert block.neighbours[0].tolist() == [2, 5, 6, 7, -1, -1, -1]
    assert np.isinf(block.distances[0, 4:]).all() and np.isfinite(block.distances[0, :4]).all()


def test_there_are_none_in_an_empty_gallery(gallery: Gallery) -> None:
    with pytest.raises(NotIndexed, match="empty"):
        gallery.neighbours(3)
