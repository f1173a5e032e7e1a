"""Marked answers move the query at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.linear_model import Ridge

from lookalike import Gallery
from lookalike.errors import MissingPicture, NotIndexed, UsageError
from lookalike.metrics import METRICS, distances, unit
from lookalike.search.feedback import classifier, moved, rocchio

PIXELS = "pixels:size=4"
NONE = np.empty((0, 2), np.float32)


def rows(*vectors: tuple[float, ...]) -> np.ndarray:
    return np.array(vectors, np.float32)


def names(matches) -> list[str]:
    return [Path(match.path).name for match in matches]


@pytest.fixture
def filled(gallery: Gallery, folder: Path) -> Gallery:
    gallery.sync(folder, descriptors=[PIXELS, "phash"])
    return gallery


def id_of(gallery: Gallery, file: Path) -> int:
    ((found,),) = gallery._catalog.rows("SELECT id FROM files WHERE path = ?", (bytes(file),))
    return int(found)


# -- the vector ----------------------------------------------------------------------------------


def test_a_mean_worked_out_by_hand() -> None:
    query, liked, unliked = rows((2, 0)), rows((0, 1), (0, 3)), rows((4, 4))
    # (1·(2, 0) + 2·(0, 2) − ½·(4, 4)) / 2½ = (0, 2) / 2½
    assert rocchio(query, liked, unliked) == pytest.approx([0, 0.8])
    assert rocchio(query, liked, NONE) == pytest.approx([2 / 3, 4 / 3])
    assert rocchio(NONE, liked, NONE) == pytest.approx([0, 2])
    assert rocchio(query, NONE, unliked) == pytest.approx([0, -4])


def test_counts_do_not_go_below_zero() -> None:
    query, unliked = rows((2, 1)), rows((4, 0))
    for metric in ("chi2", "manhattan"):
        assert moved(query, NONE, unliked, NONE, metric) == pytest.approx([0, 2])
    assert moved(query, NONE, rows((5, 0)), NONE, "euclidean") == pytest.approx([-1, 2])
    signed = rows((-2, 1))
    assert moved(signed, NONE, unliked, NONE, "manhattan") == pytest.approx([-8, 2])


def test_bits_vote() -> None:
    query, liked = rows((0, 0, 1, 1)), rows((0, 1, 1, 0), (0, 1, 0, 1))
    # Shares of ones: 0, 2/3, (1 + 1)/3, (1 + 1)/3.
    assert moved(query, liked, liked[:0], liked, "hamming").tolist() == [0, 1, 1, 1]
    # Without a query the two liked ones are even in the last two bits: the first decides.
    assert moved(query[:0], liked, liked[:0], liked, "hamming").tolist() == [0, 1, 1, 0]
    with pytest.raises(UsageError, match="another metric"):
        moved(query, liked / 2, liked[:0], liked, "hamming")


def test_the_classifier_is_a_ridge_regression() -> None:
    rng = np.random.default_rng(3)
    right, wrong, rest = (unit(rng.normal(size=(n, 5)).astype(np.float32)) for n in (3, 2, 40))
    model = Ridge(alpha=0.05).fit(
        np.concatenate([right, wrong, rest]),
        [1] * 3 + [-1] * 42,
        sample_weight=[1 / 3] * 3 + [1 / 2] * 2 + [1 / 40] * 40,
    )
    wanted = model.coef_ / np.linalg.norm(model.coef_)
    assert classifier(right, wrong, rest) == pytest.approx(wanted, abs=1e-5)


def test_a_direction_is_half_way_between_the_two() -> None:
    query, liked, unliked = rows((3, 0)), rows((0, 2)), rows((-5, 0))
    background = rows((1, 0), (0, -7), (3, 0))
    # (1·(1, 0) + 2·(0, 1) − ½·(−1, 0)) / 2½ = (1½, 2) / 2½, which has length 1.
    others = unit(background[:2])  # the third is the query
    found = classifier(rows((1, 0), (0, 1)), rows((-1, 0)), others)
    wanted = (np.array([0.6, 0.8]) + found) / 2
    assert moved(query, liked, unliked, background, "cosine") == pytest.approx(wanted)


def test_where_nothing_is_wrong_the_mean_is_left() -> None:
    query, liked = rows((1, 0)), rows((0, 3))
    mean = unit(rows((1, 2)))[0]
    assert moved(query, liked, NONE, NONE, "cosine") == pytest.approx(mean)
    assert moved(query, liked, NONE, np.concatenate([query, liked]), "cosine") == pytest.approx(
        mean
    ), "what is right is no background"
    assert moved(query, liked, NONE, rows((1, 1)), "cosine") != pytest.approx(mean)
    assert moved(query, liked, NONE, None, "cosine") == pytest.approx(mean), "as of words"


VECTORS = arrays(np.float32, (6, 4), elements=st.integers(0, 9).map(np.float32))


@given(VECTORS, st.sampled_from([metric for metric in METRICS if metric != "hamming"]))
def test_any_marks_give_a_vector_of_the_same_space(vectors: np.ndarray, metric: str) -> None:
    found = moved(vectors[:1], vectors[1:3], vectors[3:4], vectors[4:], metric)
    assert found.shape == (4,) and found.dtype == np.float32 and np.isfinite(found).all()


@given(VECTORS)
def test_what_is_liked_comes_nearer(vectors: np.ndarray) -> None:
    query, liked = vectors[:1], vectors[1:2]
    aim = moved(query, liked, vectors[:0], vectors[2:], "euclidean")[np.newaxis]
    before, after = (distances(one, liked, "euclidean")[0, 0] for one in (query, aim))
    assert after <= before / 3 + 1e-5, "two thirds of the way are gone"


# -- a search ------------------------------------------------------------------------------------


def test_liking_draws_near_and_unliking_leaves_out(filled: Gallery, folder: Path) -> None:
    plain = filled.search(folder / "a0.png")
    last, first = plain[-1], plain[0]
    found = filled.search(folder / "a0.png", like=[last.id], unlike=[first.id])
    assert found[0].id == last.id, "what is liked stays, and comes first"
    assert first.id not in {match.id for match in found} and len(found) == len(plain) - 1
    assert "a0.png" not in names(found), "the query's own file is left out as ever"
    assert found.heading.endswith("moved by 1 liked and 1 unliked")
    assert "moved" not in plain.heading
    assert "moved" in found.sheet()
    again = filled.search(folder / "a0.png", metric="cosine", like=[last.id], unlike=[first.id])
    assert again[0].id == last.id and first.id not in {match.id for match in again}


def test_by_id_by_path_and_by_bytes(filled: Gallery, folder: Path, tmp_path: Path) -> None:
    file = folder / "deeper" / "b1.jpg"
    by_id = filled.search(folder / "a0.png", like=[id_of(filled, file)], unlike=[folder / "a2.png"])
    by_path = filled.search(
        folder / "a0.png", like=[str(file)], unlike=[(folder / "a2.png").read_bytes()]
    )
    assert list(by_id) == list(by_path) and "a2.png" not in names(by_id)
    elsewhere = tmp_path / "elsewhere.jpg"
    elsewhere.write_bytes(file.read_bytes())
    from_elsewhere = filled.search(
        folder / "a0.png", like=[elsewhere], unlike=[id_of(filled, folder / "a2.png")]
    )
    assert names(from_elsewhere) == names(by_id)


def test_what_is_kept_is_not_described_again(filled: Gallery, folder: Path) -> None:
    file = folder / "a1.png"
    identity = id_of(filled, file)
    file.unlink()
    assert filled.search(folder / "a0.png", like=[file])[0].id == identity


def test_more_like_these(filled: Gallery, folder: Path) -> None:
    wanted = [id_of(filled, folder / name) for name in ("a1.png", "a2.png")]
    found = filled.search(like=wanted)
    assert sorted(match.id for match in found[:2]) == sorted(wanted)
    assert len(found) == 6 and found.query.title == "more like these"
    assert "more like these" in found._repr_html_()


def test_as_many_as_asked_for_although_some_are_left_out(filled: Gallery, folder: Path) -> None:
    near = [match.id for match in filled.search(folder / "a0.png")]
    found = filled.search(folder / "a0.png", unlike=near[:3], top=2)
    assert len(found) == 2 and not {match.id for match in found} & set(near[:3])


def test_copies_of_what_is_unliked_are_left_out(gallery: Gallery, folder: Path) -> None:
    (folder / "copy.png").write_bytes((folder / "a1.png").read_bytes())
    gallery.sync(folder, descriptors=[PIXELS])
    found = gallery.search(folder / "a0.png", unlike=[folder / "a1.png"])
    assert not {"a1.png", "copy.png"} & set(names(found))


def test_any_index_and_any_condition(filled: Gallery, folder: Path) -> None:
    filled.build_index("hnsw", descriptor=PIXELS)
    marks = {"like": [folder / "a1.png"], "unlike": [folder / "a2.png"]}
    exact = filled.search(folder / "a0.png", index="exact", **marks)
    assert names(filled.search(folder / "a0.png", index="hnsw", **marks)) == names(exact)
    found = filled.search(folder / "a0.png", where="folder = deeper", **marks)
    assert sorted(names(found)) == ["b0.jpg", "b1.jpg", "b2.jpg"]


def test_hamming(filled: Gallery, folder: Path) -> None:
    found = filled.search(
        folder / "a0.png", descriptor="phash", like=[folder / "a1.png"], unlike=[folder / "a2.png"]
    )
    assert found.metric == "hamming" and names(found)[0] == "a1.png"
    with pytest.raises(UsageError, match="another metric"):
        filled.search(folder / "a0.png", metric="hamming", like=[folder / "a1.png"])


def test_a_probability_is_of_one_picture(filled: Gallery, folder: Path) -> None:
    with pytest.raises(UsageError, match="leave min_probability out, or the marks"):
        filled.search(folder / "a0.png", like=[folder / "a1.png"], min_probability=0.5)


def test_what_cannot_be_marked(filled: Gallery, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(NotIndexed, match="id 99"):
        filled.search(folder / "a0.png", like=[99])
    with pytest.raises(MissingPicture):
        filled.search(folder / "a0.png", unlike=[tmp_path / "nowhere.png"])
    with pytest.raises(UsageError, match="both liked and unliked"):
        filled.search(folder / "a0.png", like=[1], unlike=[1])
    with pytest.raises(UsageError, match=r"like=\[3\]"):
        filled.search(folder / "a0.png", like=3)
    with pytest.raises(UsageError, match="or what is liked"):
        filled.search(unlike=[1])
