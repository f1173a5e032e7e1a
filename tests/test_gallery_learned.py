"""Stages in a gallery: their vectors come from those that are kept, and stay up to date."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lookalike import Gallery, describe
from lookalike.errors import BadParameter, NotIndexed, UnknownName
from lookalike.stages import Linear
from lookalike.stages.fitting import fitted

PLAIN = "pixels:size=2"


def doubled(name: str = "doubled", dim: int = 12, factor: float = 2) -> Linear:
    return Linear(name, "euclidean", np.zeros(dim), factor * np.eye(dim)[:, :3])


@pytest.fixture
def filled(folder: Path, gallery: Gallery) -> Gallery:
    gallery.sync(folder, descriptors=[PLAIN])
    return gallery


def test_all_vectors_one_of_each_picture(
    filled: Gallery, folder: Path, draw: Callable[..., Path]
) -> None:
    (folder / "zz.png").write_bytes((folder / "a0.png").read_bytes())
    filled.sync()
    kept = filled.vectors()
    assert len(kept) == 6
    assert [Path(path).name for path in kept.paths][:2] == ["a0.png", "a1.png"]
    np.testing.assert_array_equal(kept.vectors, describe(kept.paths, PLAIN))
    assert kept.bytes == 4 * kept.vectors.shape[1] == 48
    found = filled.search(int(kept.ids[3]), top=1, within=0.0)
    assert not len(found)
    some = filled.vectors(most=4)
    assert len(some) == 4
    assert set(some.paths) < set(kept.paths)
    assert some.paths == filled.vectors(PLAIN, most=4).paths


def test_no_picture_is_read_for_a_stage(filled: Gallery, folder: Path) -> None:
    plain = filled.vectors()
    for path in plain.paths:
        Path(path).write_bytes(b"not read")
    assert filled.add_stage(doubled(), about={"told": "why"}) == "pixels/doubled"
    found = filled.vectors("pixels/doubled")
    np.testing.assert_allclose(found.vectors, 2 * plain.vectors[:, :3])
    assert found.metric == "euclidean"
    assert found.paths == plain.paths


def test_a_search_goes_through_the_stage(filled: Gallery, folder: Path) -> None:
    filled.add_stage(doubled())
    by_file = filled.search(folder / "a0.png", descriptor="pixels/doubled")
    by_id = filled.search(int(filled.vectors().ids[0]), descriptor="pixels/doubled")
    expected = 2 * describe([folder / "a0.png"], PLAIN)[0, :3]
    by_vector = filled.search(vector=expected, descriptor="pixels/doubled")
    assert by_file.heading.startswith("pixels/doubled, euclidean distance")
    assert [m.path for m in by_file] == [m.path for m in by_id] == [m.path for m in by_vector][1:]
    assert by_vector[0].distance == 0


def test_new_pictures_have_it_too(
    filled: Gallery, folder: Path, draw: Callable[..., Path], tmp_path: Path
) -> None:
    filled.add_stage(doubled())
    draw(folder / "new.png", 50)
    assert filled.sync().added == 1
    found = filled.vectors("pixels/doubled")
    assert len(found) == 7
    np.testing.assert_allclose(found.vectors, 2 * describe(found.paths, PLAIN)[:, :3], rtol=1e-6)
    with Gallery.open(filled.path) as again:
        np.testing.assert_array_equal(again.vectors("pixels/doubled").vectors, found.vectors)


def test_without_the_plain_one(filled: Gallery, folder: Path, draw: Callable[..., Path]) -> None:
    filled.add_stage(doubled())
    filled.remove_descriptor("pixels")
    draw(folder / "new.png", 50)
    assert filled.sync().added == 1
    assert [stored.dim for stored, _ in filled.info().descriptors] == [3]
    found = filled.vectors()
    np.testing.assert_allclose(found.vectors, 2 * describe(found.paths, PLAIN)[:, :3], rtol=1e-6)


def test_one_stage_on_another_in_bytes(filled: Gallery, draw: Callable[..., Path]) -> None:
    filled.add_stage(doubled())
    kept = filled.vectors("pixels/doubled")
    name = filled.add_stage(fitted("sq8", kept.vectors, "euclidean"), descriptor="pixels/doubled")
    assert name == "pixels/doubled/sq8"
    coded = filled.vectors(name)
    assert coded.bytes == 3
    np.testing.assert_allclose(coded.vectors, kept.vectors, atol=0.01)
    # The same by every way that vectors are read: few in memory, many from files.
    for index in ("exact", "hnsw"):
        if index != "exact":
            filled.build_index(index, descriptor=name)
        found = filled.search(int(coded.ids[0]), descriptor=name, index=index)
        assert found[0].distance > 0
        assert len(found) == 5
    paths = list(coded.paths)
    np.testing.assert_array_equal(
        filled.search(vector=coded.vectors[2], descriptor=name, top=1)[0].path, paths[2]
    )


def test_one_of_the_same_name_is_replaced(filled: Gallery) -> None:
    filled.add_stage(doubled())
    filled.use("pixels/doubled")
    before = filled.search(vector=[0, 0, 0], top=6)
    assert filled.add_stage(doubled(factor=3), descriptor="pixels") == "pixels/doubled"
    assert [stored.key.count("|") for stored, _ in filled.info().descriptors] == [1, 0]
    after = filled.search(vector=[0, 0, 0], top=6)  # it is still the one that searches go by
    assert [m.path for m in after] == [m.path for m in before]
    assert after[0].distance == pytest.approx(1.5 * before[0].distance)
    # Once more the same: nothing to be done.
    assert filled.add_stage(doubled(factor=3), descriptor="pixels") == "pixels/doubled"
    assert len(filled.info().descriptors) == 2


def test_what_searches_go_by(filled: Gallery) -> None:
    filled.add_stage(doubled())
    assert filled.search(vector=np.zeros(12)).descriptor == "pixels@1:size=2,colour=rgb"
    filled.use("pixels/doubled")
    assert "doubled@" in filled.search(vector=np.zeros(3)).descriptor
    filled.use("pixels")
    assert "doubled@" not in filled.search(vector=np.zeros(12)).descriptor
    with pytest.raises(UnknownName, match="did you mean 'pixels/doubled'"):
        filled.use("pixels/dubled")
    filled.use("pixels/doubled")
    filled.remove_descriptor("pixels/doubled")
    assert filled.search(vector=np.zeros(12)).descriptor.startswith("pixels@")


def test_what_does_not_fit(filled: Gallery) -> None:
    with pytest.raises(BadParameter, match="takes vectors of 5 components"):
        filled.add_stage(doubled(dim=5))
    for name in ("a/b", "a|b", "", "-a", "a b"):
        with pytest.raises(BadParameter, match="a name begins with a letter"):
            filled.add_stage(doubled(name))
    with pytest.raises(UnknownName):
        filled.add_stage(doubled(), descriptor="nothing")
    with pytest.raises(NotIndexed):
        filled.add_stage(doubled(), descriptor="lbp")
    assert len(filled.info().descriptors) == 1


def test_fitted_to_what_cannot_be_made_any_more(
    filled: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lookalike.descriptors.pixels import Pixels

    filled.add_stage(doubled())
    filled.use("pixels/doubled")
    monkeypatch.setattr(Pixels, "version", 2)
    report = filled.sync()
    ((name, why),) = report.dropped
    assert name == "pixels/doubled"
    assert "fitted to pixels@1" in why
    assert "pixels@2" in why
    assert [stored.key[:8] for stored, _ in filled.info().descriptors] == ["pixels@2"]
    assert len(filled.vectors()) == 6


KILLED = """
    import os, sys
    import numpy as np
    from lookalike import Gallery
    from lookalike.stages import Linear
    from lookalike.store import deriving

    deriving._BATCH = 2
    stage = Linear("doubled", "euclidean", np.zeros(12), 2 * np.eye(12)[:, :3])
    done = []

    def die(progress):
        done.append(progress)
        if progress.stage == "deriving" and progress.done >= 4:
            os.kill(os.getpid(), 9)

    Gallery.open(sys.argv[1]).add_stage(stage, progress=die)
"""


def test_killed_in_the_middle_the_next_sync_completes_it(filled: Gallery) -> None:
    ended = subprocess.run([sys.executable, "-c", textwrap.dedent(KILLED), str(filled.path)])
    assert ended.returncode == -9
    assert len(filled.vectors("pixels/doubled")) == 4
    report = filled.sync()
    assert report.read == 0  # from the kept vectors, not from the pictures
    found = filled.vectors("pixels/doubled")
    np.testing.assert_allclose(found.vectors, 2 * filled.vectors("pixels").vectors[:, :3])
