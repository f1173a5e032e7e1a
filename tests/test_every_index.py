"""What every index promises, asked of all in the registry; a new file is asked unbidden."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path

import numpy as np
import pytest

from lookalike.errors import BadParameter, GalleryDamaged, MissingExtra, UsageError
from lookalike.indexes import INDEXES, Index, Neighbours, create, neighbour_graph
from lookalike.metrics import METRICS, distances, unit

COUNT, DIM, K = 6000, 24, 10
ENOUGH = 0.9  # recall that any structure must reach on these easy vectors with its defaults


def clustered(count: int, seed: int) -> np.ndarray:
    """Vectors as pictures give them: groups of like ones, of length 1, not negative."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(99).random((60, DIM))
    near = centres[rng.integers(0, 60, count)] + 0.15 * rng.random((count, DIM))
    return unit(near.astype(np.float32))


VECTORS = clustered(COUNT, 0)
QUERIES = clustered(8, 1)


def made(spec: str) -> Index:
    try:
        index = create(spec)
        index.build(VECTORS[:50], index.metrics[0])
    except MissingExtra as error:
        pytest.skip(str(error))
    return create(spec)


@pytest.fixture(scope="module", params=INDEXES.names())
def name(request) -> str:
    made(request.param)
    return request.param


@pytest.fixture(scope="module")
def built(name: str) -> Index:
    index = create(name)
    index.build(VECTORS, index.metrics[0])
    return index


def truth(
    vectors: np.ndarray, queries: np.ndarray, metric: str, k: int, allowed=None
) -> Neighbours:
    """Sort all distances, as the definition has it."""
    rows = np.arange(len(vectors)) if allowed is None else np.flatnonzero(allowed)
    out = np.full((len(queries), k), -1), np.full((len(queries), k), np.inf, np.float32)
    for n, query in enumerate(queries):
        away = distances(query[None], vectors[rows], metric)[0]
        order = np.argsort(away, kind="stable")[:k]
        out[0][n, : len(order)], out[1][n, : len(order)] = rows[order], away[order]
    return Neighbours(*out)


def check(index: Index, vectors: np.ndarray, queries: np.ndarray, k: int, allowed=None) -> None:
    found = index.search(queries, k, allowed)
    wanted = truth(vectors, queries, index.metric, k, allowed)
    assert found.rows.shape == found.distances.shape == (len(queries), k)
    assert found.rows.dtype == np.int64 and found.distances.dtype == np.float32
    for query, rows, away in zip(queries, found.rows, found.distances, strict=True):
        real = rows >= 0
        assert (np.diff(real.astype(int)) <= 0).all(), "padding stands last"
        assert len(set(rows[real].tolist())) == real.sum(), "no row twice"
        assert np.isinf(away[~real]).all()
        assert (np.diff(away[real]) >= 0).all()
        own = distances(query[None], vectors[rows[real]], index.metric)[0]
        np.testing.assert_allclose(away[real], own, rtol=1e-5, atol=1e-6)
        if allowed is not None:
            assert allowed[rows[real]].all(), "only what is allowed"
    # By distance, so that equally near rows may stand for each other.
    right = found.distances <= wanted.distances[:, -1:] + 1e-6
    recall = (right & (found.rows >= 0)).sum() / max(1, (wanted.rows >= 0).sum())
    assert recall >= (1 if index.is_exact else ENOUGH), recall
    if index.is_exact:
        np.testing.assert_array_equal(found.rows, wanted.rows)


def test_it_says_what_it_is(name: str) -> None:
    kind = INDEXES.get(name)
    assert kind.name == name
    assert set(kind.metrics) <= set(METRICS) and kind.metrics
    for field in dataclasses.fields(kind):
        assert field.metadata["help"] and field.metadata["at"] in ("build", "search"), field.name
        assert field.default is not dataclasses.MISSING
    assert create(create(name).spec).spec == create(name).spec


def test_it_finds_the_nearest(built: Index) -> None:
    check(built, VECTORS, QUERIES, K)
    check(built, VECTORS, QUERIES[:1], 1)


@pytest.mark.parametrize("metric", METRICS)
def test_by_every_metric_it_knows(name: str, metric: str) -> None:
    index = create(name)
    if metric not in index.metrics:
        with pytest.raises(UsageError, match=metric):
            index.build(VECTORS, metric)
        return
    vectors, queries = VECTORS, QUERIES
    if metric == "hamming":
        vectors, queries = (VECTORS > 0.2).astype(np.float32), (QUERIES > 0.2).astype(np.float32)
    if metric == "cosine":  # lengths do not matter
        vectors = vectors * np.linspace(0.5, 3, COUNT, dtype=np.float32)[:, None]
    index.build(vectors, metric)
    check(index, vectors, queries, K)


