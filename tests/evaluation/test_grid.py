"""Every way to search is measured on known answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as pillow

from lookalike import Gallery, evaluate
from lookalike.errors import BadParameter, LookalikeError, UnknownName
from lookalike.evaluation.grid.parts import cut
from lookalike.evaluation.grid.pool import Pool
from lookalike.evaluation.grid.ranking import exact, right, through
from lookalike.evaluation.grid.run import Evaluation
from lookalike.evaluation.grid.scoring import depth_of, pooled, scored
from lookalike.evaluation.measures.named import measure
from lookalike.evaluation.truth import GroundTruth, by_groups
from lookalike.indexes import create
from lookalike.metrics import distances
from lookalike.store import Progress


def grey(path: Path, level: int) -> Path:
    pillow.fromarray(np.full((8, 8, 3), level, np.uint8)).save(path)
    return path


def truth_of(
    files: Sequence[Path], groups: Sequence[object], measures: tuple[str, ...] = ("mAP",)
) -> GroundTruth:
    return by_groups("greys", files, groups, measures=measures, source="drawn")


@pytest.fixture
def greys(tmp_path: Path) -> GroundTruth:
    """Greys of 0, 10, 30, 60 and 100: nearest by pixels are those of nearest level."""
    files = [grey(tmp_path / f"{level}.png", level) for level in (0, 10, 30, 60, 100)]
    return truth_of(files, "aabba", ("mAP", "P@1"))


PIXELS = ["pixels:size=2"]


def test_a_ranking_that_is_known(greys: GroundTruth, gallery: Gallery) -> None:
    found = evaluate(greys, gallery, descriptors=PIXELS, metrics=["euclidean"])
    (row,) = found.rows
    # 0: 10 30 60 100, right at 1 and 4.      10: 0 30 60 100, right at 1 and 4.
    # 30: 10 0 60 100 (20, 30, 30): ties keep the order of the files: right at 3.
    # 60: 30 100 10 0, right at 1.            100: 60 30 10 0, right at 3 and 4.
    expected = [(1 + 2 / 4) / 2, (1 + 2 / 4) / 2, 1 / 3, 1, (1 / 3 + 2 / 4) / 2]
    assert row.score("mAP").of_queries == pytest.approx(expected)
    assert row.score("mAP").value == pytest.approx(np.mean(expected))
    assert row.score("P@1").of_queries.tolist() == [1, 1, 0, 1, 0]
    assert row.nearest.rows[2, :5].tolist() == [1, 0, 3, 4, -1]
    assert (row.dims, row.bytes, row.reduction, row.index) == (12, 48, "none", "exact")
    assert row.score("mAP").interval.n == 5
    assert row.describe_seconds > 0 and row.query_ms > 0


def test_junk_is_neither_right_nor_wrong(greys: GroundTruth, gallery: Gallery) -> None:
    # The query 100 alone, of which 60 and 30 are junk, then right answers come first.
    asked = replace(
        greys,
        queries=greys.queries[4:],
        relevant=greys.relevant[4:],
        junk=(np.array([2, 3, 4]),),
    )
    (row,) = evaluate(asked, gallery, descriptors=PIXELS).rows
    assert row.score("mAP").value == 1
    assert row.nearest.rows[0, :3].tolist() == [1, 0, -1]


def test_a_box_is_cut_out(tmp_path: Path, gallery: Gallery) -> None:
    files = [grey(tmp_path / f"{level}.png", level) for level in (0, 200)]
    both = np.zeros((8, 8, 3), np.uint8)
    both[:, 5:] = 200
    pillow.fromarray(both).save(tmp_path / "both.png")
    truth = GroundTruth(
        name="boxes",
        files=(*files, tmp_path / "both.png"),
        searched=np.array([True, True, False]),
        queries=np.array([2, 2]),
        relevant=(np.array([0]), np.array([1])),
        junk=(np.array([], int), np.array([], int)),
        measures=("hit@1",),
        source="drawn",
        boxes={0: (0, 0, 4.9, 8), 1: (5.2, 0, 9, 9)},
    )
    (row,) = evaluate(truth, gallery, descriptors=PIXELS).rows
    assert row.score("hit@1").of_queries.tolist() == [1, 1]
    assert row.nearest.distances[:, 0].tolist() == [0, 0]
    # The picture was never described as a whole.
    assert not gallery.vectors_of(truth.files[2:], descriptor=PIXELS[0]).known.any()


def test_a_box_is_at_least_a_pixel_within_the_picture() -> None:
    picture = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
    assert np.array_equal(cut(picture, (1, 1, 3, 3)), picture[1:3, 1:3])
    assert cut(picture, (-9, -9, 99, 99)).shape == (4, 5, 3)
    assert np.array_equal(cut(picture, (99, 99, 99, 99)), picture[3:, 4:])


def test_what_cannot_be_read_is_left_out_and_told(greys: GroundTruth, gallery: Gallery) -> None:
    greys.files[3].write_bytes(b"no picture")
    greys.files[4].unlink()
    found = evaluate(greys, gallery, descriptors=PIXELS)
    assert [Path(failure.path).name for failure in found.left_out] == ["100.png", "60.png"]
    (truth,) = found.truths
    assert truth.searched.tolist() == [True, True, True, False, False]
    assert truth.queries.tolist() == [0, 1, 2]
    scores = found.rows[0].score("mAP")
    # 30 has lost its only right answer, so it has no score, and is no query of the mean.
    assert scores.of_queries[:2].tolist() == [1, 1]
    assert np.isnan(scores.of_queries[2])
    assert scores.value == 1


def test_a_second_run_describes_nothing(
    greys: GroundTruth, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Progress] = []
    first = evaluate(greys, gallery, descriptors=PIXELS, progress=told.append)
    assert [p.done for p in told if p.stage == "reading"] == [0, 5]
    assert [(p.done, p.total) for p in told if p.stage == "ranking"][-1] == (5, 5)
    told.clear()
    again = evaluate(greys, gallery, descriptors=PIXELS, progress=told.append)
    assert [p.total for p in told if p.stage == "reading"] == [0]
    assert again.rows[0].score("mAP").value == first.rows[0].score("mAP").value


def test_the_grid(folder: Path, gallery: Gallery) -> None:
    files = sorted(folder.rglob("*.*"))
    truth = truth_of(files, "aaabbb")
    found = evaluate(
        truth,
        gallery,
        descriptors=["pixels:size=2", "phash", "pixels:size=2"],
        metrics=["natural", "cosine"],
        reductions=["pca:2", "pca:2", "pca:99", "random_projection"],
        indexes=["exact", "sketch"],
    )
    ways = [(r.descriptor, r.metric, r.reduction, r.index, r.dims) for r in found.rows]
    # phash is searched by hamming distance; reduced, by Euclidean, and that without reduction, too.
    expected = [
        ("pixels:size=2", metric, reduction, index, dims)
        for metric in ("euclidean", "cosine")
        for reduction, dims in (("none", 12), ("pca:2", 2))
        for index in ("exact", "sketch")
    ]
    expected.append(("phash", "hamming", "none", "exact", 64))
    for metric in ("euclidean", "cosine"):
        for reduction, dims in (
            ("none", 64),
            ("pca:2", 2),
            ("random_projection:16", 16),
            ("random_projection:32", 32),
            ("random_projection:64", 64),
        ):
            expected += [("phash", metric, reduction, index, dims) for index in ("exact", "sketch")]
    assert ways == expected
    assert "phash: sketch cannot search by hamming" in found.notes
    assert "greys, pixels:size=2: pca:99: the vectors have 12 components only" in found.notes
    assert not any("random_projection" in note for note in found.notes)
    assert all(row.recall == 1 for row in found.rows if row.index == "sketch")


def test_what_is_wrong_is_said_before_anything_is_described(
    greys: GroundTruth, gallery: Gallery
) -> None:
    for wrong in (
        {"metrics": ["cosin"]},
        {"reductions": ["pcb:3"]},
        {"indexes": ["hsnw"]},
        {"measures": ["nAP"]},
        {"descriptors": ["pixel"]},
    ):
        with pytest.raises(UnknownName):
            evaluate(greys, gallery, **{"descriptors": PIXELS, **wrong})
    assert gallery.info().pictures == 0
    empty = replace(greys, queries=greys.queries[:0], relevant=(), junk=())
    with pytest.raises(BadParameter, match="no picture is left"):
        evaluate(empty, gallery, descriptors=PIXELS)


def test_one_own_gallery_is_not_changed_but_for_vectors(
    folder: Path, greys: GroundTruth, gallery: Gallery
) -> None:
    gallery.sync(folder, descriptors=["pixels"])
    evaluate(greys, gallery, descriptors=["phash"])
    assert gallery.info().folders == (str(folder),)
    report = gallery.sync()
    assert (report.gone, report.unchanged, report.described) == (0, 0, 6)


# -- rankings, against the plainest way to do it -----------------------------------------------


def pool_of(seed: int, levels: int, count: int = 40, asked: int = 12) -> Pool:
    """Return a pool of vectors of few levels, so that many distances are equal."""
    random = np.random.default_rng(seed)
    vectors = random.integers(0, levels, (count, 3)).astype(np.float32)
    searched = random.random(count) < 0.8
    searched[:3] = True
    there = np.flatnonzero(searched)
    queries = random.choice(count, asked, replace=False)
    parts = [np.array_split(random.permutation(there), 3) for _ in queries]
    truth = GroundTruth(
        name="random",
        files=tuple(Path(f"/{n}") for n in range(count)),
        searched=searched,
        queries=queries,
        relevant=tuple(part[0] for part in parts),
        junk=tuple(part[1] for part in parts),
        measures=("mAP",),
        source="drawn",
    )
    return Pool(truth, there, vectors[there], vectors[queries])


def plainly(pool: Pool, query: int, metric: str) -> list[int]:
    far = distances(pool.queries, pool.vectors, metric)[query].tolist()
    junk = set(pool.truth.junk[query].tolist())
    rows = sorted(zip(far, pool.searched.tolist(), strict=True))
    return [row for _, row in rows if row not in junk]


@given(st.integers(0, 10**6), st.sampled_from([2, 3, 50]), st.sampled_from([None, 1, 5, 12, 99]))
def test_rankings_are_what_a_full_sort_gives(seed: int, levels: int, depth: int | None) -> None:
    pool = pool_of(seed, levels)
    for metric in ("manhattan", "euclidean"):
        for query, ranked in enumerate(exact(pool, metric, depth)):
            assert ranked.rows.tolist() == plainly(pool, query, metric)[:depth]
            buffer = np.zeros(40, bool)
            relevant = set(pool.truth.relevant[query].tolist())
            found = right(pool, ranked, query, buffer).tolist()
            assert found == [row in relevant for row in ranked.rows.tolist()]
            assert not buffer.any()


@given(st.integers(0, 10**6), st.sampled_from([1, 5, 99]))
def test_through_an_index_junk_is_taken_out_too(seed: int, depth: int) -> None:
    pool = pool_of(seed, 3)
    index = create("exact")
    index.build(pool.vectors, "manhattan")
    for query, ranked in enumerate(through(pool, index, depth)):
        assert ranked.rows.tolist() == plainly(pool, query, "manhattan")[:depth]


def test_in_blocks_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = pool_of(0, 3)
    whole = [ranked.rows.tolist() for ranked in exact(pool, "manhattan", None)]
    monkeypatch.setattr("lookalike.evaluation.grid.ranking._BLOCK", 70)
    assert [ranked.rows.tolist() for ranked in exact(pool, "manhattan", None)] == whole


def test_all_queries_together() -> None:
    pool = pool_of(1, 50)
    wanted = [measure("uAP"), measure("mAP")]
    scores, _ = scored(pool, exact(pool, "euclidean", None), wanted, lambda _: None)
    pairs = []
    for query, ranked in enumerate(exact(pool, "euclidean", None)):
        relevant = set(pool.truth.relevant[query].tolist())
        pairs += [(d, r in relevant) for d, r in zip(ranked.distances, ranked.rows, strict=True)]
    pairs.sort()  # wrong before right where distances are equal
    hits = np.cumsum([is_right for _, is_right in pairs])
    precisions = [hits[n] / (n + 1) for n, (_, is_right) in enumerate(pairs) if is_right]
    assert scores[0].value == pytest.approx(np.sum(precisions) / hits[-1])
    assert scores[0].interval is None and scores[0].of_queries is None
    assert scores[1].of_queries.shape == (12,)


def test_it_is_told_if_not_all_answers_are_pooled(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = pool_of(0, 100, count=40, asked=12)
    assert pooled([measure("uAP")], pool) == ""
    monkeypatch.setattr("lookalike.evaluation.grid.scoring._PAIRS", 15 * 12)
    assert pooled([measure("mAP")], pool) == ""
    assert pooled([measure("mAP"), measure("uAP")], pool).endswith(
        "µAP is of the 15 nearest answers to each query"
    )


def test_rankings_go_no_deeper_than_is_needed() -> None:
    pool = pool_of(0, 3)
    most = max(map(len, pool.truth.relevant))
    assert depth_of([measure("P@3"), measure("hit@1")], pool) == 10
    assert depth_of([measure("P@30")], pool) == 30
    assert depth_of([measure("R-precision")], pool) == max(10, most)
    assert depth_of([measure("P@3"), measure("mAP")], pool) is None


def test_an_approximate_index_is_told_apart(
    gallery: Gallery, tmp_path: Path, draw: Callable[..., Path]
) -> None:
    files = [draw(tmp_path / "many" / f"{n}.png", n, (16, 16)) for n in range(40)]
    truth = truth_of(files, [n % 4 for n in range(40)], ("P@5",))
    found = evaluate(truth, gallery, descriptors=["pixels:size=4"], indexes=["sketch:rerank=1"])
    whole, rough = found.rows
    assert rough.index == "sketch:rerank=1"
    assert whole.recall is None and whole.depth == 10
    hits = [
        len(set(a[a >= 0]) & set(b[b >= 0]))
        for a, b in zip(whole.nearest.rows, rough.nearest.rows, strict=True)
    ]
    assert rough.recall == pytest.approx(np.mean(hits) / 10)
    assert rough.bytes > whole.bytes == 4 * 48
    assert rough.depth == 10


def test_exact_is_also_scored_as_deep_as_an_index_is_looked_at(
    greys: GroundTruth, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lookalike.evaluation.grid.run.DEPTH", 3)
    whole, rough = evaluate(greys, gallery, descriptors=PIXELS, indexes=["sketch"]).rows
    # The right answers at rank 4 are cut off: 1/2, 1/2, 1/3, 1, and 1/3 of two.
    cut = [1 / 2, 1 / 2, 1 / 3, 1, 1 / 6]
    assert whole.to_depth[0].of_queries == pytest.approx(cut)
    assert whole.score("mAP").of_queries[0] == pytest.approx(3 / 4)
    assert rough.score("mAP").of_queries == pytest.approx(cut)
    assert (whole.depth, rough.depth) == (None, 3)


def test_all_of_it_as_json(greys: GroundTruth, gallery: Gallery) -> None:
    found: Evaluation = evaluate(greys, gallery, descriptors=PIXELS)
    told = found.as_dict()
    assert told["truths"][0] == {
        "name": "greys",
        "source": "drawn",
        "pictures": 5,
        "searched": 5,
        "queries": 5,
    }
    assert told["rows"][0]["scores"]["mAP"]["mean"] == found.rows[0].score("mAP").value
    assert {one["about"] for one in told["findings"]} >= {"Which features matter"}


def test_unasked_every_descriptor_is_measured_that_needs_no_download(
    greys: GroundTruth, gallery: Gallery
) -> None:
    names = {row.descriptor for row in evaluate(greys, gallery).rows}
    assert {"glance", "hsv_histogram", "lbp", "phash"} <= names


def test_a_folder_in_the_place_of_files_is_refused(gallery: Gallery) -> None:
    with pytest.raises(LookalikeError, match="lists of them"):
        gallery.describe("a.jpg", descriptors=["pixels"])
