"""Several things are searched with at once: towards some, away from others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import lookalike
from lookalike import Gallery, Matches, Part
from lookalike.descriptors import Descriptor
from lookalike.errors import BadParameter, MissingPicture, NotIndexed, UsageError
from lookalike.images import Image, View
from lookalike.metrics import METRICS, Vectors, distances, unit
from lookalike.search.calibration import Calibration
from lookalike.search.composing import composed
from lookalike.store import calibrations
from lookalike.store.calibrations import KeptCalibration

PIXELS = "pixels:size=4"


def rows(*vectors: tuple[float, ...]) -> np.ndarray:
    return np.array(vectors, np.float32)


def names(matches: Matches) -> list[str]:
    return [Path(match.path).name for match in matches]


def answers(matches: Matches) -> list[tuple[object, ...]]:
    return [(m.rank, m.path, m.distance, m.similarity, m.probability) for m in matches]


@pytest.fixture
def filled(gallery: Gallery, folder: Path) -> Gallery:
    gallery.sync(folder, descriptors=[PIXELS, "phash"])
    return gallery


def id_of(gallery: Gallery, file: Path) -> int:
    return next(match.id for match in gallery.search(np.zeros((4, 4))) if match.path == str(file))


def calibrate(gallery: Gallery, distance: float) -> None:
    """Let what is nearer than a distance be the same picture, and what is farther not."""
    stored = gallery._catalog.descriptors()[0]
    curve = Calibration((distance / 2, distance), (0.9, 0.1), vectors=6)
    kept = KeptCalibration(stored.key, stored.metric, curve.as_dict(), 9, "2025-01-01")
    calibrations.keep(gallery._catalog, [kept])


# -- the vector ----------------------------------------------------------------------------------


def test_directions_are_added_worked_out_by_hand() -> None:
    parts = rows((3, 0), (0, 5))
    assert composed(parts, [1, 1], "cosine") == pytest.approx([1, 1])
    # Length says nothing of a direction; of weights only how they compare.
    assert unit(composed(parts, [8, -4], "cosine")[np.newaxis])[0] == pytest.approx(
        [2 / 5**0.5, -1 / 5**0.5]
    )
    assert composed(parts[:1], [-2], "cosine") == pytest.approx([-1, 0]), "away from it"


def test_means_worked_out_by_hand() -> None:
    parts = rows((2, 0), (0, 4))
    assert composed(parts, [1, 3], "euclidean") == pytest.approx([0.5, 3])
    # (2·(2, 0) − 1·(0, 4)) / 1
    assert composed(parts, [2, -1], "euclidean") == pytest.approx([4, -4])
    for metric in ("chi2", "manhattan"):
        assert composed(parts, [2, -1], metric) == pytest.approx([4, 0]), "counts are not below 0"
    signed = rows((2, -1), (0, 4))
    assert composed(signed, [2, -1], "manhattan") == pytest.approx([4, -6])


def test_bits_vote() -> None:
    codes = rows((1, 1, 0, 0), (1, 0, 1, 0), (1, 1, 1, 0))
    assert composed(codes, [1, 1, 1], "hamming").tolist() == [1, 1, 1, 0]
    assert composed(codes, [3, 1, 1], "hamming").tolist() == [1, 1, 0, 0]
    assert composed(codes[:2], [1, -1], "hamming").tolist() == [1, 1, 0, 0], "the first, if even"
    assert composed(codes[:1], [-1], "hamming").tolist() == [0, 0, 1, 1], "the opposite of it"
    with pytest.raises(UsageError, match="another metric"):
        composed(codes / 2, [1, 1, 1], "hamming")


def test_what_leaves_nothing_to_search_for() -> None:
    parts = rows((1, 2), (2, 4))
    with pytest.raises(UsageError, match="cancel each other out"):
        composed(parts, [0.3, -0.3], "cosine")
    for weights in ([1, -1], [1, -2], [-1, -1]):
        with pytest.raises(UsageError, match=f"add up to {sum(weights)}"):
            composed(parts, weights, "euclidean")
    with pytest.raises(UsageError, match="more than 0"):
        composed(rows((1, 2), (2, 4), (3, 0)), [0.3, -0.1, -0.2], "chi2")


VECTORS = arrays(np.float32, (3, 4), elements=st.integers(0, 9).map(np.float32))
WEIGHTS = st.lists(st.floats(0.05, 10), min_size=3, max_size=3)


@given(VECTORS, WEIGHTS, st.floats(1e-30, 1e30), st.sampled_from(METRICS))
def test_only_how_weights_compare_counts(
    vectors: np.ndarray, weights: list[float], factor: float, metric: str
) -> None:
    if metric == "hamming":
        vectors = (vectors > 4).astype(np.float32)
    if not vectors.any():
        return
    found = composed(vectors, weights, metric)
    assert found.shape == (4,) and found.dtype == np.float32
    scaled = composed(vectors, [factor * weight for weight in weights], metric)
    assert scaled == pytest.approx(found, rel=1e-5, abs=1e-5)
    if metric != "cosine":
        assert (found >= vectors.min(0) - 1e-4).all() and (found <= vectors.max(0) + 1e-4).all()


@given(VECTORS, st.floats(0.05, 0.9))
def test_a_minus_leads_away(vectors: np.ndarray, weight: float) -> None:
    wanted, unwanted = vectors[:1], vectors[1:2]
    moved = composed(vectors[:2], [1, -weight], "euclidean")[np.newaxis]
    before, after = (distances(one, unwanted, "euclidean")[0, 0] for one in (wanted, moved))
    assert after >= before - 1e-3


# -- a search ------------------------------------------------------------------------------------


def test_one_part_is_the_plain_search(filled: Gallery, folder: Path) -> None:
    file = folder / "a0.png"
    calibrate(filled, filled.search(file)[2].distance)
    plain = filled.search(file)
    assert plain[0].probability is not None
    for one in (Part(file), Part(file, weight=0.2), Part(str(file))):
        found = filled.search(parts=[one])
        assert answers(found) == answers(plain) and found.query.title == "a0.png"
        assert found.heading == plain.heading
    identity = id_of(filled, file)
    assert answers(filled.search(parts=[Part(identity)])) == answers(filled.search(identity))
    vector = lookalike.describe([file], PIXELS)[0]
    assert answers(filled.search(parts=[Part(vector=vector)])) == answers(
        filled.search(vector=vector)
    )
    assert answers(filled.search(parts=[Part(file)], min_probability=0.1)) == answers(
        filled.search(file, min_probability=0.1)
    )


def test_between_two_pictures_and_neither_of_them(filled: Gallery, folder: Path) -> None:
    one, other = folder / "a0.png", folder / "a1.png"
    (folder / "copy.png").write_bytes(one.read_bytes())
    filled.sync()
    found = filled.search(parts=[Part(one), Part(other.read_bytes(), weight=0.5)])
    assert not {"a0.png", "a1.png", "copy.png"} & set(names(found)) and len(found) == 4
    vectors = lookalike.describe([one, other], PIXELS)
    wanted = filled.search(vector=(2 * vectors[0] + vectors[1]) / 3, metric="euclidean")
    kept = [(m.path, m.distance) for m in wanted if m.path in {found.path for found in found}]
    assert [m.path for m in found] == [path for path, _ in kept]
    assert [m.distance for m in found] == pytest.approx([d for _, d in kept], rel=1e-4)
    calibrate(filled, found[0].distance)
    assert filled.search(other)[0].probability is not None
    assert {m.probability for m in filled.search(parts=[Part(one), Part(other)])} == {None}


def test_what_is_near_the_unwanted_goes_down(filled: Gallery, folder: Path, draw) -> None:
    blend = folder / "blend.png"
    import PIL.Image

    pair = [PIL.Image.open(folder / name).convert("RGB") for name in ("a0.png", "a1.png")]
    PIL.Image.blend(*pair, 0.5).save(blend)
    filled.sync()
    by = {"metric": "cosine", "top": 20}
    plain = names(filled.search(folder / "a2.png", **by))
    minus = names(filled.search(parts=[Part(folder / "a2.png"), Part(blend, weight=-1)], **by))
    plus = names(filled.search(parts=[Part(folder / "a2.png"), Part(blend)], **by))
    assert set(plus[:2]) == {"a0.png", "a1.png"} and set(minus[-2:]) == {"a0.png", "a1.png"}
    assert "blend.png" in plain and "blend.png" not in plus + minus


def test_by_id_by_path_by_bytes_by_array_and_by_vector(filled: Gallery, folder: Path) -> None:
    one, other = folder / "a0.png", folder / "a1.png"
    found = filled.search(parts=[Part(one), Part(other)])
    by_id = filled.search(parts=[Part(id_of(filled, one)), Part(np.int64(id_of(filled, other)))])
    assert answers(by_id) == answers(found)
    assert by_id.query.title == found.query.title == "a0.png + a1.png"
    vector = lookalike.describe([other], PIXELS)[0]
    by_vector = filled.search(parts=[Part(one), Part(vector=vector.tolist())])
    assert names(by_vector)[0] == "a1.png", "a vector is no file that could be left out"
    assert answers(by_vector)[1:] != [] and names(by_vector)[1:] == names(found)


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "manhattan", "chi2"])
def test_any_metric_any_index_and_any_condition(filled: Gallery, folder: Path, metric: str) -> None:
    filled.build_index("hnsw", descriptor=PIXELS, metric="euclidean")
    parts = [Part(folder / "a0.png"), Part(folder / "a1.png", weight=-0.5)]
    assert sorted(names(filled.search(parts=parts, metric=metric))) == [
        "a2.png",
        "b0.jpg",
        "b1.jpg",
        "b2.jpg",
    ]
    found = filled.search(parts=parts, metric=metric, where="folder = deeper", top=2)
    assert len(found) == 2 and all(name.startswith("b") for name in names(found))
    by_index = filled.search(parts=parts, metric="euclidean", index="hnsw")
    assert names(by_index) == names(filled.search(parts=parts, metric="euclidean", index="exact"))


def test_bits_of_several_pictures(filled: Gallery, folder: Path) -> None:
    found = filled.search(parts=[Part(folder / "a0.png"), Part(folder / "a1.png")], metric=None)
    coded = filled.search(
        parts=[Part(folder / "a0.png", weight=2), Part(folder / "a1.png", weight=-1)],
        descriptor="phash",
    )
    assert coded.metric == "hamming" and found.metric == "euclidean"
    assert answers(coded) == answers(
        filled.search(
            parts=[Part(folder / "a0.png"), Part(folder / "a1.png", weight=-0.1)],
            descriptor="phash",
        )
    ), "the heavier one decides every bit"


def test_marks_move_several_parts_too(filled: Gallery, folder: Path) -> None:
    parts = [Part(folder / "a0.png"), Part(folder / "a1.png")]
    plain = filled.search(parts=parts)
    found = filled.search(parts=parts, like=[plain[-1].id], unlike=[plain[0].id])
    assert found[0].id == plain[-1].id and plain[0].id not in {match.id for match in found}
    assert not {"a0.png", "a1.png"} & set(names(found))
    assert found.heading.endswith("towards 2 and away from 0, moved by 1 liked and 1 unliked")
    only_away = filled.search(
        parts=[Part(folder / "a1.png", weight=-1)], like=[folder / "a0.png"], metric="cosine"
    )
    assert names(only_away)[0] == "a0.png" and "a1.png" not in names(only_away)


def test_many_at_once_are_answered_like_each(filled: Gallery, folder: Path) -> None:
    one, other = folder / "a0.png", folder / "a1.png"
    several = [Part(one), Part(other, weight=-0.5)]
    asked: list[object] = [one, several, Part(other, box=(0, 0, 0.5, 1)), tuple(several), 3]
    found = filled.search_many(asked)
    wanted: Sequence[Matches] = [
        filled.search(one),
        filled.search(parts=several),
        filled.search(other, box=(0, 0, 0.5, 1)),
        filled.search(parts=several),
        filled.search(3),
    ]
    assert [names(each) for each in found] == [names(each) for each in wanted]
    distances = [[match.distance for match in each] for each in (*found, *wanted)]
    for got, want in zip(distances[:5], distances[5:], strict=True):
        assert got == pytest.approx(want, rel=1e-5)
    with pytest.raises(UsageError, match="list of Part"):
        filled.search_many([[]])
    with pytest.raises(UsageError, match="list of Part"):
        filled.search_many([[one, other]])
    with pytest.raises(UsageError, match="for one there is search"):
        filled.search_many(Part(one))


# -- how it is shown -----------------------------------------------------------------------------


def test_it_tells_what_was_searched_with(filled: Gallery, folder: Path, tmp_path: Path) -> None:
    parts = [
        Part(folder / "a2.png", weight=-1),
        Part((folder / "a0.png").read_bytes(), weight=0.5),
        Part(folder / "a1.png", box=(0, 0, 0.5, 0.5)),
        Part(vector=np.ones(48)),
    ]
    found = filled.search(parts=parts)
    title = "− a2.png + 0.5 × a picture + a1.png (a region) + a vector"
    assert found.query.title == title
    assert found.heading.endswith("towards 3 and away from 1")
    assert "0.5 × a picture" in found.sheet() and "0.5 × a picture" in found._repr_html_()
    query, _ = found._shown()
    assert query.image == (folder / "a0.png").read_bytes(), "the first that is wanted"
    found.plot(tmp_path / "parts.png")
    assert (tmp_path / "parts.png").stat().st_size > 1000


# -- what cannot be asked ------------------------------------------------------------------------


def test_parts_that_are_none() -> None:
    for wrong in ({}, {"picture": 1, "words": "red"}, {"words": "a", "vector": [1]}):
        with pytest.raises(UsageError, match="is one thing"):
            Part(**wrong)
    for weight in (0, float("nan"), float("inf")):
        with pytest.raises(UsageError, match="weight of a part"):
            Part(1, weight=weight)
    with pytest.raises(UsageError, match="region of a picture"):
        Part(words="red", box=(0, 0, 1, 1))
    with pytest.raises(BadParameter, match="a box"):
        Part(1, box=(0, 0, 2, 1))


def test_what_cannot_be_searched(filled: Gallery, folder: Path) -> None:
    file = folder / "a0.png"
    away = [Part(file, weight=-1)]
    with pytest.raises(UsageError, match="keep away from"):
        filled.search(parts=away)
    with pytest.raises(UsageError, match="keep away from"):
        filled.search(parts=away * 2, unlike=[file])
    with pytest.raises(UsageError, match="add up to -1"):
        filled.search(parts=away, like=[folder / "a1.png"], metric="euclidean")
    with pytest.raises(UsageError, match="cancel each other out"):
        filled.search(parts=[Part(file), *away], metric="cosine")
    with pytest.raises(UsageError, match="one thing"):
        filled.search(file, parts=[Part(file)])
    with pytest.raises(UsageError, match=r"parts=\[Part"):
        filled.search(parts=Part(file))
    with pytest.raises(UsageError, match="no single whole picture"):
        filled.search(parts=[Part(file), Part(1)], min_probability=0.5)
    with pytest.raises(NotIndexed, match="id 99"):
        filled.search(parts=[Part(file), Part(99)])
    with pytest.raises(MissingPicture):
        filled.search(parts=[Part(file), Part(folder / "none.png")])
    with pytest.raises(UsageError, match="48 finite components"):
        filled.search(parts=[Part(file), Part(vector=[1.0])])
    with pytest.raises(UsageError, match="does not understand words"):
        filled.search(parts=[Part(file), Part(words="a red mug")])


# -- words and pictures --------------------------------------------------------------------------


class Colours(Descriptor):
    """The mean colour of a picture, or the one that words name."""

    name = "colours"
    metric = "cosine"
    dim = 3
    view = View.within(8)
    has_words = True
    key = "pixels@1:size=4"

    def describe(self, images: Sequence[Image]) -> Vectors:
        return np.array([image.mean((0, 1)) for image in images], np.float32)

    def describe_words(self, texts: Sequence[str]) -> Vectors:
        named = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1)}
        return np.array([named[text] for text in texts], np.float32)


def test_words_and_a_picture_together() -> None:
    from lookalike.search import describing, marked
    from lookalike.search.query import Query

    blue = np.zeros((4, 4, 3), np.uint8)
    blue[..., 2] = 200
    query = Query(parts=(Query(blue), Query(words="red"), Query(words="green", weight=-0.5)))
    (found,) = marked.describe([query], Colours, None, None, "cosine")
    assert found.vector[0] == pytest.approx([1, -0.5, 1])
    assert query.title == "a picture + “red” − 0.5 × “green”" and query.is_words
    assert found == describing.Described(found.vector, None)