@pytest.mark.parametrize("share", [0.0002, 0.01, 0.3, 0.99])
def test_filters_come_before_the_top_k(built: Index, share: float) -> None:
    allowed = np.random.default_rng(5).random(COUNT) < share
    check(built, VECTORS, QUERIES, K, allowed)


def test_a_filter_that_lets_nothing_through(built: Index) -> None:
    found = built.search(QUERIES, 3, np.zeros(COUNT, bool))
    assert (found.rows == -1).all() and np.isinf(found.distances).all()


def test_a_filter_that_forbids_all_that_is_near(built: Index) -> None:
    near = truth(VECTORS, QUERIES[:1], built.metric, 400).rows[0]
    allowed = np.ones(COUNT, bool)
    allowed[near] = False
    check(built, VECTORS, QUERIES[:1], K, allowed)


def test_it_grows_and_shrinks(name: str) -> None:
    index = create(name)
    index.build(VECTORS[:5000], index.metrics[0])
    index.add(VECTORS[:5400])
    index.add(VECTORS)
    assert len(index) == COUNT
    check(index, VECTORS, QUERIES, K)
    near = truth(VECTORS, QUERIES, index.metric, 5).rows
    index.remove(near.ravel())
    index.remove(near.ravel())
    present = np.ones(COUNT, bool)
    present[near] = False
    assert len(index) == present.sum()
    assert not np.isin(index.search(QUERIES, K).rows, near).any()
    check(index, VECTORS, QUERIES, K, present)
    again = np.concatenate([VECTORS, VECTORS[near.ravel()]])
    index.add(again)  # what was removed comes back as new rows
    found = index.search(QUERIES, 5)
    np.testing.assert_allclose(
        found.distances, truth(VECTORS, QUERIES, index.metric, 5).distances, atol=1e-6
    )
    assert (found.rows >= COUNT).any()


def test_it_begins_with_nothing(name: str) -> None:
    index = create(name)
    index.build(VECTORS[:0], index.metrics[0])
    assert len(index) == 0
    assert index.search(QUERIES, 2).rows.tolist() == [[-1, -1]] * len(QUERIES)
    index.add(VECTORS[:3])
    assert index.search(VECTORS[1:2], 1).rows.tolist() == [[1]]
    index.remove([0, 1, 2])
    assert index.search(QUERIES[:1], 2).rows.tolist() == [[-1, -1]]


def test_more_is_asked_for_than_there_is(name: str) -> None:
    index = create(name)
    index.build(VECTORS[:5], index.metrics[0])
    found = index.search(QUERIES, 8)
    assert (found.rows[:, 5:] == -1).all()
    np.testing.assert_array_equal(np.sort(found.rows[:, :5]), [[0, 1, 2, 3, 4]] * len(QUERIES))


def test_as_many_as_there_are(built: Index) -> None:
    if built.is_exact:
        found = built.search(QUERIES[:1], COUNT + 1)
        assert sorted(found.rows[0].tolist()) == [-1, *range(COUNT)]


def test_equal_vectors_come_in_order_of_their_rows(name: str) -> None:
    index = create(name)
    vectors = np.concatenate([VECTORS[:4500], np.repeat(QUERIES[:1], 6, 0), VECTORS[4500:]])
    index.build(vectors, index.metrics[0])
    found = index.search(QUERIES[:1], 6)
    assert found.distances[0, 0] <= 1e-6
    assert found.rows[0].tolist() == sorted(found.rows[0].tolist())
    assert set(found.rows[0].tolist()) <= set(range(4500, 4506))


def test_all_vectors_equal(name: str) -> None:
    index = create(name)
    index.build(np.repeat(QUERIES[:1], 5000, 0), index.metrics[0])
    found = index.search(QUERIES[:1], 3)
    assert (found.distances <= 1e-6).all() and (found.rows >= 0).all()


def test_it_is_kept_on_disk(built: Index, tmp_path: Path) -> None:
    built.save(tmp_path)
    other = create(built.spec)
    other.load(tmp_path, VECTORS)
    check(other, VECTORS, QUERIES, K)
    np.testing.assert_array_equal(other.search(QUERIES, K).rows, built.search(QUERIES, K).rows)


def test_what_was_kept_grows_and_remembers_what_was_removed(name: str, tmp_path: Path) -> None:
    index = create(name)
    index.build(VECTORS[:5000], index.metrics[0])
    gone = truth(VECTORS[:5000], QUERIES, index.metric, 2).rows
    index.remove(gone.ravel())
    index.save(tmp_path)
    other = create(name)
    other.load(tmp_path, VECTORS)
    present = np.ones(COUNT, bool)
    present[gone] = False
    assert len(other) == present.sum()
    check(other, VECTORS, QUERIES, K, present)


