"""Who takes files in, and which part of them."""

from __future__ import annotations

import hashlib
import itertools
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike import Gallery
from lookalike.descriptors import Descriptor, Staged, create
from lookalike.errors import (
    BadParameter,
    GalleryBusy,
    LookalikeError,
    NotIndexed,
    PictureError,
    UnknownName,
    UsageError,
)
from lookalike.places import Found
from lookalike.stages import Linear
from lookalike.store.crews import Done, Shard, Task, crew
from lookalike.store.crews.on_ray import connecting
from lookalike.store.crews.on_ray.errands import Failed, packed, unpacked
from lookalike.store.crews.on_ray.pool import Pool, raise_import
from lookalike.store.crews.threads import Threads
from lookalike.store.intake import CRASHES, Taken

DESCRIPTORS: dict[int, Descriptor] = {3: create("pixels:size=4")}


@pytest.fixture
def files(folder: Path) -> list[Found]:
    return [Found(str(path), 1, 1) for path in sorted(folder.rglob("*.*"))]


def chunks(files: Sequence[Found], size: int = 2) -> Iterator[list[Found]]:
    left = iter(files)
    while chunk := list(itertools.islice(left, size)):
        yield chunk


# -- threads ---------------------------------------------------------------------------------


def test_threads_take_all_files_in_order(files: list[Found]) -> None:
    done = list(Threads(2).taken(chunks(files), Task(DESCRIPTORS)))
    assert [one.found for each in done for one in each.taken] == files
    assert all(one.vectors.keys() == {3} for each in done for one in each.taken)
    assert all(each.written is None for each in done)


def test_threads_draw_no_further_ahead_than_they_can_take(files: list[Found]) -> None:
    drawn = 0

    def endless() -> Iterator[list[Found]]:
        nonlocal drawn
        while True:
            drawn += 1
            yield files[:1]

    taking = Threads(2).taken(endless(), Task(DESCRIPTORS))
    for _ in range(3):
        next(taking)
    taking.close()
    assert drawn <= 3 + 2 * 2 + 1


def test_what_is_known_is_asked_for_several_files_at_once(files: list[Found]) -> None:
    there = hashlib.sha256(Path(files[0].path).read_bytes()).digest()
    asked: list[int] = []

    def known(hashes: Sequence[bytes]) -> dict[bytes, frozenset[int]]:
        asked.append(len(hashes))
        return {one: frozenset({3}) for one in hashes if one == there}

    (done,) = Threads(1).taken([files], Task(DESCRIPTORS, known))
    assert asked == [6]
    assert [bool(one.vectors) for one in done.taken] == [False, *[True] * 5]
    assert [one.facts is None for one in done.taken] == [True, *[False] * 5]


# -- what a person types ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "about"), [(1, "1 thread"), (3, "3 threads"), ("2", "2 threads")]
)
def test_a_number_is_of_threads(typed: int | str, about: str) -> None:
    assert crew(typed).about == about


@pytest.mark.parametrize(
    "typed", [0, -1, "rey", "", "ray:/", "ray://", "ray?cpus=2", "ray?workers=0", "ray?workers=x"]
)
def test_what_is_no_crew_is_refused(typed: int | str) -> None:
    with pytest.raises(UsageError, match="workers"):
        crew(typed)


def test_a_token_of_rays_is_shown_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment: dict[str, str] = {}
    monkeypatch.setattr(connecting.os, "environ", environment)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.delitem(sys.modules, "ray", raising=False)
    connecting._agree_on_token("ray://head:10001")
    assert environment == {}
    environment["RAY_AUTH_TOKEN"] = "seven"
    connecting._agree_on_token("ray://head:10001")
    assert environment == {"RAY_AUTH_TOKEN": "seven", "RAY_AUTH_MODE": "token"}


def test_a_ray_of_our_own_wants_a_token_that_nobody_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = []
    for _ in range(2):
        environment: dict[str, str] = {}
        monkeypatch.setattr(connecting.os, "environ", environment)
        monkeypatch.setattr(Path, "home", lambda: tmp_path)
        monkeypatch.delitem(sys.modules, "ray", raising=False)
        connecting._agree_on_token("ray")
        assert environment["RAY_AUTH_MODE"] == "token"
        tokens.append(environment["RAY_AUTH_TOKEN"])
    assert len(set(tokens)) == 2
    assert all(len(token) == 64 for token in tokens)


class Head:
    """A Ray that is connected to in vain some times."""

    def __init__(self, *said: str) -> None:
        self.said = list(said)

    def init(self, where: str, **_: object) -> None:
        assert where == "ray://head:10001"
        if self.said:
            raise ConnectionAbortedError(
                f"Initialization failure from server:\nTraceback\n{self.said.pop(0)}"
            )


