"""Indexes on libraries of others: their files, their numbers, and when they are not there."""

from __future__ import annotations

import gc
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from lookalike.errors import BadParameter, GalleryDamaged, MissingExtra, UsageError
from lookalike.indexes import Index, create, foreign
from lookalike.indexes.svs import Svs
from lookalike.metrics import distances

# So few vectors are looked at one by one, whatever the index; one more asks the structure.
COUNT, DIM = 4500, 12

LIBRARIES = {
    "annoy": "annoy",
    "kdtree": "scipy.spatial",
    "nmslib": "nmslib",
    "svs": "svs",
    "usearch": "usearch.index",
}


def vectors(largest: float = 1.0) -> np.ndarray:
    return np.random.default_rng(0).random((COUNT, DIM), np.float32) * np.float32(largest)


def built(spec: str, metric: str = "euclidean", largest: float = 1.0) -> Index:
    index = create(spec)
    try:
        index.build(vectors(largest), metric)
    except MissingExtra as error:
        pytest.skip(str(error))
    return index


def recall(index: Index, queries: np.ndarray) -> float:
    found = index.search(queries, 10)
    wanted = np.sort(distances(queries, np.asarray(index.vectors), index.metric))[:, 9:10]
    return float((found.distances <= wanted * (1 + 1e-6)).mean())


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_missing_library_is_told_with_how_to_get_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, LIBRARIES[name], None)
    with pytest.raises(MissingExtra, match=rf'{name}.*pip install "lookalike\[{name}\]"'):
        create(name).build(vectors(), "cosine")


@pytest.mark.parametrize(
    "spec",
    [
        "annoy:trees=0",
        "kdtree:leaf=0",
        "nmslib:m=1",
        "nndescent:starts=0",
        "svs:ef=0",
        "usearch:ef=0",
    ],
)
def test_parameters_that_make_no_sense_are_refused(spec: str) -> None:
    with pytest.raises(BadParameter, match="is at least"):
        create(spec)


@pytest.mark.parametrize(
    "spec",
    [
        "annoy:trees=2,nodes=1",
        "nmslib:m=2,ef_construction=4,ef=1",
        "nndescent:neighbours=4,starts=1",
        "svs:degree=4,ef_construction=4,ef=1",
        "usearch:m=2,ef_construction=4,ef=1",
    ],
)
def test_a_build_can_be_repeated(spec: str) -> None:
    """So hasty ones miss much, and would miss other things if they were not the same."""
    queries = vectors()[:100]
    one, other = (built(spec)._candidates(queries, 5, None) for _ in range(2))
    for mine, its in zip(one, other, strict=True):
        np.testing.assert_array_equal(mine, its)


@pytest.mark.parametrize("name", ["annoy", "nmslib", "nndescent", "svs", "usearch"])
def test_damaged_files_are_refused(name: str, tmp_path: Path) -> None:
    built(name).save(tmp_path)
    ours = {tmp_path / "index.json", tmp_path / "gone.npy"}
    files = [file for file in tmp_path.rglob("*") if file.is_file() and file not in ours]
    assert files
    for file in files:
        whole = file.read_bytes()
        for broken in (b"", whole[: len(whole) // 2], whole[:-1] + bytes([whole[-1] ^ 1])):
            file.write_bytes(broken)
            with pytest.raises(GalleryDamaged):
                create(name).load(tmp_path, vectors())
        file.unlink()
        with pytest.raises(GalleryDamaged):
            create(name).load(tmp_path, vectors())
        file.write_bytes(whole)
    create(name).load(tmp_path, vectors())


@pytest.mark.parametrize("name", ["annoy", "kdtree", "nmslib", "nndescent", "svs", "usearch"])
def test_what_was_kept_can_be_kept_again(name: str, tmp_path: Path) -> None:
    index = built(name)
    wanted = index.search(vectors()[:5], 8).rows
    first, second, third = (tmp_path / part for part in ("first", "second", "third"))
    for folder in (first, second, third):
        folder.mkdir()
    index.save(first)
    shutil.rmtree(first)  # searching and keeping do not depend on it
    index.save(second)
    again = create(name)
    again.load(second, vectors())
    again.save(third)
    last = create(name)
    last.load(third, vectors())
    for one in (index, again, last):
        np.testing.assert_array_equal(one.search(vectors()[:5], 8).rows, wanted)


@pytest.mark.parametrize("spec", ["annoy", "nmslib", "svs", "usearch", "usearch:codes=i8"])
@pytest.mark.parametrize("largest", [1e6, 1e-6])
def test_numbers_of_any_size_fit(spec: str, largest: float) -> None:
    """A count histogram has components of a million, which 16 bits cannot hold."""
    index = built(spec, largest=largest)
    assert recall(index, vectors(largest)[:50]) >= 0.95


@pytest.mark.parametrize("name", ["annoy", "nmslib"])
def test_its_own_folder_goes_with_the_index(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    index = built(name)
    successor = index.successor(vectors(), np.array([0]))
    assert len(list(tmp_path.iterdir())) == 1
    del index
    gc.collect()
    assert successor.search(vectors()[:1], 1).rows.tolist() != [[0]]  # it still needs the file
    del successor
    gc.collect()
    assert not list(tmp_path.iterdir())


def test_links_to_nowhere_are_refused(tmp_path: Path) -> None:
    built("nndescent").save(tmp_path)
    file = tmp_path / "neighbours.npy"
    links = np.load(file)
    for wrong in (np.where(links == 7, COUNT, links), np.where(links == 7, -1, links), links[1:]):
        np.save(file, wrong.astype(np.int32))
        with pytest.raises(GalleryDamaged, match="something else"):
            create("nndescent").load(tmp_path, vectors())


def test_a_processor_that_cannot_do_lvq(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lookalike.indexes.svs._is_intel", lambda: False)
    built("svs").save(tmp_path)  # does without
    with pytest.raises(UsageError, match="Intel"):
        Svs(codes="lvq").build(vectors(), "cosine")
    (tmp_path / "f16").rename(tmp_path / "lvq")
    (tmp_path / "seal.json").unlink()
    foreign.seal(tmp_path)
    with pytest.raises(GalleryDamaged, match="only Intel"):
        create("svs").load(tmp_path, vectors())