def test_what_is_no_index_is_refused(name: str, built: Index, tmp_path: Path) -> None:
    with pytest.raises(GalleryDamaged):
        create(name).load(tmp_path, VECTORS)
    built.save(tmp_path)
    with pytest.raises(GalleryDamaged):  # of more vectors than there are
        create(name).load(tmp_path, VECTORS[:10])


def test_a_reader_goes_on_while_a_writer_grows_a_copy(name: str, tmp_path: Path) -> None:
    index = create(name)
    index.build(VECTORS[:5000], index.metrics[0])
    index.save(tmp_path)
    wanted = index.search(QUERIES, K).rows
    reader = create(name)
    reader.load(tmp_path, VECTORS[:5000])
    stop, wrong = threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            if not np.array_equal(reader.search(QUERIES, K).rows, wanted):
                wrong.append("another answer")

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    index.add(VECTORS)
    index.remove([1, 2, 3])
    (tmp_path / "next").mkdir()
    index.save(tmp_path / "next")
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_successor_knows_more_and_leaves_it_as_it_is(name: str) -> None:
    index = create(name)
    index.build(VECTORS[:5000], index.metrics[0])
    wanted = index.search(QUERIES, K).rows
    gone = truth(VECTORS[:5000], QUERIES, index.metric, 2).rows.ravel()
    first = index.successor(VECTORS[:5400], gone[:0])
    second = first.successor(VECTORS, gone)
    present = np.ones(COUNT, bool)
    present[gone] = False
    assert [len(one) for one in (index, first, second)] == [5000, 5400, present.sum()]
    check(second, VECTORS, QUERIES, K, present)
    check(first, VECTORS[:5400], QUERIES, K)
    np.testing.assert_array_equal(index.search(QUERIES, K).rows, wanted)
    again = index.successor(VECTORS[:5000], gone).successor(VECTORS[:5000], gone[:0])
    assert not np.isin(again.search(QUERIES, K).rows, gone).any(), "what is gone stays so"


def test_a_structure_serves_searches_of_every_kind(name: str, tmp_path: Path) -> None:
    kind = INDEXES.get(name)
    index = create(name)
    index.build(VECTORS, index.metrics[0])
    index.save(tmp_path)
    for field in dataclasses.fields(kind):
        if field.metadata["at"] == "search" and isinstance(field.default, int):
            other = dataclasses.replace(kind(), **{field.name: field.default * 2})
            assert other.structure == index.structure != other.spec
            assert index.searching_as(other).spec == other.spec
            other.load(tmp_path, VECTORS)
            check(other, VECTORS, QUERIES, K)
            np.testing.assert_array_equal(
                index.searching_as(other).search(QUERIES, K).rows, other.search(QUERIES, K).rows
            )
    assert index.searching_as(create(name)) is index


def test_all_within_a_distance(built: Index) -> None:
    away = np.sort(distances(QUERIES[:2], VECTORS, built.metric), axis=1)
    reach = float((away[0, 99] + away[0, 100]) / 2)
    found = built.within(QUERIES[:2], reach)
    wanted = (away <= reach).sum(1)
    got = (found.rows >= 0).sum(1)
    assert found.rows.shape[1] == got.max()
    assert (found.distances[found.rows >= 0] <= reach).all()
    assert (got <= wanted).all() and (got >= ENOUGH * wanted).all()
    if built.is_exact:
        assert got.tolist() == wanted.tolist()
    assert built.within(QUERIES[:1], -1.0).rows.shape == (1, 0)


def test_the_graph_of_all_neighbours(name: str) -> None:
    index = create(name)
    count = 400 if index.is_exact else 4400  # of fewer than 4097 only an exact one asks itself
    vectors = np.concatenate([VECTORS[:count], VECTORS[:100]])  # each of the first has an equal one
    index.build(vectors, index.metrics[0])
    index.remove([7])
    seen = []
    for rows, found in neighbour_graph(index, 3, block=count // 4):
        seen += rows.tolist()
        assert found.rows.shape == (len(rows), 3)
        assert not (found.rows == rows[:, None]).any()
    assert seen == [r for r in range(count + 100) if r != 7]


def test_nonsense_is_refused(built: Index) -> None:
    with pytest.raises(BadParameter, match="k must be"):
        built.search(QUERIES, 0)
    with pytest.raises(BadParameter, match="queries are"):
        built.search(QUERIES[:, :3], 1)
    with pytest.raises(BadParameter, match="allowed is"):
        built.search(QUERIES, 1, np.ones(3, bool))
    with pytest.raises(BadParameter, match="rows go"):
        built.remove([COUNT])


def test_it_tells_its_size(built: Index, tmp_path: Path) -> None:
    assert built.memory_bytes > 0
    built.save(tmp_path)
    assert sum(f.stat().st_size for f in tmp_path.rglob("*") if f.is_file()) > 0