ZOMBIE = "psutil.ZombieProcess: PID still exists but it's a zombie (pid=7)"


def test_a_process_of_the_head_that_dies_at_once_is_tried_again() -> None:
    head = Head(ZOMBIE, "RuntimeError: Starting Ray client server failed.")
    connecting._connect(head, "ray://head:10001", 0)
    assert head.said == []


def test_not_for_ever_and_not_for_other_reasons() -> None:
    always = Head(*[ZOMBIE] * 5)
    with pytest.raises(ConnectionAbortedError, match="zombie"):
        connecting._connect(always, "ray://head:10001", 0)
    assert len(always.said) == 2
    other = Head("ValueError: no such environment", ZOMBIE)
    with pytest.raises(ConnectionAbortedError, match="no such environment"):
        connecting._connect(other, "ray://head:10001", 0)
    assert other.said == [ZOMBIE]


# -- shards ----------------------------------------------------------------------------------


@given(paths=st.sets(st.text()), count=st.integers(1, 40))
def test_shards_part_any_files_exactly(paths: set[str], count: int) -> None:
    shards = [Shard(number, count) for number in range(1, count + 1)]
    parts = [{path for path in paths if path in shard} for shard in shards]
    assert sum(map(len, parts)) == len(paths)
    assert set().union(*parts) == paths


def test_shards_are_the_same_for_ever() -> None:
    """Other machines and later versions part files alike."""
    paths = [f"/pictures/{number}.jpg" for number in range(12)]
    assert [[path in Shard(n, 3) for n in (1, 2, 3)].index(True) + 1 for path in paths] == GOLDEN


GOLDEN = [3, 1, 1, 3, 2, 2, 1, 3, 3, 2, 2, 1]


