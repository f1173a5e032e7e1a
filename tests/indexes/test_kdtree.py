"""The k-d tree is exact, also where distances are equal or directions are none."""

from __future__ import annotations

import numpy as np
import pytest

from lookalike.indexes import Index, create

pytest.importorskip("scipy.spatial")


def pair(vectors: np.ndarray, metric: str) -> tuple[Index, Index]:
    tree, exact = create("kdtree:leaf=4"), create("exact")
    tree.build(vectors, metric)
    exact.build(vectors, metric)
    return tree, exact


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "manhattan"])
@pytest.mark.parametrize("k", [1, 3, 40, 300])
def test_ties_of_a_lattice(metric: str, k: int) -> None:
    """On whole numbers most distances are those of many vectors; the lowest rows count."""
    vectors = np.random.default_rng(0).integers(0, 4, (300, 3)).astype(np.float32)
    queries = np.float32([[1, 1, 1], [3, 0, 2], [0, 0, 0], [-1, 9, 0.5]])
    tree, exact = pair(vectors, metric)
    found, wanted = tree.search(queries, k), exact.search(queries, k)
    np.testing.assert_array_equal(found.rows, wanted.rows)
    np.testing.assert_array_equal(found.distances, wanted.distances)


def test_a_zero_vector_is_at_a_right_angle_to_all() -> None:
    vectors = np.float32([[1, 0], [0, 0], [0, 1], [-1, 0], [1, 1]])
    tree, _ = pair(np.repeat(vectors, 20, 0), "cosine")
    found = tree.search(np.float32([[1, 0]]), 100)
    groups = (found.rows[0] // 20).reshape(5, 20)
    assert groups[:2].tolist() == [[0] * 20, [4] * 20]
    assert groups[2:4].ravel().tolist() == [1] * 20 + [2] * 20  # both at 1, in order of the rows
    assert groups[4].tolist() == [3] * 20
    of_nothing = tree.search(np.float32([[0, 0]]), 3)
    assert of_nothing.rows.tolist() == [[0, 1, 2]] and (of_nothing.distances == 1).all()


def test_very_near_vectors_are_told_apart() -> None:
    rng = np.random.default_rng(1)
    vectors = (1000 + 1e-3 * rng.random((500, 6))).astype(np.float32)
    for metric in ("cosine", "euclidean", "manhattan"):
        tree, exact = pair(vectors, metric)
        found, wanted = (index.search(vectors[:20], 7) for index in (tree, exact))
        np.testing.assert_array_equal(found.rows, wanted.rows)