@pytest.mark.parametrize("text", ["0/2", "3/2", "1/0", "2", "1/2/3", "-1/2", "", "1/1000000"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(BadParameter, match="shard"):
        Shard.of(text)


def paths(gallery: Gallery) -> list[str]:
    return [picture.path for picture in gallery.pictures().items]


def test_shards_together_are_the_whole(folder: Path, tmp_path: Path, draw) -> None:
    for seed in range(20, 40):
        draw(folder / f"c{seed}.png", seed)
    with Gallery.open(tmp_path / "parts") as parts, Gallery.open(tmp_path / "whole") as whole:
        whole.sync(folder, descriptors=["pixels"])
        added = [
            parts.sync(folder, descriptors=["pixels"], shard=f"{n}/3").added for n in (1, 2, 3)
        ]
        assert sum(added) == 26
        assert max(added) < 26
        assert parts.sync(shard="2/3").unchanged == added[1]
        assert paths(parts) == paths(whole)


def test_a_shard_forgets_only_its_own(folder: Path, gallery: Gallery, draw) -> None:
    for seed in range(20, 40):
        draw(folder / f"c{seed}.png", seed)
    gallery.sync(folder, descriptors=["pixels"])
    gone = sorted(folder.glob("c*.png"))
    for path in gone:
        path.unlink()
    first = sum(str(path) in Shard(1, 2) for path in gone)
    assert gallery.sync(shard="1/2").gone == first
    assert gallery.info().pictures == 26 - first
    assert gallery.sync(shard="2/2").gone == 20 - first
    assert gallery.info().pictures == 6


def test_a_shard_without_a_picture_of_its_own_is_not_unmounted(
    tmp_path: Path, gallery: Gallery, draw
) -> None:
    path = draw(tmp_path / "one" / "a.png", 1)
    empty = 1 + (str(path) in Shard(1, 2))
    gallery.sync(tmp_path / "one", descriptors=["pixels"])
    report = gallery.sync(shard=f"{empty}/2")
    assert (report.unmounted, report.gone, report.unchanged) == ([], 0, 0)
    assert gallery.info().pictures == 1


# -- what travels ----------------------------------------------------------------------------


def test_descriptors_are_the_same_on_the_other_machine() -> None:
    import numpy as np

    plain = create("pixels:size=4")
    half = Linear("half", "euclidean", np.zeros(48, np.float32), np.eye(48, 24, dtype=np.float32))
    sent = {1: create("0.5*pixels+hog"), 2: Staged(plain, (half,)), 3: plain}
    got = unpacked(packed(Task(sent)))
    assert {number: one.key for number, one in got.items()} == {
        number: one.key for number, one in sent.items()
    }


@pytest.mark.parametrize(
    "error",
    [
        UnknownName("descriptor", "glnce", ["glance"]),
        PictureError("a.png", "why"),
        NotIndexed("nothing"),
    ],
)
def test_errors_are_the_same_here(error: LookalikeError) -> None:
    back = Failed.of(error).error()
    assert type(back) is type(error)
    assert str(back) == str(error)


def test_a_worker_that_cannot_see_the_files_says_so(folder: Path) -> None:
    errand = packed(Task({}), sample=str(folder / "a0.png"))
    assert unpacked(errand) == {}
    folder.rename(folder.with_name("elsewhere"))
    with pytest.raises(UsageError, match=f"{folder} is not on .*all machines have under the same"):
        unpacked(errand)


@pytest.mark.parametrize("sample", ["s3://bucket/a.png", "/nowhere/a.png", ""])
def test_what_need_not_be_a_folder_there_is_not_asked_for(sample: str) -> None:
    assert packed(Task({}), sample=sample).folder == ""


def test_a_worker_without_lookalike_is_named_plainly() -> None:
    gone = RuntimeError(
        "The actor with name Worker failed to import on the worker.\n"
        "ModuleNotFoundError: No module named 'lookalike'"
    )
    with pytest.raises(UsageError, match="the workers of Ray lack lookalike; install the same"):
        raise_import(gone)


# -- workers that die ------------------------------------------------------------------------


class Gone(Exception):
    """Stands for the error of a worker that is not there any more."""


class Mistake(Gone):
    """Stands for an error of the program in a worker."""


class _Exceptions:
    RayError = Gone
    RayTaskError = Mistake


class _Call:
    def __init__(self, call) -> None:
        self.remote = call


class _Actor:
    """A worker in this process: it dies of some files."""

    def __init__(self, deadly: frozenset[str]) -> None:
        self._deadly = deadly
        self._dead = False
        self.begin = _Call(lambda errand: lambda: None)
        self.take = _Call(lambda files: lambda: self._taken(files))
        self.end = _Call(lambda: lambda: None)

    def _taken(self, files: list[Found]) -> Done:
        if self._dead or any(file.path in self._deadly for file in files):
            self._dead = True
            raise Gone
        return Done([Taken(file) for file in files])


class _Ray:
    """So much of Ray as the pool knows, with workers that answer when they are asked."""

    exceptions = _Exceptions

    def wait(self, calls, num_returns, timeout):
        return calls[:num_returns], calls[num_returns:]

    def get(self, call):
        return call()

    def is_initialized(self) -> bool:
        return True

    def kill(self, actor) -> None:
        actor._dead = True


def pool(deadly: Sequence[str], size: int = 3) -> Pool:
    return Pool(_Ray(), lambda: _Actor(frozenset(deadly)), packed(Task({})), size, 2)


@given(
    names=st.lists(st.text("abc", min_size=1, max_size=3), max_size=30, unique=True),
    deadly=st.sets(st.text("abc", min_size=1, max_size=3)),
    size=st.integers(1, 4),
)
def test_whoever_dies_of_what_every_file_comes_back_once(
    names: list[str], deadly: set[str], size: int
) -> None:
    files = [Found(name, 1, 1) for name in names]
    done = list(pool(sorted(deadly), size).run(chunks(files, 3)))
    back = sorted((one.found.path, one.reason) for each in done for one in each.taken)
    assert back == sorted((name, CRASHES if name in deadly else "") for name in names)


def test_no_more_than_two_chunks_a_worker_are_on_their_way() -> None:
    drawn = 0

    def counted() -> Iterator[list[Found]]:
        nonlocal drawn
        for drawn in range(1, 101):
            yield [Found(str(drawn), 1, 1)]

    for count, _ in enumerate(pool([]).run(counted()), 1):
        assert drawn <= count + 2 * 3


def test_workers_that_die_at_once_are_not_hired_for_ever() -> None:
    def hire() -> _Actor:
        actor = _Actor(frozenset())

        def die() -> None:
            raise Gone("out of memory")

        actor.begin = _Call(lambda errand: die)
        return actor

    dying = Pool(_Ray(), hire, packed(Task({})), 2, 2)
    with pytest.raises(LookalikeError, match="die when they start: out of memory"):
        list(dying.run([[Found("a", 1, 1)]]))


def test_two_shards_at_once_are_refused_by_a_gallery_in_a_folder(
    folder: Path, gallery: Gallery
) -> None:
    with (
        Gallery.open(gallery.path) as other,
        other._catalog.writing(),
        pytest.raises(GalleryBusy),
    ):
        gallery.sync(folder, shard="1/2")
